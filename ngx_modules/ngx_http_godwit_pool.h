/*
 * The pools, their connections and what is in flight on them; for the sources
 * of the pool only.
 */
#ifndef NGX_HTTP_GODWIT_POOL_H
#define NGX_HTTP_GODWIT_POOL_H

#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_DB_FIRST   100      /* ms between attempts to      */
#define NGX_HTTP_GODWIT_DB_LAST    1000     /* connect: first, and at most */
#define NGX_HTTP_GODWIT_DB_CROWD   16       /* in flight: what Postgres    */
#define NGX_HTTP_GODWIT_DB_REST    1        /* does in so many ms and more */

/* Statements that are prepared on a connection, and the slots for them. */
#define NGX_HTTP_GODWIT_PREPARED   256
#define NGX_HTTP_GODWIT_SLOTS      512      /* a power of two */

typedef struct ngx_http_godwit_db_s       ngx_http_godwit_db_t;
typedef struct ngx_http_godwit_segment_s  ngx_http_godwit_segment_t;
typedef struct ngx_http_godwit_lane_s     ngx_http_godwit_lane_t;

typedef enum {
    NGX_GODWIT_DB_DOWN,
    NGX_GODWIT_DB_CONNECTING,
    NGX_GODWIT_DB_READY
} ngx_http_godwit_db_state_e;

/*
 * What a request waits for, in its pool. It is in the queue of the pool, or
 * `segment` is what was sent for it. It ends by ngx_http_godwit_pool_end, or
 * by the request's cleanup when the client has gone.
 */
typedef struct {
    ngx_queue_t                          queue;     /* of the pool, by age */
    ngx_queue_t                          line;      /* of its lane         */
    ngx_http_godwit_lane_t              *lane;
    ngx_uint_t                           waits;     /* in both             */
    ngx_http_godwit_pool_t              *pool;
    ngx_http_request_t                  *request;
    ngx_http_cleanup_t                  *cleanup;
    ngx_http_godwit_segment_t           *segment;
    ngx_http_godwit_answer_pt            handler;
    ngx_http_godwit_answer_t             answer;
    PGresult                            *kept;      /* goes with the pool */
    ngx_msec_t                           deadline;
    ngx_uint_t                           again;     /* sent a second time */
    ngx_uint_t                           n;
    ngx_http_godwit_call_t               calls[NGX_HTTP_GODWIT_CALLS];
} ngx_http_godwit_run_t;

typedef enum {
    NGX_GODWIT_PREPARED_NO,
    NGX_GODWIT_PREPARED_SENT,               /* may fail, or be skipped */
    NGX_GODWIT_PREPARED_YES
} ngx_http_godwit_prepared_e;

typedef struct {
    const ngx_http_godwit_statement_t   *statement; /* NULL: a free slot */
    ngx_http_godwit_prepared_e           state;
} ngx_http_godwit_prepared_t;

/*
 * All between two syncs: one implicit transaction. `run` is NULL when nobody
 * waits for it any more.
 */
struct ngx_http_godwit_segment_s {
    ngx_http_godwit_db_t                *db;
    ngx_http_godwit_run_t               *run;
    ngx_http_godwit_lane_t              *lane;      /* whose it is      */
    PGresult                            *result;    /* the last rows    */
    PGresult                            *error;     /* the first error  */
    ngx_http_godwit_prepared_t          *prepares[NGX_HTTP_GODWIT_CALLS];
    ngx_uint_t                           n;         /* of them          */
    ngx_uint_t                           done;      /* are confirmed    */
    ngx_uint_t                           cancelled;
};

struct ngx_http_godwit_db_s {
    PGconn                              *pg;
    ngx_connection_t                    *c;         /* libpq's descriptor */
    ngx_http_godwit_db_state_e           state;
    ngx_http_godwit_pool_t              *pool;
    ngx_http_godwit_segment_t           *ring;      /* pool->depth of them */
    ngx_uint_t                           first;     /* the oldest sent     */
    ngx_uint_t                           in_flight;
    ngx_msec_t                           since;     /* it is the oldest    */
    ngx_uint_t                           stale;     /* connect anew        */
    ngx_uint_t                           failed;    /* the last attempt    */
    ngx_event_t                          timer;     /* something is due    */
    ngx_event_t                          lost;      /* a send failed       */
    ngx_event_t                          rest;      /* of its reading      */
    ngx_event_t                          retry;
    ngx_msec_t                           pause;     /* before the next one */
    ngx_uint_t                           n_prepared;
    ngx_http_godwit_prepared_t           prepared[NGX_HTTP_GODWIT_SLOTS];
};

struct ngx_http_godwit_pool_s {
    ngx_http_godwit_process_t           *process;
    ngx_queue_t                          waiting;   /* of runs, by age    */
    ngx_uint_t                           n_waiting;
    ngx_http_godwit_lane_t              *lanes;
    ngx_queue_t                          turns;     /* of lanes that wait */
    ngx_queue_t                          refused;   /* runs, gave way     */
    ngx_event_t                          refuse;
    ngx_http_godwit_lane_t              *last;      /* that was served,   */
    ngx_msec_t                           last_used; /* when, and when any */
    ngx_msec_t                           other_used;    /* other was      */
    ngx_event_t                          timer;     /* the oldest is late */
    ngx_uint_t                           n;
    ngx_http_godwit_db_t                *db;
    ngx_uint_t                           depth;     /* of each connection */
    ngx_msec_t                           timeout;
    ngx_msec_t                           patience;  /* then it is ended */
    char                                *conninfo;
    ngx_thread_task_t                   *cancel;
    ngx_http_godwit_db_t                *cancelling;
    ngx_event_t                          cancel_again;
    u_char                               said[256]; /* why there is no     */
};                                                  /* connection          */

