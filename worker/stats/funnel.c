/*
 * Funnels: how many steps a person has made within a window, once through his
 * events. Of all ways to have come to a step the one that began last is kept:
 * whatever another could still reach, this one can.
 */
#include "worker/stats/stats.h"


/* `step` is reached by a way that began at since. */
static void
funnel_step(stats_walk_t *w, unsigned step, int64_t since, int64_t at)
{
    w->since[step] = since;
    w->open |= 1u << step;

    if (w->reached == step) {
        w->reached = step + 1;
        w->took[step] = at - since;
    }
}


/* From the last step to the first, so that an event is one step of a way. */
static void
funnel_ordered(const stats_funnel_t *f, stats_walk_t *w, int64_t at,
    uint32_t steps)
{
    unsigned  k;
    uint32_t  before;

    before = w->open;
    if (f->mode == STATS_STRICT) {
        w->open = 0;
    }

    for (k = f->steps; k-- > 0; ) {
        if (!(steps & 1u << k)) {
            continue;
        }

        if (k == 0) {
            funnel_step(w, 0, at, at);
        } else if (before & 1u << (k - 1)
                   && at - w->since[k - 1] <= f->window)
        {
            funnel_step(w, k, w->since[k - 1], at);
        }
    }
}


/* How many steps were made within the window that ends now. */
static void
funnel_any_order(const stats_funnel_t *f, stats_walk_t *w, int64_t at,
    uint32_t steps)
{
    int64_t   first;
    unsigned  k, n;

    for (k = 0, n = 0, first = at; k < f->steps; k++) {
        if (steps & 1u << k) {
            w->since[k] = at;
            w->open |= 1u << k;
        }

        if (w->open & 1u << k && at - w->since[k] <= f->window) {
            first = w->since[k] < first ? w->since[k] : first;
            n++;
        }
    }

    for ( ; w->reached < n; w->reached++) {
        w->took[w->reached] = at - first;
    }
}


void
stats_walk(const stats_funnel_t *f, stats_walk_t *w, int64_t at,
    uint32_t steps, int ends)
{
    if (ends) {
        w->open = 0;
    } else if (f->mode == STATS_ANY_ORDER) {
        funnel_any_order(f, w, at, steps);
    } else {
        funnel_ordered(f, w, at, steps);
    }
}
