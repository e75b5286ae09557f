/* Replies: headers, whole bodies, the small pages that people see. */
#include "ngx_http_godwit.h"


ngx_int_t
ngx_http_godwit_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key = *name;
    h->value = *value;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_body(ngx_http_request_t *r, ngx_int_t rc, ngx_str_t *body)
{
    ngx_buf_t   *b;
    ngx_chain_t  out;

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = body->len ? 1 : 0;
    b->last_buf = r == r->main ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


ngx_int_t
ngx_http_godwit_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body)
{
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store, private");
    static ngx_str_t  retry = ngx_string("Retry-After");
    static ngx_str_t  seconds = ngx_string("1");

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;

    if (ngx_http_godwit_header(r, &cache, &no_store) != NGX_OK
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_http_godwit_header(r, &retry, &seconds) != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_body(r, ngx_http_send_header(r), body);
}


ngx_int_t
ngx_http_godwit_html(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *policy, ngx_str_t *body)
{
    static ngx_str_t  type = ngx_string("text/html; charset=utf-8");
    static ngx_str_t  csp = ngx_string("Content-Security-Policy");
    static ngx_str_t  referrer = ngx_string("Referrer-Policy");
    static ngx_str_t  none = ngx_string("no-referrer");
    static ngx_str_t  sniff = ngx_string("X-Content-Type-Options");
    static ngx_str_t  nosniff = ngx_string("nosniff");

    if (ngx_http_godwit_header(r, &csp, policy) != NGX_OK
        || ngx_http_godwit_header(r, &referrer, &none) != NGX_OK
        || ngx_http_godwit_header(r, &sniff, &nosniff) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_send(r, status, &type, body);
}


static const char  ngx_http_godwit_page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n<meta name=\"robots\" content=\"noindex\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>";

static const char  ngx_http_godwit_page_style[] =
    "</title>\n<style>\n"
    ":root{--back:#f6f7f9;--card:#fff;--text:#1b1f24;--soft:#57606a;"
    "--line:#d8dee4;--act:#1f6feb}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#0d1117;--card:#161b22;"
    "--text:#e6edf3;--soft:#9da7b1;--line:#30363d}}\n"
    "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;"
    "place-items:center;padding:24px;background:var(--back);"
    "color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
    "main{width:100%;max-width:440px;background:var(--card);"
    "border:1px solid var(--line);border-radius:12px;padding:32px}\n"
    "h1{font-size:22px;line-height:1.25;margin:0 0 12px}"
    "p{margin:0 0 20px;color:var(--soft)}form{margin:0}\n"
    "button{font:inherit;font-weight:600;color:#fff;background:var(--act);"
    "border:0;border-radius:8px;padding:12px 20px;cursor:pointer}\n"
    "button:focus-visible{outline:3px solid var(--text);"
    "outline-offset:2px}\n"
    "</style>\n</head>\n<body>\n<main>\n";


ngx_int_t
ngx_http_godwit_page(ngx_http_request_t *r, ngx_uint_t status,
    const char *title, ngx_str_t *body)
{
    size_t     size;
    u_char    *p;
    ngx_str_t  page;

    static ngx_str_t  policy = ngx_string("default-src 'none'; style-src "
        "'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'");

    size = sizeof(ngx_http_godwit_page_head)
           + sizeof(ngx_http_godwit_page_style) + 2 * ngx_strlen(title)
           + body->len + 128;

    page.data = ngx_pnalloc(r->pool, size);
    if (page.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_slprintf(page.data, page.data + size,
                     "%s%s%s<h1>%s</h1>\n%V\n</main>\n</body>\n</html>\n",
                     ngx_http_godwit_page_head, title,
                     ngx_http_godwit_page_style, title, body);
    page.len = p - page.data;

    return ngx_http_godwit_html(r, status, &policy, &page);
}


ngx_int_t
ngx_http_godwit_enter(ngx_http_request_t *r, ngx_uint_t methods)
{
    ngx_int_t  rc;

    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  read = ngx_string("GET, HEAD");
    static ngx_str_t  post = ngx_string("GET, HEAD, POST");
    static ngx_str_t  type = ngx_string("text/plain");
    static ngx_str_t  body = ngx_string("Method not allowed.\n");

    if (r->method == NGX_HTTP_POST && (methods & NGX_HTTP_POST)) {
        return NGX_DECLINED;
    }

    /* also before a 405: else the body is taken for the next request */
    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (r->method & methods) {
        return NGX_DECLINED;
    }

    if (ngx_http_godwit_header(r, &allow, methods & NGX_HTTP_POST ? &post
                                                                  : &read)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_send(r, NGX_HTTP_NOT_ALLOWED, &type, &body);
}


ngx_int_t
ngx_http_godwit_refuse(ngx_http_request_t *r, ngx_uint_t status)
{
    static ngx_str_t  bad = ngx_string(
        "<p>It may have been cut off on its way. Open it once more from the "
        "message that it came in.</p>");
    static ngx_str_t  away = ngx_string(
        "<p>Nothing was changed. Open the link again in a moment.</p>");

    switch (status) {

    case NGX_HTTP_NOT_FOUND:
        return ngx_http_godwit_page(r, status, "This link is not valid", &bad);

    case NGX_HTTP_BAD_REQUEST:
        return ngx_http_godwit_page(r, status, "This was not understood",
                                    &away);

    default:
        return ngx_http_godwit_page(r, status, "This does not work just now",
                                    &away);
    }
}
