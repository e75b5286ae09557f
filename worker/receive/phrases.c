/*
 * Many phrases found in a text in one pass over it. The longest piece of each
 * stands in the automaton; where it is met the others are looked for around
 * it. Bytes are mapped to the few that phrases have, so that all of it stays
 * in the cache of a core.
 */
#include "worker/receive/phrases.h"

#include <stdlib.h>

#define PHRASES_STATES  60000
#define PHRASES_NONE    UINT16_MAX

typedef struct {
    gw_str_t  piece[PHRASES_PIECES];
    size_t    gap[PHRASES_PIECES];      /* at most so much behind it */
    unsigned  pieces;
    unsigned  anchor;                   /* which is in the automaton */
    uint16_t  next;                     /* another with the same one */
} phrases_one_t;

typedef struct {
    uint16_t  fail, found;              /* found: a phrase that ends here     */
    uint16_t  more;                     /* the next state that has one        */
} phrases_state_t;

struct phrases_s {
    unsigned          n, states, width;
    size_t            longest;          /* bytes of all anchors               */
    uint8_t           byte[256];        /* 0: in no phrase                    */
    phrases_one_t     one[PHRASES_MAX];
    uint16_t         *go;               /* states x width                     */
    phrases_state_t  *state;
};


phrases_t *
phrases_create(void)
{
    return calloc(1, sizeof(phrases_t));
}


void
phrases_free(phrases_t *s)
{
    unsigned  i;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->n; i++) {
        free(s->one[i].piece[0].data);
    }

    free(s->go);
    free(s->state);
    free(s);
}


/* Part a phrase at its gaps; the anchor is the longest piece. */
static int
phrases_pieces(phrases_one_t *one, unsigned char *p, size_t len)
{
    unsigned char  *gap, *end;

    end = p + len;
    for (one->pieces = 0; one->pieces < PHRASES_PIECES; ) {
        for (gap = p; gap < end && *gap != '*' && *gap != '~'; gap++) {
            /* void */
        }
        if (gap == p) {
            return GW_EINVAL;
        }
        one->piece[one->pieces] = gw_str_make(p, (size_t) (gap - p));
        one->gap[one->pieces] = gap < end && *gap == '~' ? PHRASES_NEAR
                                                         : PHRASES_GAP;
        if (one->piece[one->pieces].len > one->piece[one->anchor].len) {
            one->anchor = one->pieces;
        }
        one->pieces++;
        if (gap == end) {
            return GW_OK;
        }
        p = gap + 1;
    }

    return GW_EINVAL;
}


int
phrases_add(phrases_t *s, gw_str_t phrase, unsigned *id)
{
    int             rc;
    size_t          i;
    unsigned char  *copy;
    phrases_one_t  *one;

    if (phrase.len == 0 || s->n == PHRASES_MAX) {
        return GW_EINVAL;
    }

    for (i = 0; i < phrase.len; i++) {
        if ((phrase.data[i] >= 'A' && phrase.data[i] <= 'Z')
            || phrase.data[i] < ' '
            || (phrase.data[i] == ' ' && i > 0 && phrase.data[i - 1] == ' '))
        {
            return GW_EINVAL;
        }
    }

    copy = malloc(phrase.len);
    if (copy == NULL) {
        return GW_ENOMEM;
    }

    memcpy(copy, phrase.data, phrase.len);
    one = &s->one[s->n];
    memset(one, 0, sizeof(phrases_one_t));
    rc = phrases_pieces(one, copy, phrase.len);
    if (rc != GW_OK) {
        free(copy);
        return rc;
    }

    s->longest += one->piece[one->anchor].len;
    *id = s->n++;
    return GW_OK;
}


static int
phrases_room(phrases_t *s)
{
    size_t          n;
    unsigned        i, j;
    const gw_str_t  *p;

    for (i = 0, s->width = 1; i < s->n; i++) {
        p = &s->one[i].piece[s->one[i].anchor];
        for (j = 0; j < p->len; j++) {
            if (s->byte[p->data[j]] == 0) {
                s->byte[p->data[j]] = (uint8_t) s->width++;
            }
        }
    }

    n = s->longest < PHRASES_STATES ? s->longest + 1 : PHRASES_STATES;
    if (s->width > UINT8_MAX) {
        return GW_EFULL;
    }

    s->go = calloc(n * s->width, sizeof(uint16_t));
    s->state = calloc(n, sizeof(phrases_state_t));
    return s->go != NULL && s->state != NULL ? GW_OK : GW_ENOMEM;
}


