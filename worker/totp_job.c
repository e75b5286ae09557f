/*
 * A code of somebody's authenticator: me_totp_confirm, sessions_verify. The
 * code comes sealed by the edge, as the secret does. One that is right uses up
 * its step in Postgres and ends the operation in the same transaction, so that
 * whoever is killed has done both or neither.
 */
#include <stdio.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_seal.h"
#include "worker/jobs/jobs.h"
#include "worker/secret.h"
#include "worker/totp.h"

#define TOTP_DIRECTORY  "0"             /* the tenant of what is of a person */

/* The columns of totp_get. */
enum { TOTP_LAST, TOTP_ID, TOTP_SEALED, TOTP_WRAPPED };

typedef struct {
    job_t          *job;
    secret_keys_t  *keys;
    gw_buf_t        secret, code;
    char            user[24], step[24];
} totp_t;


static job_end_e
totp_wrong(job_t *job, const char *code, const char *why)
{
    job->code = code;
    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, why);
    return JOB_FAILED;
}


/* Is the code one of this secret that was not used? Its step into t->step. */
static job_end_e
totp_check(totp_t *t, const PGresult *res)
{
    int64_t       step;
    job_t        *job = t->job;
    json_t       *code;
    long long     last;
    secret_row_t  row;

    code = json_object_get(job->input, "code");
    row = (secret_row_t) { TOTP_DIRECTORY,
        json_string_value(json_object_get(code, "id")),
        json_string_value(json_object_get(code, "sealed")), NULL };

    if (row.id == NULL || row.sealed == NULL
        || gw_str_int(gw_str_of(PQgetvalue(res, 0, TOTP_LAST)), 0, INT64_MAX,
                      &last) != GW_OK
        || secret_unseal(t->keys, &row, &t->code, &job->why) != GW_OK)
    {
        log_error("%s", gw_buf_c(&job->why));
        return totp_wrong(job, "internal", "the code cannot be read");
    }

    row = (secret_row_t) { TOTP_DIRECTORY, PQgetvalue(res, 0, TOTP_ID),
        PQgetvalue(res, 0, TOTP_SEALED), PQgetvalue(res, 0, TOTP_WRAPPED) };

    if (secret_unseal(t->keys, &row, &t->secret, &job->why) != GW_OK) {
        log_error("%s", gw_buf_c(&job->why));
        return totp_wrong(job, "internal", "the secret of the authenticator "
                          "cannot be opened");
    }

    if (totp_match(gw_buf_view(&t->secret), gw_buf_view(&t->code),
                   gw_clock_us(), last, &step) != GW_OK)
    {
        return totp_wrong(job, "wrong_code", "the code is wrong, too old, or "
                          "was used before");
    }

    (void) snprintf(t->step, sizeof(t->step), "%lld", (long long) step);
    return JOB_GO;
}


static job_end_e
totp_settle(totp_t *t)
{
    char       now[GW_RFC3339_LEN + 1];
    job_t     *job = t->job;
    PGresult  *res;
    job_end_e  end;

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(job, &Q_TOTP_SETTLE, &(db_args_t) { { job->id, job->epoch,
                  t->step, now }, 4 }, &res);

    if (end == JOB_GO) {
        end = PQgetisnull(res, 0, 0) ? JOB_LOST
              : PQgetvalue(res, 0, 0)[0] == 't' ? JOB_TOLD
              : totp_wrong(job, "wrong_code", "the code was used before");
    }

    PQclear(res);
    return end;
}


static job_end_e
totp_with(totp_t *t)
{
    job_t      *job = t->job;
    PGresult   *res;
    job_end_e   end;

    (void) snprintf(t->user, sizeof(t->user), "%lld", (long long)
                    json_integer_value(json_object_get(job->input, "user")));

    if (secret_keys_open(&t->keys, &job->w->conf, &job->why) != GW_OK) {
        return JOB_AGAIN;
    }

    end = job_ask(job, &Q_TOTP_GET, &(db_args_t) { { t->user }, 1 }, &res);

    if (end == JOB_GO) {
        end = PQntuples(res) == 1 ? totp_check(t, res)
              : totp_wrong(job, "gone", "there is no authenticator any more");
    }

    PQclear(res);

    return end == JOB_GO ? totp_settle(t) : end;
}


job_end_e
totp_job(job_t *job)
{
    totp_t     t = { .job = job };
    job_end_e  end;

    gw_buf_init(&t.secret, GW_SEAL_MAX);
    gw_buf_init(&t.code, GW_SEAL_MAX);

    end = totp_with(&t);

    secret_wipe(&t.secret);
    secret_wipe(&t.code);
    secret_keys_free(t.keys);
    return end;
}
