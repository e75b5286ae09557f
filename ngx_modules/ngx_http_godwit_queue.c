/*
 * Who waits for a connection. Each workspace waits in a lane of its own: the
 * next is of the one with the fewest in flight, in turns among equals, and
 * when there is no room the longest lane gives way. Alone, a workspace has all
 * there is.
 */
#include "ngx_http_godwit_pool.h"

#define NGX_HTTP_GODWIT_RECENT  10000       /* ms */

struct ngx_http_godwit_lane_s {
    ngx_queue_t              turn;          /* among those with runs */
    ngx_queue_t              runs;          /* by age                */
    ngx_uint_t               n;             /* of them               */
    ngx_uint_t               busy;          /* in flight             */
    ngx_http_godwit_pool_t  *pool;
};


ngx_http_godwit_lane_t *
ngx_http_godwit_queue_lane(ngx_http_godwit_pool_t *pool, uint32_t whose)
{
    return &pool->lanes[ngx_http_godwit_lane(whose)];
}


ngx_http_godwit_run_t *
ngx_http_godwit_queue_oldest(ngx_http_godwit_pool_t *pool)
{
    return ngx_queue_empty(&pool->waiting)
           ? NULL
           : ngx_queue_data(ngx_queue_head(&pool->waiting),
                            ngx_http_godwit_run_t, queue);
}


/* Both lists at their ends, or, for who was there before, at their heads. */
static void
ngx_http_godwit_queue_insert(ngx_http_godwit_run_t *run, ngx_uint_t first)
{
    ngx_http_godwit_lane_t  *lane = run->lane;
    ngx_http_godwit_pool_t  *pool = lane->pool;

    if (lane->n++ == 0) {
        ngx_queue_insert_tail(&pool->turns, &lane->turn);
    }

    pool->n_waiting++;
    run->waits = 1;

    if (first) {
        ngx_queue_insert_head(&pool->waiting, &run->queue);
        ngx_queue_insert_head(&lane->runs, &run->line);

    } else {
        ngx_queue_insert_tail(&pool->waiting, &run->queue);
        ngx_queue_insert_tail(&lane->runs, &run->line);
    }
}


void
ngx_http_godwit_queue_join(ngx_http_godwit_run_t *run)
{
    ngx_http_godwit_queue_insert(run, 0);
}


void
ngx_http_godwit_queue_rejoin(ngx_http_godwit_run_t *run)
{
    ngx_http_godwit_queue_insert(run, 1);
}


void
ngx_http_godwit_queue_leave(ngx_http_godwit_run_t *run)
{
    ngx_http_godwit_lane_t  *lane = run->lane;
    ngx_http_godwit_pool_t  *pool = lane->pool;

    ngx_queue_remove(&run->queue);

    if (!run->waits) {
        return;                             /* it has given way already */
    }

    run->waits = 0;
    ngx_queue_remove(&run->line);

    if (--lane->n == 0) {
        ngx_queue_remove(&lane->turn);
    }

    if (--pool->n_waiting == 0 && pool->timer.timer_set) {
        ngx_del_timer(&pool->timer);
    }
}


/* The lane with the most that wait; there is one. */
static ngx_http_godwit_lane_t *
ngx_http_godwit_queue_longest(ngx_http_godwit_pool_t *pool)
{
    ngx_queue_t             *q;
    ngx_http_godwit_lane_t  *lane, *longest;

    longest = NULL;

    for (q = ngx_queue_head(&pool->turns);
         q != ngx_queue_sentinel(&pool->turns);
         q = ngx_queue_next(q))
    {
        lane = ngx_queue_data(q, ngx_http_godwit_lane_t, turn);
        if (longest == NULL || lane->n > longest->n) {
            longest = lane;
        }
    }

    return longest;
}


/* Those that gave way; not within the request for which they did. */
static void
ngx_http_godwit_queue_refuse(ngx_event_t *ev)
{
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_pool_t  *pool = ev->data;

    while (!ngx_queue_empty(&pool->refused)) {
        run = ngx_queue_data(ngx_queue_head(&pool->refused),
                             ngx_http_godwit_run_t, queue);
        ngx_queue_remove(&run->queue);
        ngx_http_godwit_pool_end(run, NGX_HTTP_SERVICE_UNAVAILABLE, NULL);
    }
}


