/*
 * The role `cron`: once a minute the host's heart-beat and its files and, on
 * the one that leads, partitions, rows that are no longer needed and
 * experiments; twice a second campaigns that are due, the chain of the audit,
 * who has forgotten his password or mistaken it, some quotas, and secrets that
 * came in or are to be sealed anew; every few seconds what opens and clicks say
 * together.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/cron/experiments.h"
#include "worker/cron/files.h"
#include "worker/cron/schedule.h"
#include "worker/cron/verdicts.h"
#include "worker/db.h"
#include "worker/host.h"
#include "worker/loop.h"
#include "worker/metrics.h"
#include "worker/secret_round.h"

#define CRON_EVERY_MS  60000
#define CRON_AGAIN_MS  2000             /* after the database was away */
#define CRON_VERDICTS_MS  5000
#define CRON_OFTEN_MS  500
#define CRON_TELL_MS   10000
#define CRON_OFTEN     4                /* the first of cron_steps */

typedef struct {
    worker_t      *w;
    loop_t        *loop;
    db_t          *db;
    loop_timer_t   timer;
    loop_timer_t   often;
    verdicts_t     verdicts;
    int64_t        verdicts_ms;         /* when it is their turn again    */
    metrics_t      metrics;
    int64_t        told_ms;
    secret_keys_t *keys;                /* NULL: not read yet             */
    bool           keyless;             /* which has been said            */
    bool           leads;
    bool           failed;              /* the last round, for --once */
} cron_t;

/* what the leader does, in this order; each gets the time as its one
   parameter or has none */
static const db_query_t *const  cron_steps[] = {
    &Q_AUDIT_CHAIN,
    &Q_USER_FORGOTTEN,
    &Q_USER_ATTEMPTS,
    &Q_CRON_QUOTAS,
    &Q_CRON_PARTITIONS,
    &Q_CRON_CHANGE_LOG,
    &Q_CRON_SPOOL_POS,
    &Q_CRON_EVENT_REJECTS,
    &Q_CRON_MAIL_QUEUE,
    &Q_CRON_CAMPAIGNS,
    &Q_CRON_BOUNCES,
    &Q_CRON_ROLLUPS,
    &Q_CRON_ROUTES,
    &Q_CRON_OPERATIONS,
    &Q_CRON_HOOK_DELIVERIES,
    &Q_CRON_HOOK_ATTEMPTS,
    &Q_CRON_IDEMPOTENCY,
    &Q_CRON_ERASURES,
    &Q_CRON_RETENTION,
    &Q_CRON_SESSIONS,
    &Q_CRON_TICKETS,
    &Q_CRON_ATTEMPTS,
    &Q_CRON_LOGINS,
    NULL
};


static int
cron_step(cron_t *c, const db_query_t *q, PGresult **res)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    db_args_t  a;

    gw_clock_print(gw_clock_us(), at);
    a = (db_args_t) { { at }, 1 };

    rc = db_run(c->db, q, &a, res);

    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
        c->failed = true;
    }

    return rc;
}


/* the lock belongs to the session: a leader that dies gives it back */
static int
cron_lead(cron_t *c)
{
    int        rc;
    PGresult  *res;

    if (c->leads) {
        return GW_OK;
    }

    rc = cron_step(c, &Q_CRON_LEAD, &res);
    c->leads = rc == GW_OK && strcmp(PQgetvalue(res, 0, 0), "t") == 0;
    PQclear(res);

    return rc;
}


/* A house without the key file has no secrets, or is told of it once. */
static int
cron_secrets(cron_t *c, bool old)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;
    unsigned  n;

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (c->keys == NULL
        && secret_keys_open(&c->keys, &c->w->conf, &err) != GW_OK)
    {
        if (!c->keyless) {
            log_warn("%s", gw_buf_c(&err));
        }

        c->keyless = true;
        return GW_OK;
    }

    rc = secret_round(c->keys, c->db, old, &n);
    c->failed = c->failed || rc != GW_OK;

    return rc;
}


/* The first n steps, in this order. */
static int
cron_run(cron_t *c, int n)
{
    int        i, rc;
    PGresult  *res;

    rc = GW_OK;

    for (i = 0; rc != GW_EDB && i < n && cron_steps[i] != NULL; i++) {
        rc = cron_step(c, cron_steps[i], &res);
        PQclear(res);
    }

    return rc;
}


/* Each turn reads what came around: so seldom that this is little. */
static int
cron_verdicts(cron_t *c)
{
    int   rc;
    bool  more;
    char  why[512];

    if (gw_clock_ms() < c->verdicts_ms) {
        return GW_OK;
    }

    rc = verdicts_round(&c->verdicts, c->w, c->db, &more);
    c->verdicts_ms = gw_clock_ms() + (more ? 0 : CRON_VERDICTS_MS);

    if (rc != GW_OK && rc != GW_EDB) {
        db_why(c->db, why, sizeof(why));
        log_error("verdicts: %s", *why != '\0' ? why : gw_strerror(rc));
        c->failed = true;
    }

    return rc;
}


