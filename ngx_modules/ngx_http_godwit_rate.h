/* Rate limits: token buckets by address, key and workspace. */
#ifndef NGX_HTTP_GODWIT_RATE_H
#define NGX_HTTP_GODWIT_RATE_H

#include "ngx_http_godwit.h"

/* A token bucket as it is shown: whole requests, seconds. */
typedef struct {
    ngx_uint_t  limit;                      /* 0: none was asked             */
    ngx_uint_t  remaining;
    ngx_uint_t  reset;                      /* until it is full              */
    ngx_uint_t  retry;                      /* until the next may come       */
} ngx_http_godwit_rate_t;

typedef enum {
    NGX_GODWIT_RATE_ADDRESS,
    NGX_GODWIT_RATE_KEY,
    NGX_GODWIT_RATE_SESSION,
    NGX_GODWIT_RATE_TENANT,
    NGX_GODWIT_RATE_VISITOR,                /* of sites, by his address      */
    NGX_GODWIT_RATE_SOURCE
} ngx_http_godwit_rate_e;

#define NGX_HTTP_GODWIT_RATE_WHY  128

/*
 * Take one from the bucket of `id`, 64 well-mixed bits. NGX_DECLINED: there is
 * no limit; NGX_OK, or NGX_BUSY when it is empty: *shown says how it stands,
 * and `why` (so many bytes) gets the sentence, of *len.
 */
ngx_int_t ngx_http_godwit_rate(ngx_http_godwit_rate_e kind, uint64_t id,
    ngx_http_godwit_rate_t *shown, u_char *why, size_t *len);

/* What stands for the address of the peer; NGX_DECLINED: it has none. */
ngx_int_t ngx_http_godwit_rate_address(ngx_http_request_t *r, uint64_t *id);

#endif
