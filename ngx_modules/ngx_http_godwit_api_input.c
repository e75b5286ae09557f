/*
 * The body against the contract; what goes to Postgres is as it was sent, or
 * as a handler of shm has made it. A long one is judged in a thread: a
 * template of a megabyte takes a tenth of a second, in which nobody else would
 * be served.
 */
#include "ngx_http_godwit_api_passwords.h"
#include "ngx_http_godwit_api_secret.h"

#include <openssl/crypto.h>

#include "shm/gw_json.h"
#include "shm/schema/schema.h"

/* Bytes that are judged at once, which takes 4 ms at the worst. */
#define NGX_HTTP_GODWIT_API_AT_ONCE  32768

typedef enum {
    NGX_GODWIT_INPUT_GOOD,
    NGX_GODWIT_INPUT_BROKEN,                /* no JSON: syntax says why       */
    NGX_GODWIT_INPUT_WRONG,                 /* by the schema: found           */
    NGX_GODWIT_INPUT_REFUSED,               /* one field: pointer, rule, why  */
    NGX_GODWIT_INPUT_SEALLESS,              /* why: a fault of the house      */
    NGX_GODWIT_INPUT_FAILED
} ngx_http_godwit_api_input_e;

/* What a body is judged by, and the judgement. */
typedef struct {
    ngx_str_t             body;
    const gw_schema_t    *schema;
    const gw_handler_t   *shared;
    const gw_contract_op_t         *op;
    ngx_http_godwit_api_passwords_t  *passwords;    /* NULL: it can have none */
    ngx_http_godwit_api_input_e  status;
    char                 *made;             /* by malloc: the body instead */
    gw_json_error_t       syntax;
    size_t                n;
    gw_schema_error_t    *found;            /* room for the most there are */
    const char           *rule;
    gw_buf_t              pointer, why;
    char                  pointer_mem[256], why_mem[512];
} ngx_http_godwit_api_input_t;


static void
ngx_http_godwit_api_input_refuse(ngx_http_godwit_api_input_t *in,
    gw_str_t field, const char *rule)
{
    in->status = NGX_GODWIT_INPUT_REFUSED;
    in->rule = rule;
    gw_buf_fixed(&in->pointer, in->pointer_mem, sizeof(in->pointer_mem));

    if (field.len > 0) {
        gw_problem_pointer(&in->pointer, field);
    }
}


/* Fields that begin with _ come from the edge alone. */
static void
ngx_http_godwit_api_input_reserved(ngx_http_godwit_api_input_t *in,
    json_t *body)
{
    json_t      *value;
    gw_str_t     field;
    const char  *name;

    json_object_foreach(body, name, value) {
        if (*name == '_') {
            field = gw_str_make(name, strnlen(name, 64));
            ngx_http_godwit_api_input_refuse(in, field,
                                             "additionalProperties");
            gw_buf_fmt(&in->why, "there is no field \"%.*s\"; names of "
                       "fields do not begin with _", (int) field.len,
                       field.data);
            return;
        }
    }
}


static void
ngx_http_godwit_api_input_judge(ngx_http_godwit_api_input_t *in, json_t *body)
{
    int  rc;

    rc = gw_schema_check(in->schema, body, in->found, GW_SCHEMA_ERRORS_MAX,
                         &in->n);

    if (rc != GW_OK) {
        in->status = rc == GW_EINVAL ? NGX_GODWIT_INPUT_WRONG
                                     : NGX_GODWIT_INPUT_FAILED;
    }
}


/* The handler of shm: it checks, and changes what Postgres will get. */
static void
ngx_http_godwit_api_input_shared(ngx_http_godwit_api_input_t *in, json_t *body)
{
    int          rc;
    const char  *field;

    field = "";
    rc = in->shared->body(body, &ngx_http_godwit_process->conf->conf, &field,
                          &in->why);

    if (rc == GW_EINVAL) {
        ngx_http_godwit_api_input_refuse(in, gw_str_of(field),
                                         in->shared->name);
        return;
    }

    if (rc != GW_OK) {
        in->status = NGX_GODWIT_INPUT_FAILED;
    }
}


