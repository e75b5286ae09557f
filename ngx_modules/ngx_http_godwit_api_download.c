/*
 * x-handler download: the operation says which file it is, nginx sends it.
 * Only the host that has a file can.
 */
#include "ngx_http_godwit_api_store.h"


static ngx_int_t
ngx_http_godwit_download_send(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_stored_t *s,
    ngx_str_t *etag)
{
    if (ngx_http_godwit_api_attachment(r, &s->name) != NGX_OK
        || ngx_http_godwit_api_tag(r, etag) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->allow_ranges = 1;

    return ngx_http_godwit_store_send(r,
               ngx_http_godwit_api_header(r, ctx, NGX_HTTP_OK, &s->type,
                                          s->bytes),
               s);
}


/*
 * A file never changes, it can only become longer: path and size make the tag
 * by which a download that was broken off goes on (If-Range).
 */
static ngx_int_t
ngx_http_godwit_download_answer(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                  rc;
    ngx_str_t                  body, etag;
    ngx_http_godwit_stored_t  *s;

    if (answer->rc != NGX_OK) {
        return ngx_http_godwit_api_refuse(r, ctx, answer);
    }

    body = ngx_http_godwit_pool_value(answer);
    s = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_stored_t));

    if (s == NULL || ngx_http_godwit_store_told(r, &body, s) != NGX_OK
        || ngx_http_godwit_api_etag(r->pool, &body, &etag) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_godwit_store_read(r, s);

    if (rc == NGX_BUSY) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_CONFLICT,
                   gw_str_of("The file lies on another machine; ask the one "
                             "that received it."));
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, ngx_errno,
                      "\"%V\" is not there or too short", &s->file.name);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_NOT_FOUND,
                   gw_str_of("The file is not kept any more."));
    }

    return rc == NGX_OK ? ngx_http_godwit_download_send(r, ctx, s, &etag)
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
