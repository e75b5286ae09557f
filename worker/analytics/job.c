/*
 * The operations analytics_report and analytics_roll. A report changes nothing,
 * so one that was broken off is made again from its beginning; a roll-up is a
 * campaign at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/analytics/analytics.h"


PGresult *
report_ask(job_t *job, const db_query_t *q, const json_t *about,
    job_end_e *end)
{
    char      *text;
    PGresult  *res;

    res = NULL;
    text = json_dumps(about, JSON_COMPACT);
    *end = text != NULL ? job_ask(job, q, &(db_args_t) { { text }, 1 }, &res)
                        : JOB_AGAIN;
    free(text);

    if (*end != JOB_GO) {
        PQclear(res);
        res = NULL;
    }

    return res;
}


/* What it reads: the operation's input, and what it means now. */
static json_t *
report_about(job_t *job, job_end_e *end)
{
    char      *text, now[GW_RFC3339_LEN + 1];
    json_t    *about;
    PGresult  *res;

    about = NULL;
    res = NULL;
    gw_clock_print(gw_clock_us(), now);
    text = json_dumps(job->input, JSON_COMPACT);
    *end = text != NULL ? job_ask(job, &Q_REPORT_BEGIN, &(db_args_t) {
                          { job->tenant, text, now }, 3 }, &res) : JOB_AGAIN;
    free(text);

    if (*end == JOB_GO) {
        about = json_loads(PQgetvalue(res, 0, 0), 0, NULL);
        *end = about != NULL ? JOB_GO : JOB_AGAIN;
    }

    PQclear(res);
    return about;
}


/* One that Postgres makes by itself. */
static json_t *
report_plain(job_t *job, const json_t *about, job_end_e *end)
{
    json_t    *out;
    PGresult  *res;

    res = report_ask(job, &Q_REPORT_PLAIN, about, end);
    if (*end == JOB_AGAIN && job->slow) {
        *end = report_slow(job);
    }

    out = res != NULL ? json_loads(PQgetvalue(res, 0, 0), 0, NULL) : NULL;
    PQclear(res);
    return out;
}


static const struct {
    const char  *name;
    report_pt    call;
} report_kinds[] = {
    { "attribution", report_attribution },
    { "funnel", report_funnel },
    { "lift", report_plain },
    { "recount", report_plain },
    { "retention", report_plain }
};

#define REPORT_KINDS  (sizeof(report_kinds) / sizeof(report_kinds[0]))


job_end_e
report_job(job_t *job)
{
    size_t       i;
    json_t      *about;
    job_end_e    end;
    const char  *name;

    about = report_about(job, &end);
    name = json_string_value(json_object_get(job->input, "report"));

    for (i = 0; end == JOB_GO && i < REPORT_KINDS; i++) {
        if (name != NULL && strcmp(name, report_kinds[i].name) == 0) {
            job->result = report_kinds[i].call(job, about, &end);
            break;
        }
    }

    json_decref(about);
    return end == JOB_GO ? JOB_DONE : end;
}


/* The campaigns that are behind. */
static job_end_e
roll_due(job_t *job, PGresult **due)
{
    char       now[GW_RFC3339_LEN + 1];
    job_end_e  end;

    end = job_ask(job, &Q_ROLLUPS_BEGIN, &(db_args_t) { { NULL }, 0 }, due);
    PQclear(*due);
    *due = NULL;

    gw_clock_print(gw_clock_us(), now);
    return end == JOB_GO
           ? job_ask(job, &Q_ROLLUPS_DUE, &(db_args_t) { { job->tenant, now,
                     json_is_true(json_object_get(job->input, "all")) ? "t"
                                                                     : "f" },
                     3 }, due) : end;
}


static job_end_e
roll_one(job_t *job, const char *campaign)
{
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;
    job_end_e  end;

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(job, &Q_ROLLUP_CAMPAIGN, &(db_args_t) { { job->tenant,
                  campaign, now }, 3 }, &res);
    PQclear(res);
    return end;
}


/* One that cannot be worked out holds up no other. */
job_end_e
roll_job(job_t *job)
{
    int        row, n, failed;
    PGresult  *due;
    job_end_e  end;

    end = roll_due(job, &due);
    n = end == JOB_GO ? PQntuples(due) : 0;

    for (row = 0, failed = 0; end == JOB_GO && row < n; row++) {
        end = job_step(job, row, n);
        end = end == JOB_GO ? roll_one(job, PQgetvalue(due, row, 0)) : end;

        if (end == JOB_FAILED || (end == JOB_AGAIN && job->slow)) {
            log_error("roll-ups of campaign %s of workspace %s: %s",
                      PQgetvalue(due, row, 0), job->tenant,
                      gw_buf_c(&job->why));
            failed++;
            end = JOB_GO;
        }
    }

    PQclear(due);
    if (end == JOB_GO && failed > 0) {
        gw_buf_fmt(&job->why, " (%d of %d campaigns; the worker's log names "
                   "them)", failed, n);
        return JOB_FAILED;
    }

    job->result = json_pack("{s:i}", "campaigns", row);
    return end == JOB_GO ? JOB_DONE : end;
}
