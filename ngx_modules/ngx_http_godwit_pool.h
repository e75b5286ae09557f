/* The pool and its connections; for the two sources of them only. */
#ifndef NGX_HTTP_GODWIT_POOL_H
#define NGX_HTTP_GODWIT_POOL_H

#include "ngx_http_godwit.h"

#include <libpq-fe.h>

#define NGX_HTTP_GODWIT_DB_FLIGHT  64       /* queries on one connection   */
#define NGX_HTTP_GODWIT_DB_FIRST   100      /* ms between attempts to      */
#define NGX_HTTP_GODWIT_DB_LAST    1000     /* connect: first, and at most */

typedef enum {
    NGX_GODWIT_DB_DOWN,
    NGX_GODWIT_DB_CONNECTING,
    NGX_GODWIT_DB_READY
} ngx_http_godwit_db_state_e;

typedef struct {
    PGconn                     *pg;
    ngx_connection_t           *c;          /* over libpq's descriptor     */
    ngx_http_godwit_db_state_e  state;
    ngx_queue_t                 flight;     /* sent, in order              */
    ngx_uint_t                  in_flight;
    ngx_event_t                 timer;      /* a reply or a connect is due */
    ngx_event_t                 lost;       /* a send failed, drop it      */
    ngx_event_t                 retry;
    ngx_msec_t                  pause;
    ngx_http_godwit_pool_t     *pool;
} ngx_http_godwit_db_t;

struct ngx_http_godwit_query_s {
    ngx_queue_t                 queue;
    ngx_http_request_t         *request;
    const char                 *sql;
    ngx_uint_t                  n;
    const char                 *params[NGX_HTTP_GODWIT_DB_PARAMS];
    ngx_http_godwit_query_pt    handler;
    ngx_msec_t                  deadline;
    PGresult                   *result;
};

struct ngx_http_godwit_pool_s {
    ngx_http_godwit_process_t  *process;
    ngx_queue_t                 waiting;
    ngx_uint_t                  n_waiting;
    ngx_uint_t                  n;
    ngx_http_godwit_db_t       *db;
    char                       *conninfo;
    u_char                      said[256];  /* why there is no connection  */
};

/* Set the handlers of its timers. */
void ngx_http_godwit_db_init(ngx_http_godwit_db_t *db, ngx_log_t *log);

/* Start to connect; it goes on by itself, again after a failure. */
void ngx_http_godwit_db_connect(ngx_http_godwit_db_t *db);

/* Send a query on a ready connection. */
void ngx_http_godwit_db_send(ngx_http_godwit_db_t *db,
    ngx_http_godwit_query_t *q);

/* Close for good. */
void ngx_http_godwit_db_close(ngx_http_godwit_db_t *db);

/* Hand waiting queries to the connections with the fewest in flight. */
void ngx_http_godwit_pool_feed(ngx_http_godwit_pool_t *pool);

/* Call the handler of a query; its result dies with the call. */
void ngx_http_godwit_pool_end(ngx_http_godwit_query_t *q, ngx_int_t rc);

/* Answer 503 to every query of a queue of *n. */
void ngx_http_godwit_pool_fail(ngx_queue_t *queue, ngx_uint_t *n);

#endif
