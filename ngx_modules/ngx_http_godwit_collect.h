/* Events of sites and apps at the edge: what its two sources share. */
#ifndef NGX_HTTP_GODWIT_COLLECT_H
#define NGX_HTTP_GODWIT_COLLECT_H

#include "ngx_http_godwit.h"

#include "shm/gw_problem.h"
#include "shm/gw_tracked.h"

#define NGX_HTTP_GODWIT_VISIT  3600     /* seconds that a link says who it is */

typedef struct {
    gw_tracked_t   event;               /* what all of a request share      */
    ngx_uint_t     flags;               /* of their records                 */
    ngx_uint_t     kind;                /* 0: a batch                       */
    ngx_uint_t     durable;
    gw_str_t       key;                 /* by a header, then by the body    */
    gw_str_t       origin;
    gw_str_t      *bodies;              /* of the records                   */
    ngx_uint_t     n;
} ngx_http_godwit_collect_t;

/* ---- _collect_answer ---- */

/* The preflight of a browser. */
ngx_int_t ngx_http_godwit_collect_options(ngx_http_request_t *r);

/* All were taken. */
ngx_int_t ngx_http_godwit_collect_taken(ngx_http_request_t *r);

/* A problem; an empty detail is that of the table. */
ngx_int_t ngx_http_godwit_collect_problem(ngx_http_request_t *r,
    gw_problem_e p, gw_str_t detail);

/* What is wrong with the event of this number (-1: of no batch). */
ngx_int_t ngx_http_godwit_collect_wrong(ngx_http_request_t *r, ngx_int_t n,
    const gw_tracked_error_t *e);

#endif
