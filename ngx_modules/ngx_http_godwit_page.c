/* The pages that people see: in which language, and how they are sent. */
#include "ngx_http_godwit_page.h"
#include "ngx_http_godwit_program.h"

#include <ctype.h>

#define NGX_HTTP_GODWIT_PAGE_MAX  (256 * 1024)


/* ---- the language ---- */


/* That of a tag such as de-AT or de_AT; LANGUAGES: it is none of ours. */
static ngx_uint_t
ngx_http_godwit_page_tag(u_char *p, size_t n)
{
    size_t            len;
    ngx_uint_t        i;
    const ngx_str_t  *name;

    for (len = 0; len < n && p[len] != '-' && p[len] != '_'; len++) {
        /* void */
    }

    for (i = 0; i < NGX_HTTP_GODWIT_LANGUAGES; i++) {
        name = &ngx_http_godwit_languages[i].name;
        if (name->len == len && ngx_strncasecmp(name->data, p, len) == 0) {
            break;
        }
    }

    return i;
}


/* The thousandths of `;q=0.8`; 1000 where there is none. */
static ngx_uint_t
ngx_http_godwit_page_quality(u_char *p, u_char *last)
{
    ngx_uint_t  q, unit;

    p = ngx_strlchr(p, last, '=');
    if (p == NULL) {
        return 1000;
    }

    q = 0;
    unit = 1000;
    for (p++; p < last && unit > 0; p++) {
        if (*p >= '0' && *p <= '9') {
            q += (*p - '0') * unit;
            unit /= 10;
        }
    }

    return q;
}


ngx_uint_t
ngx_http_godwit_page_language(ngx_http_request_t *r, ngx_str_t *locale)
{
    u_char      *p, *end, *last, *stop;
    ngx_str_t    value;
    ngx_uint_t   i, q, best, best_q;

    i = ngx_http_godwit_page_tag(locale->data, locale->len);
    if (i < NGX_HTTP_GODWIT_LANGUAGES) {
        return i;
    }

    value = ngx_http_godwit_header_in(r, "accept-language");
    last = value.data + value.len;
    best = 0;
    best_q = 0;

    for (p = value.data; p < last; p = end + 1) {
        end = ngx_strlchr(p, last, ',');
        end = end != NULL ? end : last;
        while (p < end && *p == ' ') {
            p++;
        }

        stop = ngx_strlchr(p, end, ';');
        q = stop != NULL ? ngx_http_godwit_page_quality(stop, end) : 1000;
        i = ngx_http_godwit_page_tag(p, (stop != NULL ? stop : end) - p);
        if (i < NGX_HTTP_GODWIT_LANGUAGES && q > best_q) {
            best = i;
            best_q = q;
        }
    }

    return best;
}


/* ---- the texts ---- */


const char *
ngx_http_godwit_page_text(ngx_uint_t language, const char *name,
    const char *tail)
{
    size_t                         n;
    const ngx_http_godwit_text_t  *t;

    n = ngx_strlen(name);
    for (t = ngx_http_godwit_texts; t->name != NULL; t++) {
        if (ngx_strncmp(t->name, name, n) == 0
            && ngx_strcmp(t->name + n, tail) == 0)
        {
            return t->text[language];
        }
    }

    return "";
}


/* All texts of a language, made when one is asked for first. */
static json_t *
ngx_http_godwit_page_texts(ngx_uint_t language)
{
    json_t                        *all;
    const ngx_http_godwit_text_t  *t;

    static json_t  *made[NGX_HTTP_GODWIT_LANGUAGES];

    if (made[language] != NULL) {
        return made[language];
    }

    all = json_object();
    for (t = ngx_http_godwit_texts; t->name != NULL; t++) {
        if (json_object_set_new(all, t->name, json_string(t->text[language]))
            != 0)
        {
            json_decref(all);
            return NULL;
        }
    }

    made[language] = all;

    return all;
}


/* ---- the page ---- */


/* `#1f6feb` of the brand, in the style; what is none is left out. */
static void
ngx_http_godwit_page_color(gw_buf_t *out, const json_t *brand,
    const char *name, const char *property)
{
    size_t       i;
    const char  *color;

    color = json_string_value(json_object_get(brand, name));
    if (color == NULL || ngx_strlen(color) != 7 || color[0] != '#') {
        return;
    }

    for (i = 1; i < 7; i++) {
        if (!isxdigit((u_char) color[i])) {
            return;
        }
    }

    gw_buf_fmt(out, ":root{%s:%s}\n", property, color);
}


