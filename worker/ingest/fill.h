/* A step is read from its segment: when its turn comes, or ahead of it. */
#ifndef FILL_H
#define FILL_H

#include "worker/ingest/segment.h"

/*
 * Fill a step, which starts at pos, with up to d->most records or the bytes of
 * a step; GW_OK or GW_ENOMEM. What it read need not stay in memory until it is
 * stored.
 */
int fill_step(const drain_t *d, segment_t *s, drain_fill_t *f, uint64_t pos)
    GW_MUSTCHECK;

/*
 * Fill the step after that of d->turn, if there is likely one, into the other
 * of d->fill; d->ahead says whether.
 */
void fill_next(drain_t *d, segment_t *s);

typedef struct {
    drain_t    *d;
    segment_t  *s;
} fill_ahead_t;

/*
 * For store_step, with a fill_ahead_t: the events are sent and Postgres is at
 * work. Fill the next step, unless it is, and when steps are full send its
 * events.
 */
void fill_ahead(void *arg);

#endif
