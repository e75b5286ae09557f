/* More connections, on which the events of the next steps are sent ahead. */
#ifndef LANES_H
#define LANES_H

#include <pthread.h>

#include "worker/ingest/store.h"

#define LANES  2

typedef struct {
    db_t          *db;          /* or NULL                                 */
    store_step_t  *step;        /* begun on it; or NULL                    */
    pthread_t      thread;
    bool           busy;        /* the thread must be joined               */
} lane_t;

typedef struct {
    lane_t   lane[LANES];
    int64_t  used_ms;           /* gw_clock_ms, when one was last          */
    int64_t  pause_ms;          /* one could not be had: not before        */
} lanes_t;

/* A connection set up for the drain; codes as db_open, which fills err. */
int lanes_connect(db_t **db, const worker_t *w, gw_buf_t *err) GW_MUSTCHECK;

/*
 * store_copy in a thread beside the caller, who keeps the step and its batch
 * as they are until lanes_turn or lanes_rollback; nothing for a step that is
 * begun. false: no lane is free, or no connection or thread can be had now.
 */
bool lanes_copy(lanes_t *l, const worker_t *w, store_step_t *step);

/*
 * The steps before it are committed. If it was begun, wait for its events to
 * be sent; *db becomes the connection it was begun on, which store_step needs,
 * and the other one is for a later step. Was it?
 */
bool lanes_turn(lanes_t *l, const store_step_t *step, db_t **db);

/* What was begun shall not be. */
void lanes_rollback(lanes_t *l);

/* Close the connections: now, or if they were not of use for a while. */
void lanes_close(lanes_t *l);
void lanes_idle(lanes_t *l);

#endif
