/* Browsers: their cookies, whose pages may use them, and single sign-on. */
#ifndef NGX_HTTP_GODWIT_API_SESSION_H
#define NGX_HTTP_GODWIT_API_SESSION_H

#include "ngx_http_godwit_api.h"

/* ---- _session: cookies, and whose pages may use them ---- */

typedef enum {
    NGX_GODWIT_COOKIE_SESSION,
    NGX_GODWIT_COOKIE_SSO                   /* on its way to a provider */
} ngx_http_godwit_cookie_e;

/* Is that cookie there? Its text, a view into the header. */
ngx_uint_t ngx_http_godwit_api_cookie(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_cookie_e which,
    gw_str_t *text);

/* Set-Cookie with this value; an empty one takes the cookie away. */
ngx_int_t ngx_http_godwit_api_set_cookie(ngx_http_request_t *r,
    ngx_http_godwit_cookie_e which, gw_str_t value);

/* Does it come from a page of another site? 403. */
ngx_int_t ngx_http_godwit_api_site(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* The header Godwit-Workspace, which is there, into ctx; 400. */
ngx_int_t ngx_http_godwit_api_workspace(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* Postgres has let the session in: of late it was good in this workspace. */
void ngx_http_godwit_api_session_good(ngx_http_godwit_api_ctx_t *ctx);

/*
 * What an operation with x-session has answered: the token goes from the body
 * into Set-Cookie, or the cookie ends.
 */
ngx_int_t ngx_http_godwit_api_session(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

/* ---- _sso: a browser on its way to a provider and back ---- */

ngx_int_t ngx_http_godwit_api_sso_login(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);
ngx_int_t ngx_http_godwit_api_sso_callback(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);
ngx_int_t ngx_http_godwit_api_sso_logout(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);
ngx_int_t ngx_http_godwit_api_sso_reply(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

#endif
