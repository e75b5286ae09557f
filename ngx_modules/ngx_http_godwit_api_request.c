/* The order in which a request is judged, from its id to its body. */
#include "ngx_http_godwit_api.h"

#define NGX_HTTP_GODWIT_API_TRUST  4096     /* of a body, before the key */

/* A method of HTTP as the contract counts them. */
typedef struct {
    ngx_uint_t  nginx;
    unsigned    contract;
} ngx_http_godwit_api_method_t;

static const ngx_http_godwit_api_method_t  ngx_http_godwit_api_methods[] = {
    { NGX_HTTP_GET, GW_GET },
    { NGX_HTTP_HEAD, GW_GET },
    { NGX_HTTP_POST, GW_POST },
    { NGX_HTTP_PUT, GW_PUT },
    { NGX_HTTP_PATCH, GW_PATCH },
    { NGX_HTTP_DELETE, GW_DELETE },
    { 0, 0 }
};


ngx_http_godwit_api_ctx_t *
ngx_http_godwit_api_begin(ngx_http_request_t *r)
{
    size_t                      n;
    ngx_http_godwit_api_ctx_t  *ctx;

    if (ngx_http_godwit_process == NULL
        || ngx_http_godwit_process->conf->api == NULL)
    {
        return NULL;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_api_ctx_t));
    if (ctx == NULL) {
        return NULL;
    }

    ctx->api = ngx_http_godwit_process->conf->api;
    ngx_http_set_ctx(r, ctx, ngx_http_godwit_api_module);

    if (ngx_http_godwit_api_scan(r, ctx) != NGX_OK) {
        return NULL;
    }

    ctx->path = r->unparsed_uri;
    for (n = 0; n < ctx->path.len && ctx->path.data[n] != '?'
                && ctx->path.data[n] != '#'; n++)
    {
        /* void */
    }
    ctx->path.len = n;

    return ngx_http_godwit_api_id(r, ctx, ctx->given_id) == NGX_OK ? ctx
                                                                   : NULL;
}


/* Allow, in the order of the contract's bits; HEAD goes with GET. */
static ngx_int_t
ngx_http_godwit_api_allow(ngx_http_request_t *r, unsigned methods)
{
    u_char      mem[64], *p;
    unsigned    bit;
    ngx_str_t   value;

    static ngx_str_t  name = ngx_string("Allow");

    p = mem;
    for (bit = GW_GET; bit <= GW_DELETE; bit <<= 1) {
        if (methods & bit) {
            p = ngx_slprintf(p, mem + sizeof(mem), "%s, ",
                             bit == GW_GET ? "GET, HEAD"
                                           : gw_contract_method(bit));
        }
    }
    p = ngx_slprintf(p, mem + sizeof(mem), "OPTIONS");

    value.len = p - mem;
    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value.data, mem, value.len);

    return ngx_http_godwit_header(r, &name, &value);
}


ngx_int_t
ngx_http_godwit_api_allowed(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    unsigned  methods;

    (void) gw_contract_route(ctx->api->contract, 0,
                             ngx_http_godwit_gw(ctx->path), ctx->captures,
                             &methods);

    return ngx_http_godwit_api_allow(r, methods);
}


ngx_int_t
ngx_http_godwit_api_methods_only(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, unsigned methods)
{
    static ngx_str_t  none = ngx_null_string;

    if (ngx_http_godwit_api_allow(r, methods) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_godwit_api_send(r, ctx, NGX_HTTP_NO_CONTENT, &none,
                                        &none);
    }

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_METHOD_NOT_ALLOWED,
                                       gw_str_of(NULL));
}


/* Which operation: 404, 405, or OPTIONS answered. */
static ngx_int_t
ngx_http_godwit_api_route(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    unsigned                             methods, method;
    const gw_contract_op_t              *op;
    const ngx_http_godwit_api_method_t  *m;

    method = 0;
    for (m = ngx_http_godwit_api_methods; m->nginx != 0; m++) {
        if (m->nginx == r->method) {
            method = m->contract;
        }
    }

    op = gw_contract_route(ctx->api->contract, method,
                           ngx_http_godwit_gw(ctx->path), ctx->captures,
                           &methods);

    if (op != NULL) {
        ctx->op = &ctx->api->ops[op->index];
        return NGX_DECLINED;
    }

    if (methods == 0) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_NOT_FOUND,
                                           gw_str_of(NULL));
    }

    return ngx_http_godwit_api_methods_only(r, ctx, methods);
}


/* Idempotency-Key: 1 to 255 printable characters; no use on what only reads. */
static ngx_int_t
ngx_http_godwit_api_once(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t      i;
    ngx_str_t  *key;

    if (ctx->once == NULL) {
        return NGX_DECLINED;
    }

    if (ctx->op->op->method == GW_GET) {
        ctx->once = NULL;
        return NGX_DECLINED;
    }

    if (ctx->op->op->tenantless) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("This operation does not heed Idempotency-Key; "
                             "leave it out."));
    }

    key = &ctx->once->value;

    for (i = 0; i < key->len && key->data[i] >= 0x20 && key->data[i] < 0x7f;
         i++)
    {
        /* void */
    }

    if (key->len == 0 || key->len > 255 || i < key->len) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("An Idempotency-Key has 1 to 255 printable ASCII "
                             "characters."));
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_godwit_api_json(ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_body(r, ctx, ngx_http_godwit_api_input);
}


/*
 * The body, by whoever reads it. A large one of somebody whom the cache does
 * not know is neither read nor parsed before Postgres knows him.
 */
static ngx_int_t
ngx_http_godwit_api_content(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    off_t  n;

    if (ctx->op->handler != NULL && ctx->op->handler->body != NULL) {
        return ctx->op->handler->body(r, ctx);
    }

    n = r->headers_in.chunked ? ctx->op->op->max_body
                              : r->headers_in.content_length_n;

    return n > NGX_HTTP_GODWIT_API_TRUST && ctx->tenant == 0
           && !ctx->op->op->is_public
           ? ngx_http_godwit_api_enter(r, ctx, NULL,
                                       ngx_http_godwit_api_json)
           : ngx_http_godwit_api_json(r, ctx);
}


static const ngx_http_godwit_api_step_pt  ngx_http_godwit_api_steps[] = {
    ngx_http_godwit_api_rate_address,       /* no answer is without it */
    ngx_http_godwit_api_route,
    ngx_http_godwit_api_auth,
    ngx_http_godwit_api_accept,
    ngx_http_godwit_api_type,
    ngx_http_godwit_api_once,
    ngx_http_godwit_api_tags,
    ngx_http_godwit_api_content,
    NULL
};


ngx_int_t
ngx_http_godwit_api_operations(ngx_http_request_t *r)
{
    ngx_int_t                           rc;
    ngx_http_godwit_api_ctx_t          *ctx;
    const ngx_http_godwit_api_step_pt  *step;

    ctx = ngx_http_godwit_api_begin(r);
    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    rc = NGX_DECLINED;
    for (step = ngx_http_godwit_api_steps; *step && rc == NGX_DECLINED;
         step++)
    {
        rc = (*step)(r, ctx);
    }

    return rc;
}
