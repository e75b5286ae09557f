/*
 * The event spool of a worker process. Events are copied into a mapped
 * segment; durable records wait for a batch that a thread writes and syncs.
 * The next segment is always made ahead, by a thread.
 */
#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_RETRY  1000         /* ms, after a full disk */

/* A request that waits for its record to be safe. */
typedef struct {
    ngx_queue_t                 queue;
    ngx_http_request_t         *request;
    ngx_http_godwit_durable_pt  handler;
} ngx_http_godwit_waiter_t;

/* A writer and the making of its next segment. */
typedef struct {
    gw_spool_t                 *spool;
    gw_spool_seg_t             *made;       /* by the thread               */
    int                         rc;
    ngx_thread_task_t          *task;
    ngx_event_t                 retry;
    ngx_uint_t                  lost;       /* records that found no room  */
    ngx_uint_t                  busy;       /* the task is under way       */
    ngx_uint_t                  full;       /* the last one was not made   */
    ngx_http_godwit_process_t  *process;
} ngx_http_godwit_writer_t;

struct ngx_http_godwit_spool_s {
    ngx_http_godwit_writer_t    event;
    ngx_http_godwit_writer_t    durable;
    ngx_queue_t                 filling;    /* records in the open batch   */
    ngx_queue_t                 flight;     /* records being written       */
    gw_spool_batch_t           *batch;      /* being written               */
    int                         batch_rc;
    ngx_thread_task_t          *batch_task;
    ngx_event_t                 flush;      /* posted once a loop turn     */
    ngx_event_t                 hold;       /* keeps a quitting worker     */
};

static void ngx_http_godwit_spool_want(ngx_http_godwit_writer_t *w);


static void
ngx_http_godwit_spool_make(void *data, ngx_log_t *log)
{
    ngx_http_godwit_writer_t  *w = *(ngx_http_godwit_writer_t **) data;

    w->rc = gw_spool_prepare(w->spool, &w->made);
    if (w->rc != GW_OK && !w->full) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "spool: cannot make the next segment in \"%V\"",
                      &w->process->conf->spool_dir);
    }
}


/* Said once when there is no room, and once when there is again. */
static void
ngx_http_godwit_spool_outcome(ngx_http_godwit_writer_t *w)
{
    if (w->rc != GW_OK) {
        w->full = 1;
        ngx_add_timer(&w->retry, NGX_HTTP_GODWIT_RETRY);
        return;
    }

    gw_spool_supply(w->spool, w->made);

    if (w->full || w->lost > 0) {
        ngx_log_error(NGX_LOG_WARN, w->retry.log, 0,
                      "spool: there is room again, %ui records found none",
                      w->lost);
        w->full = 0;
        w->lost = 0;
    }
}


static void
ngx_http_godwit_spool_made(ngx_event_t *ev)
{
    ngx_http_godwit_writer_t  *w = ev->data;

    w->busy = 0;
    ngx_http_godwit_spool_outcome(w);
    ngx_http_godwit_spool_want(w);
}


static void
ngx_http_godwit_spool_retry(ngx_event_t *ev)
{
    ngx_http_godwit_spool_want(ev->data);
}


/* See to it that there is a spare segment. */
static void
ngx_http_godwit_spool_want(ngx_http_godwit_writer_t *w)
{
    if (w->busy || w->retry.timer_set || !gw_spool_wants(w->spool)) {
        return;
    }

    if (ngx_thread_task_post(w->process->conf->threads, w->task) == NGX_OK) {
        w->busy = 1;
    }
}