ngx_uint_t
ngx_http_godwit_queue_room(ngx_http_godwit_lane_t *lane)
{
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_lane_t  *longest;
    ngx_http_godwit_pool_t  *pool = lane->pool;

    if (pool->n_waiting
        < (ngx_uint_t) pool->process->conf->conf.database_queue)
    {
        return 1;
    }

    longest = ngx_http_godwit_queue_longest(pool);

    if (longest->n <= lane->n + 1) {
        return 0;                           /* it would be no fairer */
    }

    run = ngx_queue_data(ngx_queue_last(&longest->runs), ngx_http_godwit_run_t,
                         line);
    ngx_http_godwit_queue_leave(run);
    ngx_queue_insert_tail(&pool->refused, &run->queue);
    ngx_post_event(&pool->refuse, &ngx_posted_events);

    return 1;
}


ngx_uint_t
ngx_http_godwit_queue_may(ngx_http_godwit_lane_t *lane)
{
    ngx_msec_t               used;
    ngx_uint_t               i, all;
    ngx_http_godwit_pool_t  *pool = lane->pool;

    if (lane->busy == 0) {
        return 1;
    }

    all = 0;
    for (i = 0; i < pool->n; i++) {         /* some may be down */
        if (pool->db[i].state == NGX_GODWIT_DB_READY) {
            all += pool->depth;
        }
    }

    if (lane->busy + 1 < all || all == 1) {
        return 1;
    }

    used = pool->last == lane ? pool->other_used : pool->last_used;

    return used == 0 || ngx_current_msec - used > NGX_HTTP_GODWIT_RECENT;
}


ngx_http_godwit_run_t *
ngx_http_godwit_queue_next(ngx_http_godwit_pool_t *pool)
{
    ngx_queue_t             *q;
    ngx_http_godwit_run_t   *run;
    ngx_http_godwit_lane_t  *lane, *best;

    best = NULL;

    for (q = ngx_queue_head(&pool->turns);
         q != ngx_queue_sentinel(&pool->turns);
         q = ngx_queue_next(q))
    {
        lane = ngx_queue_data(q, ngx_http_godwit_lane_t, turn);
        if ((best == NULL || lane->busy < best->busy)
            && ngx_http_godwit_queue_may(lane))
        {
            best = lane;
        }
    }

    if (best == NULL) {
        return NULL;
    }

    ngx_queue_remove(&best->turn);
    ngx_queue_insert_tail(&pool->turns, &best->turn);

    run = ngx_queue_data(ngx_queue_head(&best->runs), ngx_http_godwit_run_t,
                         line);
    ngx_http_godwit_queue_leave(run);

    return run;
}


void
ngx_http_godwit_queue_begin(ngx_http_godwit_lane_t *lane)
{
    ngx_http_godwit_pool_t  *pool = lane->pool;

    lane->busy++;

    if (pool->last != lane) {
        pool->last = lane;
        pool->other_used = pool->last_used;
    }

    pool->last_used = ngx_current_msec;
}


void
ngx_http_godwit_queue_end(ngx_http_godwit_lane_t *lane)
{
    lane->busy--;
}


ngx_int_t
ngx_http_godwit_queue_init(ngx_http_godwit_pool_t *pool)
{
    ngx_uint_t  i;

    pool->lanes = ngx_pcalloc(pool->process->cycle->pool,
                              NGX_HTTP_GODWIT_LANES
                              * sizeof(ngx_http_godwit_lane_t));
    if (pool->lanes == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_HTTP_GODWIT_LANES; i++) {
        pool->lanes[i].pool = pool;
        ngx_queue_init(&pool->lanes[i].runs);
    }

    ngx_queue_init(&pool->waiting);
    ngx_queue_init(&pool->turns);
    ngx_queue_init(&pool->refused);
    pool->refuse.handler = ngx_http_godwit_queue_refuse;
    pool->refuse.data = pool;
    pool->refuse.log = pool->process->cycle->log;

    return NGX_OK;
}
