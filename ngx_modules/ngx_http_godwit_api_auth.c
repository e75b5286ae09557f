/*
 * The credential: a bearer key, or the session of a browser. Garbage is refused
 * by its checksum, what the cache knows to be wrong by the cache; Postgres has
 * the last word on the rest.
 */
#include "ngx_http_godwit_api_session.h"

#include "shm/gw_apikey.h"


/* One constant sentence for every credential that is not good. */
static ngx_int_t
ngx_http_godwit_api_stranger(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_UNAUTHORIZED,
                                       gw_str_of(NULL));
}


/*
 * What the cache knows of the key. NGX_DECLINED: nothing against it, and
 * ctx->tenant is set if the cache knows it.
 */
static ngx_int_t
ngx_http_godwit_api_known(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    int                  rc;
    size_t               n;
    unsigned char        value[GW_APIKEY_RECORD_MAX];
    gw_cache_key_t       key;
    gw_apikey_record_t   record;
    char                 why_mem[128];
    gw_buf_t             why;

    key = gw_cache_key_apikey((uint64_t) ctx->key);
    n = sizeof(value);
    rc = ngx_http_godwit_cached(&key, value, &n);

    if (rc != GW_OK || gw_apikey_unpack(&record, gw_str_make(value, n))
                       != GW_OK)
    {
        return NGX_DECLINED;
    }

    switch (gw_apikey_refuse(&record, ctx->key_hash, ctx->op->op->scope,
                             ngx_http_godwit_now()))
    {
    case GW_EINVAL:
        return ngx_http_godwit_api_stranger(r, ctx);

    case GW_EFULL:
        /* as auth.enter_key says it */
        gw_buf_fixed(&why, why_mem, sizeof(why_mem));
        gw_buf_cstr(&why, "the API key does not have the scope ");
        gw_buf_str(&why, ctx->op->op->scope);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_FORBIDDEN,
                                           gw_buf_view(&why));

    default:
        ctx->tenant = record.tenant;
        return NGX_DECLINED;
    }
}


static ngx_int_t
ngx_http_godwit_api_limits(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_rate_e kind)
{
    uint64_t   id;
    ngx_int_t  rc;

    ngx_memcpy(&id, ctx->key_hash, sizeof(id));
    rc = ngx_http_godwit_api_rate(r, ctx, kind, id);

    if (rc != NGX_DECLINED || ctx->tenant == 0) {
        return rc;
    }

    rc = ngx_http_godwit_api_rate(r, ctx, NGX_GODWIT_RATE_TENANT,
                                  ctx->tenant);

    return rc != NGX_DECLINED ? rc : ngx_http_godwit_api_called(r, ctx);
}


static ngx_int_t
ngx_http_godwit_api_key(ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx,
    gw_str_t text)
{
    ngx_int_t  rc;

    if (gw_apikey_parse(text, &ctx->key) != GW_OK) {
        return ngx_http_godwit_api_stranger(r, ctx);
    }

    gw_apikey_hash(text, ctx->key_hash);
    ctx->credential = text;
    rc = ngx_http_godwit_api_known(r, ctx);

    return rc != NGX_DECLINED ? rc
                              : ngx_http_godwit_api_limits(r, ctx,
                                    NGX_GODWIT_RATE_KEY);
}


/*
 * A cookie comes with every request that a browser makes, wanted or not; it is
 * a credential only beside the header that our own pages send.
 */
static ngx_int_t
ngx_http_godwit_api_browser(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_str_t   text;
    ngx_int_t  rc;

    if (ctx->workspace == NULL
        || !ngx_http_godwit_api_cookie(r, ctx, NGX_GODWIT_COOKIE_SESSION,
                                       &text)
        || gw_apikey_session(text, &ctx->key) != GW_OK)
    {
        return ctx->op->op->is_public ? NGX_DECLINED
                                      : ngx_http_godwit_api_stranger(r, ctx);
    }

    ctx->who = NGX_GODWIT_WHO_SESSION;
    ctx->credential = text;
    gw_apikey_hash(text, ctx->key_hash);
    rc = ngx_http_godwit_api_site(r, ctx);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_godwit_api_workspace(r, ctx);
    }

    return rc != NGX_DECLINED ? rc
                              : ngx_http_godwit_api_limits(r, ctx,
                                    NGX_GODWIT_RATE_SESSION);
}


ngx_int_t
ngx_http_godwit_api_auth(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_str_t                 text;
    ngx_int_t                rc;
    const gw_contract_op_t  *op = ctx->op->op;

    if (!op->is_public) {
        text = ngx_http_godwit_bearer(r);

        return text.len > 0 ? ngx_http_godwit_api_key(r, ctx, text)
                            : ngx_http_godwit_api_browser(r, ctx);
    }

    ctx->who = NGX_GODWIT_WHO_PUBLIC;

    if (op->personal) {                     /* a session is taken, if any */
        rc = ngx_http_godwit_api_browser(r, ctx);
        if (rc != NGX_DECLINED || ctx->who == NGX_GODWIT_WHO_SESSION) {
            return rc;
        }
    }

    /* another site must not log anybody in, or out of what he was */
    return op->method == GW_GET ? NGX_DECLINED
                                : ngx_http_godwit_api_site(r, ctx);
}
