/*
 * x-handler sso_login, sso_callback, sso_logout: a browser goes to a provider
 * of identities and comes back to the same browser, which a cookie of its own
 * proves; a provider says that somebody has logged out there.
 */
#include "ngx_http_godwit_api_session.h"

#include <openssl/rand.h>

#include "shm/gw_apikey.h"
#include "shm/gw_codec.h"

#define NGX_HTTP_GODWIT_SSO_CHANCE   24     /* bytes of the cookie   */
#define NGX_HTTP_GODWIT_SSO_AGENT    300    /* bytes of a User-Agent */


/* A cookie that this browser alone has, made when it has none. */
static ngx_int_t
ngx_http_godwit_api_sso_cookie(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t *text)
{
    size_t   n;
    u_char  *p, chance[NGX_HTTP_GODWIT_SSO_CHANCE];

    if (ngx_http_godwit_api_cookie(r, ctx, NGX_GODWIT_COOKIE_SSO, text)) {
        return NGX_OK;
    }

    n = GW_B64URL_LEN(sizeof(chance));
    p = ngx_pnalloc(r->pool, n);
    if (p == NULL || RAND_bytes(chance, sizeof(chance)) != 1) {
        return NGX_ERROR;
    }

    gw_b64url_encode(p, chance, sizeof(chance));
    *text = gw_str_make(p, n);

    return ngx_http_godwit_api_set_cookie(r, NGX_GODWIT_COOKIE_SSO, *text);
}


/* The input with room for `size` bytes more. */
static ngx_int_t
ngx_http_godwit_api_sso_room(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, size_t size)
{
    u_char    *mem;
    gw_buf_t   old;

    old = ctx->input;
    size += old.len;
    mem = ngx_pnalloc(r->pool, size);
    if (mem == NULL) {
        return NGX_ERROR;
    }

    gw_buf_fixed(&ctx->input, mem, size);
    gw_buf_put(&ctx->input, old.data, old.len);

    return NGX_OK;
}


/* `_browser`: the hash of the cookie, in hex. */
static void
ngx_http_godwit_api_sso_browser(ngx_http_godwit_api_ctx_t *ctx, gw_str_t text)
{
    u_char  hash[NGX_HTTP_GODWIT_API_HASH], hex[2 * sizeof(hash)];

    gw_apikey_hash(text, hash);
    gw_hex_encode(hex, hash, sizeof(hash));
    ngx_http_godwit_api_add(ctx, "_browser", gw_str_make(hex, sizeof(hex)));
}


