/*
 * Attribution by a Markov chain: what is lost when a channel is removed, and
 * all that came to it ends. Paths that did not convert and repeated touches
 * count (E. Anderl et al., International Journal of Research in Marketing 33
 * (2016) 457).
 *
 * A state is the last `order` touches of a path: an index into a table.
 */
#include "worker/stats/stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MARKOV_SWEEPS  100000
#define MARKOV_ENOUGH  1e-15        /* a sweep that changes no state by more */
#define MARKOV_VISITS  20e9         /* of edges, all sweeps: about a minute  */

enum { MARKOV_START, MARKOV_CONVERTED, MARKOV_NULL, MARKOV_FIRST };

typedef struct {
    unsigned  touch[3];             /* the newest first; UINT_MAX: none     */
    double    out;                  /* all that leaves it                   */
    double    p;                    /* to convert from here                 */
} markov_state_t;

typedef struct {
    size_t  from, to;               /* edges of a state lie together        */
    double  n;
} markov_edge_t;

typedef struct {
    markov_state_t  *state;
    markov_edge_t   *edge;
    size_t           n_states, n_edges, most;
    double           visits;        /* of edges, so far                     */
} markov_t;


/* Its index; there is room for each touch of each path. */
static size_t
markov_find(markov_t *m, const unsigned *touch, size_t *slots)
{
    size_t    i;
    uint64_t  h;

    h = touch[0] * 0x9e3779b97f4a7c15u + touch[1] * 0xc2b2ae3d27d4eb4fu
        + touch[2] * 0x165667b19e3779f9u;
    h ^= h >> 29;

    for (i = h % m->most; slots[i] != 0; i = (i + 1) % m->most) {
        if (memcmp(m->state[slots[i]].touch, touch, sizeof(unsigned) * 3)
            == 0)
        {
            return slots[i];
        }
    }

    slots[i] = m->n_states;
    memcpy(m->state[m->n_states].touch, touch, sizeof(unsigned) * 3);
    return m->n_states++;
}


static int
markov_compare(const void *a, const void *b)
{
    const markov_edge_t  *x = a, *y = b;

    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}


/* Count the edges of all paths, those of the same ends as one. */
static void
markov_count(markov_t *m, const stats_path_t *paths, size_t n,
    unsigned order, size_t *slots)
{
    size_t          i, k, at;
    unsigned        touch[3];
    markov_edge_t  *e;

    for (i = 0; i < n; i++) {
        memset(touch, 0xff, sizeof(touch));
        at = MARKOV_START;

        for (k = 0; k <= paths[i].touches; k++) {
            e = &m->edge[m->n_edges++];
            e->from = at;
            e->n = paths[i].count;
            if (k == paths[i].touches) {
                e->to = paths[i].converts ? MARKOV_CONVERTED : MARKOV_NULL;
                break;
            }

            memmove(touch + 1, touch, sizeof(unsigned) * (order - 1));
            touch[0] = paths[i].channel[k];
            at = e->to = markov_find(m, touch, slots);
        }
    }

    qsort(m->edge, m->n_edges, sizeof(markov_edge_t), markov_compare);

    for (i = 0, k = 0; i < m->n_edges; i++) {
        m->state[m->edge[i].from].out += m->edge[i].n;
        if (k > 0 && markov_compare(&m->edge[k - 1], &m->edge[i]) == 0) {
            m->edge[k - 1].n += m->edge[i].n;
        } else {
            m->edge[k++] = m->edge[i];
        }
    }
    m->n_edges = k;
}


/*
 * P(convert) from the start when who comes to `without` is lost: Gauss and
 * Seidel, from the last state to the first, as paths go, and whoever stays
 * where he is leaves at last. It rises to the answer, since from every state a
 * path has ended.
 */
static double
markov_solve(markov_t *m, size_t without)
{
    int             sweep;
    size_t          i, from;
    double          p, most, stays;
    const markov_edge_t   *e;
    markov_state_t  *s;

    for (i = 0; i < m->n_states; i++) {
        m->state[i].p = i == MARKOV_CONVERTED;
    }

    for (sweep = 0, most = 1; sweep < MARKOV_SWEEPS && most > MARKOV_ENOUGH
                              && m->visits < MARKOV_VISITS;
         sweep++)
    {
        most = 0;
        m->visits += (double) m->n_edges;
        for (i = m->n_edges; i > 0; ) {
            p = stays = 0;
            from = m->edge[i - 1].from;
            for ( ; i > 0 && m->edge[i - 1].from == from; i--) {
                e = &m->edge[i - 1];
                s = &m->state[e->to];
                stays += e->to == from ? e->n : 0;
                p += e->to == from
                     || (e->to >= MARKOV_FIRST && s->touch[0] == without)
                     ? 0 : e->n * s->p;
            }

            p /= m->state[from].out - stays;
            most = fmax(most, fabs(p - m->state[from].p));
            m->state[from].p = p;
        }
    }

    return m->state[MARKOV_START].p;
}


static int
markov_make(markov_t *m, const stats_path_t *paths, size_t n,
    unsigned order)
{
    size_t   i, *slots;

    m->n_states = MARKOV_FIRST;
    m->n_edges = 0;
    m->visits = 0;
    for (i = 0, m->most = MARKOV_FIRST; i < n; i++) {
        m->most += paths[i].touches + 1;
    }
    m->most *= 2;

    m->state = calloc(m->most, sizeof(markov_state_t));
    m->edge = calloc(m->most, sizeof(markov_edge_t));
    slots = calloc(m->most, sizeof(size_t));

    if (m->state != NULL && m->edge != NULL && slots != NULL) {
        markov_count(m, paths, n, order, slots);
        free(slots);
        return GW_OK;
    }

    free(slots);
    return GW_ENOMEM;
}


int
stats_markov(const stats_path_t *paths, size_t n, size_t n_channels,
    unsigned order, double *base, double *effect, double *credit)
{
    int       rc;
    size_t    i;
    double    sum, conversions;
    markov_t  m;

    rc = markov_make(&m, paths, n, order);

    if (rc == GW_OK) {
        for (i = 0, conversions = 0; i < n; i++) {
            conversions += paths[i].converts ? paths[i].count : 0;
        }

        *base = markov_solve(&m, n_channels);
        for (i = 0, sum = 0; i < n_channels; i++) {
            effect[i] = *base > 0 ? 1 - markov_solve(&m, i) / *base : 0;
            effect[i] = effect[i] < MARKOV_ENOUGH * 100 ? 0 : effect[i];
            sum += effect[i];
        }

        for (i = 0; i < n_channels; i++) {
            credit[i] = sum > 0 ? conversions * effect[i] / sum : 0;
        }
        rc = m.visits < MARKOV_VISITS ? GW_OK : GW_EBUSY;
    }

    free(m.state);
    free(m.edge);
    return rc;
}
