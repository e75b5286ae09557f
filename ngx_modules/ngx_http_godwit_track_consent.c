/*
 * /u/ and /p/: unsubscribe and preferences. GET shows a page and changes
 * nothing (scanners fetch links); POST answers when its record is durable.
 */
#include "ngx_http_godwit.h"

/* What a POST was about, kept until its record is safe. */
typedef struct {
    u_char      payload[GW_TOKEN_PAYLOAD];
    ngx_uint_t  preferences;    /* /p/, not /u/                 */
    ngx_uint_t  subscribe;      /* of /p/: what was asked for   */
} ngx_http_godwit_consent_t;


static ngx_int_t
ngx_http_godwit_consent_ask(ngx_http_request_t *r)
{
    static ngx_str_t  body = ngx_string(
        "<p>You will get no more mail from this sender.</p>\n"
        "<form method=\"post\"><button type=\"submit\">Unsubscribe</button>"
        "</form>");

    return ngx_http_godwit_page(r, NGX_HTTP_OK, "Unsubscribe?", &body);
}


/* The record is safe, or it is not. */
static void
ngx_http_godwit_consent_done(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_godwit_consent_t  *consent;

    static ngx_str_t  gone = ngx_string(
        "<p>You are unsubscribed. It may take a second to reach every "
        "server.</p>");
    static ngx_str_t  back = ngx_string(
        "<p>You are subscribed again.</p>");

    consent = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    if (rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else if (consent->preferences) {
        ngx_http_godwit_count(NGX_GODWIT_PREFERENCES);
        rc = ngx_http_godwit_page(r, NGX_HTTP_OK, "Saved",
                                  consent->subscribe ? &back : &gone);

    } else {
        ngx_http_godwit_count(NGX_GODWIT_UNSUBSCRIBES);
        rc = ngx_http_godwit_page(r, NGX_HTTP_OK, "Unsubscribed", &gone);
    }

    ngx_http_finalize_request(r, rc);
}


/* Is the body (in memory: forms are small) exactly this text? */
static ngx_uint_t
ngx_http_godwit_consent_body_is(ngx_http_request_t *r, const char *text)
{
    size_t        n, left;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    left = ngx_strlen(text);

    if (r->request_body == NULL || r->request_body->temp_file != NULL) {
        return 0;
    }

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;
        n = b->last - b->pos;

        /* a body may hold zero bytes: its length decides */
        if (n > left || (n > 0 && ngx_memcmp(b->pos, text, n) != 0)) {
            return 0;
        }
        text += n;
        left -= n;
    }

    return left == 0;
}


/*
 * RFC 8058 lets the one-click field come as multipart/form-data too. Only the
 * field's name and whole value count; the boundary is the sender's own.
 */
static ngx_uint_t
ngx_http_godwit_consent_parts(ngx_http_request_t *r)
{
    u_char           *p, *last;
    ngx_chain_t      *cl;
    ngx_table_elt_t  *type;

    static u_char  kind[] = "multipart/form-data";
    static u_char  name[] = " name=\"List-Unsubscribe\"";
    static u_char  value[] = CRLF CRLF "One-Click" CRLF "--";

    type = r->headers_in.content_type;
    cl = r->request_body ? r->request_body->bufs : NULL;

    if (type == NULL || cl == NULL || cl->next != NULL || cl->buf->in_file
        || type->value.len < sizeof(kind) - 1
        || ngx_strncasecmp(type->value.data, kind, sizeof(kind) - 1) != 0)
    {
        return 0;
    }

    last = cl->buf->last;
    p = ngx_strnstr(cl->buf->pos, (char *) name, last - cl->buf->pos);
    if (p == NULL) {
        return 0;
    }

    /* the part's other headers may stand between its name and its value */
    p = ngx_strnstr(p, CRLF CRLF, last - p);

    return p != NULL && (size_t) (last - p) >= sizeof(value) - 1
           && ngx_memcmp(p, value, sizeof(value) - 1) == 0;
}


