/* An array of counted things with open addressing over it. */
#include "worker/ingest/tally.h"

#include <stdlib.h>
#include <string.h>

#define TALLY_FIRST  256


void
tally_init(tally_t *t, size_t size, size_t key)
{
    memset(t, 0, sizeof(tally_t));
    t->size = size;
    t->key = key;
}


void
tally_free(tally_t *t)
{
    free(t->item);
    free(t->slot);
}


static uint64_t
tally_hash(const tally_t *t, const unsigned char *key)
{
    size_t    i;
    uint64_t  h, word;

    h = 0;
    for (i = 0; i < t->key; i += 8) {
        memcpy(&word, key + i, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }

    h *= 0xbf58476d1ce4e5b9;
    return h ^ h >> 32;
}


/* Where the item of a key is found, or would be. */
static unsigned *
tally_slot(const tally_t *t, const unsigned char *key)
{
    size_t  at, mask;

    mask = 2 * (size_t) t->cap - 1;
    at = (size_t) tally_hash(t, key) & mask;

    while (t->slot[at] != 0
           && memcmp(t->item + (t->slot[at] - 1) * t->size, key, t->key) != 0)
    {
        at = (at + 1) & mask;
    }

    return &t->slot[at];
}


/* Double the room and find all of them their slots again. */
static int
tally_grow(tally_t *t)
{
    unsigned        i, cap, *slot;
    unsigned char  *item;

    cap = t->cap > 0 ? t->cap * 2 : TALLY_FIRST;
    item = realloc(t->item, cap * t->size);
    if (item == NULL) {
        return GW_ENOMEM;
    }
    t->item = item;

    slot = calloc(2 * (size_t) cap, sizeof(unsigned));
    if (slot == NULL) {
        return GW_ENOMEM;
    }
    free(t->slot);
    t->slot = slot;
    t->cap = cap;

    for (i = 0; i < t->n; i++) {
        *tally_slot(t, t->item + i * t->size) = i + 1;
    }

    return GW_OK;
}


void *
tally_get(tally_t *t, const void *key)
{
    unsigned       *slot;
    unsigned char  *item;

    if (t->n == t->cap && tally_grow(t) != GW_OK) {
        return NULL;
    }

    slot = tally_slot(t, key);
    if (*slot != 0) {
        return t->item + (*slot - 1) * t->size;
    }

    item = t->item + t->n * t->size;
    memset(item, 0, t->size);
    memcpy(item, key, t->key);
    *slot = ++t->n;
    return item;
}


void
tally_sort(tally_t *t, int (*order)(const void *, const void *))
{
    unsigned char  *item;

    free(t->slot);
    t->slot = NULL;

    if (t->n > 0) {
        qsort(t->item, t->n, t->size, order);
        item = realloc(t->item, t->n * t->size);
        if (item != NULL) {
            t->item = item;
        }
    }
}
