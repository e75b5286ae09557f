/*
 * /s/: a person says that he wants a list, by the link of the mail that asked
 * him. GET shows a page and changes nothing; POST answers when its record is
 * durable. Without Postgres it does the same, and does not say whose page it
 * is.
 */
#include "ngx_http_godwit_page.h"

#define NGX_HTTP_GODWIT_CONFIRM_GONE  410
#define NGX_HTTP_GODWIT_CONFIRM_LIFE  (7 * 24 * 3600)  /* s; the mail says it */

typedef struct {
    ngx_http_godwit_form_t  form;       /* the first */
    u_char                  words[64];  /* the page that was agreed to */
} ngx_http_godwit_confirm_t;


static ngx_int_t
ngx_http_godwit_confirm_page(ngx_http_request_t *r, const char *name,
    const json_t *person)
{
    ngx_uint_t  status;

    status = name == NULL || json_is_null(person)
             ? NGX_HTTP_GODWIT_CONFIRM_GONE : NGX_HTTP_OK;

    return ngx_http_godwit_page(r, status,
                                ngx_http_godwit_page_speaks(r, person),
                                name == NULL ? "over"
                                : json_is_null(person) ? "gone" : name,
                                gw_str_of(NULL), person);
}


/* Who has confirmed it is not asked again. */
static ngx_int_t
ngx_http_godwit_confirm_asks(ngx_http_request_t *r, const json_t *person)
{
    return ngx_http_godwit_confirm_page(r,
               json_is_true(json_object_get(person, "confirmed"))
               ? "confirmed" : "confirm", person);
}


static ngx_int_t
ngx_http_godwit_confirm_told(ngx_http_request_t *r, const json_t *person)
{
    return ngx_http_godwit_confirm_page(r, "confirmed", person);
}


/* The record is safe, or it is not. */
static void
ngx_http_godwit_confirm_done(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else {
        ngx_http_godwit_count(NGX_GODWIT_CONFIRMS);
        rc = ngx_http_godwit_page_ask(r, ngx_http_godwit_confirm_told);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_uint_t
ngx_http_godwit_confirm_is_over(ngx_http_godwit_confirm_t *c)
{
    return ngx_time() > (time_t) c->form.token.time
                        + NGX_HTTP_GODWIT_CONFIRM_LIFE;
}


static void
ngx_http_godwit_confirm_post(ngx_http_request_t *r)
{
    gw_buf_t                    words;
    gw_event_t                  e;
    ngx_str_t                   locale;
    ngx_uint_t                  flags, language;
    ngx_http_godwit_confirm_t  *c;

    c = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    if (ngx_http_godwit_confirm_is_over(c)) {
        ngx_http_finalize_request(r,
            ngx_http_godwit_confirm_page(r, NULL, NULL));
        return;
    }

    ngx_str_null(&locale);
    language = ngx_http_godwit_page_language(r, &locale);
    flags = ngx_http_godwit_event(r, &e, c->form.payload);

    gw_buf_fixed(&words, c->words, sizeof(c->words));
    gw_buf_fmt(&words, "%s.%s", ngx_http_godwit_page_version,
               (char *) ngx_http_godwit_languages[language].name.data);
    e.referer = gw_buf_view(&words);

    /* this reference is the body's; the wait has one of its own */
    ngx_http_finalize_request(r,
        ngx_http_godwit_spool_durable(r, GW_EVENT_CONFIRM, flags, &e,
                                      ngx_http_godwit_confirm_done)
        == NGX_OK
        ? NGX_DONE
        : ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE));
}


ngx_int_t
ngx_http_godwit_track_confirm(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_godwit_confirm_t  *c;

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    c = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_confirm_t));
    if (c == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, c, ngx_http_godwit_track_module);
    rc = ngx_http_godwit_track_form(r, GW_TOKEN_CONFIRM, &c->form.token,
                                    c->form.payload,
                                    ngx_http_godwit_confirm_post);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_godwit_confirm_is_over(c)
           ? ngx_http_godwit_confirm_page(r, NULL, NULL)
           : ngx_http_godwit_page_ask(r, ngx_http_godwit_confirm_asks);
}
