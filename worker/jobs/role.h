/* The role `jobs` from within: its slots; for its two sources only. */
#ifndef JOBS_ROLE_H
#define JOBS_ROLE_H

#include <sys/types.h>

#include "worker/jobs/jobs.h"
#include "worker/loop.h"

#define JOBS_EACH     4                 /* slots of a class, in its order */
#define JOBS_SLOTS    (JOBS_EACH * JOB_CLASSES)

/* A place for one: free, running (pid), or owed: ended, not given back yet. */
typedef struct {
    pid_t  pid;
    bool   used;
    bool   lost;                        /* another's: killed, nothing is owed */
    int    attempts;                    /* of what is owed: that do not count */
    char   tenant[16], id[24], epoch[24];
} jobs_slot_t;

typedef struct {
    worker_t      *w;
    loop_t        *loop;
    db_t          *db;
    int            host, lock;
    loop_timer_t   tick;
    int64_t        renewed;
    bool           failed;              /* the last connection; for --once */
    char           kinds[JOB_CLASSES][512];     /* {imports_run,...}        */
    jobs_slot_t    slot[JOBS_SLOTS];
} jobs_t;

typedef struct {
    char  tenant[384], id[384], epoch[384];
} jobs_arrays_t;

/* The processes that run, as three arrays for Postgres. */
void jobs_arrays(const jobs_t *j, jobs_arrays_t *a);

/* db_run; a refusal is logged. */
int jobs_run(jobs_t *j, const db_query_t *q, const db_args_t *a,
    PGresult **res) GW_MUSTCHECK;

/* Renew the leases; a process whose operation is another's now is ended. */
int jobs_renew(jobs_t *j) GW_MUSTCHECK;

/* Give back what ended without saying how. */
int jobs_owed(jobs_t *j) GW_MUSTCHECK;

/* Claim one for a free slot and start it; *more: there may be another. */
int jobs_claim(jobs_t *j, jobs_slot_t *s, bool *more) GW_MUSTCHECK;

/* A process has ended: what it did not settle is owed. */
void jobs_reaped(jobs_slot_t *s, int status);

#endif
