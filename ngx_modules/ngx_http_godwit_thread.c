/*
 * Work of a request in a thread, between a wait and its end. A process that
 * quits stays for it: a timer that is not cancelable stands meanwhile.
 */
#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_THREAD_HOLD  60000

typedef struct {
    ngx_queue_t                 queue;
    ngx_event_t                 hold;
    ngx_thread_task_t          *task;
    ngx_http_request_t         *request;
    ngx_http_godwit_turns_t     *turns;
    ngx_uint_t                  *of;        /* its lane's in turns */
    ngx_http_godwit_work_pt     work;
    ngx_http_godwit_worked_pt   worked;
    void                       *data;
} ngx_http_godwit_work_t;


static void
ngx_http_godwit_thread_hold(ngx_event_t *ev)
{
    ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                  "work in a thread has taken a minute");
    ngx_add_timer(ev, NGX_HTTP_GODWIT_THREAD_HOLD);
}


static void
ngx_http_godwit_thread_run(void *data, ngx_log_t *log)
{
    ngx_http_godwit_work_t *w = *(ngx_http_godwit_work_t **) data;

    w->work(w->data);
}


static ngx_int_t
ngx_http_godwit_thread_post(ngx_http_godwit_work_t *w)
{
    ngx_thread_pool_t  *threads;

    threads = w->turns->threads ? w->turns->threads
                                : ngx_http_godwit_process->conf->threads;

    if (ngx_thread_task_post(threads, w->task) != NGX_OK) {
        return NGX_ERROR;
    }

    w->turns->busy++;
    ngx_add_timer(&w->hold, NGX_HTTP_GODWIT_THREAD_HOLD);

    return NGX_OK;
}


/* Whose turn it is. */
static void
ngx_http_godwit_thread_next(ngx_http_godwit_turns_t *turns)
{
    ngx_http_godwit_work_t  *w;

    turns->busy--;

    if (turns->n == 0) {
        return;
    }

    w = ngx_queue_data(ngx_queue_head(&turns->waiting), ngx_http_godwit_work_t,
                       queue);
    ngx_queue_remove(&w->queue);
    turns->n--;

    if (ngx_http_godwit_thread_post(w) != NGX_OK) {
        turns->busy++;                      /* the threads are overrun */
        w->work(w->data);
        ngx_post_event(&w->task->event, &ngx_posted_events);
    }
}


static void
ngx_http_godwit_thread_done(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_godwit_turns_t  *turns;
    ngx_http_godwit_work_t  *w = ev->data;

    r = w->request;
    c = r->connection;
    turns = w->turns;
    (*w->of)--;

    if (w->hold.timer_set) {
        ngx_del_timer(&w->hold);
    }

    ngx_http_godwit_wake(r);
    w->worked(r, w->data);                  /* w may be gone after this */
    ngx_http_godwit_thread_next(turns);
    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_godwit_thread(ngx_http_request_t *r, ngx_http_godwit_turns_t *turns,
    uint32_t whose, ngx_http_godwit_work_pt work,
    ngx_http_godwit_worked_pt worked, void *data)
{
    ngx_uint_t              *of;
    ngx_thread_task_t       *task;
    ngx_http_godwit_work_t  *w;

    of = &turns->of[ngx_http_godwit_lane(whose)];

    if (*of >= turns->each) {
        return NGX_BUSY;
    }

    w = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_work_t));
    task = ngx_thread_task_alloc(r->pool, sizeof(ngx_http_godwit_work_t *));
    if (w == NULL || task == NULL) {
        return NGX_ERROR;
    }

    w->task = task;
    w->request = r;
    w->turns = turns;
    w->of = of;
    w->work = work;
    w->worked = worked;
    w->data = data;
    w->hold.handler = ngx_http_godwit_thread_hold;
    w->hold.log = r->connection->log;

    *(ngx_http_godwit_work_t **) task->ctx = w;
    task->handler = ngx_http_godwit_thread_run;
    task->event.handler = ngx_http_godwit_thread_done;
    task->event.data = w;
    task->event.log = r->connection->log;

    if (turns->busy < turns->at_once) {
        if (ngx_http_godwit_thread_post(w) != NGX_OK) {
            return NGX_ERROR;
        }

    } else if (turns->n == turns->room) {
        return NGX_BUSY;

    } else {
        if (turns->waiting.next == NULL) {
            ngx_queue_init(&turns->waiting);
        }

        ngx_queue_insert_tail(&turns->waiting, &w->queue);
        turns->n++;
    }

    (*of)++;
    ngx_http_godwit_wait(r);

    return NGX_OK;
}
