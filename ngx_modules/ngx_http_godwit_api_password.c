/*
 * Passwords of a request (x-password): taken out of its body, hashed in a
 * thread of their own, and given to Postgres as PHC texts. Who finds no seat is
 * refused before anything is asked of Postgres; who is nobody's costs as much
 * as an account does.
 */
#include "ngx_http_godwit_api.h"

#include <openssl/crypto.h>

#include "shm/gw_json.h"
#include "shm/gw_password.h"

#define NGX_HTTP_GODWIT_PASSWORD_AGENT  256     /* bytes of a User-Agent */

enum {
    NGX_GODWIT_PASSWORD_CHECK,
    NGX_GODWIT_PASSWORD_NEW,
    NGX_GODWIT_PASSWORD_AGAIN,              /* the first, as of today */
    NGX_GODWIT_PASSWORDS
};

typedef struct {
    ngx_uint_t             wanted;
    gw_password_params_t   params;
    gw_buf_t               phc;
    u_char                 mem[GW_PASSWORD_PHC];
} ngx_http_godwit_api_hash_t;

struct ngx_http_godwit_api_secrets_s {
    ngx_pool_t                 *pool;
    const gw_contract_op_t     *op;
    size_t                      n[2];       /* of text: to check, and new */
    u_char                      text[2][GW_PASSWORD_BYTES];
    ngx_http_godwit_api_hash_t  hashes[NGX_GODWIT_PASSWORDS];
    int                         rc;
    u_char                     *email;      /* NUL-terminated, or NULL */
    u_char                      session[NGX_INT64_LEN + 1];
    const char                 *values[4];
    int                         lengths[4];
    ngx_http_godwit_seat_t     *seat;
};

static const char *const  ngx_http_godwit_api_suffixes[] = {
    "hash", "hash", "rehash"
};


static void
ngx_http_godwit_api_secrets_end(ngx_http_godwit_api_secrets_t *s)
{
    OPENSSL_cleanse(s->text, sizeof(s->text));

    if (s->seat != NULL) {
        ngx_http_godwit_seat_leave(s->seat);
        s->seat = NULL;
    }
}


/* The client may go at any moment but while a thread is at it. */
static void
ngx_http_godwit_api_secrets_free(void *data)
{
    ngx_http_godwit_api_secrets_end(data);
    OPENSSL_cleanse(data, sizeof(ngx_http_godwit_api_secrets_t));
}


ngx_http_godwit_api_secrets_t *
ngx_http_godwit_api_secrets(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_godwit_api_secrets_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_godwit_api_secrets_t));
    cln->handler = ngx_http_godwit_api_secrets_free;
    ctx->secrets = cln->data;
    ctx->secrets->pool = r->pool;
    ctx->secrets->op = ctx->op->op;

    return ctx->secrets;
}


/* One of the two leaves the body; nothing of it stays behind there. */
static int
ngx_http_godwit_api_secrets_one(ngx_http_godwit_api_secrets_t *s,
    ngx_uint_t i, gw_str_t name, json_t *body)
{
    char    *text;
    size_t   n;
    json_t  *value;

    value = name.len > 0 ? json_object_getn(body, (char *) name.data, name.len)
                         : NULL;

    if (!json_is_string(value)) {
        return GW_OK;                       /* null is as good as not there */
    }

    text = (char *) json_string_value(value);
    n = json_string_length(value);

    if (n > sizeof(s->text[i])) {
        return GW_EFULL;
    }

    ngx_memcpy(s->text[i], text, n);
    OPENSSL_cleanse(text, n);
    s->n[i] = n;
    s->hashes[i].wanted = 1;

    return json_object_deln(body, (char *) name.data, name.len) == 0
           ? GW_OK : GW_ENOMEM;
}


