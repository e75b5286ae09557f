/*
 * Single sign-on by OpenID Connect, as operations of the role `jobs`: a
 * provider is looked at, a login redeemed, a logout believed.
 */
#ifndef WORKER_SSO_H
#define WORKER_SSO_H

#include "worker/jobs/jobs.h"

#define SSO_TIMEOUT_MS  10000           /* of one request to a provider      */
#define SSO_ANSWER      65536

/* A provider as an operation has it. */
typedef struct {
    job_t       *job;
    const char  *id;                    /* auth.providers.id                 */
    PGresult    *row;                   /* the texts below live in it        */
    const char  *issuer, *client;
    json_t      *metadata, *keys;       /* of its issuer, owned              */
    bool         old;                   /* to be fetched anew                */
    bool         fresh;                 /* a minute ago it was: not again    */
    gw_buf_t     secret;                /* of the client; empty: it has none */
} sso_t;

/* JOB_GO: nothing stands against it; the caller closes it in any case. */
job_end_e sso_open(sso_t *s, job_t *job, const char *id);
void sso_close(sso_t *s);

/* It has ended so: code and one sentence; always JOB_FAILED. */
job_end_e sso_fail(sso_t *s, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Ask a provider: by POST when body has data, else by GET. JOB_GO, and *doc is
 * the object that it answered, the caller's; any status but 200 is a failure.
 */
job_end_e sso_ask(sso_t *s, const char *what, const char *url,
    const char *const *headers, gw_str_t body, json_t **doc);

/* Fetch what its issuer publishes, judge it and keep it. */
job_end_e sso_discover(sso_t *s);

/*
 * Judge a token under its keys, which are fetched once more when it names one
 * that is not there. JOB_GO: *claims is the caller's.
 */
job_end_e sso_judge(sso_t *s, const char *token, const char *nonce,
    json_t **claims);

/* A text member of a document, or NULL. */
const char *sso_text(const json_t *doc, const char *name);

/* ---- the kinds ---- */

job_end_e sso_check_job(job_t *job);    /* {"provider"}                      */
job_end_e sso_login_job(job_t *job);    /* {"login","code"}                  */
job_end_e sso_logout_job(job_t *job);   /* {"provider","token"}              */

#endif
