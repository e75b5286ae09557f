/* Work that takes time: what runs one operation, and what it may ask. */
#ifndef JOBS_H
#define JOBS_H

#include <jansson.h>

#include "worker/db.h"

#define JOBS_LEASE_MS   30000
#define JOBS_RENEW_MS   10000
#define JOBS_POLL_MS    200
#define JOBS_AGAIN_MS   5000    /* until what was not there is tried again   */
#define JOBS_TRIES      5       /* ends by a crash before it has failed      */
#define JOB_CANCELED    "57014" /* SQLSTATE of what took too long            */

/* How it ended; JOB_GO: it has not. */
typedef enum {
    JOB_GO,
    JOB_DONE,
    JOB_FAILED,                 /* code and why say it                       */
    JOB_CANCELLED,
    JOB_STOPPED,                /* the role ends: another process goes on    */
    JOB_AGAIN,                  /* something is not there now (why): later   */
    JOB_TOLD,                   /* its end is in Postgres, with its effect   */
    JOB_LOST                    /* another holds it: change nothing more     */
} job_end_e;

/* One operation in its own process. */
typedef struct {
    const worker_t  *w;
    db_t            *db;        /* of this process; the role closes it       */
    int              host;      /* godwit.hosts.id                           */
    char             tenant[16], id[24], epoch[24];
    json_t          *input;
    json_t          *result;    /* set by who is done; may stay NULL         */
    const char      *code;      /* of a failure: invalid, gone ...           */
    gw_buf_t         why;       /* one sentence                              */
    bool             slow;      /* it may take too long again, or be refused:
                                   one of its tries                          */
} job_t;

/* Does its work from wherever it was left; called again after a crash. */
typedef job_end_e (*job_pt)(job_t *job);

/* What holds up only its like. */
typedef enum {
    JOB_LONG,                   /* takes its time                            */
    JOB_BRIEF,                  /* somebody waits                            */
    JOB_REMOTE,                 /* the same, for others out there            */
    JOB_CLASSES
} job_class_e;

typedef struct {
    const char  *kind;          /* godwit.operations.kind                    */
    job_pt       run;
    job_class_e  of;            /* slots of its own                          */
} job_kind_t;

/* Every kind of operation, ended by a row whose kind is NULL. */
extern const job_kind_t  job_kinds[];

/*
 * Inside the transaction of a step: note it, `done` of `total`. JOB_GO; or
 * JOB_CANCELLED, JOB_STOPPED: commit, then end so; JOB_LOST, JOB_AGAIN: roll
 * back and end so.
 */
job_end_e job_step(job_t *job, long long done, long long total);

/*
 * Is a refusal of Postgres (its SQLSTATE) one that passes: no space, shutting
 * down, locks, read-only?
 */
bool job_passes(const char *sqlstate);

/* Would it come again, as what takes too long does? Then it is one of its
   tries. */
bool job_counts(const char *sqlstate);

/*
 * Run a statement: the result is the caller's. JOB_GO, JOB_AGAIN when the
 * database is away, or JOB_FAILED, whose code is job->code as it was when one
 * of our own functions has refused.
 */
job_end_e job_ask(job_t *job, const db_query_t *q, const db_args_t *a,
    PGresult **res);

/* In the child process: run it and settle it; an exit code for jobs_reaped. */
int job_child(const worker_t *w, int host, const job_kind_t *kind,
    const char *const row[3], const char *input);

/* End it in Postgres; GW_OK also when it was another's already. */
int job_settle(db_t *db, const char *const row[3], const char *state,
    const json_t *result, const char *code, const char *why) GW_MUSTCHECK;

/* Give it back for ms; attempts that do not count, 0 or 1; why may be NULL. */
int job_yield(db_t *db, const char *const row[3], int64_t ms, int attempts,
    const char *why) GW_MUSTCHECK;

/* ---- the kinds ---- */

job_end_e bulk_job(job_t *job);
job_end_e demo_load_job(job_t *job);
job_end_e demo_remove_job(job_t *job);
job_end_e erase_job(job_t *job);
job_end_e import_job(job_t *job);
job_end_e report_job(job_t *job);       /* worker/analytics/job.c */
job_end_e roll_job(job_t *job);
job_end_e templates_extremes_job(job_t *job);
job_end_e templates_test_job(job_t *job);
job_end_e totp_job(job_t *job);         /* worker/totp_job.c */

#endif
