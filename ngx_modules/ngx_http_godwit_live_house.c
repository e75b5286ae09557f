/*
 * Streams of this process, from their first byte to their last. One timer
 * serves all: while it is armed a reload waits for them, and by it they are
 * sent to the new processes, each to come back at a time of its own.
 */
#include "ngx_http_godwit_live.h"

#include "shm/gw_apikey.h"

#define NGX_HTTP_GODWIT_LIVE_TICK   200     /* ms */
#define NGX_HTTP_GODWIT_LIVE_RETRY  1000    /* ms, and up to as much again */

ngx_http_godwit_live_house_t  ngx_http_godwit_live_house;


void
ngx_http_godwit_live_forget(ngx_http_godwit_live_stream_t *s)
{
    ngx_http_godwit_live_house_t  *house = &ngx_http_godwit_live_house;

    if (!s->linked) {
        return;
    }

    s->linked = 0;
    ngx_queue_remove(&s->link);
    ngx_queue_remove(&s->turn);

    if (ngx_queue_empty(&house->turns) && house->tick.timer_set) {
        ngx_del_timer(&house->tick);
    }
}


/* The request has ended, in whatever way. */
static void
ngx_http_godwit_live_gone(void *data)
{
    ngx_http_godwit_live_forget(data);
}


/* Its pool goes: HTTP/2 sends a frame that it has begun until then. */
static void
ngx_http_godwit_live_free(void *data)
{
    ngx_http_godwit_live_stream_t  *s = data;

    ngx_http_godwit_live_unref(s->out);
}


/* Was the key of a stream revoked since, as far as the cache knows? */
static ngx_uint_t
ngx_http_godwit_live_revoked(const ngx_http_godwit_live_stream_t *s)
{
    int                 rc;
    size_t              n;
    unsigned char       value[GW_APIKEY_RECORD_MAX];
    gw_cache_key_t      key;
    gw_apikey_record_t  record;

    if (s->key == 0) {
        return 0;
    }

    key = gw_cache_key_apikey((uint64_t) s->key);
    n = sizeof(value);
    rc = ngx_http_godwit_cached(&key, value, &n);

    if (rc != GW_OK
        || gw_apikey_unpack(&record, gw_str_make(value, n)) != GW_OK)
    {
        return 0;
    }

    return gw_apikey_refuse(&record, record.hash, gw_str_of("events:read"),
                            ngx_http_godwit_now())
           != GW_OK;
}


/* It is this one's turn: is it still there, and may it be? */
static void
ngx_http_godwit_live_turn(ngx_http_godwit_live_stream_t *s)
{
    ngx_int_t  rc;

    if (ngx_exiting
        || (ngx_msec_int_t) (s->until - ngx_current_msec) <= 0)
    {
        ngx_http_godwit_live_send_away(s, GW_WS_AWAY, "come again");
        return;
    }

    if (ngx_http_godwit_live_revoked(s)) {
        ngx_http_godwit_live_send_away(s, NGX_HTTP_GODWIT_LIVE_REVOKED,
                                       "the key is not good any more");
        return;
    }

    /* what has not moved for a whole turn does not any more */
    if ((s->out != NULL && !s->moved) || (s->ws != NULL && !s->heard)) {
        ngx_http_godwit_live_send_away(s, NGX_HTTP_GODWIT_LIVE_SLOW,
                                       "not a sign of life");
        return;
    }

    s->moved = 0;
    s->heard = 0;
    s->due = ngx_current_msec + (ngx_msec_t) ngx_http_godwit_process->conf
                                ->conf.live_ping;
    ngx_queue_remove(&s->turn);
    ngx_queue_insert_tail(&ngx_http_godwit_live_house.turns, &s->turn);

    if (s->out != NULL) {
        s->heard = 1;               /* a ping would wait behind it */
        return;
    }

    rc = ngx_http_godwit_live_ping(s);

    if (rc == NGX_ERROR) {
        s->request->connection->error = 1;
        ngx_http_godwit_live_send_away(s, GW_WS_AWAY, "");

    } else if (rc == NGX_AGAIN) {
        ngx_http_godwit_live_lag(s, ngx_http_godwit_live_house.next);
    }
}


static void
ngx_http_godwit_live_tick(ngx_event_t *ev)
{
    ngx_queue_t                    *q, *turns;
    ngx_http_godwit_live_stream_t  *s;

    turns = &ngx_http_godwit_live_house.turns;

    while (!ngx_queue_empty(turns)) {
        q = ngx_queue_head(turns);
        s = ngx_queue_data(q, ngx_http_godwit_live_stream_t, turn);

        if (!ngx_exiting
            && (ngx_msec_int_t) (s->due - ngx_current_msec) > 0)
        {
            ngx_add_timer(ev, NGX_HTTP_GODWIT_LIVE_TICK);
            return;
        }

        ngx_http_godwit_live_turn(s);
    }
}


