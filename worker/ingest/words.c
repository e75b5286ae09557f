/*
 * Many words found in a text in one pass over it. At each place the next three
 * bytes say whether a word may begin there, mostly none, and which.
 */
#include "worker/ingest/words.h"

#include <stdlib.h>

#define WORDS_FIRST  64


static unsigned char
words_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}


/* 16 bits of the three bytes at p. */
static unsigned
words_hash(const unsigned char *p)
{
    uint32_t  three;

    three = p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16;
    return three * 0x9e3779b1u >> 16;
}


/* Room for one more; its index must fit. */
static words_one_t *
words_room(words_t *w)
{
    unsigned      cap;
    words_one_t  *p;

    if (w->n == w->cap) {
        cap = w->cap > 0 ? w->cap * 2 : WORDS_FIRST;
        p = cap < UINT16_MAX ? realloc(w->one, cap * sizeof(words_one_t))
                             : NULL;
        if (p == NULL) {
            return NULL;
        }
        w->one = p;
        w->cap = cap;
    }

    return &w->one[w->n];
}


int
words_add(words_t *w, gw_str_t word, unsigned id)
{
    size_t        i;
    unsigned      hash;
    uint16_t     *slot;
    words_one_t  *one;

    one = words_room(w);
    if (one == NULL) {
        return GW_ENOMEM;
    }

    memset(one, 0, sizeof(words_one_t));
    one->first = word.len > 0 && word.data[0] == '^';
    word.data += one->first;
    word.len -= one->first;
    one->last = word.len > 0 && word.data[word.len - 1] == '$';
    word.len -= one->last;

    if (word.len < WORDS_SHORTEST || word.len > WORDS_TEXT_MAX) {
        return GW_EINVAL;
    }

    one->text = malloc(word.len);
    if (one->text == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0; i < word.len; i++) {
        one->text[i] = words_lower(word.data[i]);
    }

    one->len = (uint16_t) word.len;
    one->id = (uint16_t) id;
    hash = words_hash(one->text);
    w->begin[hash / 64] |= 1ULL << hash % 64;
    slot = &w->slot[hash % 4096];
    one->next = *slot;
    *slot = (uint16_t) ++w->n;
    return GW_OK;
}


void
words_free(words_t *w)
{
    unsigned  i;

    for (i = 0; i < w->n; i++) {
        free(w->one[i].text);
    }

    free(w->one);
    memset(w, 0, sizeof(words_t));
}


/* Does the word stand at place i of the lower-case text? */
static bool
words_here(const words_one_t *one, const unsigned char *text, size_t len,
    size_t i)
{
    return one->len <= len - i && (!one->first || i == 0)
           && (!one->last || i + one->len == len)
           && memcmp(text + i, one->text, one->len) == 0;
}


void
words_find(const words_t *w, gw_str_t text, uint64_t found[2])
{
    size_t              i, len;
    unsigned            at, hash;
    unsigned char       lower[WORDS_TEXT_MAX];
    const words_one_t  *one;

    len = text.len < sizeof(lower) ? text.len : sizeof(lower);
    for (i = 0; i < len; i++) {
        lower[i] = words_lower(text.data[i]);
    }

    for (i = 0; i + WORDS_SHORTEST <= len; i++) {
        hash = words_hash(lower + i);
        if (!(w->begin[hash / 64] >> hash % 64 & 1)) {
            continue;
        }

        for (at = w->slot[hash % 4096]; at != 0; at = one->next) {
            one = &w->one[at - 1];
            if (words_here(one, lower, len, i)) {
                found[one->id / 64] |= 1ULL << one->id % 64;
            }
        }
    }
}
