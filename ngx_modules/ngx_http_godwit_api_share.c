/*
 * How many requests of one workspace may at once be at what lasts, in each
 * worker process: what they hold is memory, connections and disk of all.
 */
#include "ngx_http_godwit_api.h"

/* In the order of ngx_http_godwit_share_e. */
static const ngx_uint_t  ngx_http_godwit_shares[] = { 64, 16, 64 };

static ngx_uint_t
    ngx_http_godwit_shared[NGX_GODWIT_SHARES][NGX_HTTP_GODWIT_LANES];


void
ngx_http_godwit_api_share_end(ngx_http_godwit_api_ctx_t *ctx,
    ngx_http_godwit_share_e what)
{
    if (ctx->shares[what] != NULL) {
        (*ctx->shares[what])--;
        ctx->shares[what] = NULL;
    }
}


static void
ngx_http_godwit_api_share_free(void *data)
{
    ngx_uint_t  what;

    for (what = 0; what < NGX_GODWIT_SHARES; what++) {
        ngx_http_godwit_api_share_end(data, what);
    }
}


ngx_int_t
ngx_http_godwit_api_share(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_share_e what)
{
    ngx_uint_t          *held;
    ngx_pool_cleanup_t  *cln;

    held = &ngx_http_godwit_shared[what][ngx_http_godwit_lane(ctx->tenant)];
    if (*held == ngx_http_godwit_shares[what]) {
        return NGX_BUSY;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_godwit_api_share_free;
    cln->data = ctx;
    ctx->shares[what] = held;
    (*held)++;

    return NGX_OK;
}
