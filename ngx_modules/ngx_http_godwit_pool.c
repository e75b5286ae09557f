/*
 * Postgres without blocking: a few pipelined connections a worker process.
 * One sync per query, so that a failed one cannot take others with it.
 */
#include "ngx_http_godwit.h"

#include <libpq-fe.h>

#define NGX_HTTP_GODWIT_DB_FLIGHT  64       /* queries on one connection   */
#define NGX_HTTP_GODWIT_DB_FIRST   100      /* ms between attempts to      */
#define NGX_HTTP_GODWIT_DB_LAST    1000     /* connect: first, and at most */

typedef enum {
    NGX_GODWIT_DB_DOWN,
    NGX_GODWIT_DB_CONNECTING,
    NGX_GODWIT_DB_READY
} ngx_http_godwit_db_state_e;

typedef struct {
    PGconn                     *pg;
    ngx_connection_t           *c;          /* over libpq's descriptor     */
    ngx_http_godwit_db_state_e  state;
    ngx_queue_t                 flight;     /* sent, in order              */
    ngx_uint_t                  in_flight;
    ngx_event_t                 timer;      /* a reply or a connect is due */
    ngx_event_t                 retry;
    ngx_msec_t                  pause;
    ngx_http_godwit_pool_t     *pool;
} ngx_http_godwit_db_t;

struct ngx_http_godwit_query_s {
    ngx_queue_t                 queue;
    ngx_http_request_t         *request;
    const char                 *sql;
    ngx_uint_t                  n;
    const char                 *params[NGX_HTTP_GODWIT_DB_PARAMS];
    ngx_http_godwit_query_pt    handler;
    ngx_msec_t                  deadline;
    PGresult                   *result;
};

struct ngx_http_godwit_pool_s {
    ngx_http_godwit_process_t  *process;
    ngx_queue_t                 waiting;
    ngx_uint_t                  n_waiting;
    ngx_uint_t                  n;
    ngx_http_godwit_db_t       *db;
    char                       *conninfo;
};

static void ngx_http_godwit_pool_connect(ngx_http_godwit_db_t *db);
static void ngx_http_godwit_pool_read(ngx_event_t *ev);
static void ngx_http_godwit_pool_write(ngx_event_t *ev);
static void ngx_http_godwit_pool_feed(ngx_http_godwit_pool_t *pool);


