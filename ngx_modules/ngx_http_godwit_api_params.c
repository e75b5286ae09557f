/* Parameters of path, query and headers as one JSON object for Postgres. */
#include "ngx_http_godwit_api_secret.h"

#include "shm/schema/schema.h"

#define NGX_HTTP_GODWIT_API_FIELDS  "fields"
#define NGX_HTTP_GODWIT_API_SEALED  512     /* a secret that was made */

/* What is wrong with the parameters of one request. */
typedef struct {
    ngx_uint_t          n;
    gw_problem_error_t  errors[GW_PROBLEM_ERRORS];
} ngx_http_godwit_api_faults_t;


/* "name": and what follows it in the input object. */
static void
ngx_http_godwit_api_member(gw_buf_t *out, gw_str_t name)
{
    gw_buf_char(out, out->len == 0 ? '{' : ',');
    gw_buf_json(out, name);
    gw_buf_char(out, ':');
}


void
ngx_http_godwit_api_add(ngx_http_godwit_api_ctx_t *ctx, const char *name,
    gw_str_t text)
{
    ngx_http_godwit_api_member(&ctx->input, gw_str_of(name));
    gw_buf_json(&ctx->input, text);
}


void
ngx_http_godwit_api_add_json(ngx_http_godwit_api_ctx_t *ctx, gw_str_t name,
    const json_t *value)
{
    size_t     n, room;
    gw_buf_t  *out = &ctx->input;

    ngx_http_godwit_api_member(out, name);

    room = out->cap - out->len;
    n = json_dumpb(value, (char *) out->data + out->len, room,
                   JSON_COMPACT|JSON_ENCODE_ANY);

    if (n == 0 || n > room || out->failed) {
        out->failed = 1;
        return;
    }

    out->len += n;
}


/* The error stands below that parameter. */
static void
ngx_http_godwit_api_below(gw_schema_error_t *e, gw_str_t name)
{
    char      mem[sizeof(e->pointer)];
    gw_buf_t  pointer;

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_problem_pointer(&pointer, name);
    gw_buf_cstr(&pointer, e->pointer);
    ngx_cpystrn((u_char *) e->pointer, (u_char *) gw_buf_c(&pointer),
                sizeof(e->pointer));
}


static void
ngx_http_godwit_api_fault(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_faults_t *faults,
    const gw_schema_error_t *e)
{
    if (faults->n == GW_PROBLEM_ERRORS) {
        return;
    }

    if (ngx_http_godwit_api_explain(r, ctx, GW_PART_QUERY, e,
                                    &faults->errors[faults->n])
        == NGX_OK)
    {
        faults->n++;

    } else {
        ctx->input.failed = 1;
    }
}


/* A parameter that is not there, or there more than once. */
static void
ngx_http_godwit_api_count(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_faults_t *faults,
    gw_str_t name, ngx_uint_t n)
{
    gw_schema_error_t  e;

    e.pointer[0] = '\0';

    if (n == 0) {
        e.rule = "required";
        ngx_snprintf((u_char *) e.message, sizeof(e.message),
                     "\"%*s\" is missing%Z", name.len, name.data);

    } else {
        e.rule = "repeated";
        ngx_snprintf((u_char *) e.message, sizeof(e.message),
                     "stands %ui times in the query; give it once%Z", n);
        ngx_http_godwit_api_below(&e, name);
    }

    ngx_http_godwit_api_fault(r, ctx, faults, &e);
}


/* The names of `fields` as a text[], each one of the contract's. */
static void
ngx_http_godwit_api_sparse(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_faults_t *faults,
    const gw_contract_param_t *param, gw_str_t list)
{
    u_char             *p, *last, *end, *out;
    size_t              n;
    gw_buf_t            why;
    gw_schema_error_t   e;

    out = ngx_pnalloc(r->pool, list.len + 3);
    if (out == NULL) {
        return;
    }

    ctx->fields.data = out;
    *out++ = '{';
    last = list.data + list.len;

    for (p = list.data; p <= last; p = end + 1) {
        end = ngx_strlchr(p, last, ',');
        end = end ? end : last;
        n = end - p;

        if (json_object_getn(ctx->op->op->fields, (char *) p, n) == NULL) {
            e.pointer[0] = '\0';
            e.rule = "enum";
            gw_buf_fixed(&why, e.message, sizeof(e.message));
            gw_contract_no_field(ctx->op->op, gw_str_make(p, n), &why);
            (void) gw_buf_c(&why);
            ngx_http_godwit_api_below(&e, param->name);
            ngx_http_godwit_api_fault(r, ctx, faults, &e);
            return;
        }

        out = ngx_cpymem(out, p, n);
        *out++ = ',';
    }

    out[-1] = '}';
    out[0] = '\0';
    ctx->fields.len = out - ctx->fields.data;
}


/* One parameter of its texts: checked, then a member of the input. */
static void
ngx_http_godwit_api_one(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_faults_t *faults,
    const gw_contract_param_t *param, const gw_str_t *texts, ngx_uint_t n)
{
    int                rc;
    size_t             found;
    json_t            *value;
    gw_schema_error_t  e;

    found = 1;
    rc = gw_schema_coerce(param->schema, texts, n, &value, &e);

    if (rc == GW_OK) {
        rc = gw_schema_check(param->schema, value, &e, 1, &found);

        if (rc == GW_OK && ctx->op->op->fields != NULL
            && gw_str_is(param->name, NGX_HTTP_GODWIT_API_FIELDS))
        {
            ngx_http_godwit_api_sparse(r, ctx, faults, param, texts[0]);

        } else if (rc == GW_OK) {
            ngx_http_godwit_api_add_json(ctx, param->name, value);
        }

        json_decref(value);
    }

    if (rc == GW_EINVAL && found > 0) {
        ngx_http_godwit_api_below(&e, param->name);
        ngx_http_godwit_api_fault(r, ctx, faults, &e);

    } else if (rc != GW_OK) {
        ctx->input.failed = 1;              /* no memory */
    }
}


