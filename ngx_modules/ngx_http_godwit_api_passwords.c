/*
 * Passwords of a request (x-password): taken out of its body, hashed, and put
 * back as PHC texts. Nothing else of this process keeps one.
 */
#include "ngx_http_godwit_api_passwords.h"

#include <openssl/crypto.h>
#include <sys/resource.h>

#define NGX_HTTP_GODWIT_PASSWORD_AGENT  256     /* bytes of a User-Agent */
#define NGX_HTTP_GODWIT_PASSWORD_NICE   10

static const char *const  ngx_http_godwit_api_suffixes[] = {
    "hash", "hash", "rehash"
};


void
ngx_http_godwit_api_passwords_end(ngx_http_godwit_api_passwords_t *s)
{
    OPENSSL_cleanse(s->text, sizeof(s->text));

    if (s->seat != NULL) {
        ngx_http_godwit_seat_leave(s->seat);
        s->seat = NULL;
    }
}


/* The client may go at any moment but while a thread is at it. */
static void
ngx_http_godwit_api_passwords_free(void *data)
{
    ngx_http_godwit_api_passwords_end(data);
    OPENSSL_cleanse(data, sizeof(ngx_http_godwit_api_passwords_t));
}


ngx_http_godwit_api_passwords_t *
ngx_http_godwit_api_passwords(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool,
                               sizeof(ngx_http_godwit_api_passwords_t));
    if (cln == NULL) {
        return NULL;
    }

    ngx_memzero(cln->data, sizeof(ngx_http_godwit_api_passwords_t));
    cln->handler = ngx_http_godwit_api_passwords_free;
    ctx->passwords = cln->data;
    ctx->passwords->pool = r->pool;
    ctx->passwords->op = ctx->op->op;

    return ctx->passwords;
}


/* One of the two leaves the body; nothing of it stays behind there. */
static int
ngx_http_godwit_api_passwords_one(ngx_http_godwit_api_passwords_t *s,
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
ngx_http_godwit_api_passwords_take(ngx_http_godwit_api_passwords_t *s,
    json_t *body, gw_str_t *field, gw_buf_t *why)
{
    int         rc;
    json_t     *email;
    gw_str_t    text;

    *field = s->op->password_check;
    rc = ngx_http_godwit_api_passwords_one(s, NGX_GODWIT_PASSWORD_CHECK, *field,
                                         body);

    if (rc == GW_OK) {
        *field = s->op->password_new;
        rc = ngx_http_godwit_api_passwords_one(s, NGX_GODWIT_PASSWORD_NEW,
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
ngx_http_godwit_api_passwords_any(const ngx_http_godwit_api_passwords_t *s)
{
    return s != NULL && (s->hashes[NGX_GODWIT_PASSWORD_CHECK].wanted
                         || s->hashes[NGX_GODWIT_PASSWORD_NEW].wanted);
}


int
ngx_http_godwit_api_passwords_params(ngx_http_godwit_api_passwords_t *s,
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


void
ngx_http_godwit_api_passwords_work(void *data)
{
    ngx_uint_t                      i, of;
    ngx_http_godwit_seat_t         *turn;
    ngx_http_godwit_api_hash_t     *h;
    ngx_http_godwit_api_passwords_t  *s = data;

    /* of this thread alone: who serves a pixel goes before who hashes */
    (void) setpriority(PRIO_PROCESS, 0, NGX_HTTP_GODWIT_PASSWORD_NICE);
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


ngx_int_t
ngx_http_godwit_api_passwords_body(ngx_http_request_t *r,
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
        h = &ctx->passwords->hashes[i];

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
