/*
 * The role `jobs`: claim operations under a lease, run each in a process of
 * its own, renew while it runs, reap. A process that crashes takes nothing
 * with it: its operation is claimed again, by a later attempt.
 *
 * Crash points: jobs_after_claim, jobs_before_end, jobs_after_end.
 */
#include "worker/jobs/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/host.h"
#include "worker/house.h"

#define JOBS_WAIT_MS  1000              /* after the database was away */


/* What an earlier process of this host held is free at once. */
static int
jobs_connect(jobs_t *j)
{
    int            rc;
    char           mem[512], now[GW_RFC3339_LEN + 1], host[16];
    gw_buf_t       err;
    PGresult      *res;
    jobs_arrays_t  a;

    if (j->db != NULL) {
        return GW_OK;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = db_open(&j->db, j->w, "gw_worker", &err);
    if (rc != GW_OK) {
        if (!j->failed) {
            log_warn("%.*s", (int) err.len, mem);
        }
        return rc;
    }

    rc = host_enter(j->w, j->db, &j->host);
    if (rc != GW_OK) {
        return rc;
    }

    jobs_arrays(j, &a);
    (void) snprintf(host, sizeof(host), "%d", j->host);
    gw_clock_print(gw_clock_us(), now);
    rc = jobs_run(j, &Q_JOBS_RELEASE, &(db_args_t) { { host, now, a.tenant,
                  a.id }, 4 }, &res);
    PQclear(res);
    return rc;
}


/* Claim for the free slots of a class. */
static int
jobs_claim_class(jobs_t *j, int class)
{
    int   rc, n, until;
    bool  more;

    rc = GW_OK;
    n = JOBS_EACH * class;
    until = n + JOBS_EACH;
    more = !loop_terminating(j->loop);

    while (rc == GW_OK && more && n < until) {
        if (j->slot[n].used) {
            n++;
        } else {
            rc = jobs_claim(j, &j->slot[n], &more);
        }
    }

    return rc;
}


/* Four long imports hold up nobody who waits, nor do providers that hang. */
static int
jobs_claim_all(jobs_t *j)
{
    int  rc, class;

    rc = GW_OK;
    for (class = JOB_CLASSES - 1; rc == GW_OK && class >= 0; class--) {
        rc = jobs_claim_class(j, class);
    }

    return rc;
}


static bool
jobs_idle(const jobs_t *j)
{
    int  n;

    for (n = 0; n < JOBS_SLOTS && !j->slot[n].used; n++) {
        /* void */
    }

    return n == JOBS_SLOTS;
}


static void
jobs_tick(void *arg)
{
    int      rc;
    jobs_t  *j = arg;

    rc = jobs_connect(j);
    rc = rc == GW_OK ? jobs_owed(j) : rc;
    rc = rc == GW_OK ? jobs_renew(j) : rc;
    rc = rc == GW_OK ? jobs_claim_all(j) : rc;

    if (rc != GW_OK) {
        db_close(j->db);
        j->db = NULL;
    }

    j->failed = rc != GW_OK;
    rc = loop_timer_set(j->loop, &j->tick, j->failed ? JOBS_WAIT_MS
                                                     : JOBS_POLL_MS);

    if (rc != GW_OK
        || ((j->w->once || loop_terminating(j->loop))
            && (j->failed || jobs_idle(j))))
    {
        loop_stop(j->loop);
    }
}


static void
jobs_signal(void *arg)
{
    int           n, status;
    jobs_t       *j = arg;
    jobs_slot_t  *s;

    (void) loop_take_child(j->loop);
    (void) loop_take_hup(j->loop);

    for (n = 0; n < JOBS_SLOTS; n++) {
        s = &j->slot[n];

        if (s->pid != 0 && waitpid(s->pid, &status, WNOHANG) == s->pid) {
            jobs_reaped(s, status);
        }

        if (s->pid != 0 && loop_terminating(j->loop)) {
            (void) kill(s->pid, SIGTERM);
        }
    }

    if (loop_timer_set(j->loop, &j->tick, 0) != GW_OK) {
        loop_stop(j->loop);
    }
}


/* One a house: what an earlier one held can then be taken at once. */
static int
jobs_enter(jobs_t *j)
{
    int                i;
    char               path[HOUSE_PATH_MAX];
    gw_buf_t           kinds;
    const job_kind_t  *k;

    for (i = 0; i < JOB_CLASSES; i++) {
        gw_buf_fixed(&kinds, j->kinds[i], sizeof(j->kinds[i]));

        for (k = job_kinds; k->kind != NULL; k++) {
            if ((int) k->of == i) {
                gw_buf_fmt(&kinds, "%c%s", kinds.len ? ',' : '{', k->kind);
            }
        }

        gw_buf_char(&kinds, '}');
        (void) gw_buf_c(&kinds);
    }

    if (gw_conf_path(&j->w->conf, "run/jobs.lock", path, sizeof(path))
        != GW_OK)
    {
        return GW_ERROR;
    }

    j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (j->lock == -1) {
        log_error("can not open %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    if (flock(j->lock, LOCK_EX | LOCK_NB) == -1) {
        log_error("another process runs the operations of this house; it has "
                  "one");
        return GW_EBUSY;
    }

    return GW_OK;
}


int
jobs_role(worker_t *w)
{
    int     rc;
    jobs_t  j;

    memset(&j, 0, sizeof(j));
    j.w = w;
    j.lock = -1;
    j.tick.call = jobs_tick;
    j.tick.arg = &j;

    rc = jobs_enter(&j);
    rc = rc == GW_OK ? loop_create(&j.loop) : rc;
    rc = rc == GW_OK ? loop_signals(j.loop, jobs_signal, &j) : rc;
    rc = rc == GW_OK ? loop_timer_set(j.loop, &j.tick, 0) : rc;
    rc = rc == GW_OK ? loop_run(j.loop) : rc;

    db_close(j.db);
    loop_free(j.loop);
    if (j.lock != -1) {
        (void) close(j.lock);
    }

    return rc != GW_OK || (w->once && j.failed) ? 1 : 0;
}
