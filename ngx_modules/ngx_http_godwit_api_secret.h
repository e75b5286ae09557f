/* What is secret in a body or an answer, x-secret and x-make-secret. */
#ifndef NGX_HTTP_GODWIT_API_SECRET_H
#define NGX_HTTP_GODWIT_API_SECRET_H

#include "ngx_http_godwit_api.h"

/*
 * Keep what the body is like, under the credential, for an Idempotency-Key: it
 * is about to be wiped.
 */
ngx_int_t ngx_http_godwit_api_secret_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* One member more of the input, any JSON; there is room for it (_params). */
void ngx_http_godwit_api_add_json(ngx_http_godwit_api_ctx_t *ctx,
    gw_str_t name, const json_t *value);

/* Make the secret of an operation that has a made_form, into ctx->input. */
ngx_int_t ngx_http_godwit_api_secret_make(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* The answer with the secret in it; NGX_OK or an answer. */
ngx_int_t ngx_http_godwit_api_secret_tell(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

/* Secrets can not be sealed: logged, and answered. */
ngx_int_t ngx_http_godwit_api_sealless(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t why);

#endif
