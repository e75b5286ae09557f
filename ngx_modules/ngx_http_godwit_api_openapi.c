/* /openapi.json: the merged contract, from memory. */
#include "ngx_http_godwit_api.h"


ngx_int_t
ngx_http_godwit_api_openapi(ngx_http_request_t *r)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    static ngx_str_t  json = ngx_string("application/json");

    ctx = ngx_http_godwit_api_begin(r);
    if (ctx == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_godwit_api_methods_only(r, ctx, GW_GET);
    }

    if (ngx_http_godwit_api_tag(r, &ctx->api->openapi_etag) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_api_send(r, ctx, NGX_HTTP_OK, &json,
                                    &ctx->api->openapi);
}
