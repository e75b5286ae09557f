/*
 * Calls of the API: those of a workspace are counted in this process and go to
 * the spool every few seconds, as what the edge sees does; ingest adds them up.
 * What its quotas make of it comes back through the cache.
 */
#include "ngx_http_godwit_api.h"

#define NGX_HTTP_GODWIT_CALLS_SLOTS  1024       /* a power of two */
#define NGX_HTTP_GODWIT_CALLS_MOST   768        /* workspaces at once */
#define NGX_HTTP_GODWIT_CALLS_MS     2000
#define NGX_HTTP_GODWIT_CALLS_TEXT   512        /* of the cache */
#define NGX_HTTP_GODWIT_CALLS_LATER  86400      /* s, at most, to be told */

typedef struct {
    uint32_t    tenant;                         /* 0: free */
    uint64_t    n;
} ngx_http_godwit_calls_t;

static ngx_http_godwit_calls_t
    ngx_http_godwit_calls[NGX_HTTP_GODWIT_CALLS_SLOTS];
static ngx_uint_t   ngx_http_godwit_calls_used;
static ngx_event_t  ngx_http_godwit_calls_timer;


void
ngx_http_godwit_api_calls_flush(void)
{
    ngx_uint_t                i;
    ngx_http_godwit_calls_t  *c;

    for (i = 0; i < NGX_HTTP_GODWIT_CALLS_SLOTS; i++) {
        c = &ngx_http_godwit_calls[i];

        if (c->tenant != 0
            && ngx_http_godwit_spool_calls(c->tenant, c->n) != NGX_OK)
        {
            return;                             /* the disk is full: later */
        }

        ngx_http_godwit_calls_used -= c->tenant != 0;
        ngx_memzero(c, sizeof(ngx_http_godwit_calls_t));
    }
}


static void
ngx_http_godwit_api_calls_tick(ngx_event_t *ev)
{
    ngx_http_godwit_api_calls_flush();

    if (ngx_http_godwit_calls_used > 0 && !ngx_exiting) {
        ngx_add_timer(ev, NGX_HTTP_GODWIT_CALLS_MS);
    }
}


static void
ngx_http_godwit_api_calls_arm(void)
{
    ngx_event_t  *ev = &ngx_http_godwit_calls_timer;

    if (!ev->timer_set && !ngx_exiting) {
        ev->handler = ngx_http_godwit_api_calls_tick;
        ev->log = ngx_http_godwit_process->cycle->log;
        ev->cancelable = 1;             /* the end of the process flushes */
        ngx_add_timer(ev, NGX_HTTP_GODWIT_CALLS_MS);
    }
}


/* Where a slot was emptied nobody is left behind: all are, but on a full disk,
   where a workspace may then have two. */
static void
ngx_http_godwit_api_calls_add(uint32_t tenant)
{
    ngx_uint_t                i;
    ngx_http_godwit_calls_t  *c;

    for (i = tenant; ; i++) {
        c = &ngx_http_godwit_calls[i & (NGX_HTTP_GODWIT_CALLS_SLOTS - 1)];

        if (c->tenant == tenant) {
            break;
        }

        if (c->tenant != 0) {
            continue;
        }

        if (ngx_http_godwit_calls_used == NGX_HTTP_GODWIT_CALLS_MOST) {
            ngx_http_godwit_api_calls_flush();
        }

        if (ngx_http_godwit_calls_used == NGX_HTTP_GODWIT_CALLS_MOST) {
            ngx_http_godwit_count(NGX_GODWIT_EVENTS_DROPPED);
            return;
        }

        ngx_http_godwit_calls_used++;
        c->tenant = tenant;
        break;
    }

    c->n++;
    ngx_http_godwit_api_calls_arm();
}


/* "UNTIL METRIC=STATE, ..." of the cache, in memory of the request. */
static ngx_int_t
ngx_http_godwit_api_calls_quota(ngx_http_request_t *r, uint32_t tenant,
    ngx_str_t *quota, time_t *until)
{
    size_t          n, blank;
    u_char          value[NGX_HTTP_GODWIT_CALLS_TEXT];
    gw_cache_key_t  key;

    key = gw_cache_key_quota(tenant);
    n = sizeof(value);

    if (ngx_http_godwit_cached(&key, value, &n) != GW_OK) {
        return NGX_OK;
    }

    for (blank = 0; blank < n && value[blank] != ' '; blank++) {
        /* void */
    }

    *until = ngx_atotm(value, blank);

    if (blank == n || *until == (time_t) NGX_ERROR
        || (*until != 0 && *until <= ngx_time()))
    {
        return NGX_OK;
    }

    quota->len = n - blank - 1;
    quota->data = ngx_pnalloc(r->pool, quota->len);
    if (quota->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(quota->data, value + blank + 1, quota->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_call(ngx_http_request_t *r, uint32_t tenant, ngx_uint_t key,
    ngx_str_t *quota, time_t *retry)
{
    time_t             until;

    static const char  used_up[] = "api_calls=used_up";

    until = 0;

    if (ngx_http_godwit_api_calls_quota(r, tenant, quota, &until) != NGX_OK) {
        return NGX_ERROR;
    }

    if (!key) {
        return NGX_OK;                  /* people must still find the cure */
    }

    if (quota->len >= sizeof(used_up) - 1
        && ngx_memcmp(quota->data, used_up, sizeof(used_up) - 1) == 0)
    {
        *retry = ngx_min(until - ngx_time(), NGX_HTTP_GODWIT_CALLS_LATER);
        return NGX_BUSY;
    }

    ngx_http_godwit_api_calls_add(tenant);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_called(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    time_t     retry;
    ngx_int_t  rc;

    rc = ngx_http_godwit_api_call(r, ctx->tenant,
                                  ctx->who == NGX_GODWIT_WHO_KEY,
                                  &ctx->quota, &retry);
    if (rc == NGX_BUSY) {
        ctx->rate.retry = retry;
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_QUOTA,
                   gw_str_of(NGX_HTTP_GODWIT_CALLS_USED_UP));
    }

    return rc == NGX_OK ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}
