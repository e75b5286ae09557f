/*
 * An operation in Postgres: who asks, then what, as one transaction. Its
 * answer goes out from the result's own memory.
 */
#include "ngx_http_godwit_api_secret.h"
#include "ngx_http_godwit_api_session.h"
#include "ngx_http_godwit_api_store.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#define NGX_HTTP_GODWIT_API_EPOCH  946684800LL  /* 2000-01-01, of Postgres */
#define NGX_HTTP_GODWIT_API_QUOTA  3600         /* s: nothing is free sooner */

/* The columns of the form `once`. */
enum {
    NGX_GODWIT_ONCE_BODY,
    NGX_GODWIT_ONCE_STATUS,
    NGX_GODWIT_ONCE_REPLAYED,
    NGX_GODWIT_ONCE_STATE,
    NGX_GODWIT_ONCE_MESSAGE,
    NGX_GODWIT_ONCE_FIELD
};

typedef struct {
    ngx_http_godwit_statement_t  statement;
    ngx_uint_t                   from;      /* its first parameter */
} ngx_http_godwit_api_entry_t;

/* In the order of ngx_http_godwit_who_e. */
static const ngx_http_godwit_api_entry_t  ngx_http_godwit_api_entries[] = {
    { { ngx_string("enter"),
        ngx_string("select auth.enter_key($1::bigint, $2::bytea, $3::text, "
                   "$4::text, $5::inet, $6::timestamptz)") },
      NGX_GODWIT_WHO_CREDENTIAL },
    { { ngx_string("enter_session"),
        ngx_string("select auth.enter_session($2::bigint, $3::bytea, $1::int, "
                   "$4::text, $5::text, $6::inet, $7::timestamptz)") },
      NGX_GODWIT_WHO_WORKSPACE },
    { { ngx_string("enter_public"),
        ngx_string("select auth.enter_public($1::text, $2::inet, "
                   "$3::timestamptz)") },
      NGX_GODWIT_WHO_ID }
};


static void
ngx_http_godwit_api_big_endian(u_char out[8], int64_t v)
{
    ngx_uint_t  i;

    for (i = 0; i < 8; i++) {
        out[i] = (u_char) ((uint64_t) v >> (56 - 8 * i));
    }
}


ngx_int_t
ngx_http_godwit_api_who(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_call_t *call)
{
    u_char                             *address;
    ngx_http_godwit_api_call_t         *c;
    const ngx_http_godwit_api_entry_t  *entry;

    static const int  formats[] = { 0, 1, 1, 0, 0, 0, 1 };

    c = &ctx->call;
    entry = &ngx_http_godwit_api_entries[ctx->who];
    ngx_http_godwit_api_big_endian(c->key, ctx->key);
    ngx_http_godwit_api_big_endian(c->now,
        ngx_http_godwit_now() - NGX_HTTP_GODWIT_API_EPOCH * 1000000);

    address = NULL;
    if (r->connection->sockaddr->sa_family != AF_UNIX) {
        address = ngx_pnalloc(r->pool, r->connection->addr_text.len + 1);
        if (address == NULL) {
            return NGX_ERROR;
        }
        ngx_cpystrn(address, r->connection->addr_text.data,
                    r->connection->addr_text.len + 1);
    }

    c->who[NGX_GODWIT_WHO_WORKSPACE] = ctx->workspace_id;
    c->who[NGX_GODWIT_WHO_CREDENTIAL] = (char *) c->key;
    c->who[NGX_GODWIT_WHO_HASH] = (char *) ctx->key_hash;
    c->who[NGX_GODWIT_WHO_SCOPE] = gw_contract_scope(ctx->op->op);
    c->who[NGX_GODWIT_WHO_ID] = (char *) ctx->id.data;
    c->who[NGX_GODWIT_WHO_ADDRESS] = (char *) address;
    c->who[NGX_GODWIT_WHO_NOW] = (char *) c->now;
    c->lengths[NGX_GODWIT_WHO_CREDENTIAL] = sizeof(c->key);
    c->lengths[NGX_GODWIT_WHO_HASH] = sizeof(ctx->key_hash);
    c->lengths[NGX_GODWIT_WHO_NOW] = sizeof(c->now);

    call->statement = &entry->statement;
    call->n = NGX_GODWIT_WHO_PARAMS - entry->from;
    call->values = c->who + entry->from;
    call->lengths = c->lengths + entry->from;
    call->formats = formats + entry->from;

    return NGX_OK;
}


/* What makes two requests with one Idempotency-Key the same. */
static void
ngx_http_godwit_api_same(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    SHA256_CTX  sha;

    SHA256_Init(&sha);
    SHA256_Update(&sha, r->method_name.data, r->method_name.len);
    SHA256_Update(&sha, " ", 1);
    SHA256_Update(&sha, r->unparsed_uri.data, r->unparsed_uri.len);
    SHA256_Update(&sha, "\n", 1);

    if (ctx->upload != NULL) {              /* its body names our copy */
        SHA256_Update(&sha, ctx->type->type.data, ctx->type->type.len);
        SHA256_Update(&sha, "\n", 1);
        SHA256_Update(&sha, ctx->upload->hash, sizeof(ctx->upload->hash));

    } else if (ctx->secret_body != NULL) {
        SHA256_Update(&sha, ctx->secret_body, SHA256_DIGEST_LENGTH);

    } else {
        SHA256_Update(&sha, ctx->body.data, ctx->body.len);
    }

    SHA256_Final(ctx->call.request, &sha);
}


