/*
 * What nginx itself refuses below /api/v1 (a header that is none, a line that
 * is too long, a range behind the end), as a problem: two filters put it in
 * the place of nginx's page of HTML.
 */
#include "ngx_http_godwit_api.h"

typedef struct {
    ngx_uint_t    status;
    gw_problem_e  problem;
    const char   *detail;                   /* NULL: that of the problem */
} ngx_http_godwit_api_page_t;

static const ngx_http_godwit_api_page_t  ngx_http_godwit_api_pages[] = {
    { NGX_HTTP_BAD_REQUEST, GW_PROBLEM_BAD_REQUEST,
      "The request line or a header is malformed, or Host is missing." },
    { NGX_HTTP_FORBIDDEN, GW_PROBLEM_FORBIDDEN,
      "The server takes no such request from this address." },
    { NGX_HTTP_NOT_FOUND, GW_PROBLEM_NOT_FOUND, NULL },
    { NGX_HTTP_NOT_ALLOWED, GW_PROBLEM_METHOD_NOT_ALLOWED, NULL },
    { NGX_HTTP_REQUEST_TIME_OUT, GW_PROBLEM_REQUEST_TIMEOUT, NULL },
    { NGX_HTTP_REQUEST_ENTITY_TOO_LARGE, GW_PROBLEM_TOO_LARGE,
      "The body is larger than the server takes." },
    { NGX_HTTP_REQUEST_URI_TOO_LARGE, GW_PROBLEM_URI_TOO_LONG, NULL },
    { NGX_HTTP_RANGE_NOT_SATISFIABLE, GW_PROBLEM_RANGE, NULL },
    { NGX_HTTP_GODWIT_API_HEADERS, GW_PROBLEM_HEADERS_TOO_LARGE, NULL },
    { NGX_HTTP_TOO_MANY_REQUESTS, GW_PROBLEM_RATE_LIMITED, NULL },
    { NGX_HTTP_INTERNAL_SERVER_ERROR, GW_PROBLEM_INTERNAL, NULL },
    { NGX_HTTP_NOT_IMPLEMENTED, GW_PROBLEM_NOT_IMPLEMENTED, NULL },
    { NGX_HTTP_SERVICE_UNAVAILABLE, GW_PROBLEM_BUSY,
      "The server has too much to do; try again in a moment." },
    { NGX_HTTP_VERSION_NOT_SUPPORTED, GW_PROBLEM_HTTP_VERSION, NULL },
    { 0, GW_PROBLEMS, NULL }
};

static ngx_http_output_header_filter_pt  ngx_http_godwit_api_next_header;
static ngx_http_output_body_filter_pt    ngx_http_godwit_api_next_body;


/*
 * Is it a request for the API, and of a server that has it? Of a line that
 * nginx could not read the target may be known as far as it came; where it is
 * not, the server decides.
 */
static ngx_uint_t
ngx_http_godwit_api_asked(ngx_http_request_t *r)
{
    ngx_str_t                   path;
    ngx_http_godwit_api_srv_t  *conf;

    static ngx_str_t  begin = ngx_string("/api/v1");

    conf = ngx_http_get_module_srv_conf(r, ngx_http_godwit_api_module);
    path = r->uri.len > 0 ? r->uri : ngx_http_godwit_log_target(r);

    if (!conf->operations || path.len == 0) {
        return conf->operations;
    }

    return path.len >= begin.len
           && ngx_memcmp(path.data, begin.data, begin.len) == 0
           && (path.len == begin.len || path.data[begin.len] == '/');
}


/*
 * The row of the answer when it is nginx's own, or NULL. Of those alone nginx
 * has set err_status: what an upstream answers is its business.
 */
