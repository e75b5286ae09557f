/*
 * /v/: the mail in a browser, rendered anew for the recipient of the token,
 * with the images that it has inside.
 */
#include "ngx_http_godwit_program.h"
#include "ngx_http_godwit_track_image.h"

/* What the links of the page are signed for; lives as long as the request. */
typedef struct {
    gw_token_t  token;
    u_char      payload[GW_TOKEN_PAYLOAD];
} ngx_http_godwit_view_t;


ngx_str_t  ngx_http_godwit_mail_policy = ngx_string("sandbox allow-popups "
    "allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; img-src https: http: data:; style-src "
    "'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'");


/* base_url/LETTER/token appended; as the mail has it. */
static int
ngx_http_godwit_view_token(ngx_http_godwit_view_t *v, unsigned what,
    u_char letter, unsigned link, gw_str_t url, gw_buf_t *out)
{
    gw_token_t  t;

    t = v->token;
    t.what = (uint8_t) what;
    t.link = (uint16_t) link;

    gw_buf_str(out, ngx_http_godwit_process->conf->conf.base_url);
    gw_buf_char(out, '/');
    gw_buf_char(out, letter);
    gw_buf_char(out, '/');

    return gw_token_sign(ngx_http_godwit_process->keys, &t, url, out);
}


static int
ngx_http_godwit_view_link(void *arg, unsigned index, gw_str_t url, bool fixed,
    gw_buf_t *out)
{
    if (fixed) {
        url.len = 0;
    }

    return ngx_http_godwit_view_token(arg, GW_TOKEN_CLICK, 'c', index, url,
                                      out);
}


/* unsubscribe_url and its like into the data. */
static ngx_int_t
ngx_http_godwit_view_urls(ngx_http_godwit_view_t *v, json_t *data)
{
    u_char       mem[1024];
    gw_buf_t     url;
    ngx_uint_t   i;

    static const struct {
        const char  *name;
        unsigned     what;
        u_char       letter;
    } urls[] = {
        { "unsubscribe_url", GW_TOKEN_UNSUBSCRIBE, 'u' },
        { "view_url", GW_TOKEN_VIEW, 'v' },
        { "preferences_url", GW_TOKEN_PREFERENCES, 'p' },
        { "confirm_url", GW_TOKEN_CONFIRM, 's' }
    };

    for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        gw_buf_fixed(&url, mem, sizeof(mem));

        if (ngx_http_godwit_view_token(v, urls[i].what, urls[i].letter, 0,
                                       gw_str_make(NULL, 0), &url) != GW_OK
            || json_object_set_new(data, urls[i].name,
                   json_stringn((char *) url.data, url.len)) != 0)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Images of the mail are those of the page. */
static int
ngx_http_godwit_view_images(ngx_http_godwit_view_t *v, const json_t *images,
    gw_buf_t *out)
{
    int       rc;
    u_char    mem[1024];
    gw_buf_t  url, page;

    if (json_object_size(images) == 0) {
        return GW_OK;
    }

    gw_buf_fixed(&url, mem, sizeof(mem));
    rc = ngx_http_godwit_view_token(v, GW_TOKEN_VIEW, 'v', 0,
                                    gw_str_make(NULL, 0), &url);
    if (rc != GW_OK) {
        return rc;
    }

    gw_buf_init(&page, NGX_HTTP_GODWIT_PROGRAM_MAX);
    ngx_http_godwit_image_urls(gw_buf_view(out), images, gw_buf_view(&url),
                               &page);
    gw_buf_free(out);
    *out = page;

    return page.failed ? GW_EFULL : GW_OK;
}


static int
ngx_http_godwit_view_render(ngx_http_request_t *r, json_t *doc,
    gw_liquid_context_t *ctx, gw_buf_t *out, gw_liquid_error_t *err)
{
    int                      rc;
    json_t                  *html, *data, *query;
    ngx_http_godwit_view_t  *v;

    html = json_object_get(doc, "html_tracked");
    data = json_object_get(doc, "data");
    if (!json_is_string(html) || !json_is_object(data)) {
        return GW_ECORRUPT;
    }

    v = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    if (ngx_http_godwit_view_urls(v, data) != NGX_OK) {
        return GW_ENOMEM;
    }

    if (!json_is_false(json_object_get(doc, "tracking"))) {
        ctx->link = ngx_http_godwit_view_link;
    }
    ctx->link_arg = v;
    query = json_object_get(doc, "query");
    ctx->query = gw_str_make(json_string_value(query),
                             json_string_length(query));

    rc = ngx_http_godwit_program_render(
        gw_str_make(json_string_value(html), json_string_length(html)),
        json_object_get(doc, "snippets"), data, ctx, out, err);

    return rc != GW_OK ? rc
           : ngx_http_godwit_view_images(v, json_object_get(doc, "images"),
                                         out);
}


static ngx_int_t
ngx_http_godwit_view_send(ngx_http_request_t *r, ngx_str_t *body)
{
    gw_event_t               e;
    ngx_uint_t               flags;
    ngx_http_godwit_view_t  *v;

    static ngx_str_t  robots = ngx_string("X-Robots-Tag");
    static ngx_str_t  noindex = ngx_string("noindex");

    if (ngx_http_godwit_header(r, &robots, &noindex) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    v = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    flags = ngx_http_godwit_event(r, &e, v->payload);
    ngx_http_godwit_spool_event(GW_EVENT_VIEW, flags, &e);
    ngx_http_godwit_count(NGX_GODWIT_VIEWS);

    return ngx_http_godwit_html(r, NGX_HTTP_OK, &ngx_http_godwit_mail_policy,
                                body);
}


static void
ngx_http_godwit_view_found(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    int64_t                  id[2];
    ngx_http_godwit_view_t  *v;

    static const ngx_http_godwit_program_page_t  page = {
        "view", ngx_http_godwit_view_render, ngx_http_godwit_view_send
    };

    v = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    id[0] = v->token.tenant;
    id[1] = v->token.id2;
    ngx_http_godwit_program_answer(r, answer, &page, id);
}


ngx_int_t
ngx_http_godwit_track_view(ngx_http_request_t *r)
{
    int64_t                  numbers[3];
    ngx_int_t                rc;
    ngx_str_t                image;
    ngx_http_godwit_view_t  *v;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_view"),
        ngx_string("select auth.track_view($1::int, $2::bigint, $3::bigint)")
    };

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    v = ngx_palloc(r->pool, sizeof(ngx_http_godwit_view_t));
    if (v == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_godwit_track_token(r, GW_TOKEN_VIEW, &v->token, v->payload,
                                    NULL) != NGX_OK)
    {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    if (ngx_http_arg(r, (u_char *) "image", 5, &image) == NGX_OK) {
        return ngx_http_godwit_image(r, &v->token, &image);
    }

    ngx_http_set_ctx(r, v, ngx_http_godwit_track_module);
    numbers[0] = v->token.tenant;
    numbers[1] = v->token.id2;
    numbers[2] = (int64_t) v->token.id;

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_SLOW,
                                      v->token.tenant, &statement, 3, numbers,
                                      ngx_http_godwit_view_found);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}