/* The passwords, which Postgres never gets. */
static void
ngx_http_godwit_api_input_passwords(ngx_http_godwit_api_input_t *in,
    json_t *body)
{
    int       rc;
    gw_str_t  field;

    rc = ngx_http_godwit_api_passwords_take(in->passwords, body, &field,
                                            &in->why);

    if (rc == GW_EINVAL) {
        ngx_http_godwit_api_input_refuse(in, field, "x-password");

    } else if (rc != GW_OK) {
        in->status = NGX_GODWIT_INPUT_FAILED;
    }
}


/* What else is secret is sealed, before anybody sees it. */
static void
ngx_http_godwit_api_input_seal(ngx_http_godwit_api_input_t *in, json_t *body)
{
    if (gw_contract_seal(in->op, &ngx_http_godwit_process->conf->conf, body,
                         &in->why)
        != GW_OK)
    {
        in->status = NGX_GODWIT_INPUT_SEALLESS;
    }
}


/* All that takes time; it may run in a thread. */
static void
ngx_http_godwit_api_input_work(void *data)
{
    int                           rc;
    json_t                       *body;
    ngx_http_godwit_api_input_t  *in = data;

    rc = gw_json_parse(ngx_http_godwit_gw(in->body), GW_JSON_OBJECT, &body,
                       &in->syntax);

    if (rc != GW_OK) {
        in->status = rc == GW_EINVAL ? NGX_GODWIT_INPUT_BROKEN
                                     : NGX_GODWIT_INPUT_FAILED;
        return;
    }

    ngx_http_godwit_api_input_reserved(in, body);

    if (in->status == NGX_GODWIT_INPUT_GOOD) {
        ngx_http_godwit_api_input_judge(in, body);
    }

    if (in->status == NGX_GODWIT_INPUT_GOOD && in->shared != NULL) {
        ngx_http_godwit_api_input_shared(in, body);
    }

    if (in->status == NGX_GODWIT_INPUT_GOOD && in->passwords != NULL) {
        ngx_http_godwit_api_input_passwords(in, body);
    }

    if (in->status == NGX_GODWIT_INPUT_GOOD && in->op->secrets != NULL) {
        ngx_http_godwit_api_input_seal(in, body);
    }

    if (in->status == NGX_GODWIT_INPUT_GOOD
        && (in->shared || in->passwords || in->op->secrets))
    {
        in->made = json_dumps(body, JSON_COMPACT);
        in->status = in->made ? NGX_GODWIT_INPUT_GOOD
                              : NGX_GODWIT_INPUT_FAILED;
    }

    json_decref(body);
}


static void
ngx_http_godwit_api_input_free(void *data)
{
    ngx_http_godwit_api_input_t  *in = data;

    free(in->made);
}


