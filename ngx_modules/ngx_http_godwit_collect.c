/*
 * /api/v1/track and its like: events of sites and apps by write key, in the
 * form of Segment's HTTP API. No database: what the cache does not know of a
 * key the drain finds out.
 *
 * A 200 means that the events are in the spool and will be in Postgres once.
 * What says who somebody is (identify, alias) and what a server sends in
 * batches is of the durable class: it is on the disk before the 200. What is
 * only counted (track, page) is of the class of pixels: the death of any
 * process loses none of it, a power cut those of the last spool_sync. Unlike a
 * pixel it is refused when there is no room: who sent it has it still, and a
 * messageId makes sure that it counts once.
 */
#include "ngx_http_godwit_collect.h"

#include "shm/gw_json_pick.h"
#include "shm/gw_source.h"


/* The kind of a path by its last part; 0: a batch. */
static ngx_uint_t
ngx_http_godwit_collect_kind(ngx_http_request_t *r)
{
    u_char  *p, *end;

    end = r->uri.data + r->uri.len;
    for (p = end; p > r->uri.data && p[-1] != '/'; p--) { /* void */ }

    return gw_tracked_kind(gw_str_make(p, end - p));
}


void
ngx_http_godwit_collect_request(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c)
{
    gw_event_t  e;

    static const u_char  none[GW_TOKEN_PAYLOAD];

    c->flags = ngx_http_godwit_event(r, &e, none);
    c->event.agent = e.ua;
    ngx_memcpy(c->event.ip, e.ip, sizeof(e.ip));

    c->origin = ngx_http_godwit_gw(ngx_http_godwit_header_in(r, "origin"));
    c->key = ngx_http_godwit_gw(ngx_http_godwit_header_in(r, "write-key"));

    /* as Segment has it: the key is the user, without a password */
    if (c->key.len == 0 && ngx_http_auth_basic_user(r) == NGX_OK) {
        c->key = ngx_http_godwit_gw(r->headers_in.user);
    }
}


int
ngx_http_godwit_collect_known(ngx_http_godwit_collect_t *c)
{
    size_t          n;
    gw_source_t     source;
    gw_cache_key_t  key;
    unsigned char   value[GW_SOURCE_MAX];

    key = gw_cache_key_source(c->event.tenant, c->event.source);
    n = sizeof(value);

    return ngx_http_godwit_cached(&key, value, &n) == GW_OK
           && gw_source_unpack(&source, gw_str_make(value, n)) == GW_OK
           ? gw_source_refuse(&source, c->key, c->origin) : GW_ENOTFOUND;
}


ngx_int_t
ngx_http_godwit_collect_refused(ngx_http_request_t *r, int rc)
{
    if (rc == GW_EFULL) {
        return ngx_http_godwit_collect_problem(r, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("The write key is not for pages of this origin; "
                             "its source names those that it is for."));
    }

    return rc == GW_OK ? NGX_DECLINED
           : ngx_http_godwit_collect_problem(r, GW_PROBLEM_UNAUTHORIZED,
                 gw_str_of("Send the write key of a source as the user of "
                           "Basic authentication, as the header Write-Key or "
                           "as the member \"writeKey\"."));
}


/* Is the key good for this? NGX_DECLINED: nothing is known against it. */
static ngx_int_t
ngx_http_godwit_collect_key(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c)
{
    int      rc;
    int64_t  id;

    rc = gw_apikey_write_says(c->key, &c->event.tenant, &id);
    if (rc == GW_OK) {
        c->event.source = id;
        rc = ngx_http_godwit_collect_known(c);
    }

    if (rc == GW_ENOTFOUND) {           /* the drain has to look */
        c->event.key = c->key;
        rc = gw_apikey_write(c->key, &c->event.tenant, &id);
    }

    return ngx_http_godwit_collect_refused(r, rc);
}


