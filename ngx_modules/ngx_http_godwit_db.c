/*
 * A connection to Postgres in nginx's event loop: level triggered, one sync
 * per query, so that a failed one cannot take others with it.
 */
#include "ngx_http_godwit_pool.h"

static void ngx_http_godwit_db_read(ngx_event_t *ev);
static void ngx_http_godwit_db_write(ngx_event_t *ev);


/*
 * Take the descriptor out of the event loop; libpq keeps it open, or has
 * closed it already when the server went: then epoll has forgotten it too.
 */
static void
ngx_http_godwit_db_detach(ngx_http_godwit_db_t *db)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = db->c;
    if (c == NULL) {
        return;
    }

    db->c = NULL;
    flags = PQsocket(db->pg) == -1 ? NGX_CLOSE_EVENT : 0;

    if (c->read->active) {
        ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
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
ngx_http_godwit_db_attach(ngx_http_godwit_db_t *db, ngx_uint_t want_write)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(PQsocket(db->pg), db->pool->process->cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    db->c = c;
    c->data = db;
    c->read->handler = ngx_http_godwit_db_read;
    c->write->handler = ngx_http_godwit_db_write;
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


/* Each break, and why there is no connection once, not once an attempt. */
static void
ngx_http_godwit_db_say(ngx_http_godwit_db_t *db, const char *why)
{
    u_char      text[sizeof(db->pool->said)], *p;
    ngx_uint_t  level;

    p = ngx_slprintf(text, text + sizeof(text) - 1, "%s %s", why,
                     db->pg ? PQerrorMessage(db->pg) : "");
    while (p > text && (p[-1] == LF || p[-1] == ' ')) {
        p--;
    }
    *p = '\0';

    level = NGX_LOG_WARN;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        level = ngx_strcmp(text, db->pool->said) == 0 ? NGX_LOG_INFO
                                                      : NGX_LOG_WARN;
        ngx_memcpy(db->pool->said, text, p + 1 - text);
    }

    ngx_log_error(level, db->pool->process->cycle->log, 0,
                  "Postgres: %s", text);
}


/* The connection is of no more use: fail what it carried, try again later. */
static void
ngx_http_godwit_db_drop(ngx_http_godwit_db_t *db, const char *why)
{
    ngx_uint_t  up, i;

    ngx_http_godwit_db_say(db, why);

    ngx_http_godwit_db_detach(db);

    if (db->timer.timer_set) {
        ngx_del_timer(&db->timer);
    }

    if (db->lost.posted) {
        ngx_delete_posted_event(&db->lost);
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


/*
 * A drop within a loop turn of someone else: whoever just asked still holds
 * the request that the drop will answer.
 */
static void
ngx_http_godwit_db_lose(ngx_http_godwit_db_t *db)
{
    ngx_http_godwit_db_detach(db);
    db->state = NGX_GODWIT_DB_DOWN;
    ngx_post_event(&db->lost, &ngx_posted_events);
}


static void
ngx_http_godwit_db_lost(ngx_event_t *ev)
{
    ngx_http_godwit_db_drop(ev->data, "send:");
}


static void
ngx_http_godwit_db_retry(ngx_event_t *ev)
{
    ngx_http_godwit_db_connect(ev->data);
}


static void
ngx_http_godwit_db_late(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ev->data;

    ngx_http_godwit_db_drop(db, "no answer within database_timeout");
}


/* Arm the timer for the oldest query; a quitting worker waits for it. */
static void
ngx_http_godwit_db_arm(ngx_http_godwit_db_t *db)
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
ngx_http_godwit_db_poll(ngx_http_godwit_db_t *db)
{
    PostgresPollingStatusType  status;

    ngx_http_godwit_db_detach(db);
    status = PQconnectPoll(db->pg);

    if (status == PGRES_POLLING_FAILED) {
        ngx_http_godwit_db_drop(db, "cannot connect:");
        return;
    }

    if (ngx_http_godwit_db_attach(db, status == PGRES_POLLING_WRITING)
        != NGX_OK)
    {
        ngx_http_godwit_db_drop(db, "no event");
        return;
    }

    if (status != PGRES_POLLING_OK) {
        return;
    }

    ngx_del_timer(&db->timer);

    if (PQsetnonblocking(db->pg, 1) != 0 || PQenterPipelineMode(db->pg) != 1)
    {
        ngx_http_godwit_db_drop(db, "no pipeline");
        return;
    }

    db->pool->said[0] = '\0';
    db->state = NGX_GODWIT_DB_READY;
    db->pause = NGX_HTTP_GODWIT_DB_FIRST;
    ngx_http_godwit_pool_feed(db->pool);
}


void
ngx_http_godwit_db_connect(ngx_http_godwit_db_t *db)
{
    db->state = NGX_GODWIT_DB_CONNECTING;
    db->pg = PQconnectStart(db->pool->conninfo);

    ngx_add_timer(&db->timer,
                  (ngx_msec_t) db->pool->process->conf->conf.database_timeout);

    if (db->pg == NULL || PQstatus(db->pg) == CONNECTION_BAD
        || ngx_http_godwit_db_attach(db, 1) != NGX_OK)
    {
        ngx_http_godwit_db_drop(db, "cannot connect:");
    }
}


/* Flush; write interest is there only while something is left. */
static void
ngx_http_godwit_db_flush(ngx_http_godwit_db_t *db)
{
    int           rc;
    ngx_event_t  *wev;

    rc = PQflush(db->pg);
    if (rc < 0) {
        ngx_http_godwit_db_lose(db);
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
ngx_http_godwit_db_write(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ((ngx_connection_t *) ev->data)->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_db_poll(db);
        return;
    }

    ngx_http_godwit_db_flush(db);
}


/* Take results while that needs no waiting. */
static void
ngx_http_godwit_db_results(ngx_http_godwit_db_t *db)
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
ngx_http_godwit_db_read(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ((ngx_connection_t *) ev->data)->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_db_poll(db);
        return;
    }

    if (PQconsumeInput(db->pg) != 1) {
        ngx_http_godwit_db_drop(db, "read:");
        return;
    }

    ngx_http_godwit_db_results(db);

    /* a handler may have sent the next query and lost the connection */
    if (db->state != NGX_GODWIT_DB_READY) {
        return;
    }

    if (PQstatus(db->pg) == CONNECTION_BAD) {
        ngx_http_godwit_db_drop(db, "closed:");
        return;
    }

    ngx_http_godwit_db_arm(db);
    ngx_http_godwit_pool_feed(db->pool);
}


void
ngx_http_godwit_db_send(ngx_http_godwit_db_t *db,
    ngx_http_godwit_query_t *q)
{
    ngx_queue_insert_tail(&db->flight, &q->queue);
    db->in_flight++;
    ngx_http_godwit_count(NGX_GODWIT_DB_QUERIES);

    if (PQsendQueryParams(db->pg, q->sql, (int) q->n, NULL, q->params, NULL,
                          NULL, 0) != 1
        || PQpipelineSync(db->pg) != 1)
    {
        ngx_http_godwit_db_lose(db);
        return;
    }

    if (db->in_flight == 1) {
        ngx_http_godwit_db_arm(db);
    }

    ngx_http_godwit_db_flush(db);
}


void
ngx_http_godwit_db_init(ngx_http_godwit_db_t *db, ngx_log_t *log)
{
    db->timer.handler = ngx_http_godwit_db_late;
    db->timer.data = db;
    db->timer.log = log;

    db->lost.handler = ngx_http_godwit_db_lost;
    db->lost.data = db;
    db->lost.log = log;

    db->retry.handler = ngx_http_godwit_db_retry;
    db->retry.data = db;
    db->retry.log = log;
    db->retry.cancelable = 1;
}


void
ngx_http_godwit_db_close(ngx_http_godwit_db_t *db)
{
    if (db->pg != NULL) {
        ngx_http_godwit_db_detach(db);
        PQfinish(db->pg);
        db->pg = NULL;
    }
}