/* What the schema found, in words, the first of them in front. */
static ngx_int_t
ngx_http_godwit_api_input_wrong(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_input_t *in)
{
    size_t              i, first;
    gw_schema_error_t   e;
    gw_problem_error_t  errors[GW_SCHEMA_ERRORS_MAX];

    first = gw_contract_first(in->found, in->n);
    e = in->found[0];
    in->found[0] = in->found[first];
    in->found[first] = e;

    for (i = 0; i < in->n; i++) {
        if (ngx_http_godwit_api_explain(r, ctx, GW_PART_BODY, &in->found[i],
                                        &errors[i])
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_godwit_api_wrong(r, ctx, errors, in->n);
}


/* The judgement is there: an answer, or NGX_DECLINED to go on. */
static ngx_int_t
ngx_http_godwit_api_input_judged(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_input_t *in)
{
    gw_problem_error_t  e;

    switch (in->status) {

    case NGX_GODWIT_INPUT_GOOD:
        break;

    case NGX_GODWIT_INPUT_BROKEN:
        e.pointer = gw_str_of("");
        e.rule = gw_str_of(in->syntax.rule);
        e.message = gw_str_of(in->syntax.message);
        return ngx_http_godwit_api_problems(r, ctx, GW_PROBLEM_BAD_REQUEST,
                                            e.message, &e, 1);

    case NGX_GODWIT_INPUT_WRONG:
        return ngx_http_godwit_api_input_wrong(r, ctx, in);

    case NGX_GODWIT_INPUT_REFUSED:
        return ngx_http_godwit_api_invalid(r, ctx, gw_buf_view(&in->pointer),
                                           in->rule, gw_buf_view(&in->why));

    case NGX_GODWIT_INPUT_SEALLESS:
        return ngx_http_godwit_api_sealless(r, ctx, gw_buf_view(&in->why));

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (in->made != NULL) {
        ctx->body.data = (u_char *) in->made;
        ctx->body.len = ngx_strlen(in->made);
    }

    return ngx_http_godwit_api_params(r, ctx);
}


/* It is good: to Postgres, or first to whoever hashes its passwords. */
static ngx_int_t
ngx_http_godwit_api_input_run(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_passwords_any(ctx->passwords)
           ? ngx_http_godwit_api_password(r, ctx)
           : ngx_http_godwit_api_run(r, ctx);
}


static void
ngx_http_godwit_api_input_worked(ngx_http_request_t *r, void *data)
{
    ngx_int_t                   rc;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    rc = ngx_http_godwit_api_input_judged(r, ctx, data);

    ngx_http_finalize_request(r, rc == NGX_DECLINED
                                 ? ngx_http_godwit_api_input_run(r, ctx) : rc);
}


/* As _judged, or NGX_DONE: in a thread. */
static ngx_int_t
ngx_http_godwit_api_input_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t                     rc;
    ngx_pool_cleanup_t           *cln;
    ngx_http_godwit_api_input_t  *in;

    /* the loop judges one at a time, and so does the thread */
    static gw_schema_error_t        found[2][GW_SCHEMA_ERRORS_MAX];
    static ngx_http_godwit_turns_t  turns = {
        .at_once = 1,
        .room = 16,
        .each = 4
    };

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_godwit_api_input_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    in = cln->data;
    ngx_memzero(in, sizeof(ngx_http_godwit_api_input_t));
    cln->handler = ngx_http_godwit_api_input_free;
    in->body = ctx->body;
    in->schema = ctx->type->schema;
    in->shared = ctx->op->shared;
    in->op = ctx->op->op;
    gw_buf_fixed(&in->why, in->why_mem, sizeof(in->why_mem));

    if (ngx_http_godwit_api_has_password(ctx)) {
        in->passwords = ngx_http_godwit_api_passwords(r, ctx);
        if (in->passwords == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    /* the contract lets no body with what is secret be longer */
    if (in->body.len <= NGX_HTTP_GODWIT_API_AT_ONCE) {
        in->found = found[0];
        ngx_http_godwit_api_input_work(in);

        if (in->op->secrets != NULL
            && ngx_http_godwit_api_secret_body(r, ctx) != NGX_OK)
        {
            in->status = NGX_GODWIT_INPUT_FAILED;
        }

        if (in->op->is_private) {
            OPENSSL_cleanse(in->body.data, in->body.len);
        }

        return ngx_http_godwit_api_input_judged(r, ctx, in);
    }

    in->found = found[1];
    rc = ngx_http_godwit_thread(r, &turns, ctx->tenant,
                                ngx_http_godwit_api_input_work,
                                ngx_http_godwit_api_input_worked, in);

    return rc == NGX_OK ? NGX_DONE
           : rc == NGX_BUSY
             ? ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("Many large bodies are waiting to be checked; "
                             "try again in a moment."))
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


ngx_int_t
ngx_http_godwit_api_input(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t  rc;

    static ngx_str_t  empty = ngx_string("{}");

    if (ctx->body.len > 0) {
        rc = ngx_http_godwit_api_input_body(r, ctx);

    } else if (ctx->op->op->body_required) {
        rc = ngx_http_godwit_api_invalid(r, ctx, gw_str_of(""), "required",
                 gw_str_of("this operation needs a body"));

    } else {
        ctx->body = empty;
        rc = ngx_http_godwit_api_params(r, ctx);
    }

    return rc == NGX_DECLINED ? ngx_http_godwit_api_input_run(r, ctx) : rc;
}
