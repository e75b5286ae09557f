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


/* One statement about one of them; of its error in Postgres the log tells. */
static int
experiments_run(db_t *db, const db_query_t *q, const db_args_t *args,
    PGresult **res)
{
    int  rc;

    rc = db_run(db, q, args, res);
    if (rc == GW_ERROR) {
        log_error("experiment of campaign cmp_%s: %s", args->v[1],
                  db_message(*res));
    }

    return rc;
}


/* The verdict on an input, to be freed; NULL: the log tells why. */
static char *
experiments_verdict(const char *campaign, const char *input)
{
    char     *text;
    json_t   *verdict;
    input_t   in;

    in.why[0] = '\0';
    in.doc = json_loads(input, 0, NULL);
    verdict = in.doc != NULL ? method_verdict(&in) : NULL;
    text = verdict != NULL ? json_dumps(verdict, JSON_COMPACT) : NULL;
    json_decref(in.doc);
    json_decref(verdict);

    if (text == NULL) {
        log_error("experiment of campaign cmp_%s: %s", campaign,
                  in.why[0] != '\0' ? in.why : "out of memory");
    }

    return text;
}


/* A row of experiments_open. */
static int
experiments_judge(db_t *db, char *tenant, char *campaign)
{
    int        rc;
    char      *input, *text, at[GW_RFC3339_LEN + 1];
    PGresult  *res, *looked;

    gw_clock_print(gw_clock_us(), at);
    rc = experiments_run(db, &Q_EXPERIMENT_INPUT,
                         &(db_args_t) { { tenant, campaign, at }, 3 }, &res);
    if (rc == GW_OK && PQntuples(res) > 0) {
        input = PQgetvalue(res, 0, 0);
        text = experiments_verdict(campaign, input);
        if (text != NULL) {
            rc = experiments_run(db, &Q_EXPERIMENT_LOOK, &(db_args_t) {
                                 { tenant, campaign, input, text, at }, 5 },
                                 &looked);
            PQclear(looked);
        }
        free(text);
    }

    PQclear(res);
    return rc;
}


int
experiments_round(db_t *db)
{
    int        rc, row;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = db_run(db, &Q_EXPERIMENTS_OPEN, &(db_args_t) { { at }, 1 }, &res);
    if (rc == GW_ERROR) {
        log_error("experiments: %s", db_message(res));
    }

    /* one that fails keeps no other from its look */
    for (row = 0; rc == GW_OK && row < PQntuples(res); row++) {
        rc = experiments_judge(db, PQgetvalue(res, row, 0),
                               PQgetvalue(res, row, 1)) == GW_EDB
             ? GW_EDB : GW_OK;
    }

    PQclear(res);
    return rc;
}
