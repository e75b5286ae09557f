/*
 * Tickets: what a browser, which can send no header with a WebSocket, shows in
 * place of a key or a session. A tracking token of its own kind, with the
 * topics and the origin it is for behind it; good for a minute, and once.
 */
#include "ngx_http_godwit_live.h"

#include <openssl/rand.h>

#include "shm/gw_clock.h"

#define NGX_HTTP_GODWIT_LIVE_TICKET  60     /* s */
#define NGX_HTTP_GODWIT_LIVE_TAIL    1600   /* bytes: topics, LF, origin */


/* x-handler live_ticket: of what the operation says of who asks. */
ngx_int_t
ngx_http_godwit_api_ticket(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    int                          rc;
    char                         until[GW_RFC3339_LEN + 1];
    u_char                      *mem;
    size_t                       size;
    json_t                      *doc;
    gw_buf_t                     out, tail;
    ngx_str_t                    made;
    gw_token_t                   t;
    const char                  *topics, *origin, *why;
    u_char                       tail_mem[NGX_HTTP_GODWIT_LIVE_TAIL];
    ngx_http_godwit_live_ask_t   ask;

    ngx_memzero(&t, sizeof(gw_token_t));
    ngx_memzero(&ask, sizeof(ask));
    doc = json_loadb((char *) body->data, body->len, 0, NULL);
    topics = json_string_value(json_object_get(doc, "topics"));
    origin = json_string_value(json_object_get(doc, "origin"));
    why = ngx_http_godwit_live_topics(gw_str_of(topics), &ask);

    if (why != NULL) {
        json_decref(doc);
        return ngx_http_godwit_api_invalid(r, ctx, gw_str_of("/topics"),
                                           "topics", gw_str_of(why));
    }

    gw_buf_fixed(&tail, tail_mem, sizeof(tail_mem));
    gw_buf_cstr(&tail, topics ? topics : "");
    gw_buf_char(&tail, '\n');
    gw_buf_cstr(&tail, origin ? origin : "");

    size = 256 + 2 * tail.len + GW_TOKEN_TEXT;
    mem = ngx_pnalloc(r->pool, size);

    if (tail.failed || mem == NULL
        || ngx_http_godwit_live_sees(doc, &ask) != NGX_OK
        || RAND_bytes((u_char *) &t.id, sizeof(t.id)) != 1)
    {
        json_decref(doc);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    json_decref(doc);
    t.what = GW_TOKEN_LIVE;
    t.tenant = ask.tenant;
    t.id2 = ask.sees;
    t.time = (uint32_t) ngx_time() + NGX_HTTP_GODWIT_LIVE_TICKET;
    gw_clock_print((int64_t) t.time * 1000000, until);

    gw_buf_fixed(&out, mem, size);
    gw_buf_cstr(&out, "{\"ticket\":\"");
    rc = gw_token_sign(ngx_http_godwit_process->keys, &t, gw_buf_view(&tail),
                       &out);
    gw_buf_fmt(&out, "\",\"expires_at\":\"%s\"}", until);

    if (rc != GW_OK || out.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    made.data = out.data;
    made.len = out.len;

    return ngx_http_godwit_api_reply(r, ctx, ctx->op->op->status, &made);
}


static ngx_int_t
ngx_http_godwit_live_no_ticket(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_UNAUTHORIZED,
               gw_str_of("The ticket is none, was used, or is older than a "
                         "minute; make another by POST "
                         "/api/v1/live/tickets."));
}


/* A page of the origin that the ticket is for; of none: of our own, if any. */
static ngx_int_t
ngx_http_godwit_live_origin(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t origin)
{
    if (origin.len == 0) {
        return ngx_http_godwit_api_site(r, ctx);
    }

    return ctx->origin != NULL
           && gw_str_eq(ngx_http_godwit_gw(ctx->origin->value), origin)
           ? NGX_DECLINED
           : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_FORBIDDEN,
                 gw_str_of("The header Origin is not the origin that the "
                           "ticket was made for."));
}


ngx_int_t
ngx_http_godwit_live_ticket(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t text,
    ngx_http_godwit_live_ask_t *ask)
{
    gw_buf_t    tail;
    u_char      mem[NGX_HTTP_GODWIT_LIVE_TAIL];
    gw_str_t    topics, origin;
    gw_token_t  t;
    ngx_int_t   rc;

    gw_buf_fixed(&tail, mem, sizeof(mem));
    ctx->who = NGX_GODWIT_WHO_PUBLIC;

    if (gw_token_open(ngx_http_godwit_process->keys, text, &t, NULL, &tail)
        != GW_OK
        || t.what != GW_TOKEN_LIVE || (time_t) t.time < ngx_time())
    {
        return ngx_http_godwit_live_no_ticket(r, ctx);
    }

    origin = gw_buf_view(&tail);
    topics = gw_str_cut(&origin, '\n');
    rc = ngx_http_godwit_live_origin(r, ctx, origin);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    ask->tenant = t.tenant;
    ask->sees = t.id2;

    return ngx_http_godwit_live_topics(topics, ask) == NULL
           && ngx_http_godwit_live_unused(t.id, t.time)
           ? NGX_DECLINED : ngx_http_godwit_live_no_ticket(r, ctx);
}