ngx_int_t
ngx_http_godwit_collect_rate(ngx_http_request_t *r,
    ngx_http_godwit_rate_e kind, uint64_t id)
{
    u_char                  why[NGX_HTTP_GODWIT_RATE_WHY];
    size_t                  len;
    ngx_http_godwit_rate_t  shown;

    return ngx_http_godwit_rate(kind, id, &shown, why, &len) != NGX_BUSY
           ? NGX_DECLINED
           : ngx_http_godwit_collect_problem(r, GW_PROBLEM_RATE_LIMITED,
                                             gw_str_make(why, len));
}


ngx_int_t
ngx_http_godwit_collect_add(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c, gw_tracked_t *e)
{
    u_char      *p;
    size_t       n;
    gw_token_t   t;

    /* a link that we have signed says whose page it is */
    e->contact = 0;
    if (e->visit.len > 0
        && gw_token_open(ngx_http_godwit_process->keys, e->visit, &t, NULL,
                         NULL) == GW_OK
        && t.what == GW_TOKEN_VISIT && t.kind == GW_TOKEN_CAMPAIGN
        && t.tenant == c->event.tenant
        && ngx_time() - (time_t) t.time < NGX_HTTP_GODWIT_VISIT)
    {
        e->contact = t.id;
    }

    e->tenant = c->event.tenant;
    e->source = c->event.source;
    e->key = c->event.key;
    n = gw_tracked_size(e);
    p = ngx_pnalloc(r->pool, n);
    if (p == NULL) {
        return NGX_ERROR;
    }

    gw_tracked_encode(p, e);
    c->bodies[c->n++] = gw_str_make(p, n);

    return NGX_OK;
}


/* Of the events of one request. */
static ngx_int_t
ngx_http_godwit_collect_who(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c, gw_str_t key)
{
    ngx_int_t  rc;

    if (c->key.len == 0) {
        c->key = key;
    }

    rc = ngx_http_godwit_collect_key(r, c);

    return rc != NGX_DECLINED ? rc
           : ngx_http_godwit_collect_rate(r, NGX_GODWIT_RATE_SOURCE,
                                          c->event.source);
}


