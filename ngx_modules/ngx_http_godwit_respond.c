/* Replies: headers, whole bodies, the small pages that people see. */
#include "ngx_http_godwit_page.h"


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
    ngx_str_t    locale;
    const char  *name;

    ngx_str_null(&locale);
    name = status == NGX_HTTP_NOT_FOUND ? "missing"
           : status == NGX_HTTP_BAD_REQUEST ? "unclear" : "away";

    return ngx_http_godwit_page(r, status,
                                ngx_http_godwit_page_language(r, &locale),
                                name, gw_str_of(NULL), NULL);
}