/* Call the handler of a query; its result dies with the call. */
static void
ngx_http_godwit_pool_end(ngx_http_godwit_query_t *q, ngx_int_t rc)
{
    ngx_str_t          value;
    ngx_connection_t  *c;

    ngx_str_null(&value);

    if (rc == NGX_OK && q->result != NULL
        && PQresultStatus(q->result) == PGRES_TUPLES_OK)
    {
        if (PQntuples(q->result) > 0 && !PQgetisnull(q->result, 0, 0)) {
            value.data = (u_char *) PQgetvalue(q->result, 0, 0);
            value.len = PQgetlength(q->result, 0, 0);
        }

    } else if (rc == NGX_OK) {
        ngx_http_godwit_count(NGX_GODWIT_DB_ERRORS);
        ngx_log_error(NGX_LOG_ERR, q->request->connection->log, 0,
                      "Postgres refused \"%s\": %s", q->sql,
                      q->result ? PQresultErrorMessage(q->result) : "");
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    c = q->request->connection;
    q->handler(q->request, rc, &value);
    PQclear(q->result);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_godwit_pool_fail(ngx_queue_t *queue, ngx_uint_t *n)
{
    ngx_queue_t              *q;
    ngx_http_godwit_query_t  *query;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);
        (*n)--;

        query = ngx_queue_data(q, ngx_http_godwit_query_t, queue);
        ngx_http_godwit_count(NGX_GODWIT_DB_REFUSED);
        PQclear(query->result);
        query->result = NULL;
        ngx_http_godwit_pool_end(query, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
}


/* Take the descriptor out of the event loop; libpq keeps it open. */
static void
ngx_http_godwit_pool_detach(ngx_http_godwit_db_t *db)
{
    ngx_connection_t  *c;

    c = db->c;
    if (c == NULL) {
        return;
    }

    db->c = NULL;

    if (c->read->active) {
        ngx_del_event(c->read, NGX_READ_EVENT, 0);
    }

    if (c->write->active) {
        ngx_del_event(c->write, NGX_WRITE_EVENT, 0);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;
}


/*
 * Register the descriptor, level triggered: libpq need not read to the end.
 * During a connect this is done anew after each poll, since libpq may have
 * opened another socket under the same number.
 */
static ngx_int_t
ngx_http_godwit_pool_attach(ngx_http_godwit_db_t *db, ngx_uint_t want_write)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(PQsocket(db->pg), db->pool->process->cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    db->c = c;
    c->data = db;
    c->read->handler = ngx_http_godwit_pool_read;
    c->write->handler = ngx_http_godwit_pool_write;
    c->read->log = c->log;
    c->write->log = c->log;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        return NGX_ERROR;
    }

    if (want_write
        && ngx_add_event(c->write, NGX_WRITE_EVENT, NGX_LEVEL_EVENT)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The connection is of no more use: fail what it carried, try again later. */
static void
ngx_http_godwit_pool_drop(ngx_http_godwit_db_t *db, const char *why)
{
    ngx_uint_t  up, i, level;

    /* once a break, not once an attempt */
    level = db->state == NGX_GODWIT_DB_READY ? NGX_LOG_WARN : NGX_LOG_INFO;

    ngx_log_error(level, db->pool->process->cycle->log, 0,
                  "Postgres connection lost: %s %s", why,
                  db->pg ? PQerrorMessage(db->pg) : "");

    ngx_http_godwit_pool_detach(db);

    if (db->timer.timer_set) {
        ngx_del_timer(&db->timer);
    }

    PQfinish(db->pg);
    db->pg = NULL;
    db->state = NGX_GODWIT_DB_DOWN;

    if (!ngx_exiting && !ngx_terminate) {
        ngx_add_timer(&db->retry, db->pause);
        db->pause = ngx_min(db->pause * 2, NGX_HTTP_GODWIT_DB_LAST);
    }

    ngx_http_godwit_pool_fail(&db->flight, &db->in_flight);

    up = 0;
    for (i = 0; i < db->pool->n; i++) {
        up += db->pool->db[i].state == NGX_GODWIT_DB_READY;
    }

    if (!up) {
        ngx_http_godwit_pool_fail(&db->pool->waiting, &db->pool->n_waiting);
    }
}


static void
ngx_http_godwit_pool_retry(ngx_event_t *ev)
{
    ngx_http_godwit_pool_connect(ev->data);
}


static void
ngx_http_godwit_pool_late(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ev->data;

    ngx_http_godwit_pool_drop(db, "no answer within database_timeout");
}


/* Arm the timer for the oldest query; a quitting worker waits for it. */
static void
ngx_http_godwit_pool_arm(ngx_http_godwit_db_t *db)
{
    ngx_msec_int_t            left;
    ngx_http_godwit_query_t  *q;

    if (db->timer.timer_set) {
        ngx_del_timer(&db->timer);
    }

    if (!ngx_queue_empty(&db->flight)) {
        q = ngx_queue_data(ngx_queue_head(&db->flight),
                           ngx_http_godwit_query_t, queue);
        left = (ngx_msec_int_t) (q->deadline - ngx_current_msec);
        ngx_add_timer(&db->timer, ngx_max(left, 1));
    }
}


static void
ngx_http_godwit_pool_poll(ngx_http_godwit_db_t *db)
{
    PostgresPollingStatusType  status;

    ngx_http_godwit_pool_detach(db);
    status = PQconnectPoll(db->pg);

    if (status == PGRES_POLLING_FAILED) {
        ngx_http_godwit_pool_drop(db, "cannot connect:");
        return;
    }

    if (ngx_http_godwit_pool_attach(db, status == PGRES_POLLING_WRITING)
        != NGX_OK)
    {
        ngx_http_godwit_pool_drop(db, "no event");
        return;
    }

    if (status != PGRES_POLLING_OK) {
        return;
    }

    ngx_del_timer(&db->timer);

    if (PQsetnonblocking(db->pg, 1) != 0 || PQenterPipelineMode(db->pg) != 1)
    {
        ngx_http_godwit_pool_drop(db, "no pipeline");
        return;
    }

    db->state = NGX_GODWIT_DB_READY;
    db->pause = NGX_HTTP_GODWIT_DB_FIRST;
    ngx_http_godwit_pool_feed(db->pool);
}


static void
ngx_http_godwit_pool_connect(ngx_http_godwit_db_t *db)
{
    db->state = NGX_GODWIT_DB_CONNECTING;
    db->pg = PQconnectStart(db->pool->conninfo);

    ngx_add_timer(&db->timer,
                  (ngx_msec_t) db->pool->process->conf->conf.database_timeout);

    if (db->pg == NULL || PQstatus(db->pg) == CONNECTION_BAD
        || ngx_http_godwit_pool_attach(db, 1) != NGX_OK)
    {
        ngx_http_godwit_pool_drop(db, "cannot connect:");
    }
}


/* Flush; write interest is there only while something is left. */
static void
ngx_http_godwit_pool_flush(ngx_http_godwit_db_t *db)
{
    int           rc;
    ngx_event_t  *wev;

    rc = PQflush(db->pg);
    if (rc < 0) {
        ngx_http_godwit_pool_drop(db, "write:");
        return;
    }

    wev = db->c->write;

    if (rc == 1 && !wev->active) {
        ngx_add_event(wev, NGX_WRITE_EVENT, NGX_LEVEL_EVENT);

    } else if (rc == 0 && wev->active) {
        ngx_del_event(wev, NGX_WRITE_EVENT, 0);
    }
}


static void
ngx_http_godwit_pool_write(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ((ngx_connection_t *) ev->data)->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_pool_poll(db);
        return;
    }

    ngx_http_godwit_pool_flush(db);
}


/* Take results while that needs no waiting. */
static void
ngx_http_godwit_pool_results(ngx_http_godwit_db_t *db)
{
    PGresult                 *res;
    ngx_http_godwit_query_t  *q;

    /* after a NULL PQisBusy must be asked again, or PQgetResult may block */
    while (db->state == NGX_GODWIT_DB_READY && db->in_flight > 0
           && !PQisBusy(db->pg))
    {
        q = ngx_queue_data(ngx_queue_head(&db->flight),
                           ngx_http_godwit_query_t, queue);
        res = PQgetResult(db->pg);

        if (res == NULL) {
            if (PQstatus(db->pg) == CONNECTION_BAD) {
                return;
            }
            continue;
        }

        if (PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
            PQclear(q->result);
            q->result = res;
            continue;
        }

        PQclear(res);
        ngx_queue_remove(&q->queue);
        db->in_flight--;
        ngx_http_godwit_pool_end(q, NGX_OK);
    }
}


static void
ngx_http_godwit_pool_read(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ((ngx_connection_t *) ev->data)->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_pool_poll(db);
        return;
    }

    if (PQconsumeInput(db->pg) != 1) {
        ngx_http_godwit_pool_drop(db, "read:");
        return;
    }

    ngx_http_godwit_pool_results(db);

    /* a handler may have sent the next query and lost the connection */
    if (db->state != NGX_GODWIT_DB_READY) {
        return;
    }

    if (PQstatus(db->pg) == CONNECTION_BAD) {
        ngx_http_godwit_pool_drop(db, "closed:");
        return;
    }

    ngx_http_godwit_pool_arm(db);
    ngx_http_godwit_pool_feed(db->pool);
}


static void
ngx_http_godwit_pool_send(ngx_http_godwit_db_t *db,
    ngx_http_godwit_query_t *q)
{
    ngx_queue_insert_tail(&db->flight, &q->queue);
    db->in_flight++;
    ngx_http_godwit_count(NGX_GODWIT_DB_QUERIES);

    if (PQsendQueryParams(db->pg, q->sql, (int) q->n, NULL, q->params, NULL,
                          NULL, 0) != 1
        || PQpipelineSync(db->pg) != 1)
    {
        ngx_http_godwit_pool_drop(db, "send:");
        return;
    }

    if (db->in_flight == 1) {
        ngx_http_godwit_pool_arm(db);
    }

    ngx_http_godwit_pool_flush(db);
}


/* Hand waiting queries to the connections with the fewest in flight. */
static void
ngx_http_godwit_pool_feed(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t             i;
    ngx_queue_t           *q;
    ngx_http_godwit_db_t  *db, *best;

    while (!ngx_queue_empty(&pool->waiting)) {
        best = NULL;

        for (i = 0; i < pool->n; i++) {
            db = &pool->db[i];
            if (db->state == NGX_GODWIT_DB_READY
                && db->in_flight < NGX_HTTP_GODWIT_DB_FLIGHT
                && (best == NULL || db->in_flight < best->in_flight))
            {
                best = db;
            }
        }

        if (best == NULL) {
            return;
        }

        q = ngx_queue_head(&pool->waiting);
        ngx_queue_remove(q);
        pool->n_waiting--;
        ngx_http_godwit_pool_send(best,
            ngx_queue_data(q, ngx_http_godwit_query_t, queue));
    }
}


ngx_int_t
ngx_http_godwit_pool_query(ngx_http_request_t *r, const char *sql,
    ngx_uint_t n, const char *const *params, ngx_http_godwit_query_pt handler)
{
    size_t                    len;
    u_char                   *copy;
    ngx_uint_t                i, down;
    ngx_http_godwit_pool_t   *pool;
    ngx_http_godwit_query_t  *q;

    pool = ngx_http_godwit_process->pool;

    down = 0;
    for (i = 0; i < pool->n; i++) {
        down += pool->db[i].state == NGX_GODWIT_DB_DOWN;
    }

    if (down == pool->n
        || pool->n_waiting
           >= (ngx_uint_t) pool->process->conf->conf.database_queue)
    {
        ngx_http_godwit_count(NGX_GODWIT_DB_REFUSED);
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    q = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_query_t));
    if (q == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        len = ngx_strlen(params[i]) + 1;
        copy = ngx_pnalloc(r->pool, len);
        if (copy == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
        ngx_memcpy(copy, params[i], len);
        q->params[i] = (char *) copy;
    }

    q->request = r;
    q->sql = sql;
    q->n = n;
    q->handler = handler;
    q->deadline = ngx_current_msec
                  + (ngx_msec_t) pool->process->conf->conf.database_timeout;

    ngx_queue_insert_tail(&pool->waiting, &q->queue);
    pool->n_waiting++;
    ngx_http_godwit_pool_feed(pool);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_pool_init(ngx_http_godwit_process_t *p)
{
    size_t                   size;
    ngx_uint_t               i;
    ngx_http_godwit_db_t    *db;
    ngx_http_godwit_pool_t  *pool;

    pool = ngx_pcalloc(p->cycle->pool, sizeof(ngx_http_godwit_pool_t));
    if (pool == NULL) {
        return NGX_ERROR;
    }

    pool->process = p;
    pool->n = (ngx_uint_t) p->conf->conf.database_pool;
    ngx_queue_init(&pool->waiting);

    size = p->conf->conf.database.len + 256;
    pool->conninfo = ngx_pcalloc(p->cycle->pool, size);
    pool->db = ngx_pcalloc(p->cycle->pool,
                           pool->n * sizeof(ngx_http_godwit_db_t));
    if (pool->conninfo == NULL || pool->db == NULL) {
        return NGX_ERROR;
    }

    ngx_snprintf((u_char *) pool->conninfo, size - 1,
                 "%*s user=gw_edge application_name=godwit-edge "
                 "options='-c statement_timeout=%L -c TimeZone=UTC'",
                 p->conf->conf.database.len, p->conf->conf.database.data,
                 p->conf->conf.database_timeout);

    p->pool = pool;

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];
        db->pool = pool;
        db->pause = NGX_HTTP_GODWIT_DB_FIRST;
        ngx_queue_init(&db->flight);

        db->timer.handler = ngx_http_godwit_pool_late;
        db->timer.data = db;
        db->timer.log = p->cycle->log;

        db->retry.handler = ngx_http_godwit_pool_retry;
        db->retry.data = db;
        db->retry.log = p->cycle->log;
        db->retry.cancelable = 1;

        ngx_http_godwit_pool_connect(db);
    }

    return NGX_OK;
}


void
ngx_http_godwit_pool_exit(ngx_http_godwit_process_t *p)
{
    ngx_uint_t  i;

    for (i = 0; i < p->pool->n; i++) {
        if (p->pool->db[i].pg != NULL) {
            ngx_http_godwit_pool_detach(&p->pool->db[i]);
            PQfinish(p->pool->db[i].pg);
            p->pool->db[i].pg = NULL;
        }
    }
}
