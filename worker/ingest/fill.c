/* A step is read from its segment: when its turn comes, or ahead of it. */
#include "worker/ingest/fill.h"

#include <string.h>

#include "shm/gw_clock.h"

#define FILL_STEP  (6 * 1024 * 1024)    /* bytes, about: long events */


int
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
    gw_spool_reader_forget(s->reader);
    batch_close(&f->batch);
    return GW_OK;
}


void
fill_next(drain_t *d, segment_t *s)
{
    drain_fill_t  *f;

    d->ahead = false;
    f = &d->fill[d->turn];
    if (s->known && f->read == GW_OK) {
        d->ahead = fill_step(d, s, &d->fill[!d->turn], f->step.next) == GW_OK;
        s->known = d->ahead;            /* else the reader is anywhere */
    }
}


void
fill_ahead(void *arg)
{
    drain_t       *d;
    drain_fill_t  *next;
    fill_ahead_t  *a = arg;

    d = a->d;
    next = &d->fill[!d->turn];
    if (!d->ahead) {
        fill_next(d, a->s);
    }

    /* small steps are for poison */
    if (d->ahead && next->batch.rows > 0
        && d->most == (unsigned) d->w->conf.drain_batch)
    {
        lanes_copy(&d->lanes, d->w, &next->step);
    }
}
