/*
 * /u/: unsubscribe. GET shows a page and changes nothing (scanners fetch
 * links); POST answers when its record is durable.
 */
#include "ngx_http_godwit_page.h"

/* The page of that name, with the way to the preferences where it has one. */
static ngx_int_t
ngx_http_godwit_consent_page(ngx_http_request_t *r, const char *name,
    const json_t *person)
{
    u_char                   mem[1024];
    gw_buf_t                 url;
    ngx_http_godwit_form_t  *form;

    form = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    gw_buf_fixed(&url, mem, sizeof(mem));

    if (ngx_http_godwit_track_url(&form->token, GW_TOKEN_PREFERENCES, 'p',
                                  &url)
        != GW_OK)
    {
        gw_buf_reset(&url);
    }

    return ngx_http_godwit_page(r, NGX_HTTP_OK,
                                ngx_http_godwit_page_speaks(r, person), name,
                                gw_buf_view(&url), person);
}


static ngx_int_t
ngx_http_godwit_consent_asks(ngx_http_request_t *r, const json_t *person)
{
    return ngx_http_godwit_consent_page(r, "unsubscribe", person);
}


static ngx_int_t
ngx_http_godwit_consent_told(ngx_http_request_t *r, const json_t *person)
{
    return ngx_http_godwit_consent_page(r, "unsubscribed", person);
}


/* The record is safe, or it is not. */
static void
ngx_http_godwit_consent_done(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else {
        ngx_http_godwit_count(NGX_GODWIT_UNSUBSCRIBES);
        rc = ngx_http_godwit_page_ask(r, ngx_http_godwit_consent_told);
    }

    ngx_http_finalize_request(r, rc);
}


/* The same for a program, which reads no page. */
static void
ngx_http_godwit_consent_clicked(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else {
        ngx_http_godwit_count(NGX_GODWIT_UNSUBSCRIBES);
        rc = ngx_http_godwit_consent_told(r, NULL);
    }

    ngx_http_finalize_request(r, rc);
}


/*
 * RFC 8058 lets the one-click field come as multipart/form-data too. Only the
 * field's name and whole value count; the boundary is the sender's own.
 */
static ngx_uint_t
ngx_http_godwit_consent_parts(ngx_http_request_t *r, gw_str_t body)
{
    u_char           *p, *last;
    ngx_table_elt_t  *type;

    static u_char  kind[] = "multipart/form-data";
    static u_char  name[] = " name=\"List-Unsubscribe\"";
    static u_char  value[] = CRLF CRLF "One-Click" CRLF "--";

    type = r->headers_in.content_type;

    if (type == NULL || body.len == 0 || type->value.len < sizeof(kind) - 1
        || ngx_strncasecmp(type->value.data, kind, sizeof(kind) - 1) != 0)
    {
        return 0;
    }

    last = body.data + body.len;
    p = ngx_strnstr(body.data, (char *) name, body.len);
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
    gw_str_t                 body;
    gw_event_t               e;
    ngx_uint_t               flags;
    ngx_http_godwit_form_t  *form;

    form = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    (void) ngx_http_godwit_body_in(r, &body);   /* any POST counts */
    flags = ngx_http_godwit_event(r, &e, form->payload);

    if (gw_str_is(body, "List-Unsubscribe=One-Click")
        || ngx_http_godwit_consent_parts(r, body))
    {
        flags |= GW_EVENT_ONE_CLICK;
    }

    /* this reference is the body's; the wait has one of its own */
    ngx_http_finalize_request(r,
        ngx_http_godwit_spool_durable(r, GW_EVENT_UNSUBSCRIBE, flags, &e,
                                      flags & GW_EVENT_ONE_CLICK
                                      ? ngx_http_godwit_consent_clicked
                                      : ngx_http_godwit_consent_done)
        == NGX_OK
        ? NGX_DONE
        : ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE));
}


ngx_int_t
ngx_http_godwit_track_form(ngx_http_request_t *r, ngx_uint_t what,
    gw_token_t *t, u_char *payload, ngx_http_client_body_handler_pt post)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_track_token(r, what, t, payload, NULL);

    if (rc == NGX_OK && r->method == NGX_HTTP_POST) {
        r->request_body_in_single_buf = 1;

        rc = ngx_http_read_client_request_body(r, post);
        return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
    }

    if (rc != NGX_OK) {
        rc = ngx_http_discard_request_body(r);      /* that of a POST */
        return rc != NGX_OK ? rc
                            : ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_http_godwit_track_unsubscribe(ngx_http_request_t *r)
{
    ngx_int_t                rc;
    ngx_http_godwit_form_t  *form;

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    form = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_form_t));
    if (form == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, form, ngx_http_godwit_track_module);
    rc = ngx_http_godwit_track_form(r, GW_TOKEN_UNSUBSCRIBE, &form->token,
                                    form->payload,
                                    ngx_http_godwit_consent_post);

    return rc != NGX_DECLINED ? rc
           : ngx_http_godwit_page_ask(r, ngx_http_godwit_consent_asks);
}
