/*
 * GET /api/v1/live: who asks, by a ticket, a key, or the session of a browser
 * on a page of ours; what he may hear; and whether he wants a WebSocket.
 */
#include "ngx_http_godwit_live.h"

/* Parameters of the query, decoded; no data: not given. */
typedef struct {
    gw_str_t  ticket, topics, last_event_id, workspace;
} ngx_http_godwit_live_args_t;

typedef struct {
    ngx_str_t  name;
    size_t     offset;
} ngx_http_godwit_live_arg_t;

/* Kept while Postgres is asked. */
typedef struct {
    ngx_http_godwit_live_ask_t  ask;
    gw_str_t                    last;
    ngx_uint_t                  socket;
    u_char                      accept[GW_WS_ACCEPT];
    const char                 *input[1];
} ngx_http_godwit_live_wish_t;

static const ngx_http_godwit_live_arg_t  ngx_http_godwit_live_args[] = {
    { ngx_string("ticket"), offsetof(ngx_http_godwit_live_args_t, ticket) },
    { ngx_string("topics"), offsetof(ngx_http_godwit_live_args_t, topics) },
    { ngx_string("last_event_id"),
      offsetof(ngx_http_godwit_live_args_t, last_event_id) },
    { ngx_string("workspace"),
      offsetof(ngx_http_godwit_live_args_t, workspace) },
    { ngx_null_string, 0 }
};


static ngx_int_t
ngx_http_godwit_live_bad(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const char *sentence)
{
    return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BAD_REQUEST,
                                       gw_str_of(sentence));
}


