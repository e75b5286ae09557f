/* Events of sites and apps at the edge: what its two sources share. */
#ifndef NGX_HTTP_GODWIT_COLLECT_H
#define NGX_HTTP_GODWIT_COLLECT_H

#include "ngx_http_godwit.h"

#include "ngx_http_godwit_rate.h"
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
    time_t         retry;               /* s until it may be sent; 0: one   */
} ngx_http_godwit_collect_t;

/* ---- _collect: what flags ask as well ---- */

/*
 * What can be said before a body of at most so many bytes is read.
 * NGX_DECLINED: go on; anything else is what the handler must return.
 */
ngx_int_t ngx_http_godwit_collect_early(ngx_http_request_t *r, off_t most,
    const char *too_large);

/* Who sends it, from where and by which write key, as the headers say. */
void ngx_http_godwit_collect_request(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c);

/*
 * What the cache says of c->key of event.source; GW_ENOTFOUND: nothing, else as
 * gw_source_refuse. _refused answers it; NGX_DECLINED: it is GW_OK.
 */
int ngx_http_godwit_collect_known(ngx_http_godwit_collect_t *c);
ngx_int_t ngx_http_godwit_collect_refused(ngx_http_request_t *r, int rc);

/* 429 when it is too much of one; NGX_DECLINED: go on. */
ngx_int_t ngx_http_godwit_collect_rate(ngx_http_request_t *r,
    ngx_http_godwit_rate_e kind, uint64_t id);

/* The record of an event becomes the next of c->bodies, which has room. */
ngx_int_t ngx_http_godwit_collect_add(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c, gw_tracked_t *e);

/* ---- _collect_answer ---- */

/* The preflight of a browser. */
ngx_int_t ngx_http_godwit_collect_options(ngx_http_request_t *r);

/* All were taken. */
ngx_int_t ngx_http_godwit_collect_taken(ngx_http_request_t *r);

/* 200 with JSON that lives as long as the request. */
ngx_int_t ngx_http_godwit_collect_json(ngx_http_request_t *r, ngx_str_t *body);

/* A problem; an empty detail is that of the table. */
ngx_int_t ngx_http_godwit_collect_problem(ngx_http_request_t *r,
    gw_problem_e p, gw_str_t detail);

/* What is wrong with the event of this number (-1: of no batch). */
ngx_int_t ngx_http_godwit_collect_wrong(ngx_http_request_t *r, ngx_int_t n,
    const gw_tracked_error_t *e);

#endif
