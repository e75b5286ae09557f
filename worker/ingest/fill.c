/* Steps are read from their segment: in their turn, and ahead of it. */
#include "worker/ingest/fill.h"

#include <string.h>

#include "shm/gw_clock.h"

#define FILL_STEP  (16 * 1024 * 1024)    /* bytes, about: long events */


static int
fill_step(const drain_t *d, segment_t *s, drain_fill_t *f, uint64_t pos)
{
    int                    rc;
    uint64_t               at;
    gw_str_t               body;
    store_step_t          *step;
    store_reject_t        *r;
    const gw_spool_rec_t  *rec;

    step = &f->step;
    memcpy(step->id, s->id, sizeof(step->id));
    step->pos = pos;
    step->batch = &f->batch;
    step->rejects = 0;
    step->now_us = gw_clock_us();
    batch_begin(&f->batch, s->reader, pos, step->now_us);
    f->read = GW_OK;

    /* asked before reading: what is read then is all there will be */
    f->writer = gw_spool_reader_state(s->reader);

    for (f->records = 0; f->records < d->most; f->records++) {
        at = gw_spool_reader_pos(s->reader);
        if (step->rejects == STORE_REJECTS || at - pos > FILL_STEP) {
            break;
        }

        f->read = gw_spool_reader_next(s->reader, &rec, &body);
        if (f->read != GW_OK) {
            break;
        }

        rc = batch_add(&f->batch, at, rec, body);
        if (rc == GW_ECORRUPT) {
            r = &step->reject[step->rejects++];
            r->pos = at;
            r->reason = "the record is none that the edge writes";
            r->bytes = body;
        } else if (rc != GW_OK) {
            return rc;
        }
    }

    step->next = gw_spool_reader_pos(s->reader);
    gw_spool_reader_forget(s->reader, pos, step->next - pos);
    batch_close(&f->batch);
    return GW_OK;
}


/* The nth of the steps that are filled, or the one to fill after them. */
static drain_fill_t *
fill_at(drain_t *d, unsigned n)
{
    return &d->fill[(d->turn + n) % DRAIN_STEPS];
}


int
fill_turn(drain_t *d, segment_t *s)
{
    int  rc;

    if (d->filled > 0) {
        return GW_OK;
    }

    rc = fill_step(d, s, fill_at(d, 0), s->pos);
    d->filled = rc == GW_OK;
    return rc;
}


/* Is there likely a step after the last one? Small steps are for poison. */
static bool
fill_wants(drain_t *d, const segment_t *s)
{
    return s->known && d->filled < DRAIN_STEPS
           && d->most == (unsigned) d->w->conf.drain_batch
           && fill_at(d, d->filled - 1)->read == GW_OK;
}


void
fill_ahead(drain_t *d, segment_t *s)
{
    unsigned       n;
    drain_fill_t  *f;

    while (fill_wants(d, s)) {
        f = fill_at(d, d->filled - 1);
        s->known = fill_step(d, s, fill_at(d, d->filled), f->step.next)
                   == GW_OK;            /* else the reader is anywhere */
        d->filled += s->known;
    }

    /* in their order; a step that stands alone needs no second connection */
    for (n = 0; d->filled > 1 && n < d->filled; n++) {
        f = fill_at(d, n);
        if (f->batch.rows > 0 && !lanes_copy(&d->lanes, d->w, &f->step)) {
            return;
        }
    }
}


void
fill_done(drain_t *d)
{
    batch_reset(&fill_at(d, 0)->batch);
    d->turn = (d->turn + 1) % DRAIN_STEPS;
    d->filled--;
}
