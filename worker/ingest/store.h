/* The transaction of a batch. */
#ifndef STORE_H
#define STORE_H

#include "worker/db.h"
#include "worker/ingest/batch.h"

#define STORE_REJECTS  64

/* A record that no table can hold; its bytes view the segment. */
typedef struct {
    uint64_t     pos;
    const char  *reason;
    gw_str_t     bytes;
} store_reject_t;

/* One step of a segment: from pos to next, with what lies between. */
typedef struct {
    char             id[37];        /* of the segment, as a uuid */
    uint64_t         pos, next;
    batch_t         *batch;
    store_reject_t   reject[STORE_REJECTS];
    unsigned         rejects;
    int64_t          now_us;
    char             why[200];      /* what Postgres said against it */
    bool             begun;         /* by store_copy                 */
    int              copied;        /* how its COPY went; a code     */
} store_step_t;

/*
 * Begin the transaction of a step, whose batch is closed, and COPY its events;
 * the step before it need not be committed. How it went is in s->copied. It
 * ends with store_step on the same connection, also when it failed; or the
 * caller rolls it back and clears s->begun.
 */
void store_copy(db_t *db, store_step_t *s);

/*
 * Commit the step, whose batch is closed: exactly once, whatever happens. The
 * step before it must be committed; what store_copy has begun is gone on with.
 * GW_OK; GW_EBUSY: another drainer has moved the segment;
 * GW_EDB: the connection is gone, or Postgres takes no rows at all now, and
 * nothing is known: close it and look at spool_pos again; GW_EAGAIN: another
 * drainer was at the same persons: nothing was stored, try again; GW_ERROR:
 * Postgres refused what a row says (poison): nothing was stored, try a smaller
 * step.
 */
int store_step(db_t *db, store_step_t *s) GW_MUSTCHECK;

#endif