/* The anchor of phrase i into the tree. */
static int
phrases_plant(phrases_t *s, unsigned i)
{
    size_t     j;
    unsigned   at;
    uint16_t  *go;
    gw_str_t   p;

    p = s->one[i].piece[s->one[i].anchor];
    for (j = 0, at = 0; j < p.len; j++) {
        go = &s->go[at * s->width + s->byte[p.data[j]]];
        if (*go == 0) {
            if (s->states == PHRASES_STATES) {
                return GW_EFULL;
            }
            s->state[s->states].found = PHRASES_NONE;
            *go = (uint16_t) s->states++;
        }
        at = *go;
    }

    s->one[i].next = s->state[at].found;
    s->state[at].found = (uint16_t) i;
    return GW_OK;
}


int
phrases_build(phrases_t *s)
{
    int        rc;
    unsigned   i, c, head, tail, at, fail;
    uint16_t  *go, *queue;

    rc = phrases_room(s);
    if (rc == GW_OK) {
        s->states = 1;
        s->state[0].found = PHRASES_NONE;
    }
    for (i = 0; i < s->n && rc == GW_OK; i++) {
        rc = phrases_plant(s, i);
    }

    queue = malloc((s->longest + 1) * sizeof(uint16_t));
    if (rc != GW_OK || queue == NULL) {
        free(queue);
        return rc != GW_OK ? rc : GW_ENOMEM;
    }

    /* breadth first: where to go on when a byte does not fit */
    queue[0] = 0;
    for (head = 0, tail = 1; head < tail; head++) {
        at = queue[head];
        fail = s->state[at].fail;
        s->state[at].more = s->state[fail].found != PHRASES_NONE && fail != at
                            ? (uint16_t) fail : s->state[fail].more;
        for (c = 0; c < s->width; c++) {
            go = &s->go[at * s->width + c];
            if (*go == 0) {
                *go = at == 0 ? 0 : s->go[fail * s->width + c];
                continue;
            }
            s->state[*go].fail = at == 0 ? 0 : s->go[fail * s->width + c];
            queue[tail++] = *go;
        }
    }

    free(queue);
    return GW_OK;
}


static bool
phrases_is_word(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}


/* A piece between from and to that begins a word; NULL = it is not there. */
static const unsigned char *
phrases_piece(const gw_str_t *piece, const unsigned char *from,
    const unsigned char *to, const unsigned char *text)
{
    const unsigned char  *p;

    while (from < to) {
        p = memmem(from, (size_t) (to - from), piece->data, piece->len);
        if (p == NULL || p == text || !phrases_is_word(piece->data[0])
            || !phrases_is_word(p[-1]))
        {
            return p;
        }
        from = p + 1;
    }

    return NULL;
}


/* Is the whole phrase around its anchor, which ends at end? Where it begins. */
static const unsigned char *
phrases_whole(const phrases_one_t *one, gw_str_t text,
    const unsigned char *end)
{
    size_t                gap;
    unsigned              i;
    const unsigned char  *anchor, *first, *p, *to;

    anchor = end - one->piece[one->anchor].len;
    if (anchor > text.data && phrases_is_word(*anchor)
        && phrases_is_word(anchor[-1]))
    {
        return NULL;
    }

    for (i = 0, gap = 0; i < one->anchor; i++) {
        gap += one->gap[i] + one->piece[i].len;
    }

    first = anchor;
    p = (size_t) (anchor - text.data) > gap ? anchor - gap : text.data;
    for (i = 0; i < one->anchor; i++) {
        p = phrases_piece(&one->piece[i], p, anchor, text.data);
        if (p == NULL) {
            return NULL;
        }
        first = i == 0 ? p : first;
        p += one->piece[i].len;
    }

    for (p = end, i++; i < one->pieces; i++) {
        gap = one->gap[i - 1] + one->piece[i].len;
        to = (size_t) (text.data + text.len - p) > gap
             ? p + gap : text.data + text.len;
        p = phrases_piece(&one->piece[i], p, to, text.data);
        if (p == NULL) {
            return NULL;
        }
        p += one->piece[i].len;
    }

    return first;
}


