/* One operation in a process of its own, from its claim to its end. */
#include "worker/jobs/jobs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/domains/domains.h"
#include "worker/live.h"
#include "worker/sso/sso.h"

const job_kind_t  job_kinds[] = {
    { "analytics_report", report_job, JOB_LONG },
    { "analytics_roll", roll_job, JOB_LONG },
    { "contacts_bulk", bulk_job, JOB_LONG },
    { "contacts_erase", erase_job, JOB_LONG },
    { "demo_load", demo_load_job, JOB_LONG },
    { "demo_remove", demo_remove_job, JOB_LONG },
    { "domains_verify", domains_job, JOB_REMOTE },
    { "imports_run", import_job, JOB_LONG },
    { "suppressions_import", import_job, JOB_LONG },
    { "me_totp_confirm", totp_job, JOB_BRIEF },
    { "sessions_verify", totp_job, JOB_BRIEF },
    { "sso_check", sso_check_job, JOB_REMOTE },
    { "sso_login", sso_login_job, JOB_REMOTE },
    { "sso_logout", sso_logout_job, JOB_REMOTE },
    { "templates_extremes", templates_extremes_job, JOB_LONG },
    { "templates_test", templates_test_job, JOB_REMOTE },
    { NULL, NULL, JOB_LONG }
};

static volatile sig_atomic_t  job_stopping;

/* beginnings of SQLSTATEs that say nothing against the work itself */
static const char *const  job_passing[] = {
    "08", "25006", "40", "53", "55", "57", "58", NULL
};


static void
job_signal(int signo)
{
    job_stopping = 1;
}


bool
job_passes(const char *sqlstate)
{
    const char *const  *s;

    for (s = job_passing; *s != NULL; s++) {
        if (strncmp(sqlstate, *s, strlen(*s)) == 0) {
            return true;
        }
    }

    return false;
}


bool
job_counts(const char *sqlstate)
{
    return !job_passes(sqlstate) || strcmp(sqlstate, JOB_CANCELED) == 0;
}


job_end_e
job_ask(job_t *job, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(job->db, q, a, res);
    if (rc == GW_OK) {
        return JOB_GO;
    }

    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, rc == GW_EDB ? "the database went away"
                                        : db_message(*res));
    if (rc == GW_EDB || strncmp(db_state(*res), "GW", 2) != 0) {
        job->code = "database";
    }
    job->slow = rc != GW_EDB && job_counts(db_state(*res));

    return rc == GW_EDB || job_passes(db_state(*res)) ? JOB_AGAIN : JOB_FAILED;
}


/* An instant ms from now. */
static void
job_instant(int64_t ms, char out[GW_RFC3339_LEN + 1])
{
    gw_clock_print(gw_clock_us() + ms * 1000, out);
}


/* Told of by its own number, and by that of what it works on. */
static void
job_tell(const job_t *job, const live_kind_t *own, const live_kind_t *import,
    const int64_t *numbers)
{
    long long  tenant, id;

    if (gw_str_int(gw_str_of(job->tenant), 1, INT32_MAX, &tenant) != GW_OK
        || gw_str_int(gw_str_of(job->id), 1, INT64_MAX, &id) != GW_OK)
    {
        return;
    }

    live_note(own, tenant, id, numbers);
    live_note(import, tenant,
              json_integer_value(json_object_get(job->input, "import")),
              numbers);
}


job_end_e
job_step(job_t *job, long long done, long long total)
{
    int        rc;
    char       until[GW_RFC3339_LEN + 1], n[2][24];
    PGresult  *res;
    job_end_e  end;

    job_instant(JOBS_LEASE_MS, until);
    (void) snprintf(n[0], 24, "%lld", done);
    (void) snprintf(n[1], 24, "%lld", total);

    rc = db_run(job->db, &Q_JOBS_STEP, &(db_args_t) { { job->tenant, job->id,
                job->epoch, until, n[0], n[1] }, 6 }, &res);

    if (rc != GW_OK) {
        gw_buf_cstr(&job->why, rc == GW_EDB ? "the database went away"
                                            : db_message(res));
        end = JOB_AGAIN;
    } else if (PQntuples(res) == 0) {
        end = JOB_LOST;
    } else if (PQgetvalue(res, 0, 0)[0] == 't') {
        end = JOB_CANCELLED;
    } else {
        end = job_stopping ? JOB_STOPPED : JOB_GO;
    }

    PQclear(res);

    if (end == JOB_GO) {
        job_tell(job, &live_operation_progress, &live_import_progress,
                 (const int64_t[]) { done, total });
        live_turn(job->w);
    }

    return end;
}


