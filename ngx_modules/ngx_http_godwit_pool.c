/*
 * Postgres without blocking: two pools of pipelined connections a worker
 * process, each with a bounded queue before it.
 */
#include "ngx_http_godwit_pool.h"


static void
ngx_http_godwit_pool_free(void *data)
{
    ngx_http_godwit_run_t  *run = data;

    PQclear(run->kept);
}


void
ngx_http_godwit_pool_drop(ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_run_t  *run;

    run = ngx_queue_data(answer, ngx_http_godwit_run_t, answer);
    PQclear(run->kept);
    run->kept = NULL;
    answer->result = NULL;
}


/*
 * The request ends before its answer: the client has gone. What is in flight
 * runs on for nobody, or is cancelled.
 */
static void
ngx_http_godwit_pool_gone(void *data)
{
    ngx_http_godwit_run_t  *run = data;

    ngx_http_godwit_wake(run->request);

    if (run->segment == NULL) {
        ngx_http_godwit_queue_leave(run);
        return;
    }

    run->segment->run = NULL;
    ngx_http_godwit_cancel(run->pool);
}


/*
 * Notice a client that goes while nothing is read from it, as a proxy does. A
 * body that is thrown away has a reader of its own.
 */
static void
ngx_http_godwit_pool_watch(ngx_http_request_t *r)
{
    ngx_event_t  *rev;

    if (r->discard_body) {
        return;
    }

    r->read_event_handler = ngx_http_test_reading;
    rev = r->connection->read;

    /* an end that came with the request itself brings no event of its own */
    if (rev->ready) {
        ngx_post_event(rev, &ngx_posted_events);

    } else if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        r->read_event_handler = ngx_http_block_reading;
    }
}


void
ngx_http_godwit_pool_end(ngx_http_godwit_run_t *run, ngx_int_t rc,
    PGresult *result)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_godwit_answer_t  *answer;

    r = run->request;
    c = r->connection;
    answer = &run->answer;

    run->kept = result;
    run->segment = NULL;
    run->cleanup->handler = NULL;
    answer->rc = rc;

    if (rc == NGX_OK) {
        answer->result = result;

    } else if (result != NULL) {
        answer->sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        answer->message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        answer->column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
        answer->column = answer->column ? answer->column : "";

    } else {
        ngx_http_godwit_count(NGX_GODWIT_DB_REFUSED);
    }

    if (r->read_event_handler == ngx_http_test_reading) {
        r->read_event_handler = ngx_http_block_reading;
    }

    /* the run lies in the request's pool, which may go with the handler */
    ngx_http_godwit_wake(r);
    run->handler(r, answer);
    ngx_http_run_posted_requests(c);
}


void
ngx_http_godwit_pool_again(ngx_http_godwit_run_t *run)
{
    ngx_http_godwit_pool_t  *pool = run->pool;

    run->again = 1;
    run->segment = NULL;
    ngx_http_godwit_queue_rejoin(run);

    if (!pool->timer.timer_set) {
        ngx_add_timer(&pool->timer, 1);
    }
}


ngx_uint_t
ngx_http_godwit_pool_is_away(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t  i;

    for (i = 0; i < pool->n; i++) {
        if (!pool->db[i].failed) {
            return 0;
        }
    }

    return 1;
}


void
ngx_http_godwit_pool_away(ngx_http_godwit_pool_t *pool)
{
    ngx_http_godwit_run_t  *run;

    while ((run = ngx_http_godwit_queue_oldest(pool)) != NULL) {
        ngx_http_godwit_queue_leave(run);
        ngx_http_godwit_pool_end(run, NGX_HTTP_SERVICE_UNAVAILABLE, NULL);
    }
}


/* Who has waited for too long is answered; all have the same patience. */
static void
ngx_http_godwit_pool_late(ngx_event_t *ev)
{
    ngx_msec_int_t           left;
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_pool_t  *pool = ev->data;

    while ((run = ngx_http_godwit_queue_oldest(pool)) != NULL) {
        left = (ngx_msec_int_t) (run->deadline - ngx_current_msec);
        if (left > 0) {
            ngx_add_timer(ev, left);
            return;
        }

        ngx_http_godwit_queue_leave(run);
        ngx_http_godwit_pool_end(run, NGX_HTTP_SERVICE_UNAVAILABLE, NULL);
    }
}