void
phrases_scan(const phrases_t *s, gw_str_t text,
    void (*hit)(void *arg, unsigned id, size_t at), void *arg)
{
    size_t                i;
    unsigned              at, f, id;
    const unsigned char  *first;

    for (i = 0, at = 0; i < text.len; i++) {
        at = s->go[at * s->width + s->byte[text.data[i]]];
        f = s->state[at].found != PHRASES_NONE ? at : s->state[at].more;
        for ( /* void */ ; f != 0; f = s->state[f].more) {
            for (id = s->state[f].found; id != PHRASES_NONE;
                 id = s->one[id].next)
            {
                first = phrases_whole(&s->one[id], text, text.data + i + 1);
                if (first != NULL) {
                    hit(arg, id, (size_t) (first - text.data));
                }
            }
        }
    }
}


/*
 * A character that is not ASCII, in the form of phrases: how many bytes it
 * takes of p; *n of them are in to, where a blank means that a word ends.
 */
static size_t
phrases_wide(const unsigned char *p, const unsigned char *end,
    unsigned char *to, size_t *n)
{
    unsigned char  a, b, c;

    a = p[0];
    b = end - p > 1 ? p[1] : 0;
    c = end - p > 2 ? p[2] : 0;
    to[0] = a;
    *n = 1;

    if ((a == 0xc2 && b == 0xa0) || (a == 0xe3 && b == 0x80 && c == 0x80)) {
        to[0] = ' ';
        return a == 0xc2 ? 2 : 3;
    }

    if (a == 0xe2 && b == 0x80 && c >= 0x98 && c <= 0x9f) {
        to[0] = c < 0x9c ? '\'' : '"';
        return 3;
    }

    if (b < 0x80 || (a != 0xc3 && a != 0xd0)) {
        return 1;
    }

    *n = 2;
    if (a == 0xc3) {            /* Latin: 40 to 5e are those of 60 to 7e */
        to[1] = b <= 0x9e && b != 0x97 ? b + 0x20 : b;
    } else if (b < 0x90) {      /* Cyrillic: 400 to 42f of 430 to 45f */
        to[0] = 0xd1;
        to[1] = b + 0x10;
    } else {
        to[0] = b >= 0xa0 && b < 0xb0 ? 0xd1 : 0xd0;
        to[1] = b < 0xa0 ? b + 0x20 : b < 0xb0 ? b - 0x20 : b;
    }

    return 2;
}


/* A word from p on, in the form of phrases, to *to; where it ends. */
static const unsigned char *
phrases_word(const unsigned char *p, const unsigned char *end,
    unsigned char **to, unsigned char **address)
{
    size_t         n;
    unsigned char  *out;

    for (out = *to; p < end && *p > ' '; out += n) {
        if (*p < 0x80) {
            *address = *p == '@' && *address == NULL ? out : *address;
            *out = *p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p;
            n = 1;
            p++;
            continue;
        }

        if (*address != NULL) {
            break;              /* no blanks are written in some languages */
        }
        p += phrases_wide(p, end, out, &n);
        if (*out == ' ') {
            break;
        }
    }

    *to = out;
    return p;
}


void
phrases_plain(gw_str_t text, gw_buf_t *out)
{
    size_t                n;
    unsigned char        *to, *word, *address;
    const unsigned char  *p, *end;

    to = gw_buf_room(out, text.len + 1);
    if (to == NULL || text.len == 0) {
        return;
    }

    end = text.data + text.len;
    for (p = text.data; p < end; ) {
        if (*p <= ' ') {
            p++;
            continue;
        }

        if (out->len > 0 || to > out->data + out->len) {
            *to++ = ' ';
        }
        word = to;
        address = NULL;
        p = phrases_word(p, end, &to, &address);

        /* 550-5.1.1 within a reply of several lines: it parts phrases */
        n = (size_t) (to - word);
        if (address != NULL) {  /* to:<a@b>, becomes to:<@ */
            for (to = address; to > word && to[-1] != '<' && to[-1] < 0x80;
                 to--)
            {
                /* void */
            }
            *to++ = '@';
        } else if (n == 0
                   || (n >= 4 && word[3] == '-'
                       && (word[0] == '4' || word[0] == '5')
                       && word[1] >= '0' && word[1] <= '9'
                       && (n == 4 || (word[4] >= '2' && word[4] <= '5'))))
        {
            to = word > out->data + out->len ? word - 1 : word;
        }
    }

    out->len = (size_t) (to - out->data);
}
