/*
 * Experiments of campaigns: Postgres counts, worker/stats/verdict.c judges, and
 * what was judged is kept with the verdict, so that anybody can give it to
 * `godwit stats` again.
 */
#include "worker/cron/experiments.h"

#include <jansson.h>
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/stats/methods.h"


/* A row of experiments_due. */
static int
experiments_judge(db_t *db, const PGresult *due, int row)
{
    int        rc;
    char      *text, at[GW_RFC3339_LEN + 1];
    json_t    *verdict;
    input_t    in;
    PGresult  *res;

    in.why[0] = '\0';
    in.doc = json_loads(PQgetvalue(due, row, 2), 0, NULL);
    verdict = in.doc != NULL ? method_verdict(&in) : NULL;
    text = verdict != NULL ? json_dumps(verdict, JSON_COMPACT) : NULL;
    json_decref(in.doc);
    json_decref(verdict);

    if (text == NULL) {
        log_error("experiment of campaign cmp_%s: %s",
                  PQgetvalue(due, row, 1),
                  in.why[0] != '\0' ? in.why : "out of memory");
        return GW_ENOMEM;
    }

    gw_clock_print(gw_clock_us(), at);
    rc = db_run(db, &Q_EXPERIMENT_LOOK, &(db_args_t) { {
                PQgetvalue(due, row, 0), PQgetvalue(due, row, 1),
                PQgetvalue(due, row, 2), text, at }, 5 }, &res);
    if (rc == GW_ERROR) {
        log_error("experiment of campaign cmp_%s: %s",
                  PQgetvalue(due, row, 1), db_message(res));
    }

    PQclear(res);
    free(text);
    return rc;
}


int
experiments_round(db_t *db)
{
    int        rc, row;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = db_run(db, &Q_EXPERIMENTS_DUE, &(db_args_t) { { at }, 1 }, &res);
    if (rc == GW_ERROR) {
        log_error("experiments: %s", db_message(res));
    }

    for (row = 0; rc == GW_OK && row < PQntuples(res); row++) {
        rc = experiments_judge(db, res, row) == GW_EDB ? GW_EDB : GW_OK;
    }

    PQclear(res);
    return rc;
}
