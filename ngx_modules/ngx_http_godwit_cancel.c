/*
 * The end of a query for which nobody waits any more, or that is late.
 *
 * libpq 15 has but PQcancel for that, which blocks: it is the one call of
 * libpq that is made in a thread, since it touches no connection of the event
 * loop but opens one of its own, with a PGcancel made for it alone. One at a
 * time a pool: the thread pool is that of the spool, and a host that hangs may
 * hold a single thread of it.
 *
 * The connection takes no next query until both have come, the sync of the
 * cancelled one and the end of the thread: PQcancel returns when the server
 * has sent its signal, so that it cannot hit a later query. One that is in the
 * pipeline already may be hit, if the late one has ended by itself meanwhile:
 * it was no more than read, and is sent again (segment_end). A signal that
 * comes before the server has read the query is without effect, so it is sent
 * again until the sync is there.
 */
#include "ngx_http_godwit_pool.h"

#define NGX_HTTP_GODWIT_CANCEL_AGAIN  100   /* ms */

/* The thread's alone while it runs. */
typedef struct {
    PGcancel  *cancel;
    int        ok;
    char       why[256];
} ngx_http_godwit_cancel_t;


static void
ngx_http_godwit_cancel_send(void *data, ngx_log_t *log)
{
    ngx_http_godwit_cancel_t  *ctx = data;

    ctx->ok = PQcancel(ctx->cancel, ctx->why, sizeof(ctx->why));
}


static void
ngx_http_godwit_cancel_sent(ngx_event_t *ev)
{
    ngx_http_godwit_pool_t    *pool = ev->data;
    ngx_http_godwit_cancel_t  *ctx = pool->cancel->ctx;

    if (!ctx->ok) {
        ngx_log_error(NGX_LOG_INFO, ev->log, 0, "Postgres: cancel: %s",
                      ctx->why);
    }

    PQfreeCancel(ctx->cancel);
    ctx->cancel = NULL;
    pool->cancelling = NULL;

    ngx_http_godwit_pool_feed(pool);
    ngx_http_godwit_cancel(pool);
}


static ngx_int_t
ngx_http_godwit_cancel_start(ngx_http_godwit_db_t *db)
{
    ngx_http_godwit_pool_t    *pool = db->pool;
    ngx_http_godwit_cancel_t  *ctx = pool->cancel->ctx;

    ngx_http_godwit_segment_oldest(db)->cancelled = 1;
    ctx->cancel = PQgetCancel(db->pg);
    if (ctx->cancel == NULL) {
        return NGX_ERROR;
    }

    if (ngx_thread_task_post(pool->process->conf->threads, pool->cancel)
        != NGX_OK)
    {
        PQfreeCancel(ctx->cancel);
        ctx->cancel = NULL;
        return NGX_ERROR;
    }

    pool->cancelling = db;

    return NGX_OK;
}


/* What db runs is for nobody, and nothing is behind it; or it is late. */
static ngx_uint_t
ngx_http_godwit_cancel_due(ngx_http_godwit_db_t *db)
{
    return db->state == NGX_GODWIT_DB_READY && db->in_flight > 0
           && ((db->pool->depth == 1
                && ngx_http_godwit_segment_oldest(db)->run == NULL)
               || ngx_http_godwit_segment_is_late(db));
}


void
ngx_http_godwit_cancel(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t             i, left;
    ngx_http_godwit_db_t  *db;

    if (pool->cancelling != NULL) {
        return;
    }

    left = 0;

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];

        if (!ngx_http_godwit_cancel_due(db)) {
            continue;
        }

        if (!ngx_http_godwit_segment_oldest(db)->cancelled
            && ngx_http_godwit_cancel_start(db) == NGX_OK)
        {
            return;
        }

        left = 1;
    }

    if (left && !pool->cancel_again.timer_set) {
        ngx_add_timer(&pool->cancel_again, NGX_HTTP_GODWIT_CANCEL_AGAIN);
    }
}


static void
ngx_http_godwit_cancel_again(ngx_event_t *ev)
{
    ngx_uint_t               i;
    ngx_http_godwit_db_t    *db;
    ngx_http_godwit_pool_t  *pool = ev->data;

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];
        if (db->in_flight > 0) {
            ngx_http_godwit_segment_oldest(db)->cancelled = 0;
        }
    }

    ngx_http_godwit_cancel(pool);
}


ngx_int_t
ngx_http_godwit_cancel_init(ngx_http_godwit_pool_t *pool)
{
    pool->cancel = ngx_thread_task_alloc(pool->process->cycle->pool,
                                         sizeof(ngx_http_godwit_cancel_t));
    if (pool->cancel == NULL) {
        return NGX_ERROR;
    }

    pool->cancel->handler = ngx_http_godwit_cancel_send;
    pool->cancel->event.handler = ngx_http_godwit_cancel_sent;
    pool->cancel->event.data = pool;
    pool->cancel->event.log = pool->process->cycle->log;

    pool->cancel_again.handler = ngx_http_godwit_cancel_again;
    pool->cancel_again.data = pool;
    pool->cancel_again.log = pool->process->cycle->log;
    pool->cancel_again.cancelable = 1;

    return NGX_OK;
}


void
ngx_http_godwit_cancel_exit(ngx_http_godwit_pool_t *pool)
{
    ngx_http_godwit_cancel_t  *ctx = pool->cancel->ctx;

    /* the threads have ended before the modules */
    PQfreeCancel(ctx->cancel);
}