/* Captures: what is no id of the right form is an object that is not there. */
static ngx_int_t
ngx_http_godwit_api_captures(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char                        *mem;
    unsigned                       i;
    gw_str_t                       text;
    const gw_contract_op_t        *op;
    ngx_http_godwit_api_faults_t   faults;

    op = ctx->op->op;
    faults.n = 0;

    for (i = 0; i < op->n_captures; i++) {
        mem = ngx_pnalloc(r->pool, ctx->captures[i].len + 1);
        if (mem == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        if (ngx_http_godwit_api_decode(ctx->captures[i], 0, mem, &text)
            != NGX_OK)
        {
            return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                       gw_str_of("The path is not percent-encoded UTF-8 "
                                 "without NUL."));
        }

        ngx_http_godwit_api_one(r, ctx, &faults, &op->params[i], &text, 1);
    }

    return faults.n == 0 ? NGX_DECLINED
                         : ngx_http_godwit_api_problem(r, ctx,
                               GW_PROBLEM_NOT_FOUND, gw_str_of(NULL));
}


/* The texts that the query has for a parameter, in its order. */
static ngx_uint_t
ngx_http_godwit_api_texts(ngx_http_godwit_api_ctx_t *ctx,
    const gw_contract_param_t *param, gw_str_t *texts)
{
    ngx_uint_t                   i, n;
    ngx_http_godwit_api_pair_t  *pair;

    n = 0;
    pair = ctx->pairs.elts;

    for (i = 0; i < ctx->pairs.nelts; i++) {
        if (pair[i].param == param) {
            texts[n++] = pair[i].value;
        }
    }

    return n;
}


static ngx_int_t
ngx_http_godwit_api_named_params(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_str_t                      *texts;
    unsigned                       i;
    ngx_uint_t                     n, any;
    const gw_contract_op_t        *op;
    const gw_contract_param_t     *param;
    ngx_http_godwit_api_faults_t   faults;

    static const gw_schema_error_t  none = { .rule = "anyOf" };

    op = ctx->op->op;
    any = 0;
    faults.n = 0;
    texts = ngx_palloc(r->pool, (ctx->pairs.nelts + 1) * sizeof(gw_str_t));
    if (texts == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = op->n_captures; i < op->n_params; i++) {
        param = &op->params[i];
        n = ctx->pairs.nelts ? ngx_http_godwit_api_texts(ctx, param, texts)
                             : 0;

        if ((n == 0 && param->required) || (n > 1 && !param->array)) {
            ngx_http_godwit_api_count(r, ctx, &faults, param->name, n);

        } else if (n > 0) {
            ngx_http_godwit_api_one(r, ctx, &faults, param, texts, n);
        }

        any |= n > 0 && param->any;
    }

    if (op->any != NULL && !any) {
        ngx_http_godwit_api_fault(r, ctx, &faults, &none);
    }

    if (ctx->input.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;          /* no memory */
    }

    return faults.n == 0 ? NGX_DECLINED
                         : ngx_http_godwit_api_wrong(r, ctx, faults.errors,
                                                     faults.n);
}


/*
 * Room for the input object: no byte of path, query and header takes more
 * than six when it is escaped, or a number is printed at length; a name from
 * the contract brings its quotes.
 */
static ngx_int_t
ngx_http_godwit_api_room(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_table_elt_t *match)
{
    size_t                   size;
    u_char                  *mem;
    unsigned                 i;
    const gw_contract_op_t  *op;

    op = ctx->op->op;
    size = 64 + (op->made_form ? NGX_HTTP_GODWIT_API_SEALED : 0)
           + 6 * (r->args.len + ctx->path.len
                  + (match ? match->value.len : 0));
    for (i = 0; i < op->n_params; i++) {
        size += op->params[i].name.len + 32;
    }

    mem = ngx_pnalloc(r->pool, size);
    if (mem == NULL) {
        return NGX_ERROR;
    }

    gw_buf_fixed(&ctx->input, mem, size);

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_params(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t         rc;
    ngx_table_elt_t  *match;

    match = ctx->op->op->method == GW_GET ? NULL : ctx->if_match;

    if (match != NULL && !ctx->op->op->match) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("This operation does not heed If-Match; leave it "
                             "out."));
    }

    if (ngx_http_godwit_api_room(r, ctx, match) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_godwit_api_captures(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ctx->op->op->n_params > ctx->op->op->n_captures || r->args.len > 0) {
        rc = ngx_http_godwit_api_query(r, ctx);
        if (rc == NGX_DECLINED) {
            rc = ngx_http_godwit_api_named_params(r, ctx);
        }
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (match != NULL) {
        ngx_http_godwit_api_add(ctx, "_if_match",
                                ngx_http_godwit_gw(match->value));
    }

    return ctx->op->op->made_form != NULL
           ? ngx_http_godwit_api_secret_make(r, ctx) : NGX_DECLINED;
}
