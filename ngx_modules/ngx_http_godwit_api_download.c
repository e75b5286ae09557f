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


static ngx_int_t
ngx_http_godwit_download_send(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_download_t *d,
    ngx_file_t *file)
{
    if (ngx_http_godwit_api_attachment(r, &d->name) != NGX_OK
        || ngx_http_godwit_api_tag(r, &d->etag) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->allow_ranges = 1;

    return ngx_http_godwit_store_send(r,
               ngx_http_godwit_api_header(r, ctx, NGX_HTTP_OK, &d->type,
                                          d->bytes),
               file, d->bytes);
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

    rc = ngx_http_godwit_store_read(r, &d.path, d.bytes, file);

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
