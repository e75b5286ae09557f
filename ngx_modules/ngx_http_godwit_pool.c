/*
 * Postgres without blocking: a few pipelined connections a worker process and
 * a bounded queue before them.
 */
#include "ngx_http_godwit_pool.h"


void
ngx_http_godwit_pool_end(ngx_http_godwit_query_t *q, ngx_int_t rc)
{
    PGresult          *result;
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
        /* the request's own log would add its path, that is: the token */
        ngx_log_error(NGX_LOG_ERR, ngx_http_godwit_process->cycle->log, 0,
                      "Postgres refused \"%s\": %s", q->sql,
                      q->result ? PQresultErrorMessage(q->result) : "");
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    /* q lies in the request's pool, which may go with the handler */
    c = q->request->connection;
    result = q->result;
    ngx_http_godwit_wake(q->request);
    q->handler(q->request, rc, &value);
    PQclear(result);
    ngx_http_run_posted_requests(c);
}


void
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


void
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
        ngx_http_godwit_db_send(best,
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

    ngx_http_godwit_wait(r);
    ngx_queue_insert_tail(&pool->waiting, &q->queue);
    pool->n_waiting++;
    ngx_http_godwit_pool_feed(pool);

    return NGX_DONE;
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

        ngx_http_godwit_db_init(db, p->cycle->log);
        ngx_http_godwit_db_connect(db);
    }

    return NGX_OK;
}


void
ngx_http_godwit_pool_exit(ngx_http_godwit_process_t *p)
{
    ngx_uint_t  i;

    for (i = 0; i < p->pool->n; i++) {
        ngx_http_godwit_db_close(&p->pool->db[i]);
    }
}
