/*
 * Secrets: what a body brings is sealed before it leaves for Postgres (_input),
 * what is made by chance is told once. Nothing of either is left in memory.
 */
#include "ngx_http_godwit_api_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define NGX_HTTP_GODWIT_API_MADE  256       /* bytes of one, at most */


ngx_int_t
ngx_http_godwit_api_sealless(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t why)
{
    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "secrets can not be sealed: %*s", why.len, why.data);

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_INTERNAL,
                                       gw_str_of(NULL));
}


ngx_int_t
ngx_http_godwit_api_secret_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    /*
     * A plain hash would lie in Postgres with the kept reply, and tell a
     * secret that can be guessed; the credential is nowhere there.
     */
    ctx->secret_body = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_API_HASH);
    if (ctx->secret_body == NULL) {
        return NGX_ERROR;
    }

    return HMAC(EVP_sha256(), ctx->credential.data,
                (int) ctx->credential.len, ctx->body.data, ctx->body.len,
                ctx->secret_body, NULL) != NULL ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_godwit_api_secret_wipe(void *data)
{
    gw_buf_t  *made = data;

    OPENSSL_cleanse(made->data, made->cap);
}


ngx_int_t
ngx_http_godwit_api_secret_make(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    int                  rc;
    char                 mem[512];
    json_t              *sealed;
    gw_buf_t             why;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, NGX_HTTP_GODWIT_API_MADE);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    gw_buf_fixed(&ctx->made, cln->data, NGX_HTTP_GODWIT_API_MADE);
    cln->handler = ngx_http_godwit_api_secret_wipe;
    cln->data = &ctx->made;
    gw_buf_fixed(&why, mem, sizeof(mem));

    rc = gw_contract_make(ctx->op->op, &ngx_http_godwit_process->conf->conf,
                          &sealed, &ctx->made, &why);
    if (rc != GW_OK) {
        return ngx_http_godwit_api_sealless(r, ctx, gw_buf_view(&why));
    }

    ngx_http_godwit_api_add_json(ctx, ctx->op->op->made, sealed);
    json_decref(sealed);

    return ctx->input.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR : NGX_DECLINED;
}


static void
ngx_http_godwit_api_secret_free(void *data)
{
    OPENSSL_cleanse(data, ngx_strlen(data));
    free(data);
}


ngx_int_t
ngx_http_godwit_api_secret_tell(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    char                *text;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text = gw_contract_tell(ctx->op->op, ngx_http_godwit_gw(*body),
                            gw_buf_view(&ctx->made));
    if (text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_godwit_api_secret_free;
    cln->data = text;
    body->data = (u_char *) text;
    body->len = ngx_strlen(text);

    return NGX_OK;
}