ngx_int_t
ngx_http_godwit_api_sso_login(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_str_t   cookie, base;
    ngx_int_t  rc;

    rc = ngx_http_godwit_api_params(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    base = ngx_http_godwit_process->conf->conf.base_url;

    if (ngx_http_godwit_api_sso_cookie(r, ctx, &cookie) != NGX_OK
        || ngx_http_godwit_api_sso_room(r, ctx, 256 + 6 * base.len) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_godwit_api_sso_browser(ctx, cookie);
    ngx_http_godwit_api_add(ctx, "_base", base);

    return ngx_http_godwit_api_run(r, ctx);
}


/* The provider takes longer than anybody waits; it may be asked once more. */
static ngx_int_t
ngx_http_godwit_api_sso_late(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_AWAY,
               gw_str_of("The login has not ended yet; load this page again."));
}


ngx_int_t
ngx_http_godwit_api_sso_callback(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_str_t   cookie, agent;
    ngx_int_t  rc;

    if (r->method == NGX_HTTP_HEAD) {       /* it would use the login up */
        return ngx_http_godwit_api_methods_only(r, ctx, GW_GET);
    }

    rc = ngx_http_godwit_api_params(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    agent = r->headers_in.user_agent
            ? ngx_http_godwit_gw(r->headers_in.user_agent->value)
            : gw_str_of("");
    agent.len = ngx_min(agent.len, NGX_HTTP_GODWIT_SSO_AGENT);

    if (ngx_http_godwit_api_sso_room(r, ctx, 256 + 6 * agent.len) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_godwit_api_cookie(r, ctx, NGX_GODWIT_COOKIE_SSO, &cookie)) {
        ngx_http_godwit_api_sso_browser(ctx, cookie);
    }

    ngx_http_godwit_api_add(ctx, "_agent", agent);
    ctx->wait.ask = ngx_http_godwit_api_again;
    ctx->wait.late = ngx_http_godwit_api_sso_late;

    return ngx_http_godwit_api_run(r, ctx);
}


/* Does it come from a page that a person looks at? */
static ngx_uint_t
ngx_http_godwit_api_sso_html(ngx_http_godwit_api_ctx_t *ctx)
{
    u_char  *p;

    if (ctx->accept == NULL) {
        return 0;
    }

    p = ctx->accept->value.data;

    return ngx_strlcasestrn(p, p + ctx->accept->value.len,
                            (u_char *) "text/html", 9 - 1)
           != NULL;
}


/* Can it stand in a header? Part of it is what a provider says of itself. */
static ngx_uint_t
ngx_http_godwit_api_sso_place(const json_t *location)
{
    size_t       i, n;
    const char  *s;

    s = json_string_value(location);
    n = json_string_length(location);

    for (i = 0; i < n && s[i] > 0x20 && s[i] < 0x7f; i++) { /* void */ }

    return n > 0 && i == n;
}


/* {"location"}: a browser goes there, a program is told. Else it goes on. */
ngx_int_t
ngx_http_godwit_api_sso_reply(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    json_t     *doc, *location;
    ngx_int_t   rc;
    ngx_str_t   value;

    static ngx_str_t  none = ngx_null_string;
    static ngx_str_t  name = ngx_string("Location");

    doc = json_loadb((char *) body->data, body->len, 0, NULL);
    location = json_object_get(doc, "location");

    if (location == NULL) {
        json_decref(doc);
        return ngx_http_godwit_api_wait(r, ctx, NGX_HTTP_GODWIT_API_WAIT_MAX)
               == NGX_DONE ? NGX_DONE : ngx_http_godwit_api_sso_late(r, ctx);
    }

    if (!ngx_http_godwit_api_sso_html(ctx)) {
        json_decref(doc);
        return ngx_http_godwit_api_reply(r, ctx, NGX_HTTP_OK, body);
    }

    value.len = json_string_length(location);
    value.data = ngx_pnalloc(r->pool, value.len + 1);
    rc = NGX_ERROR;

    if (value.data != NULL && ngx_http_godwit_api_sso_place(location)) {
        ngx_memcpy(value.data, json_string_value(location), value.len + 1);
        rc = ngx_http_godwit_header(r, &name, &value);
    }

    json_decref(doc);

    return rc == NGX_OK
           ? ngx_http_godwit_api_send(r, ctx, NGX_HTTP_MOVED_TEMPORARILY,
                                      &none, &none)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* The field of a form with this name, decoded into the request's memory. */
static ngx_int_t
ngx_http_godwit_api_sso_field(ngx_http_request_t *r, gw_str_t form,
    const ngx_str_t *name, gw_str_t *value)
{
    u_char  *p, *last, *end, *out;

    last = form.data + form.len;

    for (p = form.data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;

        if ((size_t) (end - p) > name->len && p[name->len] == '='
            && ngx_memcmp(p, name->data, name->len) == 0)
        {
            p += name->len + 1;
            out = ngx_pnalloc(r->pool, end - p + 1);
            return out == NULL ? NGX_ERROR
                               : ngx_http_godwit_api_decode(
                                     gw_str_make(p, end - p), 1, out, value);
        }
    }

    return NGX_ERROR;
}


/* The form as the JSON that Postgres sees. */
static ngx_int_t
ngx_http_godwit_api_sso_form(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t     size;
    gw_buf_t   b;
    gw_str_t   token;
    ngx_int_t  rc;

    static const ngx_str_t  name = ngx_string("logout_token");

    rc = ngx_http_godwit_api_params(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_godwit_api_sso_field(r, ngx_http_godwit_gw(ctx->body), &name,
                                      &token) != NGX_OK)
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("The form has no field logout_token."));
    }

    size = 64 + 6 * token.len;
    ctx->body.data = ngx_pnalloc(r->pool, size);
    if (ctx->body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    gw_buf_fixed(&b, ctx->body.data, size - 1);
    gw_buf_cstr(&b, "{\"logout_token\":");
    gw_buf_json(&b, token);
    gw_buf_char(&b, '}');
    ctx->body.len = b.len;
    ctx->body.data[b.len] = '\0';

    return b.failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
                    : ngx_http_godwit_api_run(r, ctx);
}


ngx_int_t
ngx_http_godwit_api_sso_logout(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ctx->type == NULL
           ? ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                 gw_str_of("Send the token as the form of the request."))
           : ngx_http_godwit_api_body(r, ctx, ngx_http_godwit_api_sso_form);
}
