/* A provider: its row, its secret, what it publishes. */
#include "worker/sso/sso.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_json.h"
#include "worker/http/http.h"
#include "worker/secret.h"
#include "worker/sso/jwt.h"

/* columns of Q_SSO_PROVIDER */
enum { ROW_ISSUER, ROW_CLIENT, ROW_METADATA, ROW_KEYS, ROW_OLD, ROW_NEW,
       ROW_SECRET, ROW_SEALED, ROW_WRAPPED };

/* One question to a provider and its answer. */
typedef struct {
    loop_t    *loop;
    int        status;
    gw_buf_t   body, why;
} sso_answer_t;


const char *
sso_text(const json_t *doc, const char *name)
{
    return json_string_value(json_object_get(doc, name));
}


job_end_e
sso_fail(sso_t *s, const char *code, const char *fmt, ...)
{
    char     mem[512];
    va_list  ap;

    va_start(ap, fmt);
    (void) vsnprintf(mem, sizeof(mem), fmt, ap);
    va_end(ap);

    s->job->code = code;
    gw_buf_reset(&s->job->why);
    gw_buf_cstr(&s->job->why, mem);
    return JOB_FAILED;
}


static job_end_e
sso_open_secret(sso_t *s)
{
    int             rc;
    char            mem[256];
    gw_buf_t        err;
    secret_keys_t  *keys = NULL;

    if (PQgetisnull(s->row, 0, ROW_SECRET)) {
        return JOB_GO;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = secret_keys_open(&keys, &s->job->w->conf, &err);
    rc = rc == GW_OK
         ? secret_unseal(keys, &(secret_row_t) {
               s->job->tenant, PQgetvalue(s->row, 0, ROW_SECRET),
               PQgetvalue(s->row, 0, ROW_SEALED),
               PQgetvalue(s->row, 0, ROW_WRAPPED) }, &s->secret, &err)
         : rc;
    secret_keys_free(keys);

    return rc == GW_OK ? JOB_GO
           : sso_fail(s, "secret", "its secret can not be opened: %.*s",
                      (int) err.len, mem);
}


job_end_e
sso_open(sso_t *s, job_t *job, const char *id)
{
    char       now[GW_RFC3339_LEN + 1];
    job_end_e  end;

    memset(s, 0, sizeof(*s));
    s->job = job;
    s->id = id;
    gw_buf_init(&s->secret, 8192);
    gw_clock_print(gw_clock_us(), now);

    end = job_ask(job, &Q_SSO_PROVIDER, &(db_args_t) { { job->tenant, id, now },
                  3 }, &s->row);
    if (end != JOB_GO) {
        return end;
    }
    if (PQntuples(s->row) == 0) {
        return sso_fail(s, "gone", "the provider was removed meanwhile");
    }

    s->issuer = PQgetvalue(s->row, 0, ROW_ISSUER);
    s->client = PQgetvalue(s->row, 0, ROW_CLIENT);
    s->metadata = json_loads(PQgetvalue(s->row, 0, ROW_METADATA), 0, NULL);
    s->keys = json_loads(PQgetvalue(s->row, 0, ROW_KEYS), 0, NULL);
    s->old = PQgetvalue(s->row, 0, ROW_OLD)[0] == 't';

    s->fresh = PQgetvalue(s->row, 0, ROW_NEW)[0] == 't';
    return sso_open_secret(s);
}


void
sso_close(sso_t *s)
{
    secret_wipe(&s->secret);
    json_decref(s->metadata);
    json_decref(s->keys);
    PQclear(s->row);
}


static void
sso_answered(void *arg, const http_result_t *r)
{
    sso_answer_t  *a = arg;

    a->status = r->status;
    gw_buf_put(&a->body, r->body.data, r->body.len);
    if (r->status == 0) {
        gw_buf_cstr(&a->why, r->why);
    }
    loop_stop(a->loop);
}


/* In a loop of its own: the process does nothing else. */
static int
sso_request(sso_t *s, const http_request_t *q, sso_answer_t *a)
{
    int      rc;
    http_t  *h = NULL;

    a->loop = NULL;
    rc = loop_create(&a->loop);
    rc = rc == GW_OK ? http_create(&h, a->loop, &s->job->w->conf) : rc;
    rc = rc == GW_OK ? http_send(h, q, sso_answered, a) : rc;
    rc = rc == GW_OK ? loop_run(a->loop) : rc;

    http_free(h);
    loop_free(a->loop);
    return rc;
}


job_end_e
sso_ask(sso_t *s, const char *what, const char *url,
    const char *const *headers, gw_str_t body, json_t **doc)
{
    int               rc;
    char              mem[256];
    job_end_e         end;
    sso_answer_t      a = { 0 };
    gw_json_error_t   err;

    gw_buf_init(&a.body, SSO_ANSWER);
    gw_buf_fixed(&a.why, mem, sizeof(mem) - 1);
    rc = sso_request(s, &(http_request_t) { .url = url, .headers = headers,
                     .body = body, .keep = SSO_ANSWER,
                     .timeout_ms = SSO_TIMEOUT_MS }, &a);

    if (rc != GW_OK || a.status == 0) {
        end = sso_fail(s, "unreachable", "the provider's %s can not be "
                       "reached: %.*s", what, (int) a.why.len, mem);
    } else if (a.status != 200) {
        end = sso_fail(s, "refused", "the provider's %s answers with status %d",
                       what, a.status);
    } else if (a.body.failed || gw_json_parse(gw_buf_view(&a.body),
               GW_JSON_OBJECT, doc, &err) != GW_OK)
    {
        end = sso_fail(s, "refused", "the answer of the provider's %s is not a "
                       "JSON object of at most 64 KiB", what);
    } else {
        end = JOB_GO;
    }

    secret_wipe(&a.body);               /* it may hold tokens */
    return end;
}


/* No page may be less safe than the issuer says it is itself. */
static bool
sso_endpoint(const sso_t *s, const json_t *metadata, const char *name,
    bool needed)
{
    const char  *url, *p;

    url = sso_text(metadata, name);
    if (url == NULL) {
        return !needed && json_object_get(metadata, name) == NULL;
    }

    for (p = url; *p > 0x20 && *p < 0x7f; p++) { /* void */ }
    if (*p != '\0') {                   /* it will stand in a header */
        return false;
    }

    return strncmp(url, "https://", 8) == 0
           || (strncmp(s->issuer, "http://", 7) == 0
               && strncmp(url, "http://", 7) == 0);
}


static job_end_e
sso_judge_metadata(sso_t *s, const json_t *metadata)
{
    size_t       i;
    const char  *issuer;

    static const struct {
        const char  *name;
        bool         needed;
    } endpoints[] = {
        { "authorization_endpoint", true },
        { "token_endpoint", true },
        { "jwks_uri", true },
        { "userinfo_endpoint", false },
        { "end_session_endpoint", false }
    };

    issuer = sso_text(metadata, "issuer");
    if (issuer == NULL || strcmp(issuer, s->issuer) != 0) {
        return sso_fail(s, "refused", "the provider calls itself %.200s; its "
                        "issuer must be given exactly so",
                        issuer != NULL ? issuer : "(nothing)");
    }

    for (i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (!sso_endpoint(s, metadata, endpoints[i].name,
                          endpoints[i].needed))
        {
            return sso_fail(s, "refused", "the provider's metadata has no good "
                            "\"%s\"", endpoints[i].name);
        }
    }

    return JOB_GO;
}


/* What is known stays when nothing new came; why is shown. */
static job_end_e
sso_keep(sso_t *s, job_end_e how)
{
    char       now[GW_RFC3339_LEN + 1], *metadata, *keys;
    PGresult  *res = NULL;
    job_end_e  end;

    metadata = how == JOB_GO ? json_dumps(s->metadata, JSON_COMPACT) : NULL;
    keys = how == JOB_GO ? json_dumps(s->keys, JSON_COMPACT) : NULL;
    gw_clock_print(gw_clock_us(), now);

    end = how == JOB_GO || how == JOB_FAILED
          ? job_ask(s->job, &Q_SSO_CHECKED, &(db_args_t) { { s->job->tenant,
                    s->id, metadata, keys, how == JOB_GO ? NULL
                    : gw_buf_c(&s->job->why), now, s->issuer }, 7 }, &res)
          : JOB_GO;

    PQclear(res);
    free(metadata);
    free(keys);
    return end == JOB_GO ? how : end;
}


job_end_e
sso_discover(sso_t *s)
{
    int        n;
    char       url[2200];
    size_t     len;
    json_t    *metadata = NULL, *keys = NULL;
    job_end_e  end;

    static const char *const  headers[] = { "Accept: application/json", NULL };

    len = strlen(s->issuer);
    n = snprintf(url, sizeof(url), "%.*s/.well-known/openid-configuration",
                 (int) (len - (len > 0 && s->issuer[len - 1] == '/')),
                 s->issuer);
    if (n < 0 || (size_t) n >= sizeof(url)) {
        return sso_fail(s, "refused", "the issuer is too long");
    }

    end = sso_ask(s, "metadata", url, headers, gw_str_of(NULL), &metadata);
    end = end == JOB_GO ? sso_judge_metadata(s, metadata) : end;
    end = end == JOB_GO
          ? sso_ask(s, "set of keys", sso_text(metadata, "jwks_uri"), headers,
                    gw_str_of(NULL), &keys) : end;

    if (end == JOB_GO) {
        json_decref(s->metadata);
        json_decref(s->keys);
        s->metadata = json_incref(metadata);
        s->keys = json_incref(keys);
        s->old = false;
        s->fresh = true;
    }

    json_decref(metadata);
    json_decref(keys);
    return sso_keep(s, end);
}


job_end_e
sso_judge(sso_t *s, const char *token, const char *nonce, json_t **claims)
{
    int        rc;
    char       mem[160];
    gw_buf_t   why;
    job_end_e  end;

    *claims = NULL;
    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = jwt_verify(gw_str_of(token), s->keys, claims, &why);

    /* it has a new key since; a logout token may come from anybody */
    if (rc == GW_ENOTFOUND && (nonce != NULL || !s->fresh)) {
        end = sso_discover(s);
        if (end != JOB_GO) {
            return end;
        }
        gw_buf_reset(&why);
        rc = jwt_verify(gw_str_of(token), s->keys, claims, &why);
    }

    rc = rc == GW_OK
         ? jwt_judge(*claims, &(jwt_expect_t) { s->issuer, s->client, nonce,
                     gw_clock_us() / 1000000 }, &why) : rc;

    return rc == GW_OK ? JOB_GO
           : sso_fail(s, "token", "the provider's token is no good: %.*s",
                      (int) why.len, mem);
}