/* One `name=value` of the query. */
static ngx_int_t
ngx_http_godwit_live_pair(ngx_http_request_t *r, gw_str_t pair,
    ngx_http_godwit_live_args_t *args)
{
    u_char                            *mem;
    gw_str_t                           name, *out;
    const ngx_http_godwit_live_arg_t  *a;

    name = gw_str_cut(&pair, '=');

    for (a = ngx_http_godwit_live_args; a->name.len > 0; a++) {
        if (gw_str_is(name, (char *) a->name.data)) {
            break;
        }
    }

    mem = ngx_pnalloc(r->pool, pair.len + 1);
    if (mem == NULL || a->name.len == 0) {
        return NGX_ERROR;
    }

    out = (gw_str_t *) ((u_char *) args + a->offset);
    if (ngx_http_godwit_api_decode(pair, 1, mem, out) != NGX_OK) {
        return NGX_ERROR;
    }

    mem[out->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_live_query(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_live_args_t *args)
{
    gw_str_t  rest, pair;

    rest = ngx_http_godwit_gw(r->args);

    while (rest.len > 0) {
        pair = gw_str_cut(&rest, '&');

        if (pair.len > 0
            && ngx_http_godwit_live_pair(r, pair, args) != NGX_OK)
        {
            return ngx_http_godwit_live_bad(r, ctx,
                       "The query takes ticket, topics, last_event_id and "
                       "workspace alone, each percent-encoded UTF-8.");
        }
    }

    return NGX_DECLINED;
}


/* Is the word in a list apart by commas, in any case? */
static ngx_uint_t
ngx_http_godwit_live_has(ngx_str_t list, const char *word)
{
    gw_str_t  rest, one;

    rest = ngx_http_godwit_gw(list);

    while (rest.len > 0) {
        one = gw_str_cut(&rest, ',');

        while (one.len > 0 && (*one.data == ' ' || *one.data == '\t')) {
            one.data++;
            one.len--;
        }

        while (one.len > 0 && (one.data[one.len - 1] == ' '
                               || one.data[one.len - 1] == '\t'))
        {
            one.len--;
        }

        if (one.len == ngx_strlen(word)
            && ngx_strncasecmp(one.data, (u_char *) word, one.len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* The handshake of RFC 6455, where one is asked for. */
static ngx_int_t
ngx_http_godwit_live_handshake(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_live_wish_t *wish)
{
    ngx_str_t         key;

    static ngx_str_t  version = ngx_string("Sec-WebSocket-Version");
    static ngx_str_t  ours = ngx_string("13");

    if (r->http_version != NGX_HTTP_VERSION_11
        || !ngx_http_godwit_live_has(ngx_http_godwit_header_in(r, "upgrade"),
                                     "websocket"))
    {
        return NGX_DECLINED;
    }

    wish->socket = 1;

    if (r->headers_in.content_length_n > 0 || r->headers_in.chunked) {
        return ngx_http_godwit_live_bad(r, ctx,
                   "A request for a WebSocket has no body.");
    }

    if (!ngx_http_godwit_live_has(ngx_http_godwit_header_in(r, "connection"),
                                  "upgrade"))
    {
        return ngx_http_godwit_live_bad(r, ctx,
                   "A WebSocket needs the header Connection: Upgrade.");
    }

    if (!gw_str_is(ngx_http_godwit_gw(ngx_http_godwit_header_in(r,
                       "sec-websocket-version")), "13"))
    {
        if (ngx_http_godwit_header(r, &version, &ours) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_godwit_live_bad(r, ctx,
                   "Sec-WebSocket-Version is 13 here.");
    }

    key = ngx_http_godwit_header_in(r, "sec-websocket-key");

    return gw_ws_accept(ngx_http_godwit_gw(key), wish->accept) == GW_OK
           ? NGX_DECLINED
           : ngx_http_godwit_live_bad(r, ctx,
                 "Sec-WebSocket-Key is not 16 bytes in base64.");
}


static ngx_int_t
ngx_http_godwit_live_begin(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_live_wish_t *wish)
{
    ngx_http_godwit_live_resume(wish->last, &wish->ask);

    return ngx_http_godwit_live_stream(r, ctx, &wish->ask,
                                       wish->socket ? wish->accept : NULL);
}


/* Postgres has said who asks, and what he may hear. */
static void
ngx_http_godwit_live_known(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    json_t                       *doc;
    ngx_int_t                     rc;
    ngx_str_t                     body;
    ngx_http_godwit_api_ctx_t    *ctx;
    ngx_http_godwit_live_wish_t  *wish;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    wish = ngx_http_get_module_ctx(r, ngx_http_godwit_live_module);

    if (answer->rc != NGX_OK) {
        ngx_http_finalize_request(r, ngx_http_godwit_api_refuse(r, ctx,
                                                                answer));
        return;
    }

    if (ctx->who == NGX_GODWIT_WHO_SESSION) {
        ngx_http_godwit_api_session_good(ctx);
    }

    body = ngx_http_godwit_pool_value(answer);
    doc = json_loadb((char *) body.data, body.len, 0, NULL);
    rc = ngx_http_godwit_live_sees(doc, &wish->ask);
    json_decref(doc);
    ngx_http_godwit_pool_drop(answer);      /* a stream lasts */

    ngx_http_finalize_request(r, rc == NGX_OK
        ? ngx_http_godwit_live_begin(r, ctx, wish)
        : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_INTERNAL,
                                      gw_str_of(NULL)));
}


/*
 * The session of a browser. EventSource and WebSocket send no header of ours;
 * that it is a page of ours the browser itself must say.
 */
static ngx_int_t
ngx_http_godwit_live_browser(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t workspace)
{
    ngx_table_elt_t  *h;

    if (ctx->origin == NULL && ctx->site == NULL) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("The session of a browser is good here with its "
                             "header Origin or Sec-Fetch-Site alone; use a "
                             "ticket or a key."));
    }

    h = ngx_pcalloc(r->pool, sizeof(ngx_table_elt_t));
    if (h == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    h->value.data = workspace.data;
    h->value.len = workspace.len;
    ctx->workspace = h;

    return NGX_DECLINED;
}


static ngx_int_t
ngx_http_godwit_live_ask(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_live_wish_t *wish,
    const ngx_http_godwit_live_args_t *args)
{
    ngx_int_t    rc;
    const char  *why;

    if (args->ticket.data != NULL) {
        rc = ngx_http_godwit_live_ticket(r, ctx, args->ticket, &wish->ask);

        return rc != NGX_DECLINED ? rc
               : ngx_http_godwit_live_begin(r, ctx, wish);
    }

    why = ngx_http_godwit_live_topics(args->topics, &wish->ask);
    if (why != NULL) {
        return ngx_http_godwit_live_bad(r, ctx, why);
    }

    if (args->workspace.data != NULL && ctx->workspace == NULL) {
        rc = ngx_http_godwit_live_browser(r, ctx, args->workspace);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    rc = ngx_http_godwit_api_auth(r, ctx);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    wish->input[0] = "{}";
    rc = ngx_http_godwit_api_ask(r, ctx, ctx->op, wish->input,
                                 ngx_http_godwit_live_known);

    return rc == NGX_DONE ? rc : ngx_http_godwit_api_problem(r, ctx,
                                     GW_PROBLEM_AWAY, gw_str_of(NULL));
}


ngx_int_t
ngx_http_godwit_live_enter(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_str_t                     last;
    const gw_contract_op_t       *op;
    ngx_http_godwit_api_ctx_t    *ctx;
    ngx_http_godwit_live_args_t   args;
    ngx_http_godwit_live_wish_t  *wish;

    ctx = ngx_http_godwit_api_begin(r);
    wish = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_live_wish_t));
    if (ctx == NULL || wish == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    op = gw_contract_find(ctx->api->contract,
                          gw_str_of("live_tickets_create"));
    if (op == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_godwit_api_methods_only(r, ctx, GW_GET);
    }

    ctx->op = &ctx->api->ops[op->index];
    ngx_http_set_ctx(r, wish, ngx_http_godwit_live_module);
    ngx_memzero(&args, sizeof(args));

    rc = ngx_http_godwit_api_rate_address(r, ctx);
    rc = rc != NGX_DECLINED ? rc : ngx_http_godwit_live_query(r, ctx, &args);
    rc = rc != NGX_DECLINED ? rc : ngx_http_godwit_live_handshake(r, ctx,
                                                                  wish);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    last = ngx_http_godwit_header_in(r, "last-event-id");
    wish->last = last.len > 0 ? ngx_http_godwit_gw(last) : args.last_event_id;

    return ngx_http_godwit_live_ask(r, ctx, wish, &args);
}
