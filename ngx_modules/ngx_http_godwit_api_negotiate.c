/* Accept (406) and what a body claims to be: its type (415), its size (413). */
#include "ngx_http_godwit_api.h"

/* The media type at the beginning of s, without parameters and blanks. */
static ngx_str_t
ngx_http_godwit_api_media(ngx_str_t s)
{
    size_t  n;

    while (s.len > 0 && (*s.data == ' ' || *s.data == '\t')) {
        s.data++;
        s.len--;
    }

    for (n = 0; n < s.len && s.data[n] != ';' && s.data[n] != ' '
                && s.data[n] != '\t'; n++)
    {
        /* void */
    }

    s.len = n;

    return s;
}


static ngx_uint_t
ngx_http_godwit_api_same(ngx_str_t a, const ngx_str_t *b)
{
    return a.len == b->len && ngx_strncasecmp(a.data, b->data, a.len) == 0;
}


/* Is the weight of a media range 0, in any of its spellings? */
static ngx_uint_t
ngx_http_godwit_api_unwanted(ngx_str_t range)
{
    u_char  *p, *last;

    last = range.data + range.len;
    p = ngx_strlcasestrn(range.data, last, (u_char *) "q=0", 2);

    if (p == NULL || (p[-1] != ';' && p[-1] != ' ')) {
        return 0;
    }

    for (p += 3; p < last && (*p == '.' || *p == '0'); p++) {
        /* void */
    }

    return p == last || *p == ';' || *p == ' ';
}


/* `text/csv` passes by itself, by `text/` and a star, by two stars. */
static ngx_uint_t
ngx_http_godwit_api_passes(ngx_str_t media, const ngx_str_t *type)
{
    size_t  n;

    static const ngx_str_t  any = ngx_string("*/*");

    n = ngx_strlchr(type->data, type->data + type->len, '/') + 1 - type->data;

    return ngx_http_godwit_api_same(media, &any)
           || ngx_http_godwit_api_same(media, type)
           || (media.len == n + 1 && media.data[n] == '*'
               && ngx_strncasecmp(media.data, type->data, n) == 0);
}


ngx_uint_t
ngx_http_godwit_api_accepts(const ngx_http_godwit_api_ctx_t *ctx,
    const ngx_str_t *type)
{
    u_char     *p, *last, *end;
    ngx_str_t   range;

    if (ctx->accept == NULL) {
        return 1;
    }

    p = ctx->accept->value.data;
    last = p + ctx->accept->value.len;

    for ( /* void */ ; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;
        range.data = p;
        range.len = end - p;

        if (ngx_http_godwit_api_passes(ngx_http_godwit_api_media(range), type)
            && !ngx_http_godwit_api_unwanted(range))
        {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_http_godwit_api_accept(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    static const ngx_str_t  json = ngx_string("application/json");
    static const ngx_str_t  problem = ngx_string("application/problem+json");

    /* what a handler writes has a type of its own */
    if ((ctx->op->handler != NULL && ctx->op->handler->run != NULL)
        || ngx_http_godwit_api_accepts(ctx, &json)
        || ngx_http_godwit_api_accepts(ctx, &problem))
    {
        return NGX_DECLINED;
    }

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_NOT_ACCEPTABLE,
                                       gw_str_of(NULL));
}


/* The body of the contract that Content-Type names, or NULL. */
static const gw_contract_body_t *
ngx_http_godwit_api_named(ngx_http_request_t *r, const gw_contract_op_t *op)
{
    unsigned   i;
    ngx_str_t  media, type;

    if (r->headers_in.content_type == NULL) {
        return NULL;
    }

    media = ngx_http_godwit_api_media(r->headers_in.content_type->value);

    for (i = 0; i < op->n_bodies; i++) {
        type.data = op->bodies[i].type.data;
        type.len = op->bodies[i].type.len;

        if (ngx_http_godwit_api_same(media, &type)) {
            return &op->bodies[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_godwit_api_type(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char                   text[1024], *p;
    unsigned                 i;
    const gw_contract_op_t  *op;

    static const ngx_str_t  identity = ngx_string("identity");

    op = ctx->op->op;

    if (r->headers_in.content_length_n <= 0 && !r->headers_in.chunked) {
        return NGX_DECLINED;
    }

    if (op->n_bodies == 0) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("This operation takes no body."));
    }

    ctx->type = ngx_http_godwit_api_named(r, op);

    if (ctx->type == NULL) {
        p = ngx_slprintf(text, text + sizeof(text), "Send the body as");
        for (i = 0; i < op->n_bodies; i++) {
            p = ngx_slprintf(p, text + sizeof(text), "%s %*s",
                             i == 0 ? "" : " or", op->bodies[i].type.len,
                             op->bodies[i].type.data);
        }
        p = ngx_slprintf(p, text + sizeof(text), ".");
        return ngx_http_godwit_api_problem(r, ctx,
                                           GW_PROBLEM_UNSUPPORTED_TYPE,
                                           gw_str_make(text, p - text));
    }

    if (ctx->encoding != NULL
        && !ngx_http_godwit_api_same(ctx->encoding->value, &identity))
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_UNSUPPORTED_TYPE,
                   gw_str_of("Send the body as it is, without "
                             "Content-Encoding."));
    }

    if (r->headers_in.content_length_n > op->max_body) {
        return ngx_http_godwit_api_large(r, ctx);
    }

    return NGX_DECLINED;
}
