/* A second connection, on which the next step's events are sent ahead. */
#ifndef LANES_H
#define LANES_H

#include <pthread.h>

#include "worker/ingest/store.h"

typedef struct {
    db_t          *db;          /* for the next step; or NULL              */
    store_step_t  *step;        /* begun on it; or NULL                    */
    pthread_t      thread;
    bool           busy;        /* the thread must be joined               */
    int64_t        used_ms;     /* gw_clock_ms, when it was last           */
    int64_t        pause_ms;    /* it could not be had: not before         */
} lanes_t;

/* A connection set up for the drain; codes as db_open, which fills err. */
int lanes_connect(db_t **db, const worker_t *w, gw_buf_t *err) GW_MUSTCHECK;

/*
 * store_copy in a thread beside the caller, who keeps the step and its batch
 * as they are until lanes_turn or lanes_rollback. When there is no second
 * connection or no thread now nothing is begun: one lane has to do.
 */
void lanes_copy(lanes_t *l, const worker_t *w, store_step_t *step);

/*
 * The step before is committed. If the next was begun, wait for its events to
 * be sent; *db becomes the connection it was begun on, which store_step needs,
 * and the other one is for the step after.
 */
void lanes_turn(lanes_t *l, db_t **db);

/* What was begun shall not be. */
void lanes_rollback(lanes_t *l);

/* Close the connection: now, or if it was not of use for a while. */
void lanes_close(lanes_t *l);
void lanes_idle(lanes_t *l);

#endif
