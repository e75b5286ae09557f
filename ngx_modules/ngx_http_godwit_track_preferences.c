/*
 * /p/: what a person wants. GET asks Postgres and changes nothing; POST is a
 * record of the words of the form, answered when it is durable.
 */
#include "ngx_http_godwit_page.h"

#include "shm/gw_choices.h"

typedef struct {
    ngx_http_godwit_form_t  form;       /* the first                     */
    ngx_uint_t              language;
    gw_choices_t            choices;    /* of a POST                     */
    u_char                  words[GW_EVENT_REF_MAX];    /* the page before
                                                           them          */
} ngx_http_godwit_preferences_t;


/* ---- the page ---- */


/* [{"days","name","on"}] for the texts PREFIX_DAYS. */
static json_t *
ngx_http_godwit_preferences_days(const char *prefix, const int *days,
    ngx_uint_t n, json_int_t now)
{
    char        name[16];
    json_t     *list;
    ngx_uint_t  i;

    list = json_array();
    for (i = 0; i < n; i++) {
        *ngx_snprintf((u_char *) name, sizeof(name) - 1, "%s_%d", prefix,
                      days[i]) = '\0';
        (void) json_array_append_new(list, json_pack("{s:i,s:s,s:b}",
                                     "days", days[i], "name", name, "on",
                                     now == days[i]));
    }

    return list;
}


/* Append the names of what is on. */
static void
ngx_http_godwit_preferences_had(gw_buf_t *had, const json_t *list,
    const char *member)
{
    size_t       i;
    json_t      *one;
    const char  *name;

    json_array_foreach(list, i, one) {
        name = json_string_value(json_object_get(one, member));
        if (name != NULL && json_is_true(json_object_get(one, "on"))) {
            gw_buf_fmt(had, "%s ", name);
        }
    }
}


/* What the page needs beside what Postgres has said. */
static void
ngx_http_godwit_preferences_fill(ngx_http_godwit_preferences_t *p,
    json_t *doc)
{
    char        mem[1024];
    gw_buf_t    had;
    json_int_t  every;

    static const int  everies[] = { 0, 1, 7, 30 };
    static const int  pauses[] = { 30, 60, 90 };

    every = json_integer_value(json_object_get(doc, "every"));
    gw_buf_fixed(&had, mem, sizeof(mem));
    ngx_http_godwit_preferences_had(&had, json_object_get(doc, "channels"),
                                    "name");
    ngx_http_godwit_preferences_had(&had, json_object_get(doc, "lists"),
                                    "id");
    gw_buf_fmt(&had, "every%d", (int) every);

    (void) json_object_set_new(doc, "had", json_string(gw_buf_c(&had)));
    (void) json_object_set_new(doc, "everies",
        ngx_http_godwit_preferences_days("every", everies, 4, every));
    (void) json_object_set_new(doc, "pauses",
        ngx_http_godwit_preferences_days("pause", pauses, 3, -1));
    (void) json_object_set_new(doc, "paused", json_boolean(
        json_integer_value(json_object_get(doc, "paused_until"))
        > (json_int_t) ngx_time()));
    (void) json_object_set_new(doc, "lang", json_string(
        (char *) ngx_http_godwit_languages[p->language].name.data));
    (void) json_object_set_new(doc, "state", json_string(
        ngx_http_godwit_page_text(p->language, "state",
            json_is_true(json_object_get(doc, "subscribed")) ? "_on"
                                                             : "_off")));
}


/* What Postgres has said of the person. */
static ngx_int_t
ngx_http_godwit_preferences_show(ngx_http_request_t *r, ngx_str_t *value)
{
    json_t                         *doc;
    ngx_int_t                       rc;
    ngx_http_godwit_preferences_t  *p;

    p = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    doc = json_loadb((char *) value->data, value->len, 0, NULL);
    if (!json_is_boolean(json_object_get(doc, "subscribed"))) {
        json_decref(doc);
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    p->language = ngx_http_godwit_page_speaks(r, doc);
    ngx_http_godwit_preferences_fill(p, doc);
    rc = ngx_http_godwit_page_send(r, NGX_HTTP_OK, p->language,
             ngx_http_godwit_page_text(p->language, "preferences", "_title"),
             ngx_http_godwit_page_preferences, doc);
    json_decref(doc);

    return rc;
}


static void
ngx_http_godwit_preferences_found(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_str_t  value;

    value = ngx_http_godwit_pool_value(answer);

    ngx_http_finalize_request(r,
        answer->rc != NGX_OK ? ngx_http_godwit_refuse(r, answer->rc)
        : value.data == NULL ? ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND)
        : ngx_http_godwit_preferences_show(r, &value));
}


