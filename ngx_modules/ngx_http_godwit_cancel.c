/*
 * The end of a query for which nobody waits any more.
 *
 * libpq 15 has but PQcancel for that, which blocks: it is the one call of
 * libpq that is made in a thread, since it touches no connection of the event
 * loop but opens one of its own, with a PGcancel made for it alone. One at a
 * time a pool: the thread pool is that of the spool, and a host that hangs may
 * hold a single thread of it.
 *
 * The connection takes no next query until both have come, the sync of the
 * cancelled one and the end of the thread: PQcancel returns when the server
 * has sent its signal, so that it cannot hit another query.
 */
#include "ngx_http_godwit_pool.h"

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


/* What db runs is tried once: it ends by its own timeout otherwise. */
static ngx_int_t
ngx_http_godwit_cancel_start(ngx_http_godwit_db_t *db)
{
    ngx_http_godwit_pool_t    *pool = db->pool;
    ngx_http_godwit_cancel_t  *ctx = pool->cancel->ctx;

    db->ring[0].cancelled = 1;
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


void
ngx_http_godwit_cancel(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t             i;
    ngx_http_godwit_db_t  *db;

    if (pool->depth > 1 || pool->cancelling != NULL) {
        return;
    }

    for (i = 0; i < pool->n; i++) {
        db = &pool->db[i];

        if (db->state == NGX_GODWIT_DB_READY && db->in_flight == 1
            && db->ring[0].run == NULL && !db->ring[0].cancelled
            && ngx_http_godwit_cancel_start(db) == NGX_OK)
        {
            return;
        }
    }
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

    return NGX_OK;
}


void
ngx_http_godwit_cancel_exit(ngx_http_godwit_pool_t *pool)
{
    ngx_http_godwit_cancel_t  *ctx = pool->cancel->ctx;

    /* the threads have ended before the modules */
    PQfreeCancel(ctx->cancel);
}
