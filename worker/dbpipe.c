/*
 * A pipeline to Postgres in a loop: each unit is its queries and one sync,
 * thus one implicit transaction of its own.
 *
 * A new statement is prepared in a segment of its own before the unit that
 * needs it: a unit that fails can then not take the statement with it, which
 * later units on their way already rely on.
 */
#include <stdlib.h>
#include <string.h>

#include "worker/db_set.h"
#include "worker/db_unit.h"

#define DBPIPE_IN_FLIGHT   64
#define DBPIPE_BACK_OFF    100
#define DBPIPE_BACK_OFF_MAX  2000
#define DBPIPE_CONNECT_MS  5000

struct dbpipe_s {
    loop_t          *loop;
    const worker_t  *w;
    const char      *user;
    PGconn          *conn;
    bool             up;
    loop_fd_t        fd;
    loop_timer_t     timer;             /* connect time-out, or back-off    */
    int64_t          back_off;
    db_set_t         prepared;
    db_units_t    waiting;
    db_units_t    sent;
    unsigned         pending;
    unsigned         in_flight;
};

static void dbpipe_connect(void *arg);
static void dbpipe_events(void *arg, uint32_t events);


/* tell the owner how the unit ended; it may queue more units */
static void
dbpipe_finish(dbpipe_t *p, db_unit_t *u, int rc)
{
    if (u->call != NULL) {
        p->pending--;
        u->call(u->arg, u->n, NULL, rc);
    }

    free(u);
}


static void
dbpipe_break(dbpipe_t *p)
{
    db_unit_t  *u;
    db_units_t   lost;

    if (p->conn != NULL) {

        if (p->up || PQstatus(p->conn) == CONNECTION_BAD) {
            log_warn("the connection to the database is away: %.*s",
                     (int) strcspn(PQerrorMessage(p->conn), "\n"),
                     PQerrorMessage(p->conn));
        }

        loop_fd_del(p->loop, &p->fd);
        PQfinish(p->conn);
        p->conn = NULL;
    }

    p->up = false;
    p->in_flight = 0;
    memset(&p->prepared, 0, sizeof(db_set_t));

    p->timer.call = dbpipe_connect;
    p->timer.arg = p;
    (void) !loop_timer_set(p->loop, &p->timer, p->back_off);

    p->back_off *= 2;
    if (p->back_off > DBPIPE_BACK_OFF_MAX) {
        p->back_off = DBPIPE_BACK_OFF_MAX;
    }

    lost = p->sent;
    db_units_init(&p->sent);

    while (lost.first != NULL) {
        u = lost.first;
        lost.first = u->next;
        dbpipe_finish(p, u, GW_EDB);
    }
}


static int
dbpipe_prepare(dbpipe_t *p, const db_query_t *q)
{
    int                 rc;
    db_unit_t      *u;
    const db_query_t  **slot;

    slot = db_set_find(&p->prepared, q);

    if (*slot != NULL) {
        return GW_OK;
    }

    rc = db_unit_new(&u, &q, NULL, NULL, 1);
    if (rc != GW_OK) {
        return rc;
    }

    db_units_push(&p->sent, u);
    p->in_flight++;
    *slot = q;

    return PQsendPrepare(p->conn, q->name, q->text, 0, NULL) == 1
           && PQpipelineSync(p->conn) == 1 ? GW_OK : GW_EDB;
}


static int
dbpipe_write_unit(dbpipe_t *p, db_unit_t *u)
{
    int  i, rc, at;

    for (i = 0; i < u->n; i++) {
        rc = dbpipe_prepare(p, u->q[i]);
        if (rc != GW_OK) {
            return rc;
        }
    }

    u = db_units_shift(&p->waiting);
    db_units_push(&p->sent, u);
    p->in_flight++;

    for (i = 0, at = 0; i < u->n; i++) {

        if (PQsendQueryPrepared(p->conn, u->q[i]->name, u->q[i]->params,
                                u->v + at, u->len + at, u->binary + at, 0)
            != 1)
        {
            return GW_EDB;
        }

        at += u->q[i]->params;
    }

    return PQpipelineSync(p->conn) == 1 ? GW_OK : GW_EDB;
}


/* send what waits, and wait for the socket as libpq needs it */
static void
dbpipe_write(dbpipe_t *p)
{
    int       rc, left;
    uint32_t  events;

    if (!p->up) {
        return;
    }

    while (p->waiting.first != NULL && p->in_flight < DBPIPE_IN_FLIGHT) {
        rc = dbpipe_write_unit(p, p->waiting.first);

        if (rc != GW_OK) {
            dbpipe_break(p);
            return;
        }
    }

    left = PQflush(p->conn);

    if (left == -1) {
        dbpipe_break(p);
        return;
    }

    events = left ? EPOLLIN | EPOLLOUT : EPOLLIN;

    if (loop_fd_set(p->loop, &p->fd, events) != GW_OK) {
        dbpipe_break(p);
    }
}


/* false: the connection has to be given up */
static bool
dbpipe_result(dbpipe_t *p, PGresult **res)
{
    int             rc;
    db_unit_t  *u = p->sent.first;

    switch (PQresultStatus(*res)) {

    case PGRES_PIPELINE_SYNC:
        p->in_flight--;
        p->back_off = u->rc == GW_OK ? DBPIPE_BACK_OFF : p->back_off;
        dbpipe_finish(p, db_units_shift(&p->sent), u->rc);
        return true;

    case PGRES_PIPELINE_ABORTED:
        u->at++;
        return true;

    case PGRES_FATAL_ERROR:

        if (db_is_away(p->conn, *res)) {
            return false;
        }

        rc = u->rc = GW_ERROR;
        break;

    default:
        rc = GW_OK;
        break;
    }

    if (u->call == NULL) {

        if (rc != GW_OK) {
            log_error("statement %s: %s", u->q[0]->name, db_message(*res));
        }

        return rc == GW_OK;
    }

    if (u->at < u->n) {
        u->call(u->arg, u->at++, res, rc);

    } else {
        log_error("commit after %s: %s", u->q[u->n - 1]->name,
                  db_message(*res));
    }

    return true;
}


