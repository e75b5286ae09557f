/*
 * x-handler upload: the body goes to a file as it comes, whatever its size,
 * and the operation is given what is known of the file as its `_file`.
 */
#include "ngx_http_godwit_api_store.h"

#include "shm/gw_codec.h"


ngx_int_t
ngx_http_godwit_api_upload_failed(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_err_t  err;

    err = ctx->upload->err;
    r->keepalive = 0;                       /* the rest is not read */

    if (ctx->upload->temp != NULL) {        /* now, not after lingering */
        (void) ngx_delete_file(ctx->upload->file.name.data);
    }

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
               gw_str_of(err == NGX_ENOSPC || err == EDQUOT
                         ? "The disk of this machine is full: the file was "
                           "not kept."
                         : "The file could not be kept on this machine; its "
                           "log says why."));
}


void
ngx_http_godwit_api_upload_drop(ngx_http_godwit_api_ctx_t *ctx)
{
    (void) ngx_delete_file(ctx->upload->path);
}


/* The body that Postgres sees. */
static ngx_int_t
ngx_http_godwit_api_upload_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t                         size;
    u_char                         hex[2 * NGX_HTTP_GODWIT_API_HASH + 1];
    gw_buf_t                       b;
    ngx_str_t                      host;
    ngx_http_godwit_store_file_t  *f;

    f = ctx->upload;
    host = ngx_http_godwit_store_host(r);
    size = 512 + 6 * ctx->type->type.len;
    ctx->body.data = ngx_pnalloc(r->pool, size);
    if (ctx->body.data == NULL) {
        return NGX_ERROR;
    }

    gw_hex_encode(hex, f->hash, sizeof(f->hash));
    hex[2 * sizeof(f->hash)] = '\0';

    gw_buf_fixed(&b, ctx->body.data, size - 1);
    gw_buf_cstr(&b, "{\"_file\":{\"host\":");
    gw_buf_json(&b, ngx_http_godwit_gw(host));
    gw_buf_fmt(&b, ",\"path\":\"up/%s\",\"bytes\":%lld,\"sha256\":\"%s\","
               "\"type\":", (char *) f->name, (long long) f->size,
               (char *) hex);
    gw_buf_json(&b, ctx->type->type);
    gw_buf_cstr(&b, "}}");
    ctx->body.len = b.len;
    ctx->body.data[b.len] = '\0';

    return b.failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_godwit_api_upload_kept(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    ngx_http_godwit_api_share_end(ctx, NGX_GODWIT_SHARE_UPLOAD);

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, ngx_http_godwit_api_upload_failed(r,
                                                                       ctx));
        return;
    }

    if (ngx_http_godwit_api_upload_body(r, ctx) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    ngx_http_finalize_request(r, ngx_http_godwit_api_run(r, ctx));
}


/* All of it is there. */
static ngx_int_t
ngx_http_godwit_api_upload_keep(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_store_keep(r, ctx->upload,
                                      ngx_http_godwit_api_upload_kept)
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* The key is good; before, anybody could have held the places of all. */
static ngx_int_t
ngx_http_godwit_api_upload_read(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    if (ngx_http_godwit_api_share(r, ctx, NGX_GODWIT_SHARE_UPLOAD) != NGX_OK) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("Too many files of this workspace come in at "
                             "once; send this one when another has ended."));
    }

    ctx->upload = ngx_http_godwit_store_open(r);
    if (ctx->upload == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->upload->err != 0) {
        return ngx_http_godwit_api_upload_failed(r, ctx);
    }

    return ngx_http_godwit_api_body(r, ctx, ngx_http_godwit_api_upload_keep);
}


/* Is the key good, and room for a file that says how large it is? */
static ngx_int_t
ngx_http_godwit_api_upload_room(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char                   *text, *quota;
    const char              **values;
    ngx_http_godwit_call_t    call;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("files_room"),
        ngx_string("select auth.files_room($1::bigint, $2::bigint)")
    };

    values = ngx_palloc(r->pool, 2 * sizeof(char *));
    text = ngx_pnalloc(r->pool, 2 * (NGX_INT64_LEN + 1));
    if (values == NULL || text == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    quota = ngx_sprintf(text, "%O%Z",
                        ngx_max(r->headers_in.content_length_n, 1));
    ngx_sprintf(quota, "%L%Z",
                ngx_http_godwit_process->conf->conf.files_quota);
    values[0] = (char *) text;
    values[1] = (char *) quota;

    /* it asks again, when the row is written */
    ngx_http_godwit_api_add(ctx, "_quota",
                            gw_str_of((char *) quota));

    ngx_memzero(&call, sizeof(call));
    call.statement = &statement;
    call.n = 2;
    call.values = values;

    return ngx_http_godwit_api_enter(r, ctx, &call,
                                     ngx_http_godwit_api_upload_read);
}


/*
 * What is wrong besides the file is said before it is sent. The key above all:
 * anybody can make one that only Postgres knows to be wrong, and fill the disk.
 */
ngx_int_t
ngx_http_godwit_api_upload(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_api_params(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ctx->type == NULL) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("Send the file as the body of the request."));
    }

    if (ngx_http_godwit_store_host(r).len == 0) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("No worker has run on this machine yet; start "
                             "one and send the file again."));
    }

    return ngx_http_godwit_api_upload_room(r, ctx);
}
