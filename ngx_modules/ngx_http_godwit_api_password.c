/*
 * When passwords are hashed: who finds no seat is refused before anything is
 * asked of Postgres, and whoever is nobody costs as much as an account does.
 */
#include "ngx_http_godwit_api_passwords.h"


static void
ngx_http_godwit_api_password_worked(ngx_http_request_t *r, void *data)
{
    ngx_int_t                       rc;
    ngx_http_godwit_api_ctx_t      *ctx;
    ngx_http_godwit_api_passwords_t  *s = data;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    ngx_http_godwit_count(NGX_GODWIT_API_PASSWORDS);
    ngx_http_godwit_api_passwords_end(s);

    if (s->rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a password could not be hashed: %s",
                      gw_strerror(s->rc));
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_godwit_api_passwords_body(r, ctx) == NGX_OK
             ? ngx_http_godwit_api_run(r, ctx)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


/* So many have failed of late that it takes no more for a while. */
static ngx_int_t
ngx_http_godwit_api_password_often(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_int_t seconds)
{
    u_char  text[128], *p;

    ctx->rate.retry = seconds;
    p = ngx_slprintf(text, text + sizeof(text), "Too many attempts failed; "
                     "wait %i seconds before the next.", seconds);

    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_RATE_LIMITED,
                                       gw_str_make(text, p - text));
}


/* The salt, and how long to wait, as auth.password_salt answers. */
static ngx_int_t
ngx_http_godwit_api_password_salted(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer)
{
    ngx_str_t                       wait;
    ngx_int_t                       seconds;
    ngx_http_godwit_api_passwords_t  *s = ctx->passwords;

    static ngx_http_godwit_turns_t  turns = {
        .at_once = 1,
        .room = NGX_MAX_UINT32_VALUE,       /* the seats are the bound */
        .each = NGX_MAX_UINT32_VALUE
    };

    if (answer->rc != NGX_OK || PQntuples(answer->result) != 1) {
        ngx_http_godwit_api_passwords_end(s);
        return ngx_http_godwit_api_refuse(r, ctx, answer);
    }

    wait.data = (u_char *) PQgetvalue(answer->result, 0, 1);
    wait.len = PQgetlength(answer->result, 0, 1);
    seconds = wait.len ? ngx_atoi(wait.data, wait.len) : 0;

    if (seconds > 0) {
        ngx_http_godwit_api_passwords_end(s);
        return ngx_http_godwit_api_password_often(r, ctx, seconds);
    }

    s->rc = ngx_http_godwit_api_passwords_params(s,
                ngx_http_godwit_pool_value(answer));

    if (s->rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "auth.password_salt gave no parameters of scrypt: %s",
                      gw_strerror(s->rc));
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    turns.threads = ngx_http_godwit_process->conf->auth_threads;

    return ngx_http_godwit_thread(r, &turns, NGX_HTTP_GODWIT_STRANGER,
                                  ngx_http_godwit_api_passwords_work,
                                  ngx_http_godwit_api_password_worked, s)
           == NGX_OK ? NGX_DONE : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_godwit_api_password_salt(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    ngx_http_finalize_request(r, ngx_http_godwit_api_password_salted(r, ctx,
                                                                     answer));
}


/* Whose attempt it is: that of an e-mail address, a session, or a stranger. */
static ngx_int_t
ngx_http_godwit_api_password_ask(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_http_godwit_call_t          calls[2];
    ngx_http_godwit_api_passwords_t  *s = ctx->passwords;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("password_salt"),
        ngx_string("select params, wait_seconds from auth.password_salt("
                   "$1::text, $2::bigint, $3::inet, $4::timestamptz, "
                   "$5::text)")
    };
    static const int  formats[] = { 0, 0, 0, 1, 0 };

    if (ngx_http_godwit_api_who(r, ctx, &calls[0]) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->who == NGX_GODWIT_WHO_SESSION) {
        ngx_sprintf(s->session, "%L%Z", ctx->key);
        s->values[1] = (char *) s->session;

    } else if (s->hashes[NGX_GODWIT_PASSWORD_CHECK].wanted) {
        s->values[0] = (char *) s->email;
    }

    s->values[2] = ctx->call.who[NGX_GODWIT_WHO_ADDRESS];
    s->values[3] = ctx->call.who[NGX_GODWIT_WHO_NOW];
    s->lengths[3] = ctx->call.lengths[NGX_GODWIT_WHO_NOW];

    s->values[4] = (char *) ctx->op->op->id.data;

    calls[1].statement = &statement;
    calls[1].n = 5;
    calls[1].values = s->values;
    calls[1].lengths = s->lengths;
    calls[1].formats = formats;

    return ngx_http_godwit_pool_run(r, NGX_GODWIT_POOL_SLOW,
                                    NGX_HTTP_GODWIT_STRANGER, calls, 2,
                                    ngx_http_godwit_api_password_salt);
}


ngx_int_t
ngx_http_godwit_api_password(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_int_t  rc;

    ctx->passwords->seat = ngx_http_godwit_seat_take();

    if (ctx->passwords->seat == NULL) {
        ngx_http_godwit_count(NGX_GODWIT_API_PASSWORDS_REFUSED);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("Many passwords are waiting to be checked; try "
                             "again in a moment."));
    }

    rc = ngx_http_godwit_api_password_ask(r, ctx);

    return rc == NGX_DONE ? rc : ngx_http_godwit_api_problem(r, ctx,
                                     GW_PROBLEM_AWAY, gw_str_of(NULL));
}