int
ngx_http_godwit_api_secrets_take(ngx_http_godwit_api_secrets_t *s,
    json_t *body, gw_str_t *field, gw_buf_t *why)
{
    int         rc;
    json_t     *email;
    gw_str_t    text;

    *field = s->op->password_check;
    rc = ngx_http_godwit_api_secrets_one(s, NGX_GODWIT_PASSWORD_CHECK, *field,
                                         body);

    if (rc == GW_OK) {
        *field = s->op->password_new;
        rc = ngx_http_godwit_api_secrets_one(s, NGX_GODWIT_PASSWORD_NEW,
                                             *field, body);
    }

    if (rc == GW_EFULL) {
        gw_buf_fmt(why, "a password has at most %d bytes", GW_PASSWORD_BYTES);
        return GW_EINVAL;
    }

    if (rc == GW_OK && s->hashes[NGX_GODWIT_PASSWORD_NEW].wanted) {
        text = gw_str_make(s->text[NGX_GODWIT_PASSWORD_NEW],
                           s->n[NGX_GODWIT_PASSWORD_NEW]);
        rc = gw_password_judge(text, why);
    }

    email = json_object_get(body, "email");

    if (rc == GW_OK && json_is_string(email)) {
        s->email = ngx_pnalloc(s->pool, json_string_length(email) + 1);
        if (s->email == NULL) {
            return GW_ENOMEM;
        }
        ngx_memcpy(s->email, json_string_value(email),
                   json_string_length(email) + 1);
    }

    return rc;
}


ngx_uint_t
ngx_http_godwit_api_secrets_any(const ngx_http_godwit_api_secrets_t *s)
{
    return s != NULL && (s->hashes[NGX_GODWIT_PASSWORD_CHECK].wanted
                         || s->hashes[NGX_GODWIT_PASSWORD_NEW].wanted);
}


/* All that takes time, in the thread. */
static void
ngx_http_godwit_api_password_work(void *data)
{
    ngx_uint_t                      i, of;
    ngx_http_godwit_seat_t         *turn;
    ngx_http_godwit_api_hash_t     *h;
    ngx_http_godwit_api_secrets_t  *s = data;

    turn = ngx_http_godwit_seat_turn();

    for (i = 0; i < NGX_GODWIT_PASSWORDS && s->rc == GW_OK; i++) {
        h = &s->hashes[i];
        of = i == NGX_GODWIT_PASSWORD_NEW ? i : NGX_GODWIT_PASSWORD_CHECK;

        if (h->wanted) {
            gw_buf_fixed(&h->phc, h->mem, sizeof(h->mem));
            s->rc = gw_password_hash(&h->params,
                                     gw_str_make(s->text[of], s->n[of]),
                                     &h->phc);
        }
    }

    ngx_http_godwit_seat_leave(turn);
}


/* "NAME_hash" and what it is, in the body that Postgres gets. */
static void
ngx_http_godwit_api_password_member(gw_buf_t *b, gw_str_t name,
    const char *suffix, gw_str_t value)
{
    gw_buf_cstr(b, b->len > 1 ? ",\"" : "\"");
    gw_buf_str(b, name);
    gw_buf_fmt(b, "_%s\":", suffix);
    gw_buf_json(b, value);
}


