/* A segment file under drain. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include "worker/ingest/store.h"

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

/* What draining needs; one a role. */
typedef struct {
    worker_t   *w;
    db_t       *db;
    int         host;
    batch_t     batch;
    unsigned    step;           /* records a transaction; halves on poison */
} drain_t;

/*
 * Open dir/name. GW_EBUSY: another drainer has it. GW_ECORRUPT, GW_EVERSION:
 * not a segment: it was moved to quarantine.
 */
int segment_open(segment_t **out, const char *dir, const char *name)
    GW_MUSTCHECK;
void segment_free(segment_t *s);

/* Drain all there is now. GW_OK, GW_EDB (the connection), GW_ENOMEM. */
int segment_drain(drain_t *d, segment_t *s) GW_MUSTCHECK;

#endif
