/* A segment being written; for the sources of the spool's writing half. */
#ifndef GW_SPOOL_SEG_H
#define GW_SPOOL_SEG_H

#include <limits.h>

#include "shm/gw_spool.h"

#define GW_SPOOL_BATCH_MAX  (1024 * 1024)
#define GW_SPOOL_AGE_US     3600000000
#define GW_SPOOL_ALIGN(n)   (((n) + 7) & ~(size_t) 7)

struct gw_spool_seg_s {
    int                 fd;     /* holds the writer's lock while open      */
    unsigned char      *map;    /* the whole file; durable: header page    */
    size_t              mapped;
    size_t              size;
    size_t              pos;    /* where the next record goes              */
    uint64_t            seq;    /* of the last record                      */
    uint64_t            first_us;       /* the time of the first one       */
    char                path[PATH_MAX];
};

/*
 * Of the fields only `generation` is shared with the thread that prepares.
 * Durable: `current` moves on while records are added; the batch remembers
 * the segments that it must write and those that it closes.
 */
struct gw_spool_s {
    char                dir[PATH_MAX - 96];
    int                 class;
    size_t              segment_size;
    uint32_t            generation;
    gw_spool_seg_t     *current;
    gw_spool_seg_t     *spare;
    gw_spool_batch_t   *open;       /* being filled                        */
    gw_spool_batch_t   *flight;     /* taken, not yet handed back          */
    gw_spool_batch_t   *free;       /* handed back, to be used again       */
};

/*
 * Is there a spare, and the first record an hour old? The next goes there then:
 * a segment that has been drained goes, however little comes, and with it the
 * addresses in it.
 */
static inline bool
gw_spool_is_old(const gw_spool_t *spool, uint64_t ts_us)
{
    return spool->spare != NULL && spool->current->seq > 0
           && ts_us > spool->current->first_us + GW_SPOOL_AGE_US;
}

/* Remove the files that killed writers left half made. */
void gw_spool_seg_sweep(const char *dir);

/* Put a record's head at p; the body is to follow it. Returns its length. */
size_t gw_spool_rec_put(unsigned char *p, uint16_t type, uint16_t flags,
    uint64_t ts_us, uint64_t seq, gw_str_t body);

/* Store `end`, unmap, close, free. */
void gw_spool_seg_close(gw_spool_seg_t *seg);

/* The same for one that holds nothing: its file is removed. */
void gw_spool_seg_drop(gw_spool_seg_t *seg);

/*
 * Make the spare the current segment; false when there is none, and then no
 * segment is current. The caller closes the one that was.
 */
bool gw_spool_next(gw_spool_t *spool);

#endif
