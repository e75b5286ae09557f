/* Headers of the request: found, lines of a list joined, tags in their form. */
#include "ngx_http_godwit_api.h"

typedef struct {
    ngx_str_t   name;                       /* lower case                     */
    size_t      offset;                     /* into ngx_http_godwit_api_ctx_t */
    ngx_uint_t  list;                       /* several lines are one list     */
} ngx_http_godwit_api_header_t;

static const ngx_http_godwit_api_header_t  ngx_http_godwit_api_wanted[] = {
    { ngx_string("accept"), offsetof(ngx_http_godwit_api_ctx_t, accept), 1 },
    { ngx_string("content-encoding"),
      offsetof(ngx_http_godwit_api_ctx_t, encoding), 1 },
    { ngx_string("cookie"), offsetof(ngx_http_godwit_api_ctx_t, cookie), 0 },
    { ngx_string("godwit-workspace"),
      offsetof(ngx_http_godwit_api_ctx_t, workspace), 0 },
    { ngx_string("idempotency-key"),
      offsetof(ngx_http_godwit_api_ctx_t, once), 0 },
    { ngx_string("if-match"),
      offsetof(ngx_http_godwit_api_ctx_t, if_match), 1 },
    { ngx_string("if-none-match"),
      offsetof(ngx_http_godwit_api_ctx_t, if_none_match), 1 },
    { ngx_string("origin"), offsetof(ngx_http_godwit_api_ctx_t, origin), 0 },
    { ngx_string("prefer"), offsetof(ngx_http_godwit_api_ctx_t, prefer), 1 },
    { ngx_string("sec-fetch-site"),
      offsetof(ngx_http_godwit_api_ctx_t, site), 0 },
    { ngx_string("x-request-id"),
      offsetof(ngx_http_godwit_api_ctx_t, given_id), 0 },
    { ngx_null_string, 0, 0 }
};