/* The ready connection with the fewest in flight; NULL: none has room. */
static ngx_http_godwit_db_t *
ngx_http_godwit_pool_free_db(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t             i;
    ngx_http_godwit_db_t  *db, *best;

    best = NULL;

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];
        if (db->state == NGX_GODWIT_DB_READY && !db->stale
            && db != pool->cancelling && db->in_flight < pool->depth
            && (best == NULL || db->in_flight < best->in_flight))
        {
            best = db;
        }
    }

    return best;
}


void
ngx_http_godwit_pool_feed(ngx_http_godwit_pool_t *pool)
{
    ngx_http_godwit_db_t   *db;
    ngx_http_godwit_run_t  *run;

    while (pool->n_waiting > 0) {
        db = ngx_http_godwit_pool_free_db(pool);
        run = db ? ngx_http_godwit_queue_next(pool) : NULL;

        if (run == NULL) {
            return;
        }

        ngx_http_godwit_segment_send(db, run);
    }
}


/* A run in the pool of r, tied to its life; NULL: no memory. */
static ngx_http_godwit_run_t *
ngx_http_godwit_pool_make(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_godwit_run_t  *run;

    run = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_run_t));
    if (run == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_godwit_pool_free;
    cln->data = run;

    run->cleanup = ngx_http_cleanup_add(r, 0);
    if (run->cleanup == NULL) {
        return NULL;
    }

    run->cleanup->handler = ngx_http_godwit_pool_gone;
    run->cleanup->data = run;
    run->request = r;

    return run;
}