/* {"code","message"} as text, or NULL; the caller frees it. */
static char *
job_error(const char *code, const char *why)
{
    char    *text;
    json_t  *e;

    if (code == NULL) {
        return NULL;
    }

    e = json_pack("{s:s, s:s}", "code", code, "message", why);
    if (e == NULL) {                    /* a sentence that is not UTF-8 */
        e = json_pack("{s:s, s:s}", "code", code, "message",
                      "the error has no readable message");
    }

    text = json_dumps(e, JSON_COMPACT);
    json_decref(e);
    return text;
}


/* Run for its effect; a refusal is logged. */
static int
job_run(db_t *db, const db_query_t *q, const db_args_t *a)
{
    int        rc;
    PGresult  *res;

    rc = db_run(db, q, a, &res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(res));
    }

    PQclear(res);
    return rc;
}


int
job_settle(db_t *db, const char *const row[3], const char *state,
    const json_t *result, const char *code, const char *why)
{
    int    rc;
    char  *text, *error, now[GW_RFC3339_LEN + 1];

    text = result != NULL ? json_dumps(result, JSON_COMPACT) : NULL;
    error = job_error(code, why);
    job_instant(0, now);

    rc = job_run(db, &Q_JOBS_END, &(db_args_t) { { row[0], row[1], row[2],
                 state, text, error, now }, 7 });

    free(text);
    free(error);
    return rc;
}


int
job_yield(db_t *db, const char *const row[3], int64_t ms, int attempts,
    const char *why)
{
    int    rc;
    char  *error, n[16], until[GW_RFC3339_LEN + 1];

    error = job_error(why != NULL ? "waiting" : NULL, why);
    (void) snprintf(n, sizeof(n), "%d", attempts);
    job_instant(ms, until);

    rc = job_run(db, &Q_JOBS_YIELD, &(db_args_t) { { row[0], row[1], row[2],
                 until, n, error }, 6 });

    free(error);
    return rc;
}


/* What its end means in Postgres. */
static int
job_ended(job_t *job, const char *const row[3], job_end_e end)
{
    switch (end) {

    case JOB_DONE:
        return job_settle(job->db, row, "done", job->result, NULL, NULL);

    case JOB_FAILED:
        log_info("operation %s of workspace %s failed: %s", job->id,
                 job->tenant, gw_buf_c(&job->why));
        return job_settle(job->db, row, "failed", NULL, job->code,
                          gw_buf_c(&job->why));

    case JOB_CANCELLED:
        return job_settle(job->db, row, "cancelled", NULL, NULL, NULL);

    case JOB_STOPPED:
        return job_yield(job->db, row, 0, 1, NULL);

    case JOB_AGAIN:
        log_warn("operation %s of workspace %s waits: %s", job->id,
                 job->tenant, gw_buf_c(&job->why));
        return PQstatus(db_conn(job->db)) == CONNECTION_OK
               ? job_yield(job->db, row, JOBS_AGAIN_MS, !job->slow,
                           gw_buf_c(&job->why)) : GW_EDB;

    default:
        return GW_OK;                   /* told, or it is another's */
    }
}


int
job_child(const worker_t *w, int host, const job_kind_t *kind,
    const char *const row[3], const char *input)
{
    int        rc;
    job_t      job;
    sigset_t   none;
    job_end_e  end;

    /* in this order: one that came meanwhile would be its end */
    (void) signal(SIGTERM, job_signal);
    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
    memset(&job, 0, sizeof(job));
    job.w = w;
    job.host = host;
    job.code = "invalid";
    (void) snprintf(job.tenant, sizeof(job.tenant), "%s", row[0]);
    (void) snprintf(job.id, sizeof(job.id), "%s", row[1]);
    (void) snprintf(job.epoch, sizeof(job.epoch), "%s", row[2]);
    gw_buf_init(&job.why, 4096);
    job.input = json_loads(input, 0, NULL);

    if (job.input == NULL || db_open(&job.db, w, "gw_worker", &job.why)
                             != GW_OK)
    {
        log_warn("operation %s of workspace %s waits: %s", job.id, job.tenant,
                 gw_buf_c(&job.why));
        return JOB_AGAIN;
    }

    end = kind->run(&job);
    worker_crash_point("jobs_before_end");
    rc = job_ended(&job, row, end);
    worker_crash_point("jobs_after_end");
    job_tell(&job, &live_operation_changed, &live_import_changed, NULL);
    live_end(w);
    db_close(job.db);

    return rc == GW_OK ? 0 : JOB_AGAIN;
}