/* The call of the operation itself. */
static void
ngx_http_godwit_api_what(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_call_t *call)
{
    ngx_uint_t                   n;
    ngx_http_godwit_api_call_t  *c;

    static const int  lengths[] = { 0, SHA256_DIGEST_LENGTH, 0, 0 };
    static const int  formats[] = { 0, 1, 0, 0 };

    c = &ctx->call;
    n = 0;
    c->form = NGX_GODWIT_API_PLAIN;
    call->lengths = NULL;
    call->formats = NULL;

    if (ctx->once != NULL) {
        ngx_http_godwit_api_same(r, ctx);
        c->form = NGX_GODWIT_API_ONCE;
        c->what[n++] = (char *) ctx->once->value.data;
        c->what[n++] = (char *) c->request;
        call->lengths = lengths;
        call->formats = formats;

    } else if (ctx->fields.len > 0) {
        c->form = NGX_GODWIT_API_SPARSE;
    }

    if (ctx->op->op->n_bodies > 0) {
        c->what[n++] = (char *) ctx->body.data;
    }

    c->what[n++] = (char *) ctx->input.data;

    if (c->form == NGX_GODWIT_API_SPARSE) {
        c->what[n++] = (char *) ctx->fields.data;
    }

    call->statement = &ctx->op->forms[c->form];
    call->n = n;
    call->values = c->what;
}


ngx_int_t
ngx_http_godwit_api_refused(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const char *state, const char *message,
    const char *column)
{
    char                mem[256];
    gw_buf_t            pointer;
    gw_str_t            detail;
    gw_problem_e        p;
    gw_problem_error_t  e;

    p = state && *state ? gw_problem_of(state) : GW_PROBLEM_AWAY;
    detail = gw_str_of(gw_problem_own(state) ? message : NULL);

    if (ctx->upload != NULL
        && (gw_problem_own(state) || gw_problem(p)->status < 500))
    {
        ngx_http_godwit_api_upload_drop(ctx);
    }

    if (p == GW_PROBLEM_QUOTA) {
        ctx->rate.retry = NGX_HTTP_GODWIT_API_QUOTA;
    }

    if (p == GW_PROBLEM_UNAUTHORIZED && ctx->who != NGX_GODWIT_WHO_PUBLIC) {
        detail = gw_str_of(NULL);   /* why a key is not good is its own */
    }

    if (p == GW_PROBLEM_UNAUTHORIZED || column == NULL || *column == '\0'
        || gw_problem(p)->status >= 500)
    {
        return ngx_http_godwit_api_problem(r, ctx, p, detail);
    }

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_problem_pointer(&pointer, gw_str_of(column));
    e.pointer = gw_buf_view(&pointer);
    e.rule = gw_str_of(gw_problem(p)->code);
    e.message = detail.len ? detail : gw_str_of(gw_problem(p)->detail);

    return ngx_http_godwit_api_problems(r, ctx, p, detail, &e, 1);
}


static const char *
ngx_http_godwit_api_column(PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? "" : PQgetvalue(result, 0, column);
}


