/*
 * The request's body, read as it comes: each operation has a limit of its own,
 * and every way to fail has a problem. Long ones wait in a temporary file, so
 * that slow clients cost no memory.
 */
#include "ngx_http_godwit_api_store.h"

#include <openssl/crypto.h>


ngx_int_t
ngx_http_godwit_api_large(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char  text[128], *p;

    r->keepalive = 0;                       /* the rest is not read */
    p = ngx_slprintf(text, text + sizeof(text), "This operation takes at most "
                     "%L bytes.", ctx->op->op->max_body);

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_TOO_LARGE,
                                       gw_str_make(text, p - text));
}


/* What nginx says of a body that it could not read. */
static ngx_int_t
ngx_http_godwit_api_broken(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_int_t rc)
{
    r->keepalive = 0;

    switch (rc) {

    case NGX_HTTP_BAD_REQUEST:
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("The body ends early or is not well chunked."));

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return ngx_http_godwit_api_large(r, ctx);

    case NGX_HTTP_REQUEST_TIME_OUT:
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_REQUEST_TIMEOUT,
                                           gw_str_of(NULL));

    default:
        return ctx->upload != NULL && ctx->upload->err != 0
               ? ngx_http_godwit_api_upload_failed(r, ctx) : rc;
    }
}


static ngx_int_t
ngx_http_godwit_api_spill(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, u_char *data, size_t len)
{
    ngx_buf_t                  b;
    ngx_chain_t                out;
    ngx_temp_file_t           *tf;
    ngx_http_core_loc_conf_t  *clcf;

    tf = ctx->spill;

    if (tf == NULL) {
        tf = ngx_pcalloc(r->pool, sizeof(ngx_temp_file_t));
        if (tf == NULL) {
            return NGX_ERROR;
        }

        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
        tf->file.fd = NGX_INVALID_FILE;
        tf->file.log = r->connection->log;
        tf->path = clcf->client_body_temp_path;
        tf->pool = r->pool;
        tf->clean = 1;
        ctx->spill = tf;
    }

    ngx_memzero(&b, sizeof(ngx_buf_t));
    b.pos = data;
    b.last = data + len;
    b.memory = 1;
    out.buf = &b;
    out.next = NULL;

    if (ngx_write_chain_to_temp_file(tf, &out) != (ssize_t) len) {
        return NGX_ERROR;
    }

    tf->offset += len;

    return NGX_OK;
}


/* Append to what is in memory; what does not fit goes to the file. */
static ngx_int_t
ngx_http_godwit_api_append(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, u_char *data, size_t len)
{
    if (ctx->upload != NULL) {
        ctx->body.len += len;
        return ngx_http_godwit_store_write(ctx->upload, data, len);
    }

    if (ctx->body_kept + len <= ctx->body_room) {
        ngx_memcpy(ctx->body.data + ctx->body_kept, data, len);
        ctx->body_kept += len;
        ctx->body.len += len;
        return NGX_OK;
    }

    if (ctx->body_kept > 0
        && ngx_http_godwit_api_spill(r, ctx, ctx->body.data, ctx->body_kept)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->body_kept = 0;

    if (len <= ctx->body_room) {
        return ngx_http_godwit_api_append(r, ctx, data, len);
    }

    ctx->body.len += len;

    return ngx_http_godwit_api_spill(r, ctx, data, len);
}


/* Take what nginx has read: NGX_OK, or a status. */
static ngx_int_t
ngx_http_godwit_api_take(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t        n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;
        n = b->last - b->pos;

        if ((int64_t) (ctx->body.len + n) > ctx->op->op->max_body) {
            return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
        }

        if (n > 0 && ngx_http_godwit_api_append(r, ctx, b->pos, n) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (ctx->op->op->is_private) {
            OPENSSL_cleanse(b->pos, n);
        }

        b->pos = b->last;
    }

    r->request_body->bufs = NULL;

    return NGX_OK;
}


/* All of it in one piece, with a NUL behind it. */
static ngx_int_t
ngx_http_godwit_api_whole(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char  *p;

    if (ctx->upload != NULL) {
        return NGX_OK;
    }

    if (ctx->spill != NULL) {
        p = ngx_pnalloc(r->pool, ctx->body.len + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        if (ctx->body_kept > 0
            && ngx_http_godwit_api_spill(r, ctx, ctx->body.data,
                                         ctx->body_kept)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_read_file(&ctx->spill->file, p, ctx->body.len, 0)
            != (ssize_t) ctx->body.len)
        {
            return NGX_ERROR;
        }

        ctx->body.data = p;
    }

    ctx->body.data[ctx->body.len] = '\0';

    return NGX_OK;
}


/* NGX_BUSY: the client has more to send. NGX_AGAIN would be a reply's. */
static ngx_int_t
ngx_http_godwit_api_read(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t  rc;

    for ( ;; ) {
        rc = ngx_http_godwit_api_take(r, ctx);
        if (rc != NGX_OK) {
            return ngx_http_godwit_api_broken(r, ctx, rc);
        }

        if (!r->reading_body) {
            return ngx_http_godwit_api_whole(r, ctx) == NGX_OK
                   ? ctx->next(r, ctx)
                   : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        rc = ngx_http_read_unbuffered_request_body(r);

        if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
            return ngx_http_godwit_api_broken(r, ctx, rc);
        }

        if (rc == NGX_AGAIN && r->request_body->bufs == NULL) {
            return NGX_BUSY;
        }
    }
}


static void
ngx_http_godwit_api_more(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    r->read_event_handler = ngx_http_block_reading;
    rc = ngx_http_godwit_api_read(r, ctx);

    if (rc == NGX_BUSY) {
        r->read_event_handler = ngx_http_godwit_api_more;
        return;
    }

    ngx_http_finalize_request(r, rc);
}


ngx_int_t
ngx_http_godwit_api_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_step_pt next)
{
    off_t                      n;
    ngx_int_t                  rc;
    ngx_http_core_loc_conf_t  *clcf;

    n = r->headers_in.content_length_n;

    if (n <= 0 && !r->headers_in.chunked) {
        return next(r, ctx);
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    ctx->body_room = ctx->op->op->is_private
                     ? (size_t) ctx->op->op->max_body   /* never a file */
                     : clcf->client_body_buffer_size;
    if (n > 0 && n < (off_t) ctx->body_room) {
        ctx->body_room = n;
    }

    ctx->body.data = ngx_pnalloc(r->pool, ctx->body_room + 1);
    if (ctx->body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->next = next;
    r->request_body_no_buffering = 1;
    rc = ngx_http_read_client_request_body(r, ngx_http_godwit_api_more);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE
           ? ngx_http_godwit_api_broken(r, ctx, rc) : NGX_DONE;
}