static void
ngx_http_godwit_page_head(gw_buf_t *out, ngx_uint_t language,
    const char *title, const json_t *brand)
{
    const ngx_http_godwit_language_t  *l;

    l = &ngx_http_godwit_languages[language];
    gw_buf_fmt(out, "<!doctype html>\n<html lang=\"%s\" dir=\"%s\">\n<head>\n"
               "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
               "content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<title>%s</title>\n<style>\n", (char *) l->name.data,
               l->direction, title);
    gw_buf_cstr(out, ngx_http_godwit_page_style);
    ngx_http_godwit_page_color(out, brand, "color", "--act");
    ngx_http_godwit_page_color(out, brand, "on_color", "--on");
    gw_buf_cstr(out, "</style>\n</head>\n<body>\n");
}


static int
ngx_http_godwit_page_render(gw_buf_t *out, ngx_uint_t language,
    const char *title, const char *body, json_t *data)
{
    int                   rc;
    json_t               *texts;
    gw_liquid_error_t     err;
    gw_liquid_context_t   ctx;

    texts = ngx_http_godwit_page_texts(language);
    if (texts == NULL || json_object_set(data, "t", texts) != 0) {
        return GW_ENOMEM;
    }

    ngx_http_godwit_page_head(out, language, title,
                              json_object_get(data, "brand"));

    ngx_memzero(&ctx, sizeof(ctx));
    ngx_memzero(&err, sizeof(err));
    rc = ngx_http_godwit_program_render(gw_str_of(body), NULL, data, &ctx,
                                        out, &err);
    if (rc != GW_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_http_godwit_process->cycle->log, 0,
                      "a page cannot be made: line %ui: %s",
                      (ngx_uint_t) err.line,
                      err.message[0] ? err.message : gw_strerror(rc));
        return rc;
    }

    gw_buf_cstr(out, "</body>\n</html>\n");

    return out->failed ? GW_ENOMEM : GW_OK;
}


static void
ngx_http_godwit_page_free(void *data)
{
    gw_buf_free(data);
}


ngx_int_t
ngx_http_godwit_page_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_uint_t language, const char *title, const char *body, json_t *data)
{
    gw_buf_t            *out;
    ngx_str_t            page;
    ngx_pool_cleanup_t  *cln;

    static ngx_str_t  policy = ngx_string("default-src 'none'; style-src "
        "'unsafe-inline'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'");
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  accept = ngx_string("Accept-Language");

    cln = ngx_pool_cleanup_add(r->pool, sizeof(gw_buf_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    out = cln->data;
    gw_buf_init(out, NGX_HTTP_GODWIT_PAGE_MAX);
    cln->handler = ngx_http_godwit_page_free;

    if (data == NULL
        || ngx_http_godwit_page_render(out, language, title, body, data)
           != GW_OK
        || ngx_http_godwit_header(r, &vary, &accept) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    page.data = out->data;
    page.len = out->len;

    return ngx_http_godwit_html(r, status, &policy, &page);
}


/* What the page shows of somebody; data owns it then. */
static void
ngx_http_godwit_page_whose(json_t *data, const json_t *person)
{
    json_t      *value;
    ngx_uint_t   i;

    static const char  *const members[] = { "brand", "list" };

    for (i = 0; i < 2; i++) {
        value = json_object_get(person, members[i]);
        if (value != NULL) {
            (void) json_object_set(data, members[i], value);
        }
    }
}


ngx_int_t
ngx_http_godwit_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_uint_t language, const char *name, gw_str_t url, const json_t *person)
{
    json_t       *data;
    ngx_int_t     rc;
    ngx_uint_t    i;
    const char   *title, *text;

    static const char  *const parts[][2] = {
        { "title", "_title" }, { "text", "_text" }, { "button", "_button" },
        { "link", "_link" }
    };

    title = ngx_http_godwit_page_text(language, name, "_title");
    data = json_object();
    ngx_http_godwit_page_whose(data, person);

    for (i = 0; i < 4; i++) {
        text = ngx_http_godwit_page_text(language, name, parts[i][1]);
        if (*text != '\0' && (i < 3 || url.len > 0)) {
            (void) json_object_set_new(data, parts[i][0], json_string(text));
        }
    }

    (void) json_object_set_new(data, "url",
                               json_stringn((char *) url.data, url.len));

    rc = ngx_http_godwit_page_send(r, status, language, title,
                                   ngx_http_godwit_page_small, data);
    json_decref(data);

    return rc;
}
