/* Steps are read from their segment: in their turn, and ahead of it. */
#ifndef FILL_H
#define FILL_H

#include "worker/ingest/segment.h"

/*
 * Fill the step of d->turn, unless it is, from s->pos on with up to d->most
 * records or the bytes of a step; GW_OK or GW_ENOMEM.
 */
int fill_turn(drain_t *d, segment_t *s) GW_MUSTCHECK;

/*
 * When that one is full, fill those after it, and send the events of each for
 * which a lane is free.
 */
void fill_ahead(drain_t *d, segment_t *s);

/* The step of d->turn is stored: its memory is given back, the next is due. */
void fill_done(drain_t *d);

#endif
