/* What a request has brought: a header by its name, the body in one piece. */
#include "ngx_http_godwit.h"


ngx_str_t
ngx_http_godwit_header_in(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    static ngx_str_t  none = ngx_null_string;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_memcmp(h[i].lowcase_key, name, len) == 0)
            {
                return h[i].value;
            }
        }
    }

    return none;
}


gw_str_t
ngx_http_godwit_bearer(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    static ngx_str_t  scheme = ngx_string("Bearer ");

    h = r->headers_in.authorization;

    if (h == NULL || h->value.len <= scheme.len
        || ngx_strncasecmp(h->value.data, scheme.data, scheme.len) != 0)
    {
        return gw_str_of(NULL);
    }

    return gw_str_make(h->value.data + scheme.len, h->value.len - scheme.len);
}


ngx_int_t
ngx_http_godwit_body_in(ngx_http_request_t *r, gw_str_t *text)
{
    size_t        n;
    u_char       *p;
    ngx_chain_t  *cl, *bufs;

    *text = gw_str_of(NULL);
    bufs = r->request_body != NULL ? r->request_body->bufs : NULL;

    if (bufs == NULL) {
        return NGX_OK;
    }

    if (r->request_body->temp_file != NULL) {
        return NGX_DECLINED;
    }

    if (bufs->next == NULL) {
        *text = gw_str_make(bufs->buf->pos, ngx_buf_size(bufs->buf));
        return NGX_OK;
    }

    for (n = 0, cl = bufs; cl != NULL; cl = cl->next) {
        n += ngx_buf_size(cl->buf);
    }

    p = ngx_pnalloc(r->pool, n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *text = gw_str_make(p, n);
    for (cl = bufs; cl != NULL; cl = cl->next) {
        if (ngx_buf_size(cl->buf) > 0) {            /* the last may be bare */
            p = ngx_cpymem(p, cl->buf->pos, ngx_buf_size(cl->buf));
        }
    }

    return NGX_OK;
}
