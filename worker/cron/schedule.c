/*
 * Campaigns that are due. Each step of one is a transaction of its own, so a
 * kill between two leaves what the next round goes on with, and one that is
 * large or wrong keeps no other from its time for longer than its step takes.
 *
 * Crash points: schedule_step.
 */
#include "worker/cron/schedule.h"

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/worker.h"


/* The next step of a row of schedule_due; more: something else may be due. */
static int
schedule_step(db_t *db, char *tenant, char *campaign, bool *more)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = db_run(db, &Q_SCHEDULE_STEP,
                &(db_args_t) { { tenant, campaign, at }, 3 }, &res);
    if (rc == GW_ERROR) {
        log_error("campaign cmp_%s: %s", campaign, db_message(res));
    }

    *more |= rc == GW_OK && *PQgetvalue(res, 0, 0) == 't';
    PQclear(res);
    worker_crash_point("schedule_step");

    return rc;
}


int
schedule_round(db_t *db)
{
    int        rc, row;
    bool       more;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    do {
        more = false;
        gw_clock_print(gw_clock_us(), at);
        rc = db_run(db, &Q_SCHEDULE_DUE, &(db_args_t) { { at }, 1 }, &res);
        if (rc == GW_ERROR) {
            log_error("schedule: %s", db_message(res));
        }

        /* one that fails keeps no other from its time */
        for (row = 0; rc == GW_OK && row < PQntuples(res); row++) {
            rc = schedule_step(db, PQgetvalue(res, row, 0),
                               PQgetvalue(res, row, 1), &more) == GW_EDB
                 ? GW_EDB : GW_OK;
        }

        PQclear(res);
    } while (rc == GW_OK && more);

    return rc;
}
