/* /c/: the redirect. The URL is in the token, in the cache or in Postgres. */
#include "ngx_http_godwit.h"

/* What must outlive a query. */
typedef struct {
    u_char      payload[GW_TOKEN_PAYLOAD];
} ngx_http_godwit_click_t;


/* http or https without a byte that could end a header. */
static ngx_int_t
ngx_http_godwit_click_safe(ngx_str_t *url)
{
    size_t  i;

    if ((url->len < 8 || ngx_strncasecmp(url->data, (u_char *) "http://", 7))
        && (url->len < 9
            || ngx_strncasecmp(url->data, (u_char *) "https://", 8)))
    {
        return NGX_DECLINED;
    }

    for (i = 0; i < url->len; i++) {
        if (url->data[i] < 0x21 || url->data[i] == 0x7f) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * A link that ends with `gw=` asks for a token of who has clicked, for the
 * script of that page. It is best behind a #, where no log of a server and no
 * other site sees it.
 */
static ngx_int_t
ngx_http_godwit_click_visit(ngx_http_request_t *r, const u_char *payload,
    ngx_str_t *url)
{
    u_char     *p;
    gw_buf_t    out;
    gw_token_t  t;

    if (url->len < 3 || ngx_strncmp(url->data + url->len - 3, "gw=", 3) != 0) {
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, url->len + GW_TOKEN_TEXT);
    if (p == NULL) {
        return NGX_ERROR;
    }

    gw_token_unpack(&t, payload);
    t.what = GW_TOKEN_VISIT;
    t.link = 0;
    t.time = (uint32_t) ngx_time();
    gw_buf_fixed(&out, p, url->len + GW_TOKEN_TEXT);
    gw_buf_str(&out, ngx_http_godwit_gw(*url));
    if (gw_token_sign(ngx_http_godwit_process->keys, &t, gw_str_of(NULL),
                      &out) != GW_OK)
    {
        return NGX_ERROR;
    }

    url->data = out.data;
    url->len = out.len;

    return NGX_OK;
}


/* Append the event, then send a 302 without a body. */
static ngx_int_t
ngx_http_godwit_click_send(ngx_http_request_t *r, const u_char *payload,
    ngx_str_t *url)
{
    gw_event_t  e;
    ngx_uint_t  flags;

    static ngx_str_t  location = ngx_string("Location");
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store, private");

    if (ngx_http_godwit_click_safe(url) != NGX_OK) {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    if (ngx_http_godwit_click_visit(r, payload, url) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_godwit_count(NGX_GODWIT_CLICKS);
    flags = ngx_http_godwit_event(r, &e, payload);
    ngx_http_godwit_spool_event(GW_EVENT_CLICK, flags, &e);

    r->headers_out.status = NGX_HTTP_MOVED_TEMPORARILY;
    r->headers_out.content_length_n = 0;
    r->header_only = 1;

    if (ngx_http_godwit_header(r, &location, url) != NGX_OK
        || ngx_http_godwit_header(r, &cache, &no_store) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_header(r);
}


static void
ngx_http_godwit_click_found(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                 rc;
    ngx_str_t                 url;
    ngx_http_godwit_click_t  *click;

    click = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    url = ngx_http_godwit_pool_value(answer);

    if (answer->rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, answer->rc);

    } else if (url.data == NULL) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);

    } else {
        rc = ngx_http_godwit_click_send(r, click->payload, &url);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_http_godwit_click_ask(ngx_http_request_t *r, gw_token_t *t,
    u_char *payload)
{
    int64_t                   numbers[3];
    ngx_int_t                 rc;
    ngx_http_godwit_click_t  *click;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_link"),
        ngx_string("select auth.track_link($1::int, $2::bigint, $3::int)")
    };

    ngx_http_godwit_count(NGX_GODWIT_CACHE_MISSES);

    click = ngx_palloc(r->pool, sizeof(ngx_http_godwit_click_t));
    if (click == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(click->payload, payload, GW_TOKEN_PAYLOAD);
    ngx_http_set_ctx(r, click, ngx_http_godwit_track_module);

    numbers[0] = t->tenant;
    numbers[1] = t->id2;
    numbers[2] = t->link;

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_QUICK, t->tenant,
                                      &statement, 3, numbers,
                                      ngx_http_godwit_click_found);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}


ngx_int_t
ngx_http_godwit_track_click(ngx_http_request_t *r)
{
    u_char          payload[GW_TOKEN_PAYLOAD];
    size_t          n;
    gw_buf_t        tail;
    ngx_str_t       url;
    ngx_int_t       rc;
    gw_token_t      t;
    gw_cache_key_t  key;

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    url.data = ngx_pnalloc(r->pool, GW_TOKEN_URL_MAX);
    if (url.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    gw_buf_fixed(&tail, url.data, GW_TOKEN_URL_MAX);

    if (ngx_http_godwit_track_token(r, GW_TOKEN_CLICK, &t, payload, &tail)
        != NGX_OK)
    {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    if (tail.len > 0) {
        url.len = tail.len;
        return ngx_http_godwit_click_send(r, payload, &url);
    }

    n = GW_TOKEN_URL_MAX;
    key = gw_cache_key_link(t.tenant, t.id2, t.link);
    rc = ngx_http_godwit_cached(&key, url.data, &n);

    if (rc != GW_OK) {
        return ngx_http_godwit_click_ask(r, &t, payload);
    }

    ngx_http_godwit_count(NGX_GODWIT_CACHE_HITS);
    url.len = n;

    return ngx_http_godwit_click_send(r, payload, &url);
}