static int
cron_round(cron_t *c)
{
    int   rc, id;
    char  why[512];

    rc = host_enter(c->w, c->db, &id);

    if (rc == GW_ERROR) {
        db_why(c->db, why, sizeof(why));
        log_error("host: %s", why);
    }

    if (rc == GW_EDB) {
        return rc;
    }

    c->failed = rc != GW_OK;
    rc = rc == GW_OK ? files_round(c->w, c->db, id) : rc;

    if (rc == GW_EDB || cron_lead(c) == GW_EDB) {
        return GW_EDB;
    }

    c->failed = c->failed || rc != GW_OK;

    return c->leads && (schedule_round(c->db) == GW_EDB
                        || cron_run(c, INT_MAX) == GW_EDB
                        || cron_verdicts(c) == GW_EDB
                        || experiments_round(c->db) == GW_EDB
                        || cron_secrets(c, false) == GW_EDB
                        || cron_secrets(c, true) == GW_EDB) ? GW_EDB : GW_OK;
}


/* How long the queues are, by the one that leads. */
static int
cron_tell(cron_t *c)
{
    int        i, rc;
    int64_t    late;
    PGresult  *res;

    if (gw_clock_ms() - c->told_ms < CRON_TELL_MS) {
        return GW_OK;
    }

    rc = cron_step(c, &Q_CRON_QUEUES, &res);
    c->told_ms = gw_clock_ms();
    if (rc == GW_OK && metrics_due(&c->metrics)) {
        metrics_about(&c->metrics, "godwit_cron_queue_rows", "gauge",
                      "Rows of a queue, up to 100000.");
        for (i = 0; i < PQntuples(res); i++) {
            metrics_put(&c->metrics, "godwit_cron_queue_rows", "queue",
                        PQgetvalue(res, i, 0),
                        strtoll(PQgetvalue(res, i, 1), NULL, 10));
        }

        metrics_about(&c->metrics, "godwit_cron_queue_late_seconds", "gauge",
                      "Since the first of a queue is due.");
        for (i = 0; i < PQntuples(res); i++) {
            late = strtoll(PQgetvalue(res, i, 2), NULL, 10);
            metrics_put(&c->metrics, "godwit_cron_queue_late_seconds", "queue",
                        PQgetvalue(res, i, 0), late > 0 ? late : 0);
        }
        metrics_write(&c->metrics, c->w);
    }

    PQclear(res);
    return rc == GW_EDB ? rc : GW_OK;
}


static void
cron_lost(cron_t *c)
{
    db_close(c->db);
    c->db = NULL;
    c->leads = false;
}


static void
cron_often(void *arg)
{
    int      rc;
    cron_t  *c = arg;

    rc = loop_timer_set(c->loop, &c->often, CRON_OFTEN_MS);

    if (c->leads && (schedule_round(c->db) == GW_EDB
                     || cron_run(c, CRON_OFTEN) == GW_EDB
                     || cron_tell(c) == GW_EDB
                     || cron_verdicts(c) == GW_EDB
                     || cron_secrets(c, false) == GW_EDB))
    {
        cron_lost(c);
        rc = loop_timer_set(c->loop, &c->timer, CRON_AGAIN_MS);
    }

    if (rc != GW_OK) {
        loop_stop(c->loop);
    }
}


static void
cron_tick(void *arg)
{
    int       rc;
    char      mem[512];
    cron_t   *c = arg;
    gw_buf_t  err;

    rc = GW_OK;

    if (c->db == NULL) {
        gw_buf_fixed(&err, mem, sizeof(mem) - 1);
        rc = db_open(&c->db, c->w, "gw_worker", &err);

        if (rc != GW_OK) {
            log_warn("%.*s", (int) err.len, mem);
        }
    }

    if (rc == GW_OK) {
        rc = cron_round(c);
    }

    if (rc == GW_EDB) {
        cron_lost(c);
    }

    c->failed = c->failed || rc != GW_OK;

    rc = loop_timer_set(c->loop, &c->timer,
                        c->db ? CRON_EVERY_MS : CRON_AGAIN_MS);

    if (rc != GW_OK || c->w->once) {
        loop_stop(c->loop);
    }
}


static void
cron_signal(void *arg)
{
    cron_t  *c = arg;

    if (loop_terminating(c->loop)) {
        loop_stop(c->loop);
    }
}


int
cron_role(worker_t *w)
{
    int     rc;
    cron_t  c;

    memset(&c, 0, sizeof(c));
    c.w = w;
    c.timer.call = cron_tick;
    c.timer.arg = &c;
    c.often.call = cron_often;
    c.often.arg = &c;

    rc = loop_create(&c.loop);
    if (rc != GW_OK) {
        return 1;
    }

    rc = loop_signals(c.loop, cron_signal, &c);

    if (rc == GW_OK) {
        rc = loop_timer_set(c.loop, &c.timer, 0);
    }

    if (rc == GW_OK && !w->once) {
        rc = loop_timer_set(c.loop, &c.often, CRON_OFTEN_MS);
    }

    if (rc == GW_OK) {
        rc = loop_run(c.loop);
    }

    metrics_end(&c.metrics, w);
    db_close(c.db);
    loop_free(c.loop);
    secret_keys_free(c.keys);
    verdicts_free(&c.verdicts);

    return rc != GW_OK || (w->once && c.failed) ? 1 : 0;
}
