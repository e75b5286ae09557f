/* The writing half of the spool: the writer object and the event class. */
#include "shm/gw_spool.h"

#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_spool_batch.h"
#include "shm/gw_spool_seg.h"

#define GW_SPOOL_LINE  64               /* bytes of a line of the caches */


int
gw_spool_open(gw_spool_t **spool, const char *dir, int class,
    size_t segment_size)
{
    gw_spool_t  *s;

    if (segment_size < 65536 || segment_size % 4096 != 0
        || strlen(dir) >= sizeof(s->dir)
        || (class != GW_SPOOL_EVENT && class != GW_SPOOL_DURABLE))
    {
        return GW_EINVAL;
    }

    s = calloc(1, sizeof(gw_spool_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    gw_spool_seg_sweep(dir);
    memcpy(s->dir, dir, strlen(dir));
    s->class = class;
    s->segment_size = segment_size;
    *spool = s;
    return GW_OK;
}


bool
gw_spool_wants(const gw_spool_t *spool)
{
    return spool->spare == NULL;
}


void
gw_spool_supply(gw_spool_t *spool, gw_spool_seg_t *seg)
{
    if (spool->current == NULL) {
        spool->current = seg;
    } else if (spool->spare == NULL) {
        spool->spare = seg;
    } else {
        gw_spool_seg_drop(seg);
    }
}


bool
gw_spool_next(gw_spool_t *spool)
{
    spool->current = spool->spare;
    spool->spare = NULL;
    return spool->current != NULL;
}


int
gw_spool_append(gw_spool_t *spool, uint16_t type, uint16_t flags,
    uint64_t ts_us, gw_str_t body)
{
    size_t           at, need;
    uint32_t         len;
    unsigned char   *p;
    gw_spool_seg_t  *seg;

    need = GW_SPOOL_ALIGN(sizeof(gw_spool_rec_t) + body.len);
    if (need > GW_SPOOL_REC_MAX) {
        return GW_EINVAL;
    }

    seg = spool->current;
    if (seg == NULL) {
        return GW_EFULL;
    }

    if (seg->pos + need > seg->size || gw_spool_is_old(spool, ts_us)) {
        /*
         * Closed also when there is no other: its drain may be what makes
         * room for the next.
         */
        (void) gw_spool_next(spool);
        gw_spool_seg_close(seg);
        seg = spool->current;
        if (seg == NULL) {
            return GW_EFULL;
        }
    }

    p = seg->map + seg->pos;
    len = (uint32_t) gw_spool_rec_put(p, type, flags, ts_us, seg->seq + 1,
                                      body);
    __atomic_store_n((uint32_t *) (void *) p, len, __ATOMIC_RELEASE);

    if (seg->seq++ == 0) {
        seg->first_us = ts_us;
    }
    seg->pos += need;

    /* by the next record, most often as long, these are at hand */
    for (at = 0; at < need; at += GW_SPOOL_LINE) {
        __builtin_prefetch(seg->map + seg->pos + at, 1);
    }

    return GW_OK;
}


void
gw_spool_close(gw_spool_t *spool)
{
    if (spool == NULL) {
        return;
    }

    gw_spool_batch_free(spool->open);
    gw_spool_batch_free(spool->free);

    if (spool->current != NULL) {
        if (spool->current->seq == 0) {
            gw_spool_seg_drop(spool->current);
        } else {
            gw_spool_seg_close(spool->current);
        }
    }

    if (spool->spare != NULL) {
        gw_spool_seg_drop(spool->spare);
    }

    free(spool);
}
