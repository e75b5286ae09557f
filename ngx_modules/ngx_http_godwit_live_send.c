/*
 * The bytes of a stream: an event is wrapped once a form for all who get it,
 * and goes to the connection itself; through nginx's filters where there are
 * frames of HTTP/2 to make, or something was found to compress.
 */
#include "ngx_http_godwit_live.h"

#define NGX_HTTP_GODWIT_LIVE_HEARD  4096    /* bytes read at a time */
#define NGX_HTTP_GODWIT_LIVE_TURNS  16      /* and so often         */
#define NGX_HTTP_GODWIT_LIVE_WRAP   32      /* bytes round a chunk  */


ngx_http_godwit_live_frame_t *
ngx_http_godwit_live_frame(ngx_http_godwit_live_form_e form, uint64_t n,
    gw_str_t json, ngx_uint_t retry)
{
    u_char                        *p, *last, id[NGX_HTTP_GODWIT_LIVE_ID];
    unsigned char                  head[128];
    size_t                         len, text;
    ngx_http_godwit_live_frame_t  *frame;

    static const char              begin[] = "{\"id\":\"", behind[] = "\",";

    len = ngx_http_godwit_live_id(id, n);
    text = sizeof(begin) - 1 + len + sizeof(behind) - 1 + json.len;
    last = head;

    if (form == NGX_GODWIT_LIVE_SOCKET) {
        last += gw_ws_head(head, GW_WS_TEXT, text);

    } else {
        if (retry > 0) {
            last = ngx_sprintf(last, "retry: %ui\n", retry);
        }
        last = ngx_sprintf(last, "id: %*s\ndata: ", len, id);
    }

    frame = ngx_alloc(sizeof(ngx_http_godwit_live_frame_t) + (last - head)
                      + text + NGX_HTTP_GODWIT_LIVE_WRAP, ngx_cycle->log);
    if (frame == NULL) {
        return NULL;
    }

    frame->refs = 1;
    p = frame->data;

    if (form == NGX_GODWIT_LIVE_CHUNKS) {
        p = ngx_sprintf(p, "%xz" CRLF, (last - head) + text + 2);
    }

    p = ngx_cpymem(p, head, last - head);
    p = ngx_cpymem(p, begin, sizeof(begin) - 1);
    p = ngx_cpymem(p, id, len);
    p = ngx_cpymem(p, behind, sizeof(behind) - 1);
    p = ngx_cpymem(p, json.data, json.len);

    if (form != NGX_GODWIT_LIVE_SOCKET) {
        p = ngx_cpymem(p, "\n\n", 2);
    }

    if (form == NGX_GODWIT_LIVE_CHUNKS) {
        p = ngx_cpymem(p, CRLF, 2);
    }

    frame->len = p - frame->data;

    return frame;
}


void
ngx_http_godwit_live_unref(ngx_http_godwit_live_frame_t *frame)
{
    if (frame != NULL && --frame->refs == 0) {
        ngx_free(frame);
    }
}


