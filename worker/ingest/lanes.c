/*
 * Connections in turn. While one goes from the compare-and-set of a step to
 * its commit, the others take the events of the next steps, in transactions
 * that hold nothing but new rows of `events`; store.c says why this is safe.
 * Their COPY takes longer than all else of a step: one beside it leaves it
 * waiting for the next.
 *
 * A thread lives from lanes_copy to lane_join. Till then it alone has its
 * connection, and its step and batch do not change.
 *
 * Another session that holds what the first needs and waits for `events` (DDL)
 * is a circle that Postgres does not see; its time-outs end it, and all of it
 * is drained again.
 */
#include "worker/ingest/lanes.h"

#include <signal.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define LANES_IDLE   5000               /* ms without use, then it is closed */
#define LANES_PAUSE  30000              /* ms, when there was none to have   */


int
lanes_connect(db_t **db, const worker_t *w, gw_buf_t *err)
{
    int        rc;
    PGresult  *res;

    rc = db_open(db, w, "gw_worker", err);
    if (rc != GW_OK) {
        return rc;
    }

    rc = db_run(*db, &Q_INGEST_SESSION, NULL, &res);
    if (rc != GW_OK) {
        gw_buf_fmt(err, "%s", res != NULL ? db_message(res)
                                          : "the connection is lost");
        db_close(*db);
        *db = NULL;
    }

    PQclear(res);
    return rc;
}


static bool
lanes_open(lanes_t *l, lane_t *lane, const worker_t *w)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    if (lane->db != NULL) {
        return true;
    }

    if (gw_clock_ms() < l->pause_ms) {
        return false;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = lanes_connect(&lane->db, w, &err);
    if (rc != GW_OK) {
        log_info("the drain goes on with the connections it has: %s",
                 err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        l->pause_ms = gw_clock_ms() + LANES_PAUSE;
    }

    return rc == GW_OK;
}


/* The lane of a step; of NULL: one that is free. */
static lane_t *
lanes_find(lanes_t *l, const store_step_t *step)
{
    unsigned  i;

    for (i = 0; i < LANES; i++) {
        if (l->lane[i].step == step) {
            return &l->lane[i];
        }
    }

    return NULL;
}


static void *
lane_main(void *arg)
{
    lane_t  *lane = arg;

    store_copy(lane->db, lane->step);
    return NULL;
}


bool
lanes_copy(lanes_t *l, const worker_t *w, store_step_t *step)
{
    lane_t    *lane;
    sigset_t   all, was;

    if (lanes_find(l, step) != NULL || step->begun) {
        return true;
    }

    lane = lanes_find(l, NULL);
    if (lane == NULL || !lanes_open(l, lane, w)) {
        return false;
    }

    lane->step = step;
    l->used_ms = gw_clock_ms();

    (void) sigfillset(&all);            /* signals are the loop's */
    (void) pthread_sigmask(SIG_SETMASK, &all, &was);
    lane->busy = pthread_create(&lane->thread, NULL, lane_main, lane) == 0;
    (void) pthread_sigmask(SIG_SETMASK, &was, NULL);

    if (!lane->busy) {
        lane->step = NULL;
    }

    return lane->busy;
}


static void
lane_join(lane_t *lane)
{
    if (lane->busy) {
        (void) pthread_join(lane->thread, NULL);
        lane->busy = false;
    }
}


bool
lanes_turn(lanes_t *l, const store_step_t *step, db_t **db)
{
    db_t    *other;
    lane_t  *lane;

    lane = lanes_find(l, step);
    if (lane == NULL) {
        return false;
    }

    lane_join(lane);
    other = *db;
    *db = lane->db;
    lane->db = other;
    lane->step = NULL;
    return true;
}


static void
lane_close(lane_t *lane)
{
    db_close(lane->db);
    lane->db = NULL;
}


void
lanes_rollback(lanes_t *l)
{
    unsigned   i;
    lane_t    *lane;

    for (i = 0; i < LANES; i++) {
        lane = &l->lane[i];
        lane_join(lane);
        if (lane->step != NULL) {
            lane->step->begun = false;
            lane->step = NULL;
            if (db_exec(lane->db, Q_INGEST_ROLLBACK.text) != GW_OK) {
                lane_close(lane);
            }
        }
    }
}


void
lanes_close(lanes_t *l)
{
    unsigned  i;

    for (i = 0; i < LANES; i++) {
        lane_close(&l->lane[i]);
    }
}


void
lanes_idle(lanes_t *l)
{
    if (gw_clock_ms() - l->used_ms >= LANES_IDLE) {
        lanes_close(l);
    }
}
