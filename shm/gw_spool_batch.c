/* The durable class: records collected, written and synced as one batch. */
#include "shm/gw_spool_batch.h"

#include <stdlib.h>
#include <unistd.h>

#include "shm/gw_spool_seg.h"

/* What goes to one segment; a batch may end one and begin the next. */
typedef struct {
    gw_spool_seg_t  *seg;
    size_t           pos, len;  /* where in the file, how much          */
    uint64_t         seq;       /* of the segment before the batch      */
} gw_spool_part_t;

struct gw_spool_batch_s {
    gw_spool_part_t  part[2];
    unsigned         parts;
    bool             failed;
    gw_buf_t         data;      /* the bytes of part 0, then of part 1  */
};


void
gw_spool_batch_free(gw_spool_batch_t *batch)
{
    if (batch != NULL) {
        gw_buf_free(&batch->data);
        free(batch);
    }
}


/* The batch to add to: the open one, a used one, or a new one. */
static gw_spool_batch_t *
gw_spool_batch_open(gw_spool_t *spool)
{
    gw_spool_batch_t  *b;

    if (spool->open != NULL) {
        return spool->open;
    }

    b = spool->free;
    if (b == NULL) {
        b = calloc(1, sizeof(gw_spool_batch_t));
        if (b == NULL) {
            return NULL;
        }
        gw_buf_init(&b->data, GW_SPOOL_BATCH_MAX);
    }

    spool->free = NULL;
    gw_buf_reset(&b->data);
    b->parts = 0;
    b->failed = false;
    spool->open = b;
    return b;
}


/* Does a batch (or none) hold records for seg? */
static bool
gw_spool_batch_uses(const gw_spool_batch_t *b, const gw_spool_seg_t *seg)
{
    unsigned  i;

    for (i = 0; b != NULL && i < b->parts; i++) {
        if (b->part[i].seg == seg) {
            return true;
        }
    }

    return false;
}


/*
 * Leave the current segment, which is full. It is closed here, or by the last
 * batch that holds records for it; without a spare, its drain may be what
 * makes room for the next.
 */
static bool
gw_spool_batch_next(gw_spool_t *spool)
{
    bool             more;
    gw_spool_seg_t  *full;

    full = spool->current;
    more = gw_spool_next(spool);

    if (!gw_spool_batch_uses(spool->open, full)
        && !gw_spool_batch_uses(spool->flight, full))
    {
        gw_spool_seg_close(full);
    }

    return more;
}


/* The part that has room for need bytes, a new one if it must be. */
static gw_spool_part_t *
gw_spool_batch_part(gw_spool_t *spool, gw_spool_batch_t *b, size_t need,
    uint64_t ts_us)
{
    gw_spool_part_t  *part;

    part = b->parts > 0 ? &b->part[b->parts - 1] : NULL;

    if (spool->current == NULL) {
        return NULL;
    }

    if (spool->current->pos + need > spool->current->size
        || (b->parts < 2 && gw_spool_is_old(spool, ts_us)))
    {
        /* two parts hold the old and the new segment; no third */
        if (b->parts == 2 || !gw_spool_batch_next(spool)) {
            return NULL;
        }
    }

    if (part == NULL || part->seg != spool->current) {
        part = &b->part[b->parts++];
        part->seg = spool->current;
        part->pos = spool->current->pos;
        part->seq = spool->current->seq;
        part->len = 0;
    }

    return part;
}