static ngx_int_t
ngx_http_godwit_api_success(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    ngx_int_t  rc;

    if (ctx->op->op->session != GW_SESSION_NONE
        && ngx_http_godwit_api_session(r, ctx, body) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->op->handler != NULL && ctx->op->handler->reply != NULL) {
        return ctx->op->handler->reply(r, ctx, body);
    }

    if (ctx->made.len > 0) {
        rc = ngx_http_godwit_api_secret_tell(r, ctx, body);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ctx->op->op->worker
           ? ngx_http_godwit_api_accepted(r, ctx, body)
           : ngx_http_godwit_api_reply(r, ctx, ctx->op->op->status, body);
}


static ngx_int_t
ngx_http_godwit_api_answer_once(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, PGresult *result)
{
    ngx_str_t  body;

    static ngx_str_t  name = ngx_string("Idempotency-Replayed");
    static ngx_str_t  yes = ngx_string("true");

    if (*ngx_http_godwit_api_column(result, NGX_GODWIT_ONCE_REPLAYED) == 't') {
        if (ctx->upload != NULL) {
            ngx_http_godwit_api_upload_drop(ctx);    /* the first is kept */
        }

        gw_buf_reset(&ctx->made);       /* it is that of the first no more */

        if (ngx_http_godwit_header(r, &name, &yes) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (*ngx_http_godwit_api_column(result, NGX_GODWIT_ONCE_STATUS) != '2') {
        return ngx_http_godwit_api_refused(r, ctx,
            ngx_http_godwit_api_column(result, NGX_GODWIT_ONCE_STATE),
            ngx_http_godwit_api_column(result, NGX_GODWIT_ONCE_MESSAGE),
            ngx_http_godwit_api_column(result, NGX_GODWIT_ONCE_FIELD));
    }

    body.data = (u_char *) PQgetvalue(result, 0, NGX_GODWIT_ONCE_BODY);
    body.len = PQgetlength(result, 0, NGX_GODWIT_ONCE_BODY);

    return ngx_http_godwit_api_success(r, ctx, &body);
}


static ngx_int_t
ngx_http_godwit_api_answer(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    ngx_str_t  body;

    if (answer->rc != NGX_OK) {
        return ngx_http_godwit_api_refuse(r, ctx, answer);
    }

    if (ctx->who == NGX_GODWIT_WHO_SESSION) {
        ngx_http_godwit_api_session_good(ctx);
    }

    if (ctx->call.form == NGX_GODWIT_API_ONCE
        && PQntuples(answer->result) == 1)
    {
        return ngx_http_godwit_api_answer_once(r, ctx, answer->result);
    }

    body = ngx_http_godwit_pool_value(answer);

    if (body.data == NULL && ctx->op->op->status != NGX_HTTP_NO_CONTENT) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "operation \"%s\" has answered with nothing",
                      ctx->op->op->id.data);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_INTERNAL,
                                           gw_str_of(NULL));
    }

    return ngx_http_godwit_api_success(r, ctx, &body);
}


static void
ngx_http_godwit_api_done(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                   rc;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    rc = ngx_http_godwit_api_answer(r, ctx, answer);

    if (rc == NGX_DONE && ctx->wait.ask == ngx_http_godwit_api_again) {
        ngx_http_godwit_pool_drop(answer);      /* eighty may come */
    }

    ngx_http_finalize_request(r, rc);
}


ngx_int_t
ngx_http_godwit_api_ask(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_api_op_t *op,
    const char *const *input, ngx_http_godwit_answer_pt handler)
{
    ngx_http_godwit_call_t  calls[2];

    if (ngx_http_godwit_api_who(r, ctx, &calls[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&calls[1], sizeof(ngx_http_godwit_call_t));
    calls[1].statement = &op->forms[NGX_GODWIT_API_PLAIN];
    calls[1].n = 1;
    calls[1].values = input;

    return ngx_http_godwit_pool_run(r, op->op->slow ? NGX_GODWIT_POOL_SLOW
                                                    : NGX_GODWIT_POOL_QUICK,
                                    ctx->tenant, calls, 2, handler);
}


static void
ngx_http_godwit_api_entered(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    ngx_http_finalize_request(r, answer->rc == NGX_OK
                                 ? ctx->next(r, ctx)
                                 : ngx_http_godwit_api_refuse(r, ctx, answer));
}


ngx_int_t
ngx_http_godwit_api_enter(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_call_t *call,
    ngx_http_godwit_api_step_pt next)
{
    ngx_int_t               rc;
    ngx_http_godwit_call_t  calls[2];

    if (ngx_http_godwit_api_who(r, ctx, &calls[0]) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (call != NULL) {
        calls[1] = *call;
    }

    ctx->next = next;
    rc = ngx_http_godwit_pool_run(r, NGX_GODWIT_POOL_QUICK, ctx->tenant, calls,
                                  call != NULL ? 2 : 1,
                                  ngx_http_godwit_api_entered);

    return rc == NGX_DONE ? rc : ngx_http_godwit_api_problem(r, ctx,
                                     GW_PROBLEM_AWAY, gw_str_of(NULL));
}


ngx_int_t
ngx_http_godwit_api_refuse(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_api_astray(r, ctx, answer);

    return rc != NGX_DECLINED ? rc
           : ngx_http_godwit_api_refused(r, ctx, answer->sqlstate,
                                         answer->message, answer->column);
}


ngx_int_t
ngx_http_godwit_api_again(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_http_godwit_call_t  calls[2];

    if (ngx_http_godwit_api_who(r, ctx, &calls[0]) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_godwit_api_what(r, ctx, &calls[1]);

    return ngx_http_godwit_pool_run(r, ctx->op->op->slow
                                       ? NGX_GODWIT_POOL_SLOW
                                       : NGX_GODWIT_POOL_QUICK,
                                    ctx->tenant, calls, 2,
                                    ngx_http_godwit_api_done);
}


ngx_int_t
ngx_http_godwit_api_run(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    if (ctx->op->handler != NULL && ctx->op->handler->run != NULL) {
        return ctx->op->handler->run(r, ctx);
    }

    gw_buf_cstr(&ctx->input, ctx->input.len == 0 ? "{}" : "}");
    gw_buf_char(&ctx->input, '\0');

    if (ctx->input.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_api_again(r, ctx) == NGX_DONE
           ? NGX_DONE : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_AWAY,
                                                    gw_str_of(NULL));
}