static ngx_int_t
ngx_http_godwit_spool_writer(ngx_http_godwit_process_t *p,
    ngx_http_godwit_writer_t *w, int class)
{
    int  rc;

    rc = gw_spool_open(&w->spool, (char *) p->conf->spool_dir.data, class,
                       (size_t) p->conf->conf.spool_segment);
    if (rc != GW_OK) {
        ngx_log_error(NGX_LOG_ALERT, p->cycle->log, 0,
                      "spool: cannot be opened in \"%V\": %s",
                      &p->conf->spool_dir, gw_strerror(rc));
        return NGX_ERROR;
    }

    w->process = p;
    w->task = ngx_thread_task_alloc(p->cycle->pool, sizeof(void *));
    if (w->task == NULL) {
        return NGX_ERROR;
    }

    *(ngx_http_godwit_writer_t **) w->task->ctx = w;
    w->task->handler = ngx_http_godwit_spool_make;
    w->task->event.handler = ngx_http_godwit_spool_made;
    w->task->event.data = w;

    w->retry.handler = ngx_http_godwit_spool_retry;
    w->retry.data = w;
    w->retry.log = p->cycle->log;
    w->retry.cancelable = 1;

    /* the first one is made here: the first request must find it */
    ngx_http_godwit_spool_make(w->task->ctx, p->cycle->log);
    ngx_http_godwit_spool_outcome(w);
    ngx_http_godwit_spool_want(w);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_spool_append(ngx_uint_t type, ngx_uint_t flags, gw_str_t body)
{
    int                       rc;
    ngx_http_godwit_writer_t *w;

    w = &ngx_http_godwit_process->spool->event;
    rc = gw_spool_append(w->spool, (uint16_t) type, (uint16_t) flags,
                         ngx_http_godwit_now(), body);
    w->lost += rc != GW_OK;
    ngx_http_godwit_spool_want(w);

    return rc == GW_OK ? NGX_OK : NGX_ERROR;
}


void
ngx_http_godwit_spool_event(ngx_uint_t type, ngx_uint_t flags,
    const gw_event_t *e)
{
    u_char  body[GW_EVENT_MAX];

    if (ngx_http_godwit_spool_append(type, flags,
            gw_str_make(body, gw_event_encode(body, e)))
        != NGX_OK)
    {
        ngx_http_godwit_count(NGX_GODWIT_EVENTS_DROPPED);
    }
}


ngx_int_t
ngx_http_godwit_spool_calls(uint32_t tenant, uint64_t n)
{
    int                       rc;
    u_char                    body[GW_EVENT_MAX];
    gw_event_t                e;
    gw_token_t                t;
    ngx_http_godwit_writer_t *w;

    ngx_memzero(&e, sizeof(e));
    ngx_memzero(&t, sizeof(t));
    t.tenant = tenant;
    t.id = n;
    gw_token_pack(&t, e.token);

    w = &ngx_http_godwit_process->spool->event;
    rc = gw_spool_append(w->spool, GW_EVENT_CALLS, 0,
                         ngx_http_godwit_now(),
                         gw_str_make(body, gw_event_encode(body, &e)));

    if (!ngx_exiting && !ngx_terminate) {       /* there are threads still */
        ngx_http_godwit_spool_want(w);
    }

    return rc == GW_OK ? NGX_OK : NGX_ERROR;
}


/* ---- durable records ---- */


static void
ngx_http_godwit_spool_write(void *data, ngx_log_t *log)
{
    ngx_http_godwit_spool_t  *s = *(ngx_http_godwit_spool_t **) data;

    s->batch_rc = gw_spool_batch_write(s->batch);
    if (s->batch_rc != GW_OK) {
        ngx_log_error(NGX_LOG_CRIT, log, ngx_errno,
                      "spool: cannot write a durable batch");
    }
}


/* Tell every waiter of a queue how it ended. */
static void
ngx_http_godwit_spool_tell(ngx_queue_t *queue, ngx_int_t rc)
{
    ngx_queue_t               *q;
    ngx_connection_t          *c;
    ngx_http_godwit_waiter_t  *waiter;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_queue_remove(q);

        if (rc != NGX_OK) {
            ngx_http_godwit_count(NGX_GODWIT_DURABLE_REFUSED);
        }

        waiter = ngx_queue_data(q, ngx_http_godwit_waiter_t, queue);
        c = waiter->request->connection;

        ngx_http_godwit_wake(waiter->request);
        waiter->handler(waiter->request, rc);
        ngx_http_run_posted_requests(c);
    }
}


static void
ngx_http_godwit_spool_written(ngx_event_t *ev)
{
    ngx_int_t                 rc;
    ngx_queue_t               done;
    ngx_http_godwit_spool_t  *s = ev->data;

    ngx_queue_init(&done);
    if (!ngx_queue_empty(&s->flight)) {
        ngx_queue_add(&done, &s->flight);
        ngx_queue_init(&s->flight);
    }

    rc = s->batch_rc == GW_OK ? NGX_OK : NGX_ERROR;

    if (rc != NGX_OK && !ngx_queue_empty(&s->filling)) {
        /* the batch begun meanwhile is dropped with the failed one */
        ngx_queue_add(&done, &s->filling);
        ngx_queue_init(&s->filling);
    }

    gw_spool_batch_done(s->durable.spool, s->batch);
    s->batch = NULL;

    if (s->hold.timer_set) {
        ngx_del_timer(&s->hold);
    }

    if (!ngx_queue_empty(&s->filling)) {
        ngx_post_event(&s->flush, &ngx_posted_events);
    }

    ngx_http_godwit_spool_want(&s->durable);
    ngx_http_godwit_spool_tell(&done, rc);
}


