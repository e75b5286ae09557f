/* Operations in their slots: claimed, started, renewed, given back. */
#include "worker/jobs/role.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"


void
jobs_arrays(const jobs_t *j, jobs_arrays_t *a)
{
    int          n, i;
    gw_buf_t     b[3];
    const char  *v[3];

    gw_buf_fixed(&b[0], a->tenant, sizeof(a->tenant));
    gw_buf_fixed(&b[1], a->id, sizeof(a->id));
    gw_buf_fixed(&b[2], a->epoch, sizeof(a->epoch));

    for (n = 0; n < JOBS_SLOTS; n++) {
        v[0] = j->slot[n].tenant;
        v[1] = j->slot[n].id;
        v[2] = j->slot[n].epoch;

        for (i = 0; i < 3 && j->slot[n].pid != 0; i++) {
            gw_buf_fmt(&b[i], "%c%s", b[i].len == 0 ? '{' : ',', v[i]);
        }
    }

    for (i = 0; i < 3; i++) {
        gw_buf_cstr(&b[i], b[i].len == 0 ? "{}" : "}");
        (void) gw_buf_c(&b[i]);
    }
}


int
jobs_run(jobs_t *j, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(j->db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
    }

    return rc;
}


int
jobs_renew(jobs_t *j)
{
    int            rc, i, n;
    char           until[GW_RFC3339_LEN + 1];
    PGresult      *res;
    jobs_slot_t   *s;
    jobs_arrays_t  a;

    jobs_arrays(j, &a);
    if (a.id[1] == '}' || gw_clock_ms() - j->renewed < JOBS_RENEW_MS) {
        return GW_OK;
    }

    gw_clock_print(gw_clock_us() + JOBS_LEASE_MS * 1000LL, until);
    rc = jobs_run(j, &Q_JOBS_RENEW, &(db_args_t) { { until, a.tenant, a.id,
                  a.epoch }, 4 }, &res);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        for (n = 0; n < JOBS_SLOTS; n++) {
            s = &j->slot[n];
            if (s->pid != 0 && strcmp(s->tenant, PQgetvalue(res, i, 0)) == 0
                && strcmp(s->id, PQgetvalue(res, i, 1)) == 0)
            {
                s->lost = true;
                (void) kill(s->pid, SIGKILL);
            }
        }
    }

    PQclear(res);
    j->renewed = gw_clock_ms();
    return rc;
}


int
jobs_owed(jobs_t *j)
{
    int           rc, n;
    jobs_slot_t  *s;

    for (n = 0; n < JOBS_SLOTS; n++) {
        s = &j->slot[n];
        if (!s->used || s->pid != 0) {
            continue;
        }

        rc = job_yield(j->db, (const char *[]) { s->tenant, s->id, s->epoch },
                       s->attempts > 0 ? JOBS_AGAIN_MS : 0, s->attempts, NULL);
        if (rc == GW_EDB) {
            return rc;
        }
        s->used = false;
    }

    return GW_OK;
}


/* The child: nothing of the parent's is used any more. */
static void
jobs_child(jobs_t *j, const job_kind_t *kind, const jobs_slot_t *s,
    const char *input, const char *request, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent) {
        _exit(JOB_AGAIN);
    }

    (void) close(j->lock);
    (void) close(PQsocket(db_conn(j->db)));
    log_about(request);

    _exit(job_child(j->w, j->host, kind, (const char *[]) { s->tenant, s->id,
                    s->epoch }, input));
}


static void
jobs_start(jobs_t *j, jobs_slot_t *s, const char *kind, const char *input,
    const char *request)
{
    pid_t              pid, self;
    const job_kind_t  *k;

    for (k = job_kinds; k->kind != NULL && strcmp(k->kind, kind) != 0; k++) {
        /* Q_JOBS_CLAIM asks for none but these */
    }

    s->used = true;
    s->lost = false;
    s->attempts = 0;
    self = getpid();
    pid = fork();

    if (pid == 0) {
        jobs_child(j, k, s, input, request, self);
    }

    if (pid == -1) {
        log_error("can not start a process: %s", strerror(errno));
        s->attempts = 1;
        return;
    }

    s->pid = pid;
}


/* One that needs no process: it was cancelled, or has crashed too often. */
static int
jobs_refuse(jobs_t *j, const PGresult *res, bool *refused)
{
    char        why[160];
    const char *row[3] = { PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1),
                           PQgetvalue(res, 0, 2) };

    *refused = true;

    if (PQgetvalue(res, 0, 5)[0] == 't') {
        return job_settle(j->db, row, "cancelled", NULL, NULL, NULL);
    }

    if (strtol(PQgetvalue(res, 0, 4), NULL, 10) > JOBS_TRIES) {
        (void) snprintf(why, sizeof(why), "the work was broken off %d times; "
                        "the worker's log says why", JOBS_TRIES);
        log_error("operation %s of workspace %s: %s", row[1], row[0], why);
        return job_settle(j->db, row, "failed", NULL, "internal", why);
    }

    *refused = false;
    return GW_OK;
}


int
jobs_claim(jobs_t *j, jobs_slot_t *s, bool *more)
{
    int        rc;
    bool       refused;
    char       now[GW_RFC3339_LEN + 1], until[GW_RFC3339_LEN + 1], host[16];
    int64_t    us;
    PGresult  *res;

    us = gw_clock_us();
    gw_clock_print(us, now);
    gw_clock_print(us + JOBS_LEASE_MS * 1000LL, until);
    (void) snprintf(host, sizeof(host), "%d", j->host);

    rc = jobs_run(j, &Q_JOBS_CLAIM, &(db_args_t) { { host, now, until,
                  j->kinds[(s - j->slot) / JOBS_EACH] }, 4 }, &res);
    *more = rc == GW_OK && PQntuples(res) == 1;

    if (*more) {
        worker_crash_point("jobs_after_claim");
        rc = jobs_refuse(j, res, &refused);

        if (!refused) {
            (void) snprintf(s->tenant, sizeof(s->tenant), "%s",
                            PQgetvalue(res, 0, 0));
            (void) snprintf(s->id, sizeof(s->id), "%s", PQgetvalue(res, 0, 1));
            (void) snprintf(s->epoch, sizeof(s->epoch), "%s",
                            PQgetvalue(res, 0, 2));
            jobs_start(j, s, PQgetvalue(res, 0, 3), PQgetvalue(res, 0, 6),
                       PQgetvalue(res, 0, 7));
        }
    }

    PQclear(res);
    return rc;
}


void
jobs_reaped(jobs_slot_t *s, int status)
{
    s->pid = 0;
    s->used = !s->lost && status != 0;

    if (WIFEXITED(status) && WEXITSTATUS(status) == JOB_AGAIN) {
        s->attempts = 1;

    } else if (s->used) {
        log_error("the process of operation %s of workspace %s broke off "
                  "(status %d); it is begun again", s->id, s->tenant, status);
        worker_crash_off();
    }
}