/* The first of several lines, as nginx itself does it for Accept. */
static ngx_int_t
ngx_http_godwit_api_line(ngx_http_request_t *r, ngx_table_elt_t *h,
    ngx_uint_t offset)
{
    ngx_table_elt_t  **field;

    field = (ngx_table_elt_t **) ((u_char *) &r->headers_in + offset);
    *field = *field ? *field : h;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_lines(ngx_conf_t *cf)
{
    ngx_http_header_t  *h;

    for (h = ngx_http_headers_in; h->name.len > 0; h++) {
        if (h->offset == offsetof(ngx_http_headers_in_t, if_match)
            || h->offset == offsetof(ngx_http_headers_in_t, if_none_match))
        {
            h->handler = ngx_http_godwit_api_line;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_godwit_api_named_so(ngx_table_elt_t *h,
    const ngx_http_godwit_api_header_t *w)
{
    return h->key.len == w->name.len
           && ngx_memcmp(h->lowcase_key, w->name.data, w->name.len) == 0;
}


/*
 * The lines of a list, the first of which is `field`, as one. They are counted
 * before they are copied: a request can have thousands.
 */
static ngx_int_t
ngx_http_godwit_api_join(ngx_http_request_t *r,
    const ngx_http_godwit_api_header_t *w, ngx_table_elt_t **field)
{
    size_t            size;
    u_char           *p;
    ngx_uint_t        i, copy;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *all;

    all = ngx_palloc(r->pool, sizeof(ngx_table_elt_t));
    if (all == NULL) {
        return NGX_ERROR;
    }

    *all = **field;
    size = 0;
    p = NULL;

    for (copy = 0; copy < 2; copy++) {
        for (part = &r->headers_in.headers.part; part; part = part->next) {
            h = part->elts;

            for (i = 0; i < part->nelts; i++) {
                if (!ngx_http_godwit_api_named_so(&h[i], w)) {
                    continue;
                }

                if (copy) {
                    p = ngx_cpymem(p, h[i].value.data, h[i].value.len);
                    *p++ = ',';
                    *p++ = ' ';

                } else {
                    size += h[i].value.len + 2;
                }
            }
        }

        if (!copy) {
            all->value.data = ngx_pnalloc(r->pool, size);
            if (all->value.data == NULL) {
                return NGX_ERROR;
            }
            p = all->value.data;
        }
    }

    all->value.len = p - all->value.data - 2;
    all->value.data[all->value.len] = '\0';
    *field = all;

    return NGX_OK;
}


/* Of a name that is no list and stands there twice the first counts. */
ngx_int_t
ngx_http_godwit_api_scan(ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_uint_t                           i, again;
    ngx_list_part_t                     *part;
    ngx_table_elt_t                     *h, **field;
    const ngx_http_godwit_api_header_t  *w;

    again = 0;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            for (w = ngx_http_godwit_api_wanted; w->name.len > 0; w++) {

                if (!ngx_http_godwit_api_named_so(&h[i], w)) {
                    continue;
                }

                field = (ngx_table_elt_t **) ((u_char *) ctx + w->offset);
                if (*field == NULL) {
                    *field = &h[i];

                } else if (w->list) {
                    again |= (ngx_uint_t) 1
                             << (w - ngx_http_godwit_api_wanted);
                }
            }
        }
    }

    for (w = ngx_http_godwit_api_wanted; again != 0; w++, again >>= 1) {
        field = (ngx_table_elt_t **) ((u_char *) ctx + w->offset);

        if ((again & 1)
            && ngx_http_godwit_api_join(r, w, field) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ctx->cookie != NULL) {
        ctx->cookie_value = ctx->cookie->value;
        ctx->cookie->value.len = 0;         /* no log and no proxy has it */
    }

    /* nginx's own filter makes the 304 */
    r->headers_in.if_none_match = ctx->if_none_match;

    return NGX_OK;
}


/* The end of one entity tag that begins at p, or NULL. */
static u_char *
ngx_http_godwit_api_tag_end(u_char *p, u_char *last)
{
    if (last - p > 2 && p[0] == 'W' && p[1] == '/') {
        p += 2;
    }

    if (p == last || *p != '"') {
        return NULL;
    }

    for (p++; p < last && *p != '"'; p++) {
        if (*p <= ' ' || *p == 0x7f) {
            return NULL;
        }
    }

    return p < last ? p + 1 : NULL;
}


/* A list of entity tags as RFC 9110 has it, or a star? */
static ngx_uint_t
ngx_http_godwit_api_tag_list(ngx_str_t *value)
{
    u_char      *p, *last;
    ngx_uint_t   n, apart;

    p = value->data;
    last = p + value->len;

    if (value->len == 1 && *p == '*') {
        return 1;
    }

    apart = 1;                              /* a comma stood before it */
    for (n = 0; p != NULL && p < last; /* void */ ) {

        if (*p == ',' || *p == ' ' || *p == '\t') {
            apart |= *p == ',';
            p++;

        } else {
            p = apart ? ngx_http_godwit_api_tag_end(p, last) : NULL;
            apart = 0;
            n++;
        }
    }

    return p != NULL && n > 0;
}


ngx_int_t
ngx_http_godwit_api_tags(ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx)
{
    u_char            text[128], *p;
    ngx_uint_t        i;
    ngx_table_elt_t  *headers[2];

    headers[0] = ctx->if_match;
    headers[1] = ctx->if_none_match;

    for (i = 0; i < 2; i++) {
        if (headers[i] != NULL
            && !ngx_http_godwit_api_tag_list(&headers[i]->value))
        {
            p = ngx_slprintf(text, text + sizeof(text), "%s is a star or the "
                             "ETag of an answer in its quotes, like "
                             "\"8ZzWVMzNcpFWcD2i\".",
                             i == 0 ? "If-Match" : "If-None-Match");
            return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                                               gw_str_make(text, p - text));
        }
    }

    return NGX_DECLINED;
}