/* ---- _db: one connection ---- */

/* Set the handlers of its timers. */
void ngx_http_godwit_db_init(ngx_http_godwit_db_t *db, ngx_log_t *log);

/* Start to connect; it goes on by itself, again after a failure. */
void ngx_http_godwit_db_connect(ngx_http_godwit_db_t *db);

/*
 * It is of no more use: within a loop turn of someone else, who still holds
 * what the end of it will answer.
 */
void ngx_http_godwit_db_lose(ngx_http_godwit_db_t *db);

/* Write what libpq holds. */
void ngx_http_godwit_db_flush(ngx_http_godwit_db_t *db);

/* See to it that the timer is there while something is in flight. */
void ngx_http_godwit_db_arm(ngx_http_godwit_db_t *db);

/* Close for good. */
void ngx_http_godwit_db_close(ngx_http_godwit_db_t *db);

/* ---- _segment: what goes over a connection ---- */

/* Send a run on a ready connection that has room. */
void ngx_http_godwit_segment_send(ngx_http_godwit_db_t *db,
    ngx_http_godwit_run_t *run);

/* Take results while that needs no waiting, and end what they answer. */
void ngx_http_godwit_segment_results(ngx_http_godwit_db_t *db);

/* The oldest in flight; there is one. */
ngx_http_godwit_segment_t *ngx_http_godwit_segment_oldest(
    ngx_http_godwit_db_t *db);

/* Has the oldest had its time? It is to be ended then. */
ngx_uint_t ngx_http_godwit_segment_is_late(ngx_http_godwit_db_t *db);

/* Milliseconds until something in flight is due, at least 1. */
ngx_msec_t ngx_http_godwit_segment_due(ngx_http_godwit_db_t *db);

/* Answer 503 to those whose time is over; what they asked for runs on. */
void ngx_http_godwit_segment_late(ngx_http_godwit_db_t *db);

/* The oldest is over, without an answer: its run, or NULL. */
ngx_http_godwit_run_t *ngx_http_godwit_segment_drop(ngx_http_godwit_db_t *db);

/* ---- _cancel ---- */

ngx_int_t ngx_http_godwit_cancel_init(ngx_http_godwit_pool_t *pool);
void ngx_http_godwit_cancel_exit(ngx_http_godwit_pool_t *pool);

/*
 * Cancel what is late, and what a slow pool runs for nobody: one at a time,
 * until it ends.
 */
void ngx_http_godwit_cancel(ngx_http_godwit_pool_t *pool);

/* ---- _queue: who waits, by workspace ---- */

ngx_int_t ngx_http_godwit_queue_init(ngx_http_godwit_pool_t *pool);

/* The lane of a workspace; 0 for who is not known. */
ngx_http_godwit_lane_t *ngx_http_godwit_queue_lane(
    ngx_http_godwit_pool_t *pool, uint32_t whose);

/*
 * May one more of the lane wait? For that another may have to give way: it is
 * answered 503 within this turn of the event loop.
 */
ngx_uint_t ngx_http_godwit_queue_room(ngx_http_godwit_lane_t *lane);

/*
 * May one more of the lane be in flight? The last place of a pool is not for
 * one that has all others, while another has come of late.
 */
ngx_uint_t ngx_http_godwit_queue_may(ngx_http_godwit_lane_t *lane);

/* Wait as the last of its lane, or as the first. */
void ngx_http_godwit_queue_join(ngx_http_godwit_run_t *run);
void ngx_http_godwit_queue_rejoin(ngx_http_godwit_run_t *run);

/* Wait no more. */
void ngx_http_godwit_queue_leave(ngx_http_godwit_run_t *run);

/* Who has waited longest; NULL: nobody. */
ngx_http_godwit_run_t *ngx_http_godwit_queue_oldest(
    ngx_http_godwit_pool_t *pool);

/* Whose turn it is, out of the queue; NULL: nobody's. */
ngx_http_godwit_run_t *ngx_http_godwit_queue_next(
    ngx_http_godwit_pool_t *pool);

/* One of the lane is in flight, and is not any more. */
void ngx_http_godwit_queue_begin(ngx_http_godwit_lane_t *lane);
void ngx_http_godwit_queue_end(ngx_http_godwit_lane_t *lane);

/* ---- _pool ---- */

/* Hand what waits to the connections with the fewest in flight. */
void ngx_http_godwit_pool_feed(ngx_http_godwit_pool_t *pool);

/* What was sent was not run, and may be sent again: the next of its lane. */
void ngx_http_godwit_pool_again(ngx_http_godwit_run_t *run);

/* No connection, and the last attempt of each has failed? */
ngx_uint_t ngx_http_godwit_pool_is_away(ngx_http_godwit_pool_t *pool);

/* Answer 503 to all that wait. */
void ngx_http_godwit_pool_away(ngx_http_godwit_pool_t *pool);

/*
 * Call the handler of a run. `result` (or NULL) becomes the request's: rows,
 * or the first error; without one rc is the answer.
 */
void ngx_http_godwit_pool_end(ngx_http_godwit_run_t *run, ngx_int_t rc,
    PGresult *result);

#endif