/* The end of a loop turn: hand the batch to a thread unless one is busy. */
static void
ngx_http_godwit_spool_flush(ngx_event_t *ev)
{
    ngx_http_godwit_spool_t  *s = ev->data;

    if (s->batch != NULL) {
        return;
    }

    s->batch = gw_spool_batch_take(s->durable.spool);
    if (s->batch == NULL) {
        return;
    }

    ngx_queue_add(&s->flight, &s->filling);
    ngx_queue_init(&s->filling);

    /* a quitting worker stays as long as a timer is set */
    ngx_add_timer(&s->hold, 60000);

    if (ngx_thread_task_post(s->durable.process->conf->threads, s->batch_task)
        != NGX_OK)
    {
        ngx_http_godwit_spool_write(s->batch_task->ctx, ev->log);
        ngx_http_godwit_spool_written(&s->batch_task->event);
    }
}


static void
ngx_http_godwit_spool_held(ngx_event_t *ev)
{
    ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                  "spool: a durable batch has taken a minute");
    ngx_add_timer(ev, 60000);
}


ngx_int_t
ngx_http_godwit_spool_bodies(ngx_http_request_t *r, ngx_uint_t type,
    ngx_uint_t flags, const gw_str_t *bodies, ngx_uint_t n,
    ngx_http_godwit_durable_pt handler)
{
    ngx_uint_t                 i;
    ngx_http_godwit_spool_t   *s;
    ngx_http_godwit_waiter_t  *waiter;

    s = ngx_http_godwit_process->spool;

    waiter = ngx_palloc(r->pool, sizeof(ngx_http_godwit_waiter_t));
    if (waiter == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (gw_spool_batch_add(s->durable.spool, (uint16_t) type,
                               (uint16_t) flags, ngx_http_godwit_now(),
                               bodies[i])
            == GW_OK)
        {
            continue;
        }

        ngx_http_godwit_count(NGX_GODWIT_DURABLE_REFUSED);
        s->durable.lost++;
        ngx_http_godwit_spool_want(&s->durable);

        if (i > 0 && !s->flush.posted) {        /* those before it */
            ngx_post_event(&s->flush, &ngx_posted_events);
        }
        return NGX_ERROR;
    }

    waiter->request = r;
    waiter->handler = handler;
    ngx_http_godwit_wait(r);
    ngx_queue_insert_tail(&s->filling, &waiter->queue);

    if (!s->flush.posted) {
        ngx_post_event(&s->flush, &ngx_posted_events);
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_spool_durable(ngx_http_request_t *r, ngx_uint_t type,
    ngx_uint_t flags, const gw_event_t *e, ngx_http_godwit_durable_pt handler)
{
    u_char    body[GW_EVENT_MAX];
    gw_str_t  str;

    str = gw_str_make(body, gw_event_encode(body, e));

    return ngx_http_godwit_spool_bodies(r, type, flags, &str, 1, handler);
}


ngx_int_t
ngx_http_godwit_spool_ready(void)
{
    ngx_http_godwit_spool_t  *s;

    s = ngx_http_godwit_process->spool;

    return s->event.full || s->durable.full ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_godwit_spool_init(ngx_http_godwit_process_t *p)
{
    ngx_http_godwit_spool_t  *s;

    s = ngx_pcalloc(p->cycle->pool, sizeof(ngx_http_godwit_spool_t));
    if (s == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&s->filling);
    ngx_queue_init(&s->flight);

    s->batch_task = ngx_thread_task_alloc(p->cycle->pool, sizeof(void *));
    if (s->batch_task == NULL) {
        return NGX_ERROR;
    }

    *(ngx_http_godwit_spool_t **) s->batch_task->ctx = s;
    s->batch_task->handler = ngx_http_godwit_spool_write;
    s->batch_task->event.handler = ngx_http_godwit_spool_written;
    s->batch_task->event.data = s;

    s->flush.handler = ngx_http_godwit_spool_flush;
    s->flush.data = s;
    s->flush.log = p->cycle->log;

    s->hold.handler = ngx_http_godwit_spool_held;
    s->hold.data = s;
    s->hold.log = p->cycle->log;

    p->spool = s;

    if (ngx_http_godwit_spool_writer(p, &s->event, GW_SPOOL_EVENT) != NGX_OK
        || ngx_http_godwit_spool_writer(p, &s->durable, GW_SPOOL_DURABLE)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_godwit_spool_exit(ngx_http_godwit_process_t *p)
{
    /* a batch in flight belongs to its thread: the drainer reads an orphan */
    if (p->spool->batch == NULL) {
        gw_spool_close(p->spool->durable.spool);
    }

    gw_spool_close(p->spool->event.spool);
}
