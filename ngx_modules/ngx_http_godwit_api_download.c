/*
 * x-handler download: the operation says which file it is, nginx sends it.
 * Only the host that has a file can.
 */
#include "ngx_http_godwit_api_store.h"

typedef struct {
    ngx_str_t  host, path, type, name, etag;
    off_t      bytes;
} ngx_http_godwit_download_t;


/* A member of the operation's answer, in the request's memory. */
static ngx_int_t
ngx_http_godwit_download_text(ngx_http_request_t *r, json_t *doc,
    const char *member, ngx_str_t *out)
{
    json_t  *v;

    v = json_object_get(doc, member);
    if (!json_is_string(v)) {
        return NGX_ERROR;
    }

    out->len = json_string_length(v);
    out->data = ngx_pnalloc(r->pool, out->len + 1);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, json_string_value(v), out->len + 1);

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_download_read(ngx_http_request_t *r, ngx_str_t *body,
    ngx_http_godwit_download_t *d)
{
    json_t     *doc;
    ngx_int_t   rc;

    doc = json_loadb((char *) body->data, body->len, 0, NULL);
    d->bytes = json_integer_value(json_object_get(doc, "bytes"));

    rc = ngx_http_godwit_download_text(r, doc, "host", &d->host) == NGX_OK
         && ngx_http_godwit_download_text(r, doc, "path", &d->path) == NGX_OK
         && ngx_http_godwit_download_text(r, doc, "type", &d->type) == NGX_OK
         && ngx_http_godwit_download_text(r, doc, "name", &d->name) == NGX_OK
         ? NGX_OK : NGX_ERROR;

    json_decref(doc);

    return rc;
}


/* The descriptor goes with the request. */
static ngx_int_t
ngx_http_godwit_download_open(ngx_http_request_t *r,
    ngx_http_godwit_download_t *d, ngx_file_t *file)
{
    u_char                   *path;
    ngx_file_info_t           fi;
    ngx_pool_cleanup_t       *cln;
    ngx_pool_cleanup_file_t  *clnf;

    path = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_STORE_PATH);
    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pool_cleanup_file_t));
    if (path == NULL || cln == NULL
        || ngx_http_godwit_store_path(path, "", &d->path) != NGX_OK)
    {
        return NGX_ERROR;
    }

    file->name.data = path;
    file->name.len = ngx_strlen(path);
    file->log = r->connection->log;
    file->fd = ngx_open_file(path, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                             NGX_FILE_OPEN, 0);

    if (file->fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    clnf = cln->data;
    clnf->fd = file->fd;
    clnf->name = path;
    clnf->log = r->pool->log;
    cln->handler = ngx_pool_cleanup_file;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || ngx_file_size(&fi) < d->bytes)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_download_send(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_download_t *d,
    ngx_file_t *file)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL
        || ngx_http_godwit_api_attachment(r, &d->name) != NGX_OK
        || ngx_http_godwit_api_tag(r, &d->etag) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->allow_ranges = 1;
    rc = ngx_http_godwit_api_header(r, ctx, NGX_HTTP_OK, &d->type, d->bytes);
    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->file = file;
    b->file_last = d->bytes;
    b->in_file = d->bytes > 0 ? 1 : 0;
    b->last_buf = r == r->main ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


/*
 * A file never changes, it can only become longer: path and size make the tag
 * by which a download that was broken off goes on (If-Range).
 */
static ngx_int_t
ngx_http_godwit_download_answer(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                    rc;
    ngx_str_t                    body, host;
    ngx_file_t                  *file;
    ngx_http_godwit_download_t   d;

    if (answer->rc != NGX_OK) {
        return ngx_http_godwit_api_refuse(r, ctx, answer);
    }

    body = ngx_http_godwit_pool_value(answer);
    host = ngx_http_godwit_store_host(r);
    file = ngx_pcalloc(r->pool, sizeof(ngx_file_t));

    if (file == NULL
        || ngx_http_godwit_download_read(r, &body, &d) != NGX_OK
        || ngx_http_godwit_api_etag(r->pool, &body, &d.etag) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (d.host.len != host.len
        || ngx_memcmp(d.host.data, host.data, host.len) != 0)
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_CONFLICT,
                   gw_str_of("The file lies on another machine; ask the one "
                             "that received it."));
    }

    rc = ngx_http_godwit_download_open(r, &d, file);

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, ngx_errno,
                      "\"%V\" is not there or too short", &file->name);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_NOT_FOUND,
                   gw_str_of("The file is not kept any more."));
    }

    return rc == NGX_OK ? ngx_http_godwit_download_send(r, ctx, &d, file)
                        : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_godwit_download_done(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    ngx_http_finalize_request(r, ngx_http_godwit_download_answer(r, ctx,
                                                                 answer));
}


ngx_int_t
ngx_http_godwit_api_download(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t    rc;
    const char **input;

    input = ngx_palloc(r->pool, sizeof(char *));
    gw_buf_cstr(&ctx->input, ctx->input.len == 0 ? "{}" : "}");
    gw_buf_char(&ctx->input, '\0');

    if (input == NULL || ctx->input.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *input = (char *) ctx->input.data;
    rc = ngx_http_godwit_api_ask(r, ctx, ctx->op, input,
                                 ngx_http_godwit_download_done);

    return rc == NGX_DONE ? rc : ngx_http_godwit_api_problem(r, ctx,
                                     GW_PROBLEM_AWAY, gw_str_of(NULL));
}
