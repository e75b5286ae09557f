/*
 * A key that comes from an address that it is not for may be in wrong hands:
 * its workspace is told before the answer goes.
 */
#include "ngx_http_godwit_api.h"


static void
ngx_http_godwit_api_astray_told(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    ngx_http_finalize_request(r, answer->rc != NGX_OK
        ? ngx_http_godwit_api_refused(r, ctx, answer->sqlstate,
                                      answer->message, answer->column)
        : ngx_http_godwit_api_refused(r, ctx, "GW004", ctx->astray, NULL));
}


ngx_int_t
ngx_http_godwit_api_astray(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    size_t                  n;
    u_char                 *text;
    ngx_http_godwit_call_t  call;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("key_astray"),
        ngx_string("select auth.key_astray($1::bigint, $2::bytea, $3::text, "
                   "$4::text, $5::inet, $6::timestamptz)")
    };

    if (ctx->who != NGX_GODWIT_WHO_KEY || answer->column == NULL
        || ngx_strcmp(answer->column, "key_address") != 0)
    {
        return NGX_DECLINED;
    }

    n = ngx_strlen(answer->message) + 1;
    text = ngx_pnalloc(r->pool, n);

    if (text == NULL || ngx_http_godwit_api_who(r, ctx, &call) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(text, answer->message, n);
    ctx->astray = (const char *) text;
    call.statement = &statement;

    return ngx_http_godwit_pool_run(r, NGX_GODWIT_POOL_QUICK, ctx->tenant,
                                    &call, 1, ngx_http_godwit_api_astray_told)
           == NGX_DONE ? NGX_DONE
           : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_AWAY,
                                         gw_str_of(NULL));
}
