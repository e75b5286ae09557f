/* Tests of templates for webhooks: in a loop of their own. */
#include "worker/http/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"
#include "worker/http/made.h"

#define TRIAL_KEPT  1024                /* bytes of the answer that are told */

typedef struct {
    job_t       *job;
    loop_t      *loop;
    http_t      *http;
    job_end_e    end;
} trial_t;


static job_end_e
trial_fail(job_t *job, const char *code, const char *why)
{
    job->code = code;
    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, why);
    return JOB_FAILED;
}


static job_end_e
trial_told(job_t *job, json_t *status, int64_t ms, gw_str_t body)
{
    size_t  i, n;
    char    text[TRIAL_KEPT];

    n = body.len < sizeof(text) ? body.len : sizeof(text);
    for (i = 0; i < n; i++) {
        text[i] = (char) (body.data[i] == '\0' ? '?' : body.data[i]);
    }
    gw_utf8_mend(text, n);
    job->result = json_pack("{s:o, s:I, s:o}", "status", status, "ms",
                            (json_int_t) ms, "response",
                            json_stringn(text, n));
    return job->result != NULL ? JOB_DONE : JOB_AGAIN;
}


static void
trial_answered(void *arg, const http_result_t *r)
{
    trial_t  *t = arg;

    t->end = r->status == 0
             ? trial_fail(t->job, "unreachable", r->why)
             : trial_told(t->job, json_integer(r->status), r->ms, r->body);
    loop_stop(t->loop);
}


static job_end_e
trial_request(job_t *job, const endpoint_t *e, const json_t *content)
{
    int       rc;
    char      id[40], mem[300];
    char     *headers;
    trial_t   t = { .job = job, .end = JOB_AGAIN };
    gw_buf_t  why;

    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = made_headers(content, &headers, &why);
    if (rc == GW_EINVAL) {
        gw_buf_reset(&job->why);
        gw_buf_fmt(&job->why, "content: a header %s", gw_buf_c(&why));
        return JOB_FAILED;
    }

    (void) snprintf(id, sizeof(id), "test_op_%s", job->id);
    rc = rc == GW_OK ? loop_create(&t.loop) : rc;
    rc = rc == GW_OK ? http_create(&t.http, t.loop, &job->w->conf) : rc;
    rc = rc == GW_OK ? made_send(content, headers, id, e, t.http,
                                 trial_answered, &t) : rc;
    rc = rc == GW_OK ? loop_run(t.loop) : rc;
    if (rc != GW_OK) {
        gw_buf_reset(&job->why);
        gw_buf_cstr(&job->why, gw_strerror(rc));
    }

    http_free(t.http);
    loop_free(t.loop);
    free(headers);
    return t.end;
}


/* The secrets that the row has, opened. */
static job_end_e
trial_row(job_t *job, const PGresult *res, const json_t *content)
{
    int             rc;
    char            mem[512];
    job_end_e       end;
    gw_buf_t        why;
    endpoint_t      e;
    secret_keys_t  *keys = NULL;

    if (PQntuples(res) == 0) {
        return trial_fail(job, "gone", "the webhook that signs it is gone, or "
                          "disabled");
    }

    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    memset(&e, 0, sizeof(e));
    rc = secret_keys_open(&keys, &job->w->conf, &why);
    rc = rc == GW_OK ? endpoint_load(&e, keys, job->tenant, res, 0, 0, &why)
                     : rc;
    end = rc == GW_OK && !made_is_for(content, e.url)
          ? trial_fail(job, "invalid", "its URL is not that of the webhook "
                       "that signs it, nor below it")
          : rc == GW_OK ? trial_request(job, &e, content)
          : trial_fail(job, "secret", why.len > 0 ? gw_buf_c(&why)
                       : gw_strerror(rc));
    endpoint_free(&e);
    secret_keys_free(keys);
    return end;
}


job_end_e
trial_send(job_t *job, const json_t *parts)
{
    char           now[GW_RFC3339_LEN + 1];
    PGresult      *res;
    job_end_e      end;
    const char    *problem;
    const json_t  *content;

    content = json_object_get(parts, "content");
    problem = json_string_value(json_object_get(parts, "problem"));
    if (problem != NULL) {
        gw_buf_reset(&job->why);
        gw_buf_fmt(&job->why, "content %s", problem);
        return JOB_FAILED;
    }
    if (json_is_true(json_object_get(job->input, "test"))) {
        return trial_told(job, json_null(), 0, gw_str_of(NULL));
    }

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(job, &Q_HOOKS_ENDPOINT, &(db_args_t) { { job->tenant,
                  json_string_value(json_object_get(content, "webhook")), now },
                  3 }, &res);
    end = end == JOB_GO ? trial_row(job, res, content) : end;
    PQclear(res);
    return end;
}
