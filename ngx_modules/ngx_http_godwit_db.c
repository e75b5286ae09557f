/* The life of a connection to Postgres in nginx's event loop. */
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

    if (db->rest.timer_set) {
        ngx_del_timer(&db->rest);
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


/* Let go of the connection itself. */
static void
ngx_http_godwit_db_finish(ngx_http_godwit_db_t *db)
{
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
}


/*
 * The connection is of no more use: fail what it carried, try again. After one
 * that worked that is at once, and who waits may wait for it.
 */
static void
ngx_http_godwit_db_drop(ngx_http_godwit_db_t *db, const char *why)
{
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_pool_t  *pool;

    pool = db->pool;
    ngx_http_godwit_db_say(db, why);
    db->failed = db->state == NGX_GODWIT_DB_CONNECTING;
    ngx_http_godwit_db_finish(db);

    if (!ngx_terminate) {
        ngx_add_timer(&db->retry, db->pause);
        db->pause = ngx_max(db->pause * 2, NGX_HTTP_GODWIT_DB_FIRST);
        db->pause = ngx_min(db->pause, NGX_HTTP_GODWIT_DB_LAST);
    }

    while (db->in_flight > 0) {
        run = ngx_http_godwit_segment_drop(db);
        if (run != NULL) {
            ngx_http_godwit_pool_end(run, NGX_HTTP_SERVICE_UNAVAILABLE, NULL);
        }
    }

    if (ngx_http_godwit_pool_is_away(pool)) {
        ngx_http_godwit_pool_away(pool);
    }
}


void
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


void
ngx_http_godwit_db_arm(ngx_http_godwit_db_t *db)
{
    if (db->in_flight == 0) {
        if (db->timer.timer_set) {
            ngx_del_timer(&db->timer);
        }

    } else if (!db->timer.timer_set) {
        /* a quitting worker waits for it */
        db->timer.cancelable = 0;
        ngx_add_timer(&db->timer, ngx_http_godwit_segment_due(db));
    }
}


/*
 * Who has waited for too long is answered; the connection goes only when
 * Postgres is late with the oldest, which was to be ended before.
 */
static void
ngx_http_godwit_db_late(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ev->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_db_drop(db, "no connection within database_timeout");
        return;
    }

    if ((ngx_msec_int_t) (db->since + db->pool->timeout - ngx_current_msec)
        <= 0)
    {
        ngx_http_godwit_db_drop(db, "no answer within database_timeout");
        return;
    }

    ngx_http_godwit_segment_late(db);

    if (db->state == NGX_GODWIT_DB_READY) {
        ngx_http_godwit_db_arm(db);
    }
}


/* libpq would print it. */
static void
ngx_http_godwit_db_notice(void *arg, const char *message)
{
    ngx_http_godwit_db_t  *db = arg;

    ngx_log_error(NGX_LOG_INFO, db->pool->process->cycle->log, 0,
                  "Postgres: %s", message);
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
    PQsetNoticeProcessor(db->pg, ngx_http_godwit_db_notice, db);

    if (PQsetnonblocking(db->pg, 1) != 0 || PQenterPipelineMode(db->pg) != 1)
    {
        ngx_http_godwit_db_drop(db, "no pipeline");
        return;
    }

    db->pool->said[0] = '\0';
    db->state = NGX_GODWIT_DB_READY;
    db->failed = 0;
    db->stale = 0;
    db->n_prepared = 0;
    ngx_memzero(db->prepared, sizeof(db->prepared));
    ngx_http_godwit_pool_feed(db->pool);
}


void
ngx_http_godwit_db_connect(ngx_http_godwit_db_t *db)
{
    db->state = NGX_GODWIT_DB_CONNECTING;
    db->pg = PQconnectStart(db->pool->conninfo);

    db->timer.cancelable = 1;
    ngx_add_timer(&db->timer,
                  (ngx_msec_t) db->pool->process->conf->conf.database_timeout);

    if (db->pg == NULL || PQstatus(db->pg) == CONNECTION_BAD
        || ngx_http_godwit_db_attach(db, 1) != NGX_OK)
    {
        ngx_http_godwit_db_drop(db, "cannot connect:");
    }
}


/* Write interest is there only while something is left. */
void
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


/*
 * Postgres sends each answer by itself. While it has work for longer than the
 * rest, answers are fetched together: to be woken for each would cost both
 * more than a tenth of what they do, and a core that they share. libpq reads
 * at most one buffer at a time: what is left is read first. After a rest that
 * brought no answer the next is waited for: one that takes long costs nothing.
 */
static void
ngx_http_godwit_db_rest(ngx_http_godwit_db_t *db)
{
    int  left;

    if (db->state != NGX_GODWIT_DB_READY
        || db->in_flight < NGX_HTTP_GODWIT_DB_CROWD
        || ioctl(db->c->fd, FIONREAD, &left) == -1 || left > 0)
    {
        return;
    }

    if (ngx_del_event(db->c->read, NGX_READ_EVENT, 0) == NGX_OK) {
        ngx_add_timer(&db->rest, NGX_HTTP_GODWIT_DB_REST);
    }
}


static void
ngx_http_godwit_db_read(ngx_event_t *ev)
{
    ngx_uint_t             first;
    ngx_http_godwit_db_t  *db = ((ngx_connection_t *) ev->data)->data;

    if (db->state == NGX_GODWIT_DB_CONNECTING) {
        ngx_http_godwit_db_poll(db);
        return;
    }

    if (PQconsumeInput(db->pg) != 1) {
        ngx_http_godwit_db_drop(db, "read:");
        return;
    }

    first = db->first;
    ngx_http_godwit_segment_results(db);

    /* a handler may have sent the next query and lost the connection */
    if (db->state != NGX_GODWIT_DB_READY) {
        return;
    }

    if (PQstatus(db->pg) == CONNECTION_BAD) {
        ngx_http_godwit_db_drop(db, "closed:");
        return;
    }

    if (db->stale && db->in_flight == 0) {
        ngx_http_godwit_db_finish(db);
        ngx_http_godwit_db_connect(db);
        return;
    }

    ngx_http_godwit_db_arm(db);
    ngx_http_godwit_pool_feed(db->pool);

    if (db->first != first) {
        ngx_http_godwit_db_rest(db);
    }
}


static void
ngx_http_godwit_db_rested(ngx_event_t *ev)
{
    ngx_http_godwit_db_t  *db = ev->data;

    if (ngx_add_event(db->c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK)
    {
        ngx_http_godwit_db_drop(db, "no event");
        return;
    }

    ngx_http_godwit_db_read(db->c->read);
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

    db->rest.handler = ngx_http_godwit_db_rested;
    db->rest.data = db;
    db->rest.log = log;

    db->retry.handler = ngx_http_godwit_db_retry;
    db->retry.data = db;
    db->retry.log = log;
    db->retry.cancelable = 1;
}


void
ngx_http_godwit_db_close(ngx_http_godwit_db_t *db)
{
    while (db->in_flight > 0) {
        (void) ngx_http_godwit_segment_drop(db);
    }

    ngx_http_godwit_db_finish(db);
}
