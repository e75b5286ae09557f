/* The passwords of one request, for the sources that deal with them. */
#ifndef NGX_HTTP_GODWIT_API_PASSWORDS_H
#define NGX_HTTP_GODWIT_API_PASSWORDS_H

#include "ngx_http_godwit_api.h"

#include "shm/gw_password.h"

enum {
    NGX_GODWIT_PASSWORD_CHECK,
    NGX_GODWIT_PASSWORD_NEW,
    NGX_GODWIT_PASSWORD_AGAIN,              /* the first, as of today */
    NGX_GODWIT_PASSWORDS
};

typedef struct {
    ngx_uint_t             wanted;
    gw_password_params_t   params;
    gw_buf_t               phc;
    u_char                 mem[GW_PASSWORD_PHC];
} ngx_http_godwit_api_hash_t;

struct ngx_http_godwit_api_passwords_s {
    ngx_pool_t                 *pool;
    const gw_contract_op_t     *op;
    size_t                      n[2];       /* of text: to check, and new */
    u_char                      text[2][GW_PASSWORD_BYTES];
    ngx_http_godwit_api_hash_t  hashes[NGX_GODWIT_PASSWORDS];
    int                         rc;
    u_char                     *email;      /* NUL-terminated, or NULL */
    u_char                      session[NGX_INT64_LEN + 1];
    const char                 *values[5];
    int                         lengths[5];
    ngx_http_godwit_seat_t     *seat;
};

/* May its body have any? Nothing else may keep that body then. */
static ngx_inline ngx_uint_t
ngx_http_godwit_api_has_password(const ngx_http_godwit_api_ctx_t *ctx)
{
    return ctx->op->op->password_check.len + ctx->op->op->password_new.len > 0;
}

/* ---- _passwords ---- */

/* ctx->passwords, which are wiped with the request; NULL: no memory. */
ngx_http_godwit_api_passwords_t *ngx_http_godwit_api_passwords(
    ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx);

/*
 * Take them out of the body, which is right by its schema. GW_EINVAL: `field`
 * is not good as a password, `why` has a sentence.
 */
int ngx_http_godwit_api_passwords_take(ngx_http_godwit_api_passwords_t *s,
    json_t *body, gw_str_t *field, gw_buf_t *why);

/* Is there any to hash? s may be NULL. */
ngx_uint_t ngx_http_godwit_api_passwords_any(
    const ngx_http_godwit_api_passwords_t *s);

/* They have been hashed, or will not be: they are wiped, their seat is free. */
void ngx_http_godwit_api_passwords_end(ngx_http_godwit_api_passwords_t *s);

/* How to hash each; `text` is what auth.password_salt gave. GW_EINVAL: none. */
int ngx_http_godwit_api_passwords_params(ngx_http_godwit_api_passwords_t *s,
    ngx_str_t text);

/* Hash them, in a thread; s->rc. */
void ngx_http_godwit_api_passwords_work(void *data);

/* Their PHC texts into ctx->body. */
ngx_int_t ngx_http_godwit_api_passwords_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _password ---- */

/* Hash them into the body, then go on by _run; 429 and 503. */
ngx_int_t ngx_http_godwit_api_password(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

#endif