/* What is left of s->out, through the filters. */
static ngx_int_t
ngx_http_godwit_live_filter(ngx_http_godwit_live_stream_t *s)
{
    ngx_buf_t           *b;
    ngx_chain_t          out, *in;
    ngx_http_request_t  *r;

    r = s->request;
    b = s->buf;
    out.buf = b;
    out.next = NULL;
    in = s->at == 0 ? &out : NULL;          /* they keep it until it is out */
    s->at = 1;

    if (ngx_http_output_filter(r, in) == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (b->pos < b->last || r->buffered || r->connection->buffered) {
        return NGX_AGAIN;
    }

    ngx_http_godwit_live_unref(s->out);
    s->out = NULL;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_live_rest(ngx_http_godwit_live_stream_t *s)
{
    size_t             left;
    ssize_t            n;
    ngx_connection_t  *c;

    if (s->out == NULL) {
        return NGX_OK;
    }

    s->moved = 1;

    if (s->buf != NULL) {
        return ngx_http_godwit_live_filter(s);
    }

    c = s->request->connection;
    left = s->out->len - s->at;
    n = c->send(c, s->out->data + s->at, left);

    if (n == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (n != NGX_AGAIN && (size_t) n == left) {
        ngx_http_godwit_live_unref(s->out);
        s->out = NULL;
        return NGX_OK;
    }

    s->at += n > 0 ? n : 0;

    return ngx_handle_write_event(c->write, 0) == NGX_OK ? NGX_AGAIN
                                                         : NGX_ERROR;
}


ngx_int_t
ngx_http_godwit_live_send(ngx_http_godwit_live_stream_t *s,
    ngx_http_godwit_live_frame_t *frame)
{
    ngx_buf_t  *b;

    frame->refs++;
    s->out = frame;
    s->at = 0;

    b = s->buf;
    if (b != NULL) {
        ngx_memzero(b, sizeof(ngx_buf_t));
        b->pos = frame->data;
        b->start = frame->data;
        b->last = frame->data + frame->len;
        b->end = b->last;
        b->memory = 1;
        b->flush = 1;
    }

    return ngx_http_godwit_live_rest(s);
}


/* A few bytes of a form's own, as they are. */
static ngx_int_t
ngx_http_godwit_live_bytes(ngx_http_godwit_live_stream_t *s, const void *data,
    size_t len)
{
    ngx_int_t                      rc;
    ngx_http_godwit_live_frame_t  *frame;

    frame = ngx_alloc(sizeof(ngx_http_godwit_live_frame_t) + len,
                      ngx_cycle->log);
    if (frame == NULL) {
        return NGX_ERROR;
    }

    frame->refs = 1;
    frame->len = len;
    ngx_memcpy(frame->data, data, len);
    rc = ngx_http_godwit_live_send(s, frame);
    ngx_http_godwit_live_unref(frame);

    return rc;
}


ngx_int_t
ngx_http_godwit_live_ping(ngx_http_godwit_live_stream_t *s)
{
    /* in the order of ngx_http_godwit_live_form_e */
    static const ngx_str_t  pings[] = {
        ngx_string(":\n\n"),
        ngx_string("3" CRLF ":\n\n" CRLF),
        ngx_string("\x89\0")
    };

    return ngx_http_godwit_live_bytes(s, pings[s->form].data,
                                      pings[s->form].len);
}


void
ngx_http_godwit_live_end(ngx_http_godwit_live_stream_t *s, ngx_uint_t code,
    const char *reason)
{
    size_t               n;
    unsigned char        close[2 + GW_WS_CONTROL];
    ngx_http_request_t  *r;

    static const char    last[] = "0" CRLF CRLF;

    r = s->request;
    ngx_http_godwit_live_forget(s);

    /* in the middle of a frame nothing else can be said */
    if (s->out == NULL && s->buf == NULL) {
        n = s->form == NGX_GODWIT_LIVE_SOCKET
            ? gw_ws_close(close, code, reason)
            : s->form == NGX_GODWIT_LIVE_CHUNKS ? sizeof(last) - 1 : 0;

        if (n > 0
            && ngx_http_godwit_live_bytes(s,
                   s->form == NGX_GODWIT_LIVE_SOCKET ? (char *) close : last,
                   n) != NGX_OK)
        {
            r->connection->error = 1;
        }
    }

    /* what a client says until it has read that is thrown away */
    r->keepalive = 0;
    r->lingering_close = s->ws != NULL;
    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "live: the stream ends: %ui %s", code, reason);

    ngx_http_finalize_request(r, s->out != NULL ? NGX_ERROR
                                 : s->buf == NULL ? NGX_OK
                                 : ngx_http_send_special(r, NGX_HTTP_LAST));
}


/* One thing that a client says; NGX_DONE: the stream is gone. */
static ngx_int_t
ngx_http_godwit_live_heard(ngx_http_godwit_live_stream_t *s,
    const gw_ws_event_t *ev)
{
    size_t         n;
    ngx_int_t      rc;
    unsigned char  pong[2 + GW_WS_CONTROL];

    switch (ev->opcode) {

    case GW_WS_PONG:
        return NGX_OK;

    case GW_WS_PING:
        if (s->out != NULL) {
            return NGX_OK;          /* what is in its way is a sign of life */
        }

        n = gw_ws_head(pong, GW_WS_PONG, ev->data.len);
        ngx_memcpy(pong + n, ev->data.data, ev->data.len);

        rc = ngx_http_godwit_live_bytes(s, pong, n + ev->data.len);

        if (rc == NGX_ERROR) {
            s->request->connection->error = 1;
            ngx_http_godwit_live_end(s, GW_WS_AWAY, "");
            return NGX_DONE;
        }

        if (rc == NGX_AGAIN) {
            ngx_http_godwit_live_lag(s, ngx_http_godwit_live_house.next);
        }

        return NGX_OK;

    case GW_WS_CLOSE:
        ngx_http_godwit_live_end(s, ev->code == GW_WS_NO_CODE ? GW_WS_DONE
                                                              : ev->code, "");
        return NGX_DONE;

    default:
        ngx_http_godwit_live_end(s, GW_WS_UNWANTED,
                                 "this socket only tells");
        return NGX_DONE;
    }
}


static ngx_int_t
ngx_http_godwit_live_bytes_in(ngx_http_godwit_live_stream_t *s, u_char *data,
    size_t len)
{
    int            rc;
    gw_str_t       in;
    gw_ws_event_t  ev;

    s->heard = 1;
    in = gw_str_make(data, len);

    while ((rc = gw_ws_read(s->ws, &in, &ev)) == GW_OK) {
        if (ngx_http_godwit_live_heard(s, &ev) == NGX_DONE) {
            return NGX_DONE;
        }
    }

    if (rc == GW_EINVAL) {
        ngx_http_godwit_live_end(s, ev.code, "this is no good WebSocket");
        return NGX_DONE;
    }

    return NGX_OK;
}


void
ngx_http_godwit_live_hear(ngx_http_request_t *r)
{
    u_char                          mem[NGX_HTTP_GODWIT_LIVE_HEARD];
    ssize_t                         n;
    ngx_buf_t                      *b;
    ngx_uint_t                      turns;
    ngx_connection_t               *c;
    ngx_http_godwit_live_stream_t  *s;

    c = r->connection;
    s = ngx_http_get_module_ctx(r, ngx_http_godwit_live_module);

    /* what came with the request itself */
    b = r->header_in;
    if (b->pos < b->last) {
        n = b->last - b->pos;
        b->pos = b->last;
        if (ngx_http_godwit_live_bytes_in(s, b->last - n, n) != NGX_OK) {
            return;
        }
    }

    for (turns = 0; turns < NGX_HTTP_GODWIT_LIVE_TURNS; turns++) {
        n = c->recv(c, mem, sizeof(mem));

        if (n == NGX_AGAIN && ngx_handle_read_event(c->read, 0) == NGX_OK) {
            return;
        }

        if (n <= 0) {
            c->error = 1;
            ngx_http_finalize_request(r, NGX_HTTP_CLIENT_CLOSED_REQUEST);
            return;
        }

        if (ngx_http_godwit_live_bytes_in(s, mem, n) != NGX_OK) {
            return;
        }
    }

    ngx_post_event(c->read, &ngx_posted_events);    /* others come first */
}
