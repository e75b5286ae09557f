/* The query of a request: its parameters, percent-decoded, named or refused. */
#include "ngx_http_godwit_api.h"

#include "shm/gw_codec.h"

#define NGX_HTTP_GODWIT_API_PAIRS  256      /* in one query, at most */


static ngx_int_t
ngx_http_godwit_api_hex(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


ngx_int_t
ngx_http_godwit_api_decode(gw_str_t in, ngx_uint_t plus, u_char *out,
    gw_str_t *text)
{
    size_t     i;
    u_char    *p;
    ngx_int_t  high, low;

    p = out;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] == '%') {
            high = i + 2 < in.len ? ngx_http_godwit_api_hex(in.data[i + 1])
                                  : -1;
            low = i + 2 < in.len ? ngx_http_godwit_api_hex(in.data[i + 2])
                                 : -1;
            if (high < 0 || low < 0) {
                return NGX_ERROR;
            }
            *p++ = (u_char) (high << 4 | low);
            i += 2;

        } else {
            *p++ = plus && in.data[i] == '+' ? ' ' : in.data[i];
        }
    }

    *text = gw_str_make(out, p - out);

    return memchr(out, 0, text->len) == NULL && gw_utf8_valid(*text)
           ? NGX_OK : NGX_ERROR;
}


/* The contract's parameter of that name, or NULL. */
static const gw_contract_param_t *
ngx_http_godwit_api_param(const gw_contract_op_t *op, gw_str_t name)
{
    unsigned  i;

    for (i = op->n_captures; i < op->n_params; i++) {
        if (gw_str_eq(op->params[i].name, name)) {
            return &op->params[i];
        }
    }

    return NULL;
}


/* There is no such parameter; which are near to it? */
static ngx_int_t
ngx_http_godwit_api_unknown(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t name)
{
    gw_buf_t            pointer;
    gw_schema_error_t   e;
    gw_problem_error_t  told;

    name.len = ngx_min(name.len, 64);
    gw_buf_fixed(&pointer, e.pointer, sizeof(e.pointer));
    gw_problem_pointer(&pointer, name);
    (void) gw_buf_c(&pointer);
    e.rule = "additionalProperties";

    if (ngx_http_godwit_api_explain(r, ctx, GW_PART_QUERY, &e, &told)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    told.rule = gw_str_of("unknown");

    return ngx_http_godwit_api_wrong(r, ctx, &told, 1);
}


static ngx_int_t
ngx_http_godwit_api_pair(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t raw, u_char **mem)
{
    u_char                       *equal;
    gw_str_t                      name, value;
    ngx_http_godwit_api_pair_t   *pair;
    const gw_contract_param_t    *param;

    equal = memchr(raw.data, '=', raw.len);
    name = gw_str_make(raw.data, equal ? (size_t) (equal - raw.data)
                                       : raw.len);
    value = gw_str_make(equal ? equal + 1 : raw.data + raw.len,
                        equal ? raw.len - name.len - 1 : 0);

    if (ctx->pairs.nelts == NGX_HTTP_GODWIT_API_PAIRS
        || ngx_http_godwit_api_decode(name, 1, *mem, &name) != NGX_OK
        || ngx_http_godwit_api_decode(value, 1, *mem + name.len, &value)
           != NGX_OK)
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("The query is not percent-encoded UTF-8 without "
                             "NUL, or has more than 256 parameters."));
    }

    *mem += name.len + value.len;

    param = ngx_http_godwit_api_param(ctx->op->op, name);
    if (param == NULL) {
        return ngx_http_godwit_api_unknown(r, ctx, name);
    }

    pair = ngx_array_push(&ctx->pairs);
    if (pair == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    pair->param = param;
    pair->value = value;

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_godwit_api_query(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char     *mem, *p, *last, *end;
    ngx_int_t   rc;

    if (r->args.len == 0) {
        return NGX_DECLINED;
    }

    mem = ngx_pnalloc(r->pool, r->args.len);
    if (mem == NULL
        || ngx_array_init(&ctx->pairs, r->pool, 8,
                          sizeof(ngx_http_godwit_api_pair_t))
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    last = r->args.data + r->args.len;

    for (p = r->args.data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, '&');
        end = end ? end : last;

        if (end == p) {
            continue;
        }

        rc = ngx_http_godwit_api_pair(r, ctx, gw_str_make(p, end - p), &mem);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_DECLINED;
}
