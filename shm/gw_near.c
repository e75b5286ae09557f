/* Names that look like one that was not found, by Levenshtein's distance. */
#include "shm/gw_near.h"

#define NEAR_NAME_MAX  63               /* longer names are compared so far */


static int
gw_near_distance(gw_str_t a, gw_str_t b)
{
    int     row[NEAR_NAME_MAX + 1], diagonal, above, best;
    size_t  i, k, n;

    n = b.len < NEAR_NAME_MAX ? b.len : NEAR_NAME_MAX;

    for (k = 0; k <= n; k++) {
        row[k] = (int) k;
    }

    for (i = 0; i < a.len && i < NEAR_NAME_MAX; i++) {
        diagonal = row[0];
        row[0] = (int) i + 1;

        for (k = 1; k <= n; k++) {
            above = row[k];
            best = diagonal + (a.data[i] != b.data[k - 1]);

            if (above + 1 < best) {
                best = above + 1;
            }

            if (row[k - 1] + 1 < best) {
                best = row[k - 1] + 1;
            }

            row[k] = best;
            diagonal = above;
        }
    }

    return row[n];
}


void
gw_near_init(gw_near_t *s, gw_str_t wanted)
{
    memset(s, 0, sizeof(gw_near_t));
    s->wanted = wanted;
}


void
gw_near_add(gw_near_t *s, gw_str_t name)
{
    int       d;
    unsigned  i, k;

    d = gw_near_distance(s->wanted, name);

    for (i = 0; i < s->n && s->far[i] <= d; i++) {
        /* to its place among the nearest */
    }

    if (i == GW_NEAR || (size_t) d * 2 > name.len) {
        return;
    }

    if (s->n < GW_NEAR) {
        s->n++;
    }

    for (k = s->n - 1; k > i; k--) {
        s->far[k] = s->far[k - 1];
        s->names[k] = s->names[k - 1];
    }

    s->far[i] = d;
    s->names[i] = name;
}


void
gw_near_print(const gw_near_t *s, gw_buf_t *out)
{
    unsigned  i;

    for (i = 0; i < s->n; i++) {
        gw_buf_cstr(out, i ? ", " : "");
        gw_buf_str(out, s->names[i]);
    }
}
