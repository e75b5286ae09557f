/* Feature flags at the edge: what the files of one question share. */
#ifndef NGX_HTTP_GODWIT_FLAGS_H
#define NGX_HTTP_GODWIT_FLAGS_H

#include "ngx_http_godwit_collect.h"

#include "shm/gw_flags.h"

#define NGX_HTTP_GODWIT_FLAGS_BODY    (32 * 1024)
#define NGX_HTTP_GODWIT_FLAGS_EXPOSE  50        /* flags, of one request */

/* What stands in the body; texts view into doc. */
typedef struct {
    json_t                     *doc;
    json_t                     *contact;        /* as predicates ask it  */
    const json_t               *names;          /* NULL: all flags       */
    gw_str_t                    unit;
    gw_str_t                    user;
    gw_str_t                    anonymous;
    gw_str_t                    message;
    gw_str_t                    source;
    gw_str_t                    write_key;
    bool                        explain;
    bool                        expose;

    ngx_uint_t                  api_key;        /* and not a write key   */
    ngx_uint_t                  tests;          /* it is one of tests    */
    ngx_http_godwit_collect_t  *collect;        /* who and from where    */
    const gw_flags_t           *flags;          /* NULL: there are none  */
    ngx_uint_t                  decided;        /* of them, so far       */
} ngx_http_godwit_flags_t;

/* ---- _flags_ask ---- */

/*
 * Read the body: GW_OK; GW_EINVAL with err filled, GW_ENOMEM. In any case the
 * caller gives doc and contact back.
 */
int ngx_http_godwit_flags_read(ngx_http_godwit_flags_t *f, gw_str_t text,
    gw_tracked_error_t *err) GW_MUSTCHECK;

/* ---- _flags_answer ---- */

/* Decide, record what is to be, answer. */
ngx_int_t ngx_http_godwit_flags_answer(ngx_http_request_t *r,
    ngx_http_godwit_flags_t *f);

#endif
