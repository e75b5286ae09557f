/* Does an identity stand twice in a batch? A set of 64-bit hashes. */
#include "worker/import/seen.h"

#include <string.h>


void
seen_reset(seen_t *s)
{
    memset(s, 0, sizeof(seen_t));
}


static void
seen_add(seen_t *s, uint64_t h)
{
    size_t  i;

    h |= 1;                             /* 0 is an empty slot */

    for (i = (h >> 40) % SEEN_SLOTS; s->slot[i] != 0; ) {
        if (s->slot[i] == h) {
            s->repeats = true;
            return;
        }
        i = (i + 1) % SEEN_SLOTS;
    }

    if (s->n == SEEN_SLOTS / 2) {
        s->repeats = true;
        return;
    }

    s->slot[i] = h;
    s->n++;
}


/* One byte more of a hash (FNV-1a). */
static uint64_t
seen_byte(uint64_t h, unsigned char c)
{
    return (h ^ c) * 0x100000001b3;
}


void
seen_email(seen_t *s, gw_str_t email)
{
    size_t         i;
    uint64_t       h;
    unsigned char  c;

    h = seen_byte(0xcbf29ce484222325, 'e');

    for (i = 0; i < email.len; i++) {
        c = email.data[i];
        if (c >= 0x80) {
            s->repeats = true;          /* its case is for Postgres to know */
        }
        h = seen_byte(h, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }

    seen_add(s, h);
}


void
seen_external(seen_t *s, gw_str_t id)
{
    size_t    i;
    uint64_t  h;

    h = seen_byte(0xcbf29ce484222325, 'x');

    for (i = 0; i < id.len; i++) {
        h = seen_byte(h, id.data[i]);
    }

    seen_add(s, h);
}
