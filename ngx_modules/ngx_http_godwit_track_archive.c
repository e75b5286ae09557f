/*
 * /archive/ws_N/: campaigns that a workspace has made public, as a page each, a
 * list of them, and a feed. They are rendered for nobody: without a contact,
 * and no link of theirs is anybody's.
 */
#include "ngx_http_godwit_program.h"

/* What is made of the list; the path behind that of the workspace. */
typedef struct {
    ngx_str_t    path;
    const char  *body;                  /* Liquid; NULL ends the table */
    ngx_str_t    type;                  /* empty: HTML                 */
} ngx_http_godwit_archive_list_t;

typedef struct {
    int64_t                                numbers[2];  /* 0: the list */
    const ngx_http_godwit_archive_list_t  *list;        /* NULL: a mail */
} ngx_http_godwit_archive_t;


/* clang-format off */
static const ngx_http_godwit_archive_list_t  ngx_http_godwit_archive_lists[] = {
    { ngx_string(""),
      "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n<title>{{ name }}</title>\n"
      "<link rel=\"alternate\" type=\"application/rss+xml\" "
      "href=\"feed.xml\">\n<style>body{max-width:640px;margin:40px auto;"
      "padding:0 16px;font:16px/1.5 system-ui,sans-serif}</style>\n</head>\n"
      "<body>\n<main>\n<h1><bdi>{{ name }}</bdi></h1>\n<ul>\n"
      "{% for i in items %}<li><a href=\"{{ url }}{{ i.id }}\"><bdi>"
      "{{ i.title }}</bdi></a> <time>{{ i.day }}</time></li>\n{% endfor %}"
      "</ul>\n<p><a href=\"feed.xml\">RSS</a></p>\n</main>\n</body>\n</html>\n",
      ngx_null_string },
    { ngx_string("feed.xml"),
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">\n"
      "<channel>\n<title>{{ name }}</title>\n<link>{{ url }}</link>\n"
      "<description>{{ name }}</description>\n"
      "{% for i in items %}<item>\n<title>{{ i.title }}</title>\n"
      "<link>{{ url }}{{ i.id }}</link>\n<guid>{{ url }}{{ i.id }}</guid>\n"
      "<pubDate>{{ i.date }}</pubDate>\n</item>\n{% endfor %}"
      "</channel>\n</rss>\n",
      ngx_string("application/rss+xml; charset=utf-8") },
    { ngx_null_string, NULL, ngx_null_string }
};
/* clang-format on */


/* ws_N/ and what is behind it; NGX_DECLINED: it is nothing of ours. */
static ngx_int_t
ngx_http_godwit_archive_path(ngx_http_request_t *r,
    ngx_http_godwit_archive_t *a)
{
    gw_str_t                               path, workspace;
    long long                              n;
    ngx_http_core_loc_conf_t              *clcf;
    const ngx_http_godwit_archive_list_t  *l;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
    path = gw_str_make(r->uri.data + clcf->name.len,
                       r->uri.len - clcf->name.len);
    if (ngx_strlchr(path.data, path.data + path.len, '/') == NULL) {
        return NGX_DECLINED;
    }

    workspace = gw_str_cut(&path, '/');
    if (workspace.len < 4 || ngx_memcmp(workspace.data, "ws_", 3) != 0
        || gw_str_int(gw_str_make(workspace.data + 3, workspace.len - 3), 1,
                      INT32_MAX, &n) != GW_OK)
    {
        return NGX_DECLINED;
    }

    a->numbers[0] = n;
    a->numbers[1] = 0;
    for (l = ngx_http_godwit_archive_lists; l->body != NULL; l++) {
        if (l->path.len == path.len
            && ngx_memcmp(l->path.data, path.data, path.len) == 0)
        {
            a->list = l;
            return NGX_OK;
        }
    }

    if (path.len < 5 || ngx_memcmp(path.data, "cmp_", 4) != 0
        || gw_str_int(gw_str_make(path.data + 4, path.len - 4), 1, INT64_MAX,
                      &n) != GW_OK)
    {
        return NGX_DECLINED;
    }

    a->numbers[1] = n;
    return NGX_OK;
}


static int
ngx_http_godwit_archive_render(ngx_http_request_t *r, json_t *doc,
    gw_liquid_context_t *ctx, gw_buf_t *out, gw_liquid_error_t *err)
{
    u_char                      mem[1024];
    json_t                     *html, *data;
    gw_buf_t                    url;
    gw_str_t                    text;
    ngx_http_godwit_archive_t  *a;

    a = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    html = json_object_get(doc, "html_tracked");
    data = a->list != NULL ? doc : json_object_get(doc, "data");
    text = a->list != NULL
           ? gw_str_of(a->list->body)
           : gw_str_make(json_string_value(html), json_string_length(html));

    gw_buf_fixed(&url, mem, sizeof(mem));
    gw_buf_str(&url, ngx_http_godwit_process->conf->conf.base_url);
    gw_buf_fmt(&url, "/archive/ws_%lld/", (long long) a->numbers[0]);

    if (text.data == NULL || url.failed
        || json_object_set_new(data, "url",
               json_stringn((char *) url.data, url.len)) != 0)
    {
        return GW_ECORRUPT;
    }

    return ngx_http_godwit_program_render(text,
                                          json_object_get(doc, "snippets"),
                                          data, ctx, out, err);
}


static ngx_int_t
ngx_http_godwit_archive_send(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_str_t                   type;
    ngx_http_godwit_archive_t  *a;

    static ngx_str_t  policy = ngx_string("default-src 'none'; style-src "
        "'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'");

    a = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    if (a->list != NULL && a->list->type.len > 0) {
        type = a->list->type;
        return ngx_http_godwit_send(r, NGX_HTTP_OK, &type, body);
    }

    return ngx_http_godwit_html(r, NGX_HTTP_OK, a->list != NULL
                                ? &policy : &ngx_http_godwit_mail_policy,
                                body);
}


static void
ngx_http_godwit_archive_found(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_godwit_archive_t  *a;

    static const ngx_http_godwit_program_page_t  page = {
        "archive", ngx_http_godwit_archive_render, ngx_http_godwit_archive_send
    };

    a = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    ngx_http_godwit_program_answer(r, answer, &page, a->numbers);
}


ngx_int_t
ngx_http_godwit_track_archive(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_godwit_archive_t  *a;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("archive"),
        ngx_string("select auth.archive($1::int, $2::bigint)")
    };

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    a = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_archive_t));
    if (a == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_godwit_archive_path(r, a) != NGX_OK) {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    ngx_http_set_ctx(r, a, ngx_http_godwit_track_module);
    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_SLOW,
                                      (uint32_t) a->numbers[0], &statement, 2,
                                      a->numbers,
                                      ngx_http_godwit_archive_found);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}