static ngx_int_t
ngx_http_godwit_api_password_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t                          size;
    u_char                         *mem;
    gw_buf_t                        b;
    gw_str_t                        agent;
    ngx_uint_t                      i;
    ngx_http_godwit_api_hash_t     *h;
    const gw_contract_op_t         *op = ctx->op->op;

    size = ctx->body.len + 6 * NGX_HTTP_GODWIT_PASSWORD_AGENT + 64
           + NGX_GODWIT_PASSWORDS * (GW_PASSWORD_PHC + 16
                                     + op->password_check.len
                                     + op->password_new.len);
    mem = ngx_pnalloc(r->pool, size);
    if (mem == NULL) {
        return NGX_ERROR;
    }

    gw_buf_fixed(&b, mem, size);
    gw_buf_put(&b, ctx->body.data, ctx->body.len - 1);      /* without its } */

    for (i = 0; i < NGX_GODWIT_PASSWORDS; i++) {
        h = &ctx->secrets->hashes[i];

        if (h->wanted) {
            ngx_http_godwit_api_password_member(&b,
                i == NGX_GODWIT_PASSWORD_NEW ? op->password_new
                                             : op->password_check,
                ngx_http_godwit_api_suffixes[i], gw_buf_view(&h->phc));
        }
    }

    if (op->session == GW_SESSION_START && r->headers_in.user_agent != NULL) {
        agent = ngx_http_godwit_gw(r->headers_in.user_agent->value);
        agent.len = ngx_min(agent.len, NGX_HTTP_GODWIT_PASSWORD_AGENT);
        ngx_http_godwit_api_password_member(&b, gw_str_of(""), "agent", agent);
    }

    gw_buf_char(&b, '}');
    ctx->body.data = (u_char *) gw_buf_c(&b);
    ctx->body.len = b.len;

    return b.failed ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_godwit_api_password_worked(ngx_http_request_t *r, void *data)
{
    ngx_int_t                       rc;
    ngx_http_godwit_api_ctx_t      *ctx;
    ngx_http_godwit_api_secrets_t  *s = data;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    ngx_http_godwit_count(NGX_GODWIT_API_PASSWORDS);
    ngx_http_godwit_api_secrets_end(s);

    if (s->rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "a password could not be hashed: %s",
                      gw_strerror(s->rc));
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else {
        rc = ngx_http_godwit_api_password_body(r, ctx) == NGX_OK
             ? ngx_http_godwit_api_run(r, ctx)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


/* By which parameters: those of the account, and ours of today. */
static int
ngx_http_godwit_api_password_params(ngx_http_godwit_api_secrets_t *s,
    ngx_str_t text)
{
    int                          rc;
    ngx_http_godwit_api_hash_t  *check, *again;

    rc = GW_OK;
    check = &s->hashes[NGX_GODWIT_PASSWORD_CHECK];
    again = &s->hashes[NGX_GODWIT_PASSWORD_AGAIN];

    if (check->wanted) {
        rc = gw_password_parse(ngx_http_godwit_gw(text), &check->params);
        again->wanted = rc == GW_OK && gw_password_is_old(&check->params);
    }

    if (rc == GW_OK && again->wanted) {
        rc = gw_password_fresh(&again->params);
    }

    return rc == GW_OK && s->hashes[NGX_GODWIT_PASSWORD_NEW].wanted
           ? gw_password_fresh(&s->hashes[NGX_GODWIT_PASSWORD_NEW].params)
           : rc;
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
    ngx_http_godwit_api_secrets_t  *s = ctx->secrets;

    static ngx_http_godwit_turns_t  turns = {
        .at_once = 1,
        .room = NGX_MAX_UINT32_VALUE,       /* the seats are the bound */
        .each = NGX_MAX_UINT32_VALUE
    };

    if (answer->rc != NGX_OK || PQntuples(answer->result) != 1) {
        ngx_http_godwit_api_secrets_end(s);
        return ngx_http_godwit_api_refuse(r, ctx, answer);
    }

    wait.data = (u_char *) PQgetvalue(answer->result, 0, 1);
    wait.len = PQgetlength(answer->result, 0, 1);
    seconds = wait.len ? ngx_atoi(wait.data, wait.len) : 0;

    if (seconds > 0) {
        ngx_http_godwit_api_secrets_end(s);
        return ngx_http_godwit_api_password_often(r, ctx, seconds);
    }

    s->rc = ngx_http_godwit_api_password_params(s,
                ngx_http_godwit_pool_value(answer));

    if (s->rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "auth.password_salt gave no parameters of scrypt: %s",
                      gw_strerror(s->rc));
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    turns.threads = ngx_http_godwit_process->conf->auth_threads;

    return ngx_http_godwit_thread(r, &turns, NGX_HTTP_GODWIT_STRANGER,
                                  ngx_http_godwit_api_password_work,
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
    ngx_http_godwit_api_secrets_t  *s = ctx->secrets;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("password_salt"),
        ngx_string("select params, wait_seconds from auth.password_salt("
                   "$1::text, $2::bigint, $3::inet, $4::timestamptz)")
    };
    static const int  formats[] = { 0, 0, 0, 1 };

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

    calls[1].statement = &statement;
    calls[1].n = 4;
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

    ctx->secrets->seat = ngx_http_godwit_seat_take();

    if (ctx->secrets->seat == NULL) {
        ngx_http_godwit_count(NGX_GODWIT_API_PASSWORDS_REFUSED);
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("Many passwords are waiting to be checked; try "
                             "again in a moment."));
    }

    rc = ngx_http_godwit_api_password_ask(r, ctx);

    return rc == NGX_DONE ? rc : ngx_http_godwit_api_problem(r, ctx,
                                     GW_PROBLEM_AWAY, gw_str_of(NULL));
}