static void
dbpipe_read(dbpipe_t *p)
{
    bool       ok;
    PGresult  *res;

    if (PQconsumeInput(p->conn) != 1) {
        dbpipe_break(p);
        return;
    }

    /* NULL only ends the results of one query: ask PQisBusy again */

    while (p->sent.first != NULL && !PQisBusy(p->conn)) {
        res = PQgetResult(p->conn);

        if (res == NULL) {

            if (PQstatus(p->conn) == CONNECTION_BAD) {
                dbpipe_break(p);
                return;
            }

            continue;
        }

        ok = dbpipe_result(p, &res);
        PQclear(res);

        if (!ok) {
            dbpipe_break(p);
            return;
        }
    }

    dbpipe_write(p);
}


static void
dbpipe_poll(dbpipe_t *p)
{
    int       rc;
    uint32_t  events;

    /* libpq may change the socket while it connects */

    loop_fd_del(p->loop, &p->fd);

    switch (PQconnectPoll(p->conn)) {

    case PGRES_POLLING_READING:
        events = EPOLLIN;
        break;

    case PGRES_POLLING_WRITING:
        events = EPOLLOUT;
        break;

    case PGRES_POLLING_OK:

        if (PQsetnonblocking(p->conn, 1) != 0
            || PQenterPipelineMode(p->conn) != 1)
        {
            dbpipe_break(p);
            return;
        }

        p->up = true;
        loop_timer_del(p->loop, &p->timer);
        events = EPOLLIN;
        break;

    default:
        dbpipe_break(p);
        return;
    }

    p->fd.fd = PQsocket(p->conn);
    p->fd.call = dbpipe_events;
    p->fd.arg = p;

    rc = loop_fd_set(p->loop, &p->fd, events);

    if (rc != GW_OK) {
        dbpipe_break(p);
        return;
    }

    dbpipe_write(p);
}


static void
dbpipe_events(void *arg, uint32_t events)
{
    dbpipe_t  *p = arg;

    if (!p->up) {
        dbpipe_poll(p);
        return;
    }

    dbpipe_read(p);
}


/* the timer of a connect that takes too long */
static void
dbpipe_late(void *arg)
{
    dbpipe_break(arg);
}


static void
dbpipe_connect(void *arg)
{
    dbpipe_t  *p = arg;

    p->conn = db_connect_start(p->w, p->user, false);

    if (p->conn == NULL || PQstatus(p->conn) == CONNECTION_BAD) {
        dbpipe_break(p);
        return;
    }

    p->timer.call = dbpipe_late;
    p->timer.arg = p;

    p->fd.fd = PQsocket(p->conn);
    p->fd.call = dbpipe_events;
    p->fd.arg = p;

    if (loop_timer_set(p->loop, &p->timer, DBPIPE_CONNECT_MS) != GW_OK
        || loop_fd_set(p->loop, &p->fd, EPOLLOUT) != GW_OK)
    {
        dbpipe_break(p);
    }
}


int
dbpipe_create(dbpipe_t **p, loop_t *loop, const worker_t *w, const char *user)
{
    dbpipe_t  *d;

    d = calloc(1, sizeof(dbpipe_t));
    if (d == NULL) {
        return GW_ENOMEM;
    }

    d->loop = loop;
    d->w = w;
    d->user = user;
    d->back_off = DBPIPE_BACK_OFF;
    d->timer.call = dbpipe_connect;
    d->timer.arg = d;
    db_units_init(&d->waiting);
    db_units_init(&d->sent);
    *p = d;

    /* from the loop, so that no call comes before the owner is ready */

    return loop_timer_set(loop, &d->timer, 0);
}


void
dbpipe_free(dbpipe_t *p)
{
    db_unit_t  *u;

    if (p == NULL) {
        return;
    }

    loop_timer_del(p->loop, &p->timer);
    loop_fd_del(p->loop, &p->fd);
    PQfinish(p->conn);

    while ((u = db_units_shift(&p->sent)) != NULL) {
        free(u);
    }

    while ((u = db_units_shift(&p->waiting)) != NULL) {
        free(u);
    }

    free(p);
}


static int
dbpipe_push(dbpipe_t *p, db_unit_t *u, dbpipe_pt call, void *arg)
{
    u->call = call;
    u->arg = arg;
    db_units_push(&p->waiting, u);
    p->pending++;

    /* from the loop too: a break here would call back into the sender */

    if (p->up && p->in_flight < DBPIPE_IN_FLIGHT) {
        return loop_fd_set(p->loop, &p->fd, EPOLLIN | EPOLLOUT);
    }

    return GW_OK;
}


int
dbpipe_send(dbpipe_t *p, const db_query_t *const *q, const db_args_t *a, int n,
    dbpipe_pt call, void *arg)
{
    int         rc;
    db_unit_t  *u;

    rc = db_unit_new(&u, q, a, NULL, n);

    return rc == GW_OK ? dbpipe_push(p, u, call, arg) : rc;
}


int
dbpipe_send_binary(dbpipe_t *p, const db_query_t *q, const db_args_t *a,
    const int *len, dbpipe_pt call, void *arg)
{
    int         rc;
    db_unit_t  *u;

    rc = db_unit_new(&u, &q, a, len, 1);

    return rc == GW_OK ? dbpipe_push(p, u, call, arg) : rc;
}


unsigned
dbpipe_pending(const dbpipe_t *p)
{
    return p->pending;
}