/* Headers, status 101 or 200; NGX_OK: a stream may follow. */
static ngx_int_t
ngx_http_godwit_live_head(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const u_char *accept)
{
    ngx_int_t         rc;
    ngx_str_t         value;

    static ngx_str_t  type = ngx_string("text/event-stream");
    static ngx_str_t  upgrade = ngx_string("Upgrade");
    static ngx_str_t  websocket = ngx_string("websocket");
    static ngx_str_t  name = ngx_string("Sec-WebSocket-Accept");
    static ngx_str_t  buffering = ngx_string("X-Accel-Buffering");
    static ngx_str_t  no = ngx_string("no");

    r->keepalive = 0;

    if (accept == NULL) {
        if (ngx_http_godwit_header(r, &buffering, &no) != NGX_OK) {
            return NGX_ERROR;
        }

        rc = ngx_http_godwit_api_header(r, ctx, NGX_HTTP_OK, &type, -1);

    } else {
        value.len = GW_WS_ACCEPT;
        value.data = (u_char *) accept;
        r->headers_out.status = NGX_HTTP_SWITCHING_PROTOCOLS;
        ngx_str_set(&r->headers_out.status_line, "101 Switching Protocols");

        if (ngx_http_godwit_header(r, &upgrade, &websocket) != NGX_OK
            || ngx_http_godwit_header(r, &name, &value) != NGX_OK
            || ngx_http_godwit_api_headers(r, ctx) != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_godwit_api_counted(NGX_HTTP_OK);
        rc = ngx_http_send_header(r);
    }

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc == NGX_OK ? NGX_DONE : rc;
    }

    return ngx_http_send_special(r, NGX_HTTP_FLUSH);
}


/* The memory of a stream, set up for what was asked. */
static ngx_http_godwit_live_stream_t *
ngx_http_godwit_live_make(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_live_ask_t *ask,
    ngx_uint_t socket)
{
    size_t                          size;
    ngx_msec_t                      life;
    ngx_http_cleanup_t             *gone;
    ngx_pool_cleanup_t             *cln;
    ngx_http_godwit_live_stream_t  *s;

    size = sizeof(ngx_http_godwit_live_stream_t) + ask->n * sizeof(uint64_t);
    s = ngx_pcalloc(r->pool, size + (socket ? sizeof(gw_ws_t) : 0));
    gone = ngx_http_cleanup_add(r, 0);
    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (s == NULL || gone == NULL || cln == NULL) {
        return NULL;
    }

    gone->handler = ngx_http_godwit_live_gone;
    gone->data = s;
    cln->handler = ngx_http_godwit_live_free;
    cln->data = s;

    if (socket) {
        s->ws = (gw_ws_t *) ((u_char *) s + size);
        gw_ws_init(s->ws, NGX_HTTP_GODWIT_LIVE_SAYS);
    }

    s->request = r;
    s->tenant = ask->tenant;
    s->sees = ask->sees;
    s->n = ask->n;
    ngx_memcpy(s->topics, ask->topics, ask->n * sizeof(uint64_t));
    s->key = ctx->who == NGX_GODWIT_WHO_KEY ? ctx->key : 0;
    s->from = ask->from;
    s->behind = 1;
    s->heard = 1;
    s->due = ngx_current_msec + (ngx_msec_t) ngx_http_godwit_process->conf
                                ->conf.live_ping;

    /* not all at the same time */
    life = (ngx_msec_t) ngx_http_godwit_process->conf->conf.live_lifetime;
    s->until = ngx_current_msec + life - ngx_random() % (life / 4 + 1);

    return s;
}


static void
ngx_http_godwit_live_link(ngx_http_godwit_live_stream_t *s)
{
    ngx_http_godwit_live_house_t  *house = &ngx_http_godwit_live_house;

    ngx_queue_insert_tail(&house->lanes[ngx_http_godwit_lane(s->tenant)],
                          &s->link);
    ngx_queue_insert_tail(&house->turns, &s->turn);
    s->linked = 1;

    if (!house->tick.timer_set) {
        ngx_add_timer(&house->tick, NGX_HTTP_GODWIT_LIVE_TICK);
    }
}


