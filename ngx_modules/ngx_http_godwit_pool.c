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
    ngx_uint_t                i;
    ngx_queue_t              *q;
    ngx_http_godwit_db_t     *db, *best;
    ngx_http_godwit_query_t  *query;

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
        query = ngx_queue_data(q, ngx_http_godwit_query_t, queue);

        if ((ngx_msec_int_t) (query->deadline - ngx_current_msec) > 0) {
            ngx_http_godwit_db_send(best, query);
            continue;
        }

        /* sent now it would be late, and take the connection with it */
        ngx_http_godwit_count(NGX_GODWIT_DB_REFUSED);
        ngx_http_godwit_pool_end(query, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
}


ngx_int_t
ngx_http_godwit_pool_query(ngx_http_request_t *r,
    ngx_http_godwit_pool_e which, const char *sql, ngx_uint_t n,
    const char *const *params, ngx_http_godwit_query_pt handler)
{
    size_t                    len;
    u_char                   *copy;
    ngx_uint_t                i, down;
    ngx_http_godwit_pool_t   *pool;
    ngx_http_godwit_query_t  *q;

    pool = &ngx_http_godwit_process->pools[which];

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


static ngx_int_t
ngx_http_godwit_pool_open(ngx_http_godwit_pool_t *pool,
    ngx_http_godwit_process_t *p, char *conninfo, ngx_uint_t n)
{
    ngx_uint_t             i;
    ngx_http_godwit_db_t  *db;

    pool->db = ngx_pcalloc(p->cycle->pool, n * sizeof(ngx_http_godwit_db_t));
    if (pool->db == NULL) {
        return NGX_ERROR;
    }

    pool->process = p;
    pool->conninfo = conninfo;
    pool->n = n;
    ngx_queue_init(&pool->waiting);

    for (i = 0; i < n; i++) {
        db = &pool->db[i];
        db->pool = pool;
        db->pause = NGX_HTTP_GODWIT_DB_FIRST;
        ngx_queue_init(&db->flight);

        ngx_http_godwit_db_init(db, p->cycle->log);
        ngx_http_godwit_db_connect(db);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_pool_init(ngx_http_godwit_process_t *p)
{
    char       *conninfo;
    size_t      size;
    gw_conf_t  *conf;

    conf = &p->conf->conf;
    size = conf->database.len + 256;
    conninfo = ngx_pcalloc(p->cycle->pool, size);
    p->pools = ngx_pcalloc(p->cycle->pool,
                           NGX_GODWIT_POOLS * sizeof(ngx_http_godwit_pool_t));
    if (conninfo == NULL || p->pools == NULL) {
        return NGX_ERROR;
    }

    /*
     * Postgres ends a slow query before the edge does: it costs the answer of
     * that query then, not the connection and all that are in flight on it.
     */
    ngx_snprintf((u_char *) conninfo, size - 1,
                 "%*s user=gw_edge application_name=godwit-edge "
                 "options='-c statement_timeout=%L -c TimeZone=UTC'",
                 conf->database.len, conf->database.data,
                 conf->database_timeout * 3 / 4);

    if (ngx_http_godwit_pool_open(&p->pools[NGX_GODWIT_POOL_QUICK], p,
                                  conninfo, (ngx_uint_t) conf->database_pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_godwit_pool_open(&p->pools[NGX_GODWIT_POOL_SLOW], p,
                                     conninfo, 1);
}


void
ngx_http_godwit_pool_exit(ngx_http_godwit_process_t *p)
{
    ngx_uint_t               i;
    ngx_http_godwit_pool_t  *pool;

    for (pool = p->pools; pool < p->pools + NGX_GODWIT_POOLS; pool++) {
        for (i = 0; i < pool->n; i++) {
            ngx_http_godwit_db_close(&pool->db[i]);
        }
    }
}
