/*
 * The session of a browser: its cookie in and out, and which pages may use it.
 * A request counts only with the header Godwit-Workspace, which no form of
 * another site can send; a browser that says where a request comes from is
 * believed as well.
 */
#include "ngx_http_godwit_api_session.h"

#include <openssl/crypto.h>

#include "shm/gw_apikey.h"

#define NGX_HTTP_GODWIT_API_WORKSPACE  "ws_"
#define NGX_HTTP_GODWIT_API_KNOWN      4096

/*
 * Sessions that were good of late: whose share of queues and rates a request
 * takes. Whether it may do anything Postgres is asked each time.
 */
typedef struct {
    uint32_t  tenant;
    u_char    hash[NGX_HTTP_GODWIT_API_HASH];
} ngx_http_godwit_api_known_t;

static ngx_http_godwit_api_known_t
    ngx_http_godwit_api_good[NGX_HTTP_GODWIT_API_KNOWN];

/* In the order of ngx_http_godwit_cookie_e and ngx_http_godwit_api_tls(). */
static const ngx_str_t  ngx_http_godwit_api_cookies[][2] = {
    { ngx_string("godwit"), ngx_string("__Host-godwit") },
    { ngx_string("godwit-sso"), ngx_string("__Host-godwit-sso") }
};
static const char *const  ngx_http_godwit_api_attributes[] = {
    "Path=/; HttpOnly; SameSite=Lax",
    "Path=/; Secure; HttpOnly; SameSite=Lax"
};


/* Does the browser speak TLS, with us or with a proxy before us? */
static ngx_uint_t
ngx_http_godwit_api_tls(ngx_http_request_t *r)
{
    gw_str_t           url;

    static const char  https[] = "https://";

#if (NGX_HTTP_SSL)
    if (r->connection->ssl != NULL) {
        return 1;
    }
#endif

    url = ngx_http_godwit_process->conf->conf.base_url;

    return url.len >= sizeof(https) - 1
           && ngx_strncasecmp(url.data, (u_char *) https, sizeof(https) - 1)
              == 0;
}


ngx_uint_t
ngx_http_godwit_api_cookie(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_cookie_e which,
    gw_str_t *text)
{
    u_char           *p, *last, *end;
    const ngx_str_t  *name;

    if (ctx->cookie == NULL) {
        return 0;
    }

    name = &ngx_http_godwit_api_cookies[which][ngx_http_godwit_api_tls(r)];
    p = ctx->cookie_value.data;
    last = p + ctx->cookie_value.len;

    while (p < last) {
        while (p < last && (*p == ' ' || *p == ';')) {
            p++;
        }

        end = ngx_strlchr(p, last, ';');
        end = end ? end : last;

        if ((size_t) (end - p) > name->len && p[name->len] == '='
            && ngx_memcmp(p, name->data, name->len) == 0)
        {
            p += name->len + 1;
            *text = gw_str_make(p, end - p);
            return 1;
        }

        p = end;
    }

    return 0;
}


/* host[:port] of an origin or URL; empty: it has no such form. */
static ngx_str_t
ngx_http_godwit_api_origin_host(gw_str_t url)
{
    u_char     *p, *last;
    ngx_str_t   host;

    ngx_str_null(&host);
    last = url.data + url.len;
    p = ngx_strlchr(url.data, last, ':');

    if (p != NULL && last - p > 3 && p[1] == '/' && p[2] == '/') {
        host.data = p + 3;
        p = ngx_strlchr(host.data, last, '/');
        host.len = (p ? p : last) - host.data;
    }

    return host;
}


static ngx_uint_t
ngx_http_godwit_api_same_host(ngx_str_t a, ngx_str_t b)
{
    return a.len > 0 && a.len == b.len
           && ngx_strncasecmp(a.data, b.data, a.len) == 0;
}


/* Is it the origin of our own pages? Over TLS none without it is. */
static ngx_uint_t
ngx_http_godwit_api_own_origin(ngx_http_request_t *r, ngx_str_t *origin)
{
    ngx_str_t  host, ours, given;

    static const char  plain[] = "http://";

    if (ngx_http_godwit_api_tls(r)
        && ngx_strncasecmp(origin->data, (u_char *) plain,
                           ngx_min(origin->len, sizeof(plain) - 1))
           == 0)
    {
        return 0;
    }

    host = ngx_http_godwit_api_origin_host(ngx_http_godwit_gw(*origin));
    ours = ngx_http_godwit_api_origin_host(
               ngx_http_godwit_process->conf->conf.base_url);

    /* as it was sent, with its port; nginx's own r->host has none */
    ngx_str_null(&given);
    if (r->headers_in.host != NULL) {
        given = r->headers_in.host->value;
    }

    return ngx_http_godwit_api_same_host(host, given)
           || ngx_http_godwit_api_same_host(host, ours);
}


ngx_int_t
ngx_http_godwit_api_site(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_str_t  *site;

    if (ctx->origin != NULL
        && !ngx_http_godwit_api_own_origin(r, &ctx->origin->value))
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("The header Origin is not that of this server: a "
                             "page of another site may not do this."));
    }

    site = ctx->site ? &ctx->site->value : NULL;

    if (site != NULL && !gw_str_is(ngx_http_godwit_gw(*site), "same-origin")
        && !gw_str_is(ngx_http_godwit_gw(*site), "none"))
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("The header Sec-Fetch-Site is not same-origin: a "
                             "page of another site may not do this."));
    }

    return NGX_DECLINED;
}