ngx_int_t
ngx_http_godwit_pool_run(ngx_http_request_t *r, ngx_http_godwit_pool_e which,
    uint32_t whose, const ngx_http_godwit_call_t *calls, ngx_uint_t n,
    ngx_http_godwit_answer_pt handler)
{
    ngx_http_godwit_db_t    *db;
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_lane_t  *lane;
    ngx_http_godwit_pool_t  *pool;

    pool = &ngx_http_godwit_process->pools[which];
    lane = ngx_http_godwit_queue_lane(pool, whose);

    if (ngx_http_godwit_pool_is_away(pool)
        || !ngx_http_godwit_queue_room(lane))
    {
        ngx_http_godwit_count(NGX_GODWIT_DB_REFUSED);
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (n == 0 || n > NGX_HTTP_GODWIT_CALLS) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    run = ngx_http_godwit_pool_make(r);
    if (run == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    run->pool = pool;
    run->lane = lane;
    run->handler = handler;
    run->deadline = ngx_current_msec + pool->timeout;
    run->n = n;
    ngx_memcpy(run->calls, calls, n * sizeof(ngx_http_godwit_call_t));

    ngx_http_godwit_wait(r);
    ngx_http_godwit_pool_watch(r);

    db = pool->n_waiting == 0 && ngx_http_godwit_queue_may(lane)
         ? ngx_http_godwit_pool_free_db(pool) : NULL;

    if (db != NULL) {
        ngx_http_godwit_segment_send(db, run);
        return NGX_DONE;
    }

    ngx_http_godwit_queue_join(run);
    ngx_http_godwit_pool_feed(pool);

    if (pool->n_waiting > 0 && !pool->timer.timer_set) {
        ngx_add_timer(&pool->timer, pool->timeout);
    }

    return NGX_DONE;
}


ngx_int_t
ngx_http_godwit_pool_numbers(ngx_http_request_t *r,
    ngx_http_godwit_pool_e which, uint32_t whose,
    const ngx_http_godwit_statement_t *statement, ngx_uint_t n,
    const int64_t *numbers, ngx_http_godwit_answer_pt handler)
{
    u_char                  *text;
    ngx_uint_t               i;
    const char             **values;
    ngx_http_godwit_call_t   call;

    values = ngx_palloc(r->pool, n * sizeof(char *));
    text = ngx_pnalloc(r->pool, n * (NGX_INT64_LEN + 1));
    if (values == NULL || text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        values[i] = (char *) text;
        text = ngx_sprintf(text, "%L%Z", numbers[i]);
    }

    ngx_memzero(&call, sizeof(call));
    call.statement = statement;
    call.n = n;
    call.values = values;

    return ngx_http_godwit_pool_run(r, which, whose, &call, 1, handler);
}


ngx_str_t
ngx_http_godwit_pool_value(ngx_http_godwit_answer_t *answer)
{
    ngx_str_t  value;

    ngx_str_null(&value);

    if (answer->result != NULL && PQntuples(answer->result) > 0
        && PQnfields(answer->result) > 0
        && !PQgetisnull(answer->result, 0, 0))
    {
        value.data = (u_char *) PQgetvalue(answer->result, 0, 0);
        value.len = PQgetlength(answer->result, 0, 0);
    }

    return value;
}


/*
 * A slow query is ended before the connection is given up: it costs its own
 * answer then, not those of all that are in flight behind it. Where each runs
 * alone Postgres does it; of short reads the edge cancels the one that is
 * late, since a timer of the server's around each statement would cost a
 * hundredth of what they cost.
 */
static ngx_int_t
ngx_http_godwit_pool_open(ngx_http_godwit_pool_t *pool,
    ngx_http_godwit_process_t *p)
{
    size_t                 size;
    gw_conf_t             *conf;
    ngx_uint_t             i;
    ngx_http_godwit_db_t  *db;

    conf = &p->conf->conf;
    size = conf->database.len + 256;
    pool->patience = pool->timeout * 3 / 4;
    pool->conninfo = ngx_pcalloc(p->cycle->pool, size);
    pool->db = ngx_pcalloc(p->cycle->pool,
                           pool->n * sizeof(ngx_http_godwit_db_t));
    if (pool->conninfo == NULL || pool->db == NULL) {
        return NGX_ERROR;
    }

    ngx_snprintf((u_char *) pool->conninfo, size - 1,
                 "%*s user=gw_edge application_name=godwit-edge "
                 "options='-c statement_timeout=%M -c TimeZone=UTC "
                 "-c jit=off'",
                 conf->database.len, conf->database.data,
                 pool->depth == 1 ? pool->patience : 0);

    pool->process = p;
    pool->timer.handler = ngx_http_godwit_pool_late;
    pool->timer.data = pool;
    pool->timer.log = p->cycle->log;

    if (ngx_http_godwit_queue_init(pool) != NGX_OK
        || ngx_http_godwit_cancel_init(pool) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];
        db->pool = pool;
        db->pause = NGX_HTTP_GODWIT_DB_FIRST;
        db->ring = ngx_pcalloc(p->cycle->pool, pool->depth
                               * sizeof(ngx_http_godwit_segment_t));
        if (db->ring == NULL) {
            return NGX_ERROR;
        }

        ngx_http_godwit_db_init(db, p->cycle->log);
        ngx_http_godwit_db_connect(db);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_pool_init(ngx_http_godwit_process_t *p)
{
    gw_conf_t               *conf;
    ngx_http_godwit_pool_t  *quick, *slow;

    p->pools = ngx_pcalloc(p->cycle->pool,
                           NGX_GODWIT_POOLS * sizeof(ngx_http_godwit_pool_t));
    if (p->pools == NULL) {
        return NGX_ERROR;
    }

    conf = &p->conf->conf;
    quick = &p->pools[NGX_GODWIT_POOL_QUICK];
    quick->n = (ngx_uint_t) conf->database_pool;
    quick->timeout = (ngx_msec_t) conf->database_timeout;
    quick->depth = 64;

    slow = &p->pools[NGX_GODWIT_POOL_SLOW];
    slow->n = (ngx_uint_t) conf->database_slow_pool;
    slow->timeout = (ngx_msec_t) conf->database_slow_timeout;

    /*
     * One at a time: a cancel ends whatever its connection runs, and a
     * neighbour in the pipeline would be ended in place of what its client
     * has left, or wait behind it.
     */
    slow->depth = 1;

    return ngx_http_godwit_pool_open(quick, p) == NGX_OK
           ? ngx_http_godwit_pool_open(slow, p)
           : NGX_ERROR;
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
        ngx_http_godwit_cancel_exit(pool);
    }
}