static ngx_int_t
ngx_http_godwit_preferences_ask(ngx_http_request_t *r, gw_token_t *t)
{
    int64_t    numbers[4];
    ngx_int_t  rc;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_preferences"),
        ngx_string("select auth.track_preferences($1::int, $2::bigint, "
                   "$3::bigint, $4::bigint)")
    };

    numbers[0] = t->tenant;
    numbers[1] = (int64_t) t->id;
    numbers[2] = t->id2;
    numbers[3] = (int64_t) ngx_time();

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_QUICK, t->tenant,
                                      &statement, 4, numbers,
                                      ngx_http_godwit_preferences_found);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}


/* ---- the form ---- */


static ngx_int_t
ngx_http_godwit_preferences_told(ngx_http_request_t *r, const json_t *person)
{
    u_char                          mem[1024];
    gw_buf_t                        url;
    ngx_http_godwit_preferences_t  *p;

    p = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    gw_buf_fixed(&url, mem, sizeof(mem));
    if (ngx_http_godwit_track_url(&p->form.token, GW_TOKEN_PREFERENCES, 'p',
                                  &url)
        != GW_OK)
    {
        gw_buf_reset(&url);
    }

    return ngx_http_godwit_page(r, NGX_HTTP_OK, p->language,
                                p->choices.no_mail ? "unsubscribed" : "saved",
                                gw_buf_view(&url), person);
}


/* The record is safe, or it is not. */
static void
ngx_http_godwit_preferences_done(ngx_http_request_t *r, ngx_int_t rc)
{
    if (rc != NGX_OK) {
        rc = ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE);

    } else {
        ngx_http_godwit_count(NGX_GODWIT_PREFERENCES);
        rc = ngx_http_godwit_page_ask(r, ngx_http_godwit_preferences_told);
    }

    ngx_http_finalize_request(r, rc);
}


/* `page1.de email- pause30`: what was shown, what was chosen. */
static void
ngx_http_godwit_preferences_words(ngx_http_godwit_preferences_t *p,
    gw_event_t *e)
{
    gw_buf_t  words;

    gw_buf_fixed(&words, p->words, sizeof(p->words));
    gw_buf_fmt(&words, "%s.%s", ngx_http_godwit_page_version,
               (char *) ngx_http_godwit_languages[p->language].name.data);
    if (p->choices.len > 0) {
        gw_buf_char(&words, ' ');
        gw_buf_put(&words, p->choices.words, p->choices.len);
    }

    e->referer = gw_buf_view(&words);
}


static void
ngx_http_godwit_preferences_post(ngx_http_request_t *r)
{
    gw_str_t                        form;
    gw_event_t                      e;
    ngx_str_t                       lang;
    ngx_uint_t                      flags;
    ngx_http_godwit_preferences_t  *p;

    p = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    if (ngx_http_godwit_body_in(r, &form) == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    if (gw_choices_read(&p->choices, form) != GW_OK) {
        ngx_http_finalize_request(r,
            ngx_http_godwit_refuse(r, NGX_HTTP_BAD_REQUEST));
        return;
    }

    if (ngx_http_arg(r, (u_char *) "lang", 4, &lang) != NGX_OK) {
        ngx_str_null(&lang);
    }

    p->language = ngx_http_godwit_page_language(r, &lang);
    flags = ngx_http_godwit_event(r, &e, p->form.payload);
    flags |= p->choices.mail ? GW_EVENT_RESUBSCRIBE
             : p->choices.no_mail ? 0 : GW_EVENT_KEPT;
    ngx_http_godwit_preferences_words(p, &e);

    /* this reference is the body's; the wait has one of its own */
    ngx_http_finalize_request(r,
        ngx_http_godwit_spool_durable(r, GW_EVENT_PREFERENCES, flags, &e,
                                      ngx_http_godwit_preferences_done)
        == NGX_OK
        ? NGX_DONE
        : ngx_http_godwit_refuse(r, NGX_HTTP_SERVICE_UNAVAILABLE));
}


ngx_int_t
ngx_http_godwit_track_preferences(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_godwit_preferences_t  *p;

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_POST);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    p = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_preferences_t));
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, p, ngx_http_godwit_track_module);
    rc = ngx_http_godwit_track_form(r, GW_TOKEN_PREFERENCES, &p->form.token,
                                    p->form.payload,
                                    ngx_http_godwit_preferences_post);

    return rc != NGX_DECLINED ? rc
           : ngx_http_godwit_preferences_ask(r, &p->form.token);
}
