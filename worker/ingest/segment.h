/* A segment file under drain. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "worker/ingest/lanes.h"

typedef enum {
    SEGMENT_OPEN,               /* its writer may append                   */
    SEGMENT_DRAINED,            /* all of it is in Postgres; kept a while  */
    SEGMENT_GONE                /* quarantined or removed: forget it       */
} segment_state_t;

typedef struct segment_s  segment_t;

struct segment_s {
    segment_t          *next;
    gw_spool_reader_t  *reader;
    segment_state_t     state;
    char                name[256];
    char                path[512];
    char                id[37];
    uint64_t            pos;
    int64_t             drained_ms;     /* gw_clock_ms, when it was         */
    uint64_t            synced;         /* pos at the last msync            */
    bool                known;          /* pos comes from Postgres          */
    bool                seen;           /* by the current look at the folder */
};

/* A step and its batch, filled from a segment. */
typedef struct {
    store_step_t  step;
    batch_t       batch;
    int           read;         /* what the reader said last               */
    int           writer;       /* GW_SPOOL_, asked before it was read     */
    unsigned      records;
} drain_fill_t;

#define DRAIN_STEPS  (LANES + 1)

/* What draining needs; one a role. While a step goes to its commit those after
   it in the same segment are filled and sent ahead, if they are full. */
typedef struct {
    worker_t        *w;
    db_t            *db;
    lanes_t          lanes;
    int              host;
    unsigned         most;      /* records a step; halves on poison        */
    unsigned         tries;     /* in a row that other drainers spoilt     */
    drain_fill_t     fill[DRAIN_STEPS];
    unsigned         turn;      /* the one that is stored now, or next     */
    unsigned         filled;    /* how many are, from it on; see fill.h    */
    classify_memo_t  memo;
    classify_rules_t *rules;    /* the memo's                              */
    privacy_t        privacy;
} drain_t;

/*
 * Set up what is not zero: w is there, db is opened by the caller. An error was
 * logged; drain_free is due also then.
 */
int drain_init(drain_t *d, worker_t *w) GW_MUSTCHECK;
void drain_free(drain_t *d);

/*
 * Open dir/name. GW_EBUSY: another drainer has it. GW_ECORRUPT, GW_EVERSION:
 * not a segment: it was moved to quarantine.
 */
int segment_open(segment_t **out, const char *dir, const char *name)
    GW_MUSTCHECK;
void segment_free(segment_t *s);

/*
 * Drain all there is now. GW_OK, GW_ENOMEM; GW_EDB or GW_ERROR: Postgres is
 * away or takes nothing now: drain_why says why, then close the connection.
 */
int segment_drain(drain_t *d, segment_t *s) GW_MUSTCHECK;

/* What Postgres said against it, one line; while it is still connected. */
void drain_why(const drain_t *d, char *out, size_t size);

#endif
