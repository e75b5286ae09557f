/*
 * x-handler preview: the operation answers with the parts of a template and
 * the data for it; what the client gets is what they make. shm/gw_preview.h
 * bounds what that costs, since all other requests wait meanwhile.
 */
#include "ngx_http_godwit_api.h"

#include "shm/gw_preview.h"


static void
ngx_http_godwit_preview_free(void *data)
{
    gw_buf_free(data);
}


ngx_int_t
ngx_http_godwit_api_preview(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    int                  rc;
    char                 why[512], mem[64];
    gw_buf_t            *out, err, pointer;
    ngx_str_t            made;
    const char          *field;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(gw_buf_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    out = cln->data;
    gw_buf_init(out, GW_PREVIEW_ANSWER);
    cln->handler = ngx_http_godwit_preview_free;

    field = "";
    gw_buf_fixed(&err, why, sizeof(why));

    rc = gw_preview(ngx_http_godwit_gw(*body),
                    ngx_http_godwit_now(), out, &field, &err);

    if (rc == GW_EINVAL) {
        gw_buf_fixed(&pointer, mem, sizeof(mem));
        gw_problem_pointer(&pointer, gw_str_of(field));
        return ngx_http_godwit_api_invalid(r, ctx, gw_buf_view(&pointer),
                                           "template", gw_buf_view(&err));
    }

    if (rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a preview has failed: %s", gw_strerror(rc));
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_INTERNAL,
                                           gw_str_of(NULL));
    }

    made.data = out->data;
    made.len = out->len;

    return ngx_http_godwit_api_reply(r, ctx, ctx->op->op->status, &made);
}
