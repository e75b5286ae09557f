/* The body against the contract; what goes to Postgres is as it was sent. */
#include "ngx_http_godwit_api.h"

#include "shm/gw_json.h"
#include "shm/schema/schema.h"


/* Fields that begin with _ come from the edge alone. */
static ngx_int_t
ngx_http_godwit_api_reserved(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, json_t *body)
{
    char         mem[256], text[256];
    json_t      *value;
    gw_str_t     field;
    gw_buf_t     pointer, why;
    const char  *name;

    json_object_foreach(body, name, value) {
        if (*name == '_') {
            field = gw_str_make(name, strnlen(name, 64));
            gw_buf_fixed(&pointer, mem, sizeof(mem));
            gw_problem_pointer(&pointer, field);
            gw_buf_fixed(&why, text, sizeof(text));
            gw_buf_fmt(&why, "there is no field \"%.*s\"; names of fields do "
                       "not begin with _", (int) field.len, field.data);
            return ngx_http_godwit_api_invalid(r, ctx, gw_buf_view(&pointer),
                                               "additionalProperties",
                                               gw_buf_view(&why));
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_godwit_api_judge(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, json_t *body)
{
    int                 rc;
    size_t              i, n, first;
    gw_problem_error_t  errors[GW_SCHEMA_ERRORS_MAX], e;

    /* a process checks one body at a time */
    static gw_schema_error_t  found[GW_SCHEMA_ERRORS_MAX];

    rc = gw_schema_check(ctx->type->schema, body, found, GW_SCHEMA_ERRORS_MAX,
                         &n);
    if (rc == GW_OK) {
        return NGX_DECLINED;
    }

    if (rc != GW_EINVAL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < n; i++) {
        if (ngx_http_godwit_api_explain(r, ctx, GW_PART_BODY, &found[i],
                                        &errors[i])
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    first = gw_contract_first(found, n);
    e = errors[0];
    errors[0] = errors[first];
    errors[first] = e;

    return ngx_http_godwit_api_wrong(r, ctx, errors, n);
}


/* The handler of shm: it checks, and changes what Postgres will get. */
static ngx_int_t
ngx_http_godwit_api_shared(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, json_t *body)
{
    int          rc;
    char         mem[512], where[128];
    size_t       n;
    u_char      *p;
    gw_buf_t     why, pointer;
    const char  *field;

    field = "";
    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = ctx->op->shared->body(body, &field, &why);

    if (rc == GW_EINVAL) {
        gw_buf_fixed(&pointer, where, sizeof(where));
        if (field != NULL && *field != '\0') {
            gw_problem_pointer(&pointer, gw_str_of(field));
        }
        return ngx_http_godwit_api_invalid(r, ctx, gw_buf_view(&pointer),
                                           ctx->op->shared->name,
                                           gw_buf_view(&why));
    }

    n = rc == GW_OK ? json_dumpb(body, NULL, 0, JSON_COMPACT) : 0;
    p = n > 0 ? ngx_pnalloc(r->pool, n + 1) : NULL;
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->body.len = json_dumpb(body, (char *) p, n, JSON_COMPACT);
    ctx->body.data = p;
    p[n] = '\0';

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_godwit_api_parse(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    int                 rc;
    json_t             *body;
    ngx_int_t           step;
    gw_problem_error_t  e;
    gw_json_error_t     why;

    rc = gw_json_parse(ngx_http_godwit_gw(ctx->body), GW_JSON_OBJECT, &body,
                       &why);

    if (rc == GW_EINVAL) {
        e.pointer = gw_str_of("");
        e.rule = gw_str_of(why.rule);
        e.message = gw_str_of(why.message);
        return ngx_http_godwit_api_problems(r, ctx, GW_PROBLEM_BAD_REQUEST,
                                            e.message, &e, 1);
    }

    if (rc != GW_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    step = ngx_http_godwit_api_reserved(r, ctx, body);

    if (step == NGX_DECLINED) {
        step = ngx_http_godwit_api_judge(r, ctx, body);
    }

    if (step == NGX_DECLINED) {
        step = ngx_http_godwit_api_params(r, ctx);
    }

    if (step == NGX_DECLINED && ctx->op->shared != NULL) {
        step = ngx_http_godwit_api_shared(r, ctx, body);
    }

    json_decref(body);

    return step;
}


ngx_int_t
ngx_http_godwit_api_input(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t  rc;

    static ngx_str_t  empty = ngx_string("{}");

    if (ctx->body.len > 0) {
        rc = ngx_http_godwit_api_parse(r, ctx);

    } else if (ctx->op->op->body_required) {
        rc = ngx_http_godwit_api_invalid(r, ctx, gw_str_of(""), "required",
                 gw_str_of("this operation needs a body"));

    } else {
        ctx->body = empty;
        rc = ngx_http_godwit_api_params(r, ctx);
    }

    return rc == NGX_DECLINED ? ngx_http_godwit_api_run(r, ctx) : rc;
}
