/*
 * Those who listen to this process. Who keeps up is told of an event as it
 * comes, out of memory that all share; who does not reads the ring by himself
 * as his connection takes it, and is sent away when he owes too much: he comes
 * again and goes on from the id that he has.
 */
#include "ngx_http_godwit_live.h"


/* Of a timer or of the bell, where no handler of the request is at work. */
void
ngx_http_godwit_live_send_away(ngx_http_godwit_live_stream_t *s,
    ngx_uint_t code, const char *reason)
{
    ngx_connection_t  *c;

    c = s->request->connection;
    ngx_http_godwit_live_end(s, code, reason);
    ngx_http_run_posted_requests(c);
}


static ngx_uint_t
ngx_http_godwit_live_wants(const ngx_http_godwit_live_stream_t *s,
    const ngx_http_godwit_live_event_t *e)
{
    ngx_uint_t  i;

    if (e->tenant != s->tenant || !(e->sees & s->sees)) {
        return 0;
    }

    for (i = 0; i < s->n; i++) {
        if (s->topics[i] == e->topic || s->topics[i] == e->noun) {
            return 1;
        }
    }

    return s->n == 0;
}


void
ngx_http_godwit_live_lag(ngx_http_godwit_live_stream_t *s, uint64_t next)
{
    s->behind = 1;
    s->from = ngx_max(s->from, next);   /* he may be ahead of this process */
    s->owed = s->out->len - (s->buf == NULL ? s->at : 0);
}


ngx_int_t
ngx_http_godwit_live_follow(ngx_http_godwit_live_stream_t *s)
{
    ngx_int_t                      i, n, rc;
    ngx_http_godwit_live_frame_t  *frame;

    static ngx_http_godwit_live_event_t
        events[NGX_HTTP_GODWIT_LIVE_BATCH];

    while ((n = ngx_http_godwit_live_read(s->from, events)) > 0) {

        for (i = 0; i < n; i++) {
            s->from = events[i].n + 1;

            if (!ngx_http_godwit_live_wants(s, &events[i])) {
                continue;
            }

            frame = ngx_http_godwit_live_frame(s->form, events[i].n,
                                               gw_str_make(events[i].data,
                                                           events[i].len),
                                               0);
            if (frame == NULL) {
                return NGX_ERROR;
            }

            s->owed -= ngx_min(s->owed, frame->len);
            rc = ngx_http_godwit_live_send(s, frame);
            ngx_http_godwit_live_unref(frame);

            if (rc != NGX_OK) {
                return rc;
            }
        }
    }

    if (n == 0) {
        s->behind = 0;
        s->owed = 0;
    }

    return n;
}


void
ngx_http_godwit_live_write(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_godwit_live_stream_t  *s;

    s = ngx_http_get_module_ctx(r, ngx_http_godwit_live_module);
    rc = ngx_http_godwit_live_rest(s);

    if (rc == NGX_OK && s->behind) {
        rc = ngx_http_godwit_live_follow(s);
    }

    if (rc == NGX_DECLINED) {
        ngx_http_godwit_live_end(s, NGX_HTTP_GODWIT_LIVE_SLOW, "too slow");

    } else if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* An event in the forms that were asked for; told to one after the other. */
static ngx_int_t
ngx_http_godwit_live_one(ngx_http_godwit_live_stream_t *s,
    const ngx_http_godwit_live_event_t *e,
    ngx_http_godwit_live_frame_t **frames)
{
    ngx_int_t                       rc;
    ngx_http_godwit_live_frame_t  **frame;

    if (e->n < s->from) {
        return NGX_OK;          /* he has read it before this process has */
    }

    if (s->behind) {
        s->owed += e->len;
        return s->owed > (size_t) ngx_http_godwit_process->conf->conf
                                  .live_backlog
               ? NGX_DECLINED : NGX_OK;
    }

    frame = &frames[s->form];

    if (*frame == NULL) {
        *frame = ngx_http_godwit_live_frame(s->form, e->n,
                                            gw_str_make(e->data, e->len), 0);
        if (*frame == NULL) {
            return NGX_ERROR;
        }
    }

    rc = ngx_http_godwit_live_send(s, *frame);
    if (rc == NGX_AGAIN) {
        ngx_http_godwit_live_lag(s, e->n + 1);
    }

    return rc;
}


static void
ngx_http_godwit_live_event(const ngx_http_godwit_live_event_t *e)
{
    ngx_int_t                       rc;
    ngx_uint_t                      i;
    ngx_queue_t                    *q, *lane, *next;
    ngx_http_godwit_live_frame_t   *frames[NGX_GODWIT_LIVE_FORMS];
    ngx_http_godwit_live_stream_t  *s;

    ngx_memzero(frames, sizeof(frames));
    lane = &ngx_http_godwit_live_house.lanes[ngx_http_godwit_lane(e->tenant)];

    for (q = ngx_queue_head(lane); q != lane; q = next) {
        next = ngx_queue_next(q);
        s = ngx_queue_data(q, ngx_http_godwit_live_stream_t, link);

        if (!ngx_http_godwit_live_wants(s, e)) {
            continue;
        }

        rc = ngx_http_godwit_live_one(s, e, frames);

        if (rc == NGX_DECLINED) {
            ngx_http_godwit_live_send_away(s, NGX_HTTP_GODWIT_LIVE_SLOW,
                                           "too slow");
        } else if (rc == NGX_ERROR) {
            s->request->connection->error = 1;
            ngx_http_godwit_live_send_away(s, GW_WS_AWAY, "");
        }
    }

    for (i = 0; i < NGX_GODWIT_LIVE_FORMS; i++) {
        ngx_http_godwit_live_unref(frames[i]);
    }

    ngx_http_godwit_api_wait_told(e->topic);
    ngx_http_godwit_count(NGX_GODWIT_LIVE_EVENTS);
}


/* This process slept while the ring went round: who listened has missed it. */
static void
ngx_http_godwit_live_missed(void)
{
    ngx_queue_t                    *q, *next;
    ngx_http_godwit_live_house_t   *house;
    ngx_http_godwit_live_stream_t  *s;

    house = &ngx_http_godwit_live_house;
    house->next = ngx_http_godwit_live_next();

    for (q = ngx_queue_head(&house->turns); q != &house->turns; q = next) {
        next = ngx_queue_next(q);
        s = ngx_queue_data(q, ngx_http_godwit_live_stream_t, turn);

        if (!s->behind) {
            ngx_http_godwit_live_send_away(s, NGX_HTTP_GODWIT_LIVE_SLOW,
                                           "too slow");
        }
    }
}


void
ngx_http_godwit_live_tell(void)
{
    ngx_int_t                      i, n;
    ngx_http_godwit_live_house_t  *house;

    static ngx_http_godwit_live_event_t
        events[NGX_HTTP_GODWIT_LIVE_BATCH];

    house = &ngx_http_godwit_live_house;

    while ((n = ngx_http_godwit_live_read(house->next, events)) > 0) {
        house->next += n;

        for (i = 0; i < n; i++) {
            ngx_http_godwit_live_event(&events[i]);
        }
    }

    if (n == NGX_DECLINED) {
        ngx_http_godwit_live_missed();
    }
}
