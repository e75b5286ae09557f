/*
 * Who was it? Windows over sorted events: one end runs ahead, the other follows
 * as far behind as a rule is about, and what differs between them is counted.
 * A verdict is reached from the evidence alone, never from an earlier verdict,
 * so that it may be asked for again and again.
 */
#include "worker/ingest/verdict.h"

#include <stdlib.h>

/* A window that holds so many different things within so many us. */
typedef struct {
    unsigned  most;
    int64_t   within;
    int16_t   reason;
    bool      burst;                    /* people of a network; else links */
} verdict_window_t;

typedef struct {
    verdict_event_t  **e;               /* those that a window is about    */
    unsigned           n;
    unsigned          *count;           /* of each link or person          */
} verdict_t;

#define VERDICT_ORDER(a, b, field)                                           \
    if ((a)->field != (b)->field) {                                          \
        return (a)->field < (b)->field ? -1 : 1;                             \
    }


static int
verdict_by_contact(const void *x, const void *y)
{
    const verdict_event_t  *a = *(verdict_event_t *const *) x;
    const verdict_event_t  *b = *(verdict_event_t *const *) y;

    VERDICT_ORDER(a, b, contact);
    VERDICT_ORDER(a, b, at);
    return 0;
}


static int
verdict_by_net(const void *x, const void *y)
{
    const verdict_event_t  *a = *(verdict_event_t *const *) x;
    const verdict_event_t  *b = *(verdict_event_t *const *) y;

    VERDICT_ORDER(a, b, net);
    VERDICT_ORDER(a, b, at);
    return 0;
}


static bool
verdict_timed(const int16_t timed[TIMED], int16_t reason)
{
    unsigned  i;

    for (i = 0; i < TIMED && timed[i] != reason; i++) {
        /* void */
    }

    return i < TIMED;
}


static void
verdict_scanner(verdict_event_t *e, int16_t reason)
{
    if (e->to_class == CLASS_HUMAN) {
        e->to_class = CLASS_SCANNER;
        e->to_reason = reason;
    }
}


static unsigned *
verdict_count(const verdict_t *v, const verdict_window_t *w, unsigned i)
{
    return &v->count[w->burst ? v->e[i]->person : v->e[i]->link];
}


/* Do both belong to the same person, or network? */
static bool
verdict_same(const verdict_t *v, const verdict_window_t *w, unsigned i,
    unsigned j)
{
    return w->burst ? v->e[i]->net == v->e[j]->net
                    : v->e[i]->contact == v->e[j]->contact;
}


static void
verdict_slide(verdict_t *v, const verdict_window_t *w)
{
    unsigned  i, first, marked, differ;

    for (i = 0, first = 0, marked = 0, differ = 0; i < v->n; i++) {
        while (first < i && (!verdict_same(v, w, first, i)
                             || v->e[i]->at - v->e[first]->at >= w->within))
        {
            differ -= --*verdict_count(v, w, first++) == 0;
        }

        differ += (*verdict_count(v, w, i))++ == 0;
        if (differ < w->most) {
            continue;
        }

        for (marked = marked > first ? marked : first; marked <= i; marked++) {
            verdict_scanner(v->e[marked], w->reason);
        }
    }

    while (first < v->n) {              /* counts are 0 for the next */
        --*verdict_count(v, w, first++);
    }
}


/* What it is without timing, and what its own time says. */
static void
verdict_begin(const classify_timing_t *t, const int16_t timed[TIMED],
    verdict_event_t *e)
{
    bool  was;

    was = verdict_timed(timed, e->reason)
          && !(e->erased && e->reason == timed[TIMED_BURST]);
    e->to_class = was ? CLASS_HUMAN : e->class;
    e->to_reason = was ? 0 : e->reason;

    if (e->click && e->sent != 0
        && e->at < e->sent + t->delivery_within * 1000LL)
    {
        verdict_scanner(e, timed[TIMED_DELIVERY]);
    }
}


/* Events in the order of their people, who are numbered. */
static void
verdict_number(verdict_t *v, verdict_event_t *e, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        v->e[i] = &e[i];
    }

    qsort(v->e, n, sizeof(verdict_event_t *), verdict_by_contact);
    for (i = 0; i < n; i++) {
        v->e[i]->person = i == 0 ? 0 : v->e[i - 1]->person
                          + (v->e[i]->contact != v->e[i - 1]->contact);
    }

    for (i = 0, v->n = 0; i < n; i++) {
        if (v->e[i]->click) {
            v->e[v->n++] = v->e[i];
        }
    }
}


/* Those of a network that no rule before this has taken. */
static void
verdict_networks(verdict_t *v, const int16_t timed[TIMED], verdict_event_t *e,
    unsigned n)
{
    unsigned  i;

    for (i = 0, v->n = 0; i < n; i++) {
        if (e[i].net != 0 && (e[i].to_class == CLASS_HUMAN
                              || verdict_timed(timed, e[i].to_reason)))
        {
            v->e[v->n++] = &e[i];
        }
    }

    qsort(v->e, v->n, sizeof(verdict_event_t *), verdict_by_net);
}


static unsigned
verdict_changes(verdict_event_t *e, unsigned n, int64_t since, int64_t until)
{
    bool             inside;
    unsigned         i, changes;
    verdict_event_t  x;

    for (i = 0, changes = 0; i < n; i++) {
        inside = e[i].at >= since && e[i].at <= until;
        if ((e[i].to_class != e[i].class || e[i].to_reason != e[i].reason)
            && (inside || e[i].class == CLASS_HUMAN))
        {
            x = e[i];
            e[i] = e[changes];
            e[changes++] = x;
        }
    }

    return changes;
}


int
verdict_judge(const classify_timing_t *t, const int16_t timed[TIMED],
    verdict_event_t *e, unsigned n, int64_t since, int64_t until,
    unsigned *changes)
{
    unsigned   i;
    verdict_t  v;

    v.e = calloc((size_t) n + 1, sizeof(verdict_event_t *));
    v.count = calloc((size_t) n + UINT16_MAX + 1, sizeof(unsigned));
    if (v.e == NULL || v.count == NULL) {
        free(v.e);
        free(v.count);
        return GW_ENOMEM;
    }

    for (i = 0; i < n; i++) {
        verdict_begin(t, timed, &e[i]);
    }

    verdict_number(&v, e, n);
    verdict_slide(&v, &(verdict_window_t) { (unsigned) t->links,
                  t->links_within * 1000LL, timed[TIMED_LINKS], false });
    verdict_networks(&v, timed, e, n);
    verdict_slide(&v, &(verdict_window_t) { (unsigned) t->recipients,
                  t->burst_within * 1000LL, timed[TIMED_BURST], true });

    free(v.e);
    free(v.count);
    *changes = verdict_changes(e, n, since, until);
    return GW_OK;
}