int
gw_spool_batch_add(gw_spool_t *spool, uint16_t type, uint16_t flags,
    uint64_t ts_us, gw_str_t body)
{
    size_t             need;
    uint32_t           len;
    unsigned char     *p;
    gw_spool_part_t   *part;
    gw_spool_batch_t  *b;

    need = GW_SPOOL_ALIGN(sizeof(gw_spool_rec_t) + body.len);
    if (need > GW_SPOOL_REC_MAX) {
        return GW_EINVAL;
    }

    b = gw_spool_batch_open(spool);
    if (b == NULL) {
        return GW_ENOMEM;
    }

    p = gw_buf_room(&b->data, need);
    if (p == NULL) {
        b->data.failed = false;         /* what is in it is still whole */
        return GW_EFULL;
    }

    part = gw_spool_batch_part(spool, b, need, ts_us);
    if (part == NULL) {
        return GW_EFULL;
    }

    memset(p + need - 8, 0, 8);
    len = (uint32_t) gw_spool_rec_put(p, type, flags, ts_us,
                                      part->seg->seq + 1, body);
    memcpy(p, &len, sizeof(len));

    b->data.len += need;
    part->len += need;
    part->seg->pos += need;
    if (part->seg->seq++ == 0) {
        part->seg->first_us = ts_us;
    }
    return GW_OK;
}


gw_spool_batch_t *
gw_spool_batch_take(gw_spool_t *spool)
{
    gw_spool_batch_t  *b;

    b = spool->open;
    if (b == NULL || b->data.len == 0) {
        return NULL;
    }

    spool->open = NULL;
    spool->flight = b;
    return b;
}


int
gw_spool_batch_write(gw_spool_batch_t *batch)
{
    size_t            at, done;
    ssize_t           n;
    unsigned          i;
    gw_spool_part_t  *part;

    at = 0;

    for (i = 0; i < batch->parts; i++) {
        part = &batch->part[i];

        for (done = 0; done < part->len; done += (size_t) n) {
            n = pwrite(part->seg->fd, batch->data.data + at + done,
                       part->len - done, (off_t) (part->pos + done));
            if (n <= 0) {
                batch->failed = true;
                return GW_ESYS;
            }
        }

        if (fdatasync(part->seg->fd) != 0) {
            batch->failed = true;
            return GW_ESYS;
        }

        at += part->len;
    }

    return GW_OK;
}


/* Take the records of a batch back from its segments. */
static void
gw_spool_batch_undo(gw_spool_batch_t *b)
{
    unsigned  i;

    for (i = 0; i < b->parts; i++) {
        b->part[i].seg->pos = b->part[i].pos;
        b->part[i].seg->seq = b->part[i].seq;
    }
}


/* The batch begun while another one failed: nothing of it was written. */
static void
gw_spool_batch_drop(gw_spool_t *spool, const gw_spool_batch_t *failed)
{
    unsigned           i;
    gw_spool_seg_t    *seg;
    gw_spool_batch_t  *open;

    open = spool->open;
    if (open == NULL) {
        return;
    }

    gw_spool_batch_undo(open);

    for (i = 0; i < open->parts; i++) {
        seg = open->part[i].seg;
        if (seg != spool->current && !gw_spool_batch_uses(failed, seg)) {
            gw_spool_seg_close(seg);
        }
    }

    gw_spool_batch_free(open);
    spool->open = NULL;
}


/*
 * What the files hold from the batch on is unknown: its segments end before
 * it, and the batch begun meanwhile goes with it.
 */
static void
gw_spool_batch_fail(gw_spool_t *spool, gw_spool_batch_t *batch)
{
    unsigned  i;

    gw_spool_batch_drop(spool, batch);
    gw_spool_batch_undo(batch);

    for (i = 0; i < batch->parts; i++) {
        if (batch->part[i].seg == spool->current) {
            (void) gw_spool_next(spool);
        }
        gw_spool_seg_close(batch->part[i].seg);
    }
}


void
gw_spool_batch_done(gw_spool_t *spool, gw_spool_batch_t *batch)
{
    unsigned         i;
    gw_spool_seg_t  *seg;

    if (batch->failed) {
        gw_spool_batch_fail(spool, batch);
    }

    for (i = 0; !batch->failed && i < batch->parts; i++) {
        seg = batch->part[i].seg;
        if (seg != spool->current && !gw_spool_batch_uses(spool->open, seg)) {
            gw_spool_seg_close(seg);
        }
    }

    gw_spool_batch_free(spool->free);
    spool->free = batch;
    spool->flight = NULL;
}