static ngx_http_godwit_api_known_t *
ngx_http_godwit_api_session_slot(ngx_http_godwit_api_ctx_t *ctx)
{
    uint32_t  n;

    ngx_memcpy(&n, ctx->key_hash, sizeof(n));

    return &ngx_http_godwit_api_good[(n + ctx->claimed)
                                     % NGX_HTTP_GODWIT_API_KNOWN];
}


ngx_int_t
ngx_http_godwit_api_workspace(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t                        n;
    gw_str_t                      value;
    long long                     id;
    ngx_http_godwit_api_known_t  *known;

    n = sizeof(NGX_HTTP_GODWIT_API_WORKSPACE) - 1;
    value = ngx_http_godwit_gw(ctx->workspace->value);

    if (gw_str_is(value, "none")) {
        return ctx->op->op->tenantless
               ? NGX_DECLINED
               : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                     gw_str_of("This operation is of a workspace: name it in "
                               "the header Godwit-Workspace, like ws_1."));
    }

    if (value.len <= n || ngx_memcmp(value.data, NGX_HTTP_GODWIT_API_WORKSPACE,
                                     n) != 0
        || value.data[n] == '0'
        || gw_str_int(gw_str_make(value.data + n, value.len - n), 1,
                      NGX_MAX_INT32_VALUE, &id) != GW_OK)
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("Godwit-Workspace is the id of a workspace, like "
                             "ws_1, or none."));
    }

    if (!ctx->op->op->tenantless) {
        ctx->workspace_id = (char *) value.data + n;
        ctx->claimed = (uint32_t) id;
        known = ngx_http_godwit_api_session_slot(ctx);

        if (known->tenant == ctx->claimed
            && ngx_memcmp(known->hash, ctx->key_hash, sizeof(known->hash)) == 0)
        {
            ctx->tenant = ctx->claimed;
        }
    }

    return NGX_DECLINED;
}


void
ngx_http_godwit_api_session_good(ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_http_godwit_api_known_t  *known;

    if (ctx->claimed != ctx->tenant) {
        known = ngx_http_godwit_api_session_slot(ctx);
        known->tenant = ctx->claimed;
        ngx_memcpy(known->hash, ctx->key_hash, sizeof(known->hash));
    }
}


ngx_int_t
ngx_http_godwit_api_set_cookie(ngx_http_request_t *r,
    ngx_http_godwit_cookie_e which, gw_str_t value)
{
    u_char           *p;
    ngx_str_t         out;
    ngx_uint_t        tls;
    const ngx_str_t  *cookie;

    static ngx_str_t  name = ngx_string("Set-Cookie");

    tls = ngx_http_godwit_api_tls(r);
    cookie = &ngx_http_godwit_api_cookies[which][tls];

    p = ngx_pnalloc(r->pool, cookie->len + value.len + 128);
    if (p == NULL) {
        return NGX_ERROR;
    }

    out.data = p;
    p = ngx_sprintf(p, "%V=%*s; %s%s", cookie, value.len, value.data,
                    ngx_http_godwit_api_attributes[tls],
                    value.len > 0 ? "" : "; Max-Age=0");
    out.len = p - out.data;

    return ngx_http_godwit_header(r, &name, &out);
}


static void
ngx_http_godwit_api_session_free(void *data)
{
    free(data);
}


/* The answer without the token, which goes into the cookie. */
static ngx_int_t
ngx_http_godwit_api_session_start(ngx_http_request_t *r, json_t *doc,
    ngx_str_t *body)
{
    char                *text;
    json_t              *token;
    int64_t              id;
    gw_str_t             value;
    ngx_pool_cleanup_t  *cln;

    token = json_object_get(doc, "token");

    if (token == NULL || json_is_null(token)) {
        return NGX_OK;                      /* there is something to do first */
    }

    value = gw_str_make(json_string_value(token), json_string_length(token));
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL || gw_apikey_session(value, &id) != GW_OK
        || ngx_http_godwit_api_set_cookie(r, NGX_GODWIT_COOKIE_SESSION,
                                          value) != NGX_OK)
    {
        return NGX_ERROR;
    }

    OPENSSL_cleanse(body->data, body->len);
    OPENSSL_cleanse(value.data, value.len);
    (void) json_object_del(doc, "token");

    text = json_dumps(doc, 0);
    if (text == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_godwit_api_session_free;
    cln->data = text;
    body->data = (u_char *) text;
    body->len = ngx_strlen(text);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_session(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    json_t     *doc;
    ngx_int_t   rc;

    rc = NGX_OK;
    doc = json_loadb((char *) body->data, body->len, 0, NULL);

    if (ctx->op->op->session == GW_SESSION_START) {
        rc = ngx_http_godwit_api_session_start(r, doc, body);

    } else if (ctx->op->op->status == NGX_HTTP_NO_CONTENT    /* all of his */
               || json_is_true(json_object_get(doc, "current")))
    {
        rc = ngx_http_godwit_api_set_cookie(r, NGX_GODWIT_COOKIE_SESSION,
                                            gw_str_of(""));
    }

    json_decref(doc);

    return rc;
}