static const ngx_http_godwit_api_page_t *
ngx_http_godwit_api_page(ngx_http_request_t *r)
{
    ngx_str_t                         *type;
    ngx_uint_t                         status;
    const ngx_http_godwit_api_page_t  *page;

    status = r->headers_out.status;
    type = &r->headers_out.content_type;

    if (status < NGX_HTTP_BAD_REQUEST || r->err_status == 0 || r != r->main
        || (type->len == sizeof(GW_PROBLEM_TYPE) - 1
            && ngx_memcmp(type->data, GW_PROBLEM_TYPE, type->len) == 0)
        || !ngx_http_godwit_api_asked(r))
    {
        return NULL;
    }

    /* too many headers are a 400 too; of those only they end lingering */
    if (status == NGX_HTTP_BAD_REQUEST && r->lingering_close) {
        status = NGX_HTTP_GODWIT_API_HEADERS;
    }

    for (page = ngx_http_godwit_api_pages;
         page->status != 0 && page->status != status;
         page++)
    {
        /* void */
    }

    return page->status != 0 ? page : NULL;
}


/* The header of ours that a filter after us has refused, taken back. */
static void
ngx_http_godwit_api_unsay(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_out.headers.part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (&h[i] != r->headers_out.content_range) {
                h[i].hash = 0;
            }
        }
    }
}


/* What an error_page of the operator says of a body that is not sent. */
static void
ngx_http_godwit_api_strip(ngx_http_request_t *r)
{
    ngx_http_clear_accept_ranges(r);
    ngx_http_clear_last_modified(r);
    ngx_http_clear_etag(r);

    if (r->headers_out.content_encoding != NULL) {
        r->headers_out.content_encoding->hash = 0;
        r->headers_out.content_encoding = NULL;
    }
}


static ngx_int_t
ngx_http_godwit_api_error_header(ngx_http_request_t *r)
{
    ngx_str_t                          body;
    ngx_http_godwit_api_ctx_t         *ctx;
    const ngx_http_godwit_api_page_t  *page;

    page = ngx_http_godwit_api_page(r);
    if (page == NULL) {
        return ngx_http_godwit_api_next_header(r);
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    ctx = ctx ? ctx : ngx_http_godwit_api_begin(r);
    if (ctx == NULL) {
        return ngx_http_godwit_api_next_header(r);
    }

    ngx_http_godwit_api_strip(r);

    if (ctx->headed) {
        ngx_http_godwit_api_unsay(r);

    } else {
        ngx_http_godwit_api_counted(page->status);
    }

    if ((page->status == NGX_HTTP_NOT_ALLOWED
         && ngx_http_godwit_api_allowed(r, ctx) != NGX_OK)
        || ngx_http_godwit_api_document(r, ctx, page->problem,
                                        gw_str_of(page->detail), NULL, 0,
                                        &body)
           != NGX_OK
        || ngx_http_godwit_api_headers(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    r->err_status = page->status;
    ngx_http_godwit_api_status(r, page->status);
    ngx_str_set(&r->headers_out.content_type, GW_PROBLEM_TYPE);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = body.len;
    ctx->page = body;

    return ngx_http_godwit_api_next_header(r);
}


/* Our page once; what it stands for counts as sent, however long it is. */
static ngx_int_t
ngx_http_godwit_api_error_body(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                  *b;
    ngx_chain_t                 out;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    if (ctx == NULL || ctx->page.data == NULL || in == NULL) {
        return ngx_http_godwit_api_next_body(r, in);
    }

    for ( /* void */ ; in != NULL; in = in->next) {
        in->buf->pos = in->buf->last;
        in->buf->file_pos = in->buf->file_last;
    }

    if (ctx->page.len == 0) {
        return r->connection->buffered ? NGX_AGAIN : NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = ctx->page.data;
    b->last = ctx->page.data + ctx->page.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;
    ctx->page.len = 0;

    out.buf = b;
    out.next = NULL;

    return ngx_http_godwit_api_next_body(r, &out);
}


ngx_int_t
ngx_http_godwit_api_filters(ngx_conf_t *cf)
{
    ngx_http_godwit_api_next_header = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_godwit_api_error_header;

    ngx_http_godwit_api_next_body = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_godwit_api_error_body;

    return NGX_OK;
}