/* The first word: where it stands, and whether something is missing. */
static ngx_int_t
ngx_http_godwit_live_greet(ngx_http_godwit_live_stream_t *s,
    const ngx_http_godwit_live_ask_t *ask)
{
    u_char                         mem[128];
    size_t                         len;
    ngx_int_t                      rc;
    ngx_http_godwit_live_frame_t  *frame;

    len = ngx_sprintf(mem, "\"type\":\"live.open\",\"data\":{\"resumed\":%s}}",
                      ask->resumed ? "true" : "false")
          - mem;
    frame = ngx_http_godwit_live_frame(s->form, ask->from - 1,
                                       gw_str_make(mem, len),
                                       NGX_HTTP_GODWIT_LIVE_RETRY
                                       + ngx_random()
                                         % NGX_HTTP_GODWIT_LIVE_RETRY);
    if (frame == NULL) {
        return NGX_ERROR;
    }

    rc = ngx_http_godwit_live_send(s, frame);
    ngx_http_godwit_live_unref(frame);

    return rc == NGX_OK ? ngx_http_godwit_live_follow(s) : rc;
}


/* Streams of a workspace: a lane holds those of others too. */
static ngx_uint_t
ngx_http_godwit_live_count(uint32_t tenant)
{
    ngx_uint_t                      n;
    ngx_queue_t                    *q, *lane;
    ngx_http_godwit_live_stream_t  *s;

    n = 0;
    lane = &ngx_http_godwit_live_house.lanes[ngx_http_godwit_lane(tenant)];

    for (q = ngx_queue_head(lane); q != lane; q = ngx_queue_next(q)) {
        s = ngx_queue_data(q, ngx_http_godwit_live_stream_t, link);
        n += s->tenant == tenant;
    }

    return n;
}


ngx_int_t
ngx_http_godwit_live_stream(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_live_ask_t *ask,
    const u_char *accept)
{
    ngx_int_t                       rc;
    ngx_uint_t                      filters;
    ngx_http_godwit_live_stream_t  *s;

    if (ngx_exiting
        || ngx_http_godwit_live_count(ask->tenant)
           >= (ngx_uint_t) ngx_http_godwit_process->conf->conf
                           .live_connections)
    {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_BUSY,
                   gw_str_of("This workspace has as many live connections as "
                             "it may; close one, or come again."));
    }

    s = ngx_http_godwit_live_make(r, ctx, ask, accept != NULL);
    if (s == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_godwit_live_head(r, ctx, accept);
    filters = accept == NULL && (r->http_version > NGX_HTTP_VERSION_11
                                 || r->headers_out.content_encoding != NULL);

    if (rc == NGX_AGAIN) {
        rc = filters ? NGX_OK : NGX_ERROR;
    }

    if (rc != NGX_OK) {
        return rc == NGX_DONE ? NGX_OK : rc;
    }

    s->form = accept != NULL ? NGX_GODWIT_LIVE_SOCKET
              : r->chunked && !filters ? NGX_GODWIT_LIVE_CHUNKS
                                       : NGX_GODWIT_LIVE_LINES;

    if (!filters && ngx_tcp_nodelay(r->connection) != NGX_OK) {
        return NGX_ERROR;
    }

    if (filters) {
        s->buf = ngx_calloc_buf(r->pool);
        if (s->buf == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_http_set_ctx(r, s, ngx_http_godwit_live_module);
    r->read_event_handler = accept != NULL ? ngx_http_godwit_live_hear
                                           : ngx_http_test_reading;
    r->write_event_handler = ngx_http_godwit_live_write;
    r->connection->log->action = "telling what happens";

    rc = ngx_http_godwit_live_greet(s, ask);
    if (rc == NGX_ERROR || rc == NGX_DECLINED) {
        return NGX_ERROR;
    }

    ngx_http_godwit_live_link(s);
    ngx_http_godwit_count(NGX_GODWIT_LIVE_STREAMS);
    r->main->count++;

    if (!filters) {                     /* what came behind the request */
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    return NGX_DONE;
}


static void
ngx_http_godwit_live_bell(ngx_event_t *ev)
{
    uint64_t           n;
    ngx_connection_t  *c = ev->data;

    if (read(c->fd, &n, sizeof(n)) == sizeof(n)) {
        ngx_http_godwit_live_tell();
    }
}


ngx_int_t
ngx_http_godwit_live_open(ngx_cycle_t *cycle, int fd)
{
    ngx_uint_t                     i;
    ngx_connection_t              *c;
    ngx_http_godwit_live_house_t  *house = &ngx_http_godwit_live_house;

    for (i = 0; i < NGX_HTTP_GODWIT_LANES; i++) {
        ngx_queue_init(&house->lanes[i]);
    }

    ngx_queue_init(&house->turns);
    house->next = ngx_http_godwit_live_next();
    house->tick.handler = ngx_http_godwit_live_tick;
    house->tick.data = house;
    house->tick.log = cycle->log;

    c = ngx_get_connection(fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    house->bell = c;
    c->read->handler = ngx_http_godwit_live_bell;
    c->read->log = cycle->log;
    c->read->channel = 1;               /* it stays open to the end */

    return ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT);
}