static ngx_int_t
ngx_http_godwit_collect_one(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c, gw_str_t text)
{
    gw_str_t            key;
    ngx_int_t           rc;
    gw_tracked_t        e;
    gw_tracked_error_t  err;

    e = c->event;
    if (gw_tracked_judge(&e, c->kind, text, ngx_http_godwit_now(), 0,
                         &key, &err)
        != GW_OK)
    {
        return ngx_http_godwit_collect_wrong(r, -1, &err);
    }

    rc = ngx_http_godwit_collect_who(r, c, key);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    c->durable = e.kind >= GW_TRACKED_IDENTIFY;
    c->bodies = ngx_palloc(r->pool, sizeof(gw_str_t));

    return c->bodies != NULL && ngx_http_godwit_collect_add(r, c, &e) == NGX_OK
           ? NGX_DECLINED : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


/* All of a batch or nothing: each event is judged before one is kept. */
static ngx_int_t
ngx_http_godwit_collect_batch(ngx_http_request_t *r,
    ngx_http_godwit_collect_t *c, gw_str_t text)
{
    size_t              at;
    int64_t             sent;
    gw_str_t            items, item, key, own;
    ngx_int_t           rc;
    gw_tracked_t        e;
    gw_tracked_error_t  err;

    if (gw_tracked_batch(text, &items, &sent, &key, &err) != GW_OK) {
        return ngx_http_godwit_collect_wrong(r, -1, &err);
    }

    rc = ngx_http_godwit_collect_who(r, c, key);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    c->durable = 1;
    c->bodies = ngx_palloc(r->pool, GW_TRACKED_EVENTS * sizeof(gw_str_t));
    if (c->bodies == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    at = 0;
    while (gw_json_item(items, &at, &item)) {
        if (c->n == GW_TRACKED_EVENTS) {
            return ngx_http_godwit_collect_problem(r, GW_PROBLEM_TOO_LARGE,
                       gw_str_of("A batch has at most 500 events."));
        }

        e = c->event;
        if (gw_tracked_judge(&e, 0, item, ngx_http_godwit_now(), sent,
                             &own, &err) != GW_OK)
        {
            return ngx_http_godwit_collect_wrong(r, c->n, &err);
        }

        if (ngx_http_godwit_collect_add(r, c, &e) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return NGX_DECLINED;
}


/* The records are safe, or they are not. */
static void
ngx_http_godwit_collect_done(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_godwit_collect_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    if (rc != NGX_OK) {
        rc = ngx_http_godwit_collect_problem(r, GW_PROBLEM_AWAY,
                 gw_str_of("There is no room for events now; send them again "
                           "in a moment."));
    } else {
        (void) ngx_atomic_fetch_add(
            &ngx_http_godwit_process->counters[NGX_GODWIT_TRACKED], c->n);
        rc = ngx_http_godwit_collect_taken(r);
    }

    ngx_http_finalize_request(r, rc);
}


static void
ngx_http_godwit_collect_post(ngx_http_request_t *r)
{
    gw_str_t                    text;
    ngx_int_t                   rc;
    ngx_http_godwit_collect_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    rc = ngx_http_godwit_body_in(r, &text);

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "events need \"client_body_buffer_size 512k\" in their "
                      "location");
    }

    if (rc != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = c->kind != 0 ? ngx_http_godwit_collect_one(r, c, text)
                      : ngx_http_godwit_collect_batch(r, c, text);

    if (rc != NGX_DECLINED) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    if (c->durable && c->n > 0) {
        rc = ngx_http_godwit_spool_bodies(r, GW_EVENT_TRACKED, c->flags,
                                          c->bodies, c->n,
                                          ngx_http_godwit_collect_done);
        if (rc == NGX_OK) {             /* the wait has a reference */
            ngx_http_finalize_request(r, NGX_DONE);
            return;
        }

    } else {
        rc = c->n == 0 ? NGX_OK
             : ngx_http_godwit_spool_append(GW_EVENT_TRACKED, c->flags,
                                            c->bodies[0]);
    }

    ngx_http_godwit_collect_done(r, rc);
}


ngx_int_t
ngx_http_godwit_collect_early(ngx_http_request_t *r, off_t most,
    const char *too_large)
{
    uint64_t   id;
    ngx_int_t  rc;

    if (r->method != NGX_HTTP_POST) {
        return ngx_http_godwit_collect_problem(r,
                   GW_PROBLEM_METHOD_NOT_ALLOWED, gw_str_of(NULL));
    }

    if (ngx_http_godwit_rate_address(r, &id) == NGX_OK) {
        rc = ngx_http_godwit_collect_rate(r, NGX_GODWIT_RATE_VISITOR, id);
        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (r->headers_in.content_length_n < 0) {
        return ngx_http_godwit_collect_problem(r, GW_PROBLEM_BAD_REQUEST,
                   gw_str_of("Send the body with Content-Length, not "
                             "chunked."));
    }

    return r->headers_in.content_length_n <= most
           ? NGX_DECLINED
           : ngx_http_godwit_collect_problem(r, GW_PROBLEM_TOO_LARGE,
                                             gw_str_of(too_large));
}


ngx_int_t
ngx_http_godwit_collect(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_godwit_collect_t  *c;

    if (ngx_http_godwit_process == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_godwit_collect_options(r);
    }

    c = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_collect_t));
    if (c == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    c->kind = ngx_http_godwit_collect_kind(r);
    ngx_http_set_ctx(r, c, ngx_http_godwit_track_module);

    rc = c->kind != 0
         ? ngx_http_godwit_collect_early(r, GW_TRACKED_TEXT_MAX,
                                         "An event has at most 32 KB.")
         : ngx_http_godwit_collect_early(r, GW_TRACKED_BATCH_MAX,
                                         "A batch has at most 500 KB.");
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_http_godwit_collect_request(r, c);
    r->request_body_in_single_buf = 1;
    rc = ngx_http_read_client_request_body(r, ngx_http_godwit_collect_post);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}
