/*
 * Two connections in turn. While one goes from the compare-and-set of a step
 * to its commit, the other takes the events of the next step, in a transaction
 * that holds nothing but new rows of `events`; store.c says why this is safe.
 *
 * The thread lives from lanes_copy to lanes_join. Till then it alone has the
 * second connection, and the next step and its batch do not change.
 *
 * A third session that holds what the first needs and waits for `events` (DDL)
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
lanes_open(lanes_t *l, const worker_t *w)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    if (l->db != NULL) {
        return true;
    }

    if (gw_clock_ms() < l->pause_ms) {
        return false;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = lanes_connect(&l->db, w, &err);
    if (rc != GW_OK) {
        log_info("the drain goes on with one connection: %s",
                 err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        l->pause_ms = gw_clock_ms() + LANES_PAUSE;
    }

    return rc == GW_OK;
}


static void *
lanes_main(void *arg)
{
    lanes_t  *l = arg;

    store_copy(l->db, l->step);
    return NULL;
}


void
lanes_copy(lanes_t *l, const worker_t *w, store_step_t *step)
{
    sigset_t  all, was;

    if (!lanes_open(l, w)) {
        return;
    }

    l->step = step;
    l->used_ms = gw_clock_ms();

    (void) sigfillset(&all);            /* signals are the loop's */
    (void) pthread_sigmask(SIG_SETMASK, &all, &was);
    l->busy = pthread_create(&l->thread, NULL, lanes_main, l) == 0;
    (void) pthread_sigmask(SIG_SETMASK, &was, NULL);

    if (!l->busy) {
        l->step = NULL;
    }
}


static void
lanes_join(lanes_t *l)
{
    if (l->busy) {
        (void) pthread_join(l->thread, NULL);
        l->busy = false;
    }
}


void
lanes_turn(lanes_t *l, db_t **db)
{
    db_t  *other;

    lanes_join(l);
    if (l->step != NULL) {
        other = *db;
        *db = l->db;
        l->db = other;
        l->step = NULL;
    }
}


void
lanes_rollback(lanes_t *l)
{
    lanes_join(l);
    if (l->step != NULL) {
        l->step->begun = false;
        l->step = NULL;
        if (db_exec(l->db, Q_INGEST_ROLLBACK.text) != GW_OK) {
            lanes_close(l);
        }
    }
}


void
lanes_close(lanes_t *l)
{
    db_close(l->db);
    l->db = NULL;
}


void
lanes_idle(lanes_t *l)
{
    if (l->db != NULL && gw_clock_ms() - l->used_ms >= LANES_IDLE) {
        lanes_close(l);
    }
}