static void
ngx_http_godwit_consent_post(ngx_http_request_t *r)
{
    gw_event_t                  e;
    ngx_uint_t                  type, flags;
    ngx_http_godwit_consent_t  *consent;

    consent = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    flags = ngx_http_godwit_event(r, &e, consent->payload);
    type = GW_EVENT_UNSUBSCRIBE;

    if (consent->preferences) {
        type = GW_EVENT_PREFERENCES;
        consent->subscribe = ngx_http_godwit_consent_body_is(r,
                                                             "subscribe=1");
        if (!consent->subscribe
            && !ngx_http_godwit_consent_body_is(r, "subscribe=0"))
        {
            ngx_http_finalize_request(r,
                ngx_http_godwit_refuse(r, NGX_HTTP_BAD_REQUEST));
            return;
        }

        flags |= consent->subscribe ? GW_EVENT_RESUBSCRIBE : 0;

    } else if (ngx_http_godwit_consent_body_is(r,
                   "List-Unsubscribe=One-Click")
               || ngx_http_godwit_consent_parts(r))
    {
        flags |= GW_EVENT_ONE_CLICK;
    }

    /* this reference is the body's; the wait has one of its own */
    ngx_http_finalize_request(r,
        ngx_http_godwit_spool_durable(r, type, flags, &e,
                                      ngx_http_godwit_consent_done)
        == NGX_OK
        ? NGX_DONE
        : ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE));
}


/* The page of preferences, when Postgres has said what they are. */
static void
ngx_http_godwit_consent_page(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_str_t   value, *body;

    static ngx_str_t  in = ngx_string(
        "<p>You get mail from this sender.</p>\n<form method=\"post\">"
        "<button name=\"subscribe\" value=\"0\">Unsubscribe</button>"
        "</form>");
    static ngx_str_t  out = ngx_string(
        "<p>You get no mail from this sender.</p>\n<form method=\"post\">"
        "<button name=\"subscribe\" value=\"1\">Subscribe again</button>"
        "</form>");

    if (answer->rc != NGX_OK) {
        ngx_http_finalize_request(r, ngx_http_godwit_refuse(r, answer->rc));
        return;
    }

    value = ngx_http_godwit_pool_value(answer);

    if (value.data == NULL) {
        ngx_http_finalize_request(r,
            ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND));
        return;
    }

    body = value.len == 4 && ngx_memcmp(value.data, "true", 4) == 0 ? &in
                                                                   : &out;

    ngx_http_finalize_request(r,
        ngx_http_godwit_page(r, NGX_HTTP_OK, "Your preferences", body));
}


static ngx_int_t
ngx_http_godwit_consent_query(ngx_http_request_t *r, gw_token_t *t)
{
    int64_t    numbers[2];
    ngx_int_t  rc;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_preferences"),
        ngx_string("select auth.track_preferences($1::int, $2::bigint) "
                   "->> 'subscribed'")
    };

    numbers[0] = t->tenant;
    numbers[1] = (int64_t) t->id;

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_QUICK, t->tenant,
                                      &statement, 2, numbers,
                                      ngx_http_godwit_consent_page);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}


static ngx_int_t
ngx_http_godwit_consent(ngx_http_request_t *r, ngx_uint_t preferences)
{
    ngx_int_t                   rc;
    gw_token_t                  t;
    ngx_http_godwit_consent_t  *consent;

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    consent = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_consent_t));
    if (consent == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, consent, ngx_http_godwit_track_module);
    consent->preferences = preferences;

    rc = ngx_http_godwit_track_token(r, preferences ? GW_TOKEN_PREFERENCES
                                                    : GW_TOKEN_UNSUBSCRIBE,
                                     &t, consent->payload, NULL);

    if (rc == NGX_OK && r->method == NGX_HTTP_POST) {
        r->request_body_in_single_buf = 1;

        rc = ngx_http_read_client_request_body(r,
                                               ngx_http_godwit_consent_post);
        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    if (rc != NGX_OK) {
        rc = ngx_http_discard_request_body(r);      /* that of a POST */
        return rc != NGX_OK ? rc
                            : ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    return preferences ? ngx_http_godwit_consent_query(r, &t)
                       : ngx_http_godwit_consent_ask(r);
}


ngx_int_t
ngx_http_godwit_track_unsubscribe(ngx_http_request_t *r)
{
    return ngx_http_godwit_consent(r, 0);
}


ngx_int_t
ngx_http_godwit_track_preferences(ngx_http_request_t *r)
{
    return ngx_http_godwit_consent(r, 1);
}
