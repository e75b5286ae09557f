/*
 * Answers to sites and apps. Any page may read them: a write key is public and
 * no cookie counts here, so that nothing of a visitor is in them.
 */
#include "ngx_http_godwit_collect.h"

#define NGX_HTTP_GODWIT_COLLECT_PROBLEM  4096

static ngx_str_t  ngx_http_godwit_collect_origin =
    ngx_string("Access-Control-Allow-Origin");
static ngx_str_t  ngx_http_godwit_collect_any = ngx_string("*");


ngx_int_t
ngx_http_godwit_collect_options(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    static ngx_str_t  methods = ngx_string("Access-Control-Allow-Methods");
    static ngx_str_t  post = ngx_string("POST");
    static ngx_str_t  headers = ngx_string("Access-Control-Allow-Headers");
    static ngx_str_t  ours = ngx_string("Authorization, Content-Type, "
                                        "Write-Key");
    static ngx_str_t  age = ngx_string("Access-Control-Max-Age");
    static ngx_str_t  day = ngx_string("86400");

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_godwit_header(r, &ngx_http_godwit_collect_origin,
                               &ngx_http_godwit_collect_any) != NGX_OK
        || ngx_http_godwit_header(r, &methods, &post) != NGX_OK
        || ngx_http_godwit_header(r, &headers, &ours) != NGX_OK
        || ngx_http_godwit_header(r, &age, &day) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = NGX_HTTP_NO_CONTENT;
    r->header_only = 1;

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_http_godwit_collect_json(ngx_http_request_t *r, ngx_str_t *body)
{
    static ngx_str_t  type = ngx_string("application/json");

    if (ngx_http_godwit_header(r, &ngx_http_godwit_collect_origin,
                               &ngx_http_godwit_collect_any) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_send(r, NGX_HTTP_OK, &type, body);
}


ngx_int_t
ngx_http_godwit_collect_taken(ngx_http_request_t *r)
{
    static ngx_str_t  body = ngx_string("{\"success\":true}");

    return ngx_http_godwit_collect_json(r, &body);
}


/* When what was too much may come again. */
static ngx_int_t
ngx_http_godwit_collect_retry(ngx_http_request_t *r)
{
    ngx_str_t                   value;
    ngx_http_godwit_collect_t  *c;

    static ngx_str_t  name = ngx_string("Retry-After");

    c = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    value.len = ngx_sprintf(value.data, "%T",
                            c != NULL && c->retry > 0 ? c->retry : 1)
                - value.data;

    return ngx_http_godwit_header(r, &name, &value);
}


/* Headers that go with a status. */
static ngx_int_t
ngx_http_godwit_collect_headers(ngx_http_request_t *r, ngx_uint_t status)
{
    static ngx_str_t  sniff = ngx_string("X-Content-Type-Options");
    static ngx_str_t  nosniff = ngx_string("nosniff");
    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("OPTIONS, POST");
    static ngx_str_t  authenticate = ngx_string("WWW-Authenticate");
    static ngx_str_t  basic = ngx_string("Basic realm=\"godwit\"");

    if (ngx_http_godwit_header(r, &ngx_http_godwit_collect_origin,
                               &ngx_http_godwit_collect_any) != NGX_OK
        || ngx_http_godwit_header(r, &sniff, &nosniff) != NGX_OK)
    {
        return NGX_ERROR;
    }

    switch (status) {

    case NGX_HTTP_UNAUTHORIZED:
        return ngx_http_godwit_header(r, &authenticate, &basic);

    case NGX_HTTP_NOT_ALLOWED:
        return ngx_http_godwit_header(r, &allow, &methods);

    case NGX_HTTP_TOO_MANY_REQUESTS:
        return ngx_http_godwit_collect_retry(r);

    default:
        return NGX_OK;
    }
}


static ngx_int_t
ngx_http_godwit_collect_document(ngx_http_request_t *r, gw_problem_e p,
    gw_str_t detail, const gw_problem_error_t *error)
{
    u_char      *mem;
    gw_buf_t     out;
    ngx_int_t    rc;
    ngx_str_t    body;
    ngx_uint_t   status;

    static ngx_str_t  type = ngx_string(GW_PROBLEM_TYPE);

    if (r->request_body == NULL) {              /* nobody will read it */
        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    status = gw_problem(p)->status;
    mem = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_COLLECT_PROBLEM);
    if (mem == NULL || ngx_http_godwit_collect_headers(r, status) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    gw_buf_fixed(&out, mem, NGX_HTTP_GODWIT_COLLECT_PROBLEM);
    gw_problem_write(&out, p, detail, gw_str_of(NULL), error, error != NULL);
    body.data = out.data;
    body.len = out.len;

    return ngx_http_godwit_send(r, status, &type, &body);
}


ngx_int_t
ngx_http_godwit_collect_problem(ngx_http_request_t *r, gw_problem_e p,
    gw_str_t detail)
{
    return ngx_http_godwit_collect_document(r, p, detail, NULL);
}


ngx_int_t
ngx_http_godwit_collect_wrong(ngx_http_request_t *r, ngx_int_t n,
    const gw_tracked_error_t *e)
{
    char                where[64];
    gw_buf_t            pointer;
    gw_problem_error_t  error;

    error.rule = gw_str_of(e->rule);
    error.message = gw_str_of(e->message);

    if (n < 0 && e->pointer[0] == '\0') {       /* all of it */
        return ngx_http_godwit_collect_problem(r,
                   gw_str_is(error.rule, "maxLength") ? GW_PROBLEM_TOO_LARGE
                                                      : GW_PROBLEM_BAD_REQUEST,
                   error.message);
    }

    gw_buf_fixed(&pointer, where, sizeof(where));
    if (n >= 0) {
        gw_buf_fmt(&pointer, "/batch/%ld", (long) n);
    }
    gw_buf_cstr(&pointer, e->pointer);
    error.pointer = gw_buf_view(&pointer);

    return ngx_http_godwit_collect_document(r, GW_PROBLEM_INVALID,
                                            error.message, &error);
}
