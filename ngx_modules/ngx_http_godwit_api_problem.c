/* Problems as replies: one writer for every answer that is not a success. */
#include "ngx_http_godwit_api.h"

#define NGX_HTTP_GODWIT_API_PROBLEM_MIN  768    /* the fixed members        */

static ngx_str_t  ngx_http_godwit_api_problem_type =
    ngx_string(GW_PROBLEM_TYPE);


/* A header that goes with the status. */
static ngx_int_t
ngx_http_godwit_api_problem_header(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status)
{
    u_char     *p;
    ngx_str_t   value;
    ngx_uint_t  seconds;

    static ngx_str_t  authenticate = ngx_string("WWW-Authenticate");
    static ngx_str_t  bearer = ngx_string("Bearer realm=\"godwit\"");
    static ngx_str_t  retry = ngx_string("Retry-After");

    switch (status) {

    case NGX_HTTP_UNAUTHORIZED:
        return ngx_http_godwit_header(r, &authenticate, &bearer);

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        seconds = ngx_max(ctx->rate.retry, 1);
        p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
        if (p == NULL) {
            return NGX_ERROR;
        }
        value.data = p;
        value.len = ngx_sprintf(p, "%ui", seconds) - p;
        return ngx_http_godwit_header(r, &retry, &value);

    default:
        return NGX_OK;
    }
}


ngx_int_t
ngx_http_godwit_api_document(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail,
    const gw_problem_error_t *errors, ngx_uint_t n, ngx_str_t *body)
{
    u_char      *mem;
    size_t       size;
    gw_buf_t     out;
    ngx_uint_t   i;

    /* escaped, a byte takes six at most */
    size = NGX_HTTP_GODWIT_API_PROBLEM_MIN + 6 * detail.len;
    for (i = 0; i < n; i++) {
        size += 64 + 6 * (errors[i].pointer.len + errors[i].rule.len
                          + errors[i].message.len);
    }

    mem = ngx_pnalloc(r->pool, size);
    if (mem == NULL
        || ngx_http_godwit_api_problem_header(r, ctx, gw_problem(p)->status)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    gw_buf_fixed(&out, mem, size);
    gw_problem_write(&out, p, detail, ngx_http_godwit_gw(ctx->id), errors,
                     (unsigned) n);

    body->data = out.data;
    body->len = out.len;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_problems(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail,
    const gw_problem_error_t *errors, ngx_uint_t n)
{
    ngx_str_t  body;

    if (ngx_http_godwit_api_document(r, ctx, p, detail, errors, n, &body)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_api_send(r, ctx, gw_problem(p)->status,
                                    &ngx_http_godwit_api_problem_type, &body);
}


ngx_int_t
ngx_http_godwit_api_problem(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail)
{
    return ngx_http_godwit_api_problems(r, ctx, p, detail, NULL, 0);
}


ngx_int_t
ngx_http_godwit_api_invalid(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t pointer, const char *rule,
    gw_str_t message)
{
    gw_problem_error_t  e;

    e.pointer = pointer;
    e.rule = gw_str_of(rule);
    e.message = message;

    return ngx_http_godwit_api_problems(r, ctx, GW_PROBLEM_INVALID, message,
                                        &e, 1);
}


ngx_int_t
ngx_http_godwit_api_wrong(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const gw_problem_error_t *errors,
    ngx_uint_t n)
{
    return ngx_http_godwit_api_problems(r, ctx, GW_PROBLEM_INVALID,
                                        errors->message, errors, n);
}


/* Of what stands in a buffer of the stack, in the request's memory. */
static ngx_int_t
ngx_http_godwit_api_keep(ngx_http_request_t *r, const gw_buf_t *b,
    gw_str_t *out)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, b->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, b->data, b->len);
    *out = gw_str_make(p, b->len);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_explain(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_part_e part,
    const gw_schema_error_t *e, gw_problem_error_t *out)
{
    char      where[1024], what[2048];
    gw_buf_t  pointer, message;

    gw_buf_fixed(&pointer, where, sizeof(where));
    gw_buf_fixed(&message, what, sizeof(what));
    gw_contract_explain(ctx->api->contract, ctx->op->op, part, e, &pointer,
                        &message);

    out->rule = gw_str_of(e->rule);

    return ngx_http_godwit_api_keep(r, &pointer, &out->pointer) == NGX_OK
           ? ngx_http_godwit_api_keep(r, &message, &out->message) : NGX_ERROR;
}
