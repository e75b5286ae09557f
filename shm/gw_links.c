/* Link rewriting at save time, on what the HTML tokenizer tells. */
#include "shm/gw_links.h"

#include <stdlib.h>
#include <strings.h>

#include "shm/gw_snippets.h"

#define LINKS_EDITS  32         /* of one tag */

typedef struct {
    const unsigned char  *from, *to;
    bool                  link;         /* else it is left out */
} links_edit_t;

typedef struct {
    gw_liquid_html_t      html;
    gw_buf_t             *out;
    gw_links_found_pt     found;
    void                 *arg;
    int                   rc;           /* of found                          */
    unsigned              first, n;     /* numbers of the first, the next    */
    gw_buf_t              urls;         /* fixed ones so far, with their
                                           names; NUL after each             */
    gw_buf_t              url;          /* the one at hand                   */
    const unsigned char  *copied;       /* of the source                     */
    const unsigned char  *tag;          /* < of the tag at hand              */
    const unsigned char  *name, *value; /* of the attribute at hand          */
    unsigned              name_in, value_in;    /* their blocks              */
    links_edit_t          edit[LINKS_EDITS];    /* of the tag at hand        */
    unsigned              edits;
    bool                  off, bare;
    gw_str_t              label;
    size_t                pixel;        /* where in out; 0: at the end       */
} links_t;


const unsigned char *
gw_links_liquid(const unsigned char *p, const unsigned char *end,
    unsigned *none)
{
    unsigned              kind;
    const unsigned char  *to;

    if (end - p < 4 || p[0] != '{' || (p[1] != '{' && p[1] != '%')) {
        return NULL;
    }

    kind = p[1] == '{' ? 1 : 2;
    if (*none & kind) {
        return NULL;
    }

    to = memmem(p + 2, end - p - 2, kind == 1 ? "}}" : "%}", 2);
    if (to == NULL) {
        *none |= kind;
        return NULL;
    }

    return to + 2;
}


/* The braces at p that might begin Liquid: their number. */
static size_t
links_braces(const unsigned char *p, const unsigned char *end)
{
    size_t  n;

    for (n = 0; p + n < end && p[n] == '{'; n++) { /* void */ }
    return n == 1 && p + 1 < end && p[1] != '%' ? 0 : n;
}


void
gw_links_literal(gw_str_t text, bool attribute, bool again, gw_buf_t *out)
{
    size_t          n;
    gw_buf_t        plain;
    unsigned char  *p, *end;

    if (!again || (memchr(text.data, '{', text.len) == NULL
                   && memmem(text.data, text.len, "&#", 2) == NULL
                   && memmem(text.data, text.len, "&lc", 3) == NULL))
    {
        gw_html_decode(text, attribute, out);
        return;
    }

    gw_buf_init(&plain, 4 * text.len);
    gw_html_decode(text, attribute, &plain);
    end = plain.data + plain.len;
    for (p = plain.data; p < end; p += n > 0 ? n : 1) {
        n = links_braces(p, end);
        if (n > 0) {
            gw_buf_cstr(out, "{% raw %}");
            gw_buf_put(out, p, n);
            gw_buf_cstr(out, "{% endraw %}");
        } else {
            gw_buf_char(out, *p);
        }
    }

    out->failed |= plain.failed;
    gw_buf_free(&plain);
}


void
gw_links_decode(gw_str_t source, bool again, gw_buf_t *out)
{
    unsigned              none;
    const unsigned char  *p, *end, *from, *to;

    if (source.len == 0) {
        return;
    }

    none = 0;

    end = source.data + source.len;
    for (p = from = source.data; p < end; p++) {
        to = *p == '{' ? gw_links_liquid(p, end, &none) : NULL;
        if (to == NULL) {
            continue;
        }
        gw_links_literal(gw_str_make(from, p - from), true, again, out);
        gw_buf_put(out, p, to - p);
        from = to;
        p = to - 1;
    }

    gw_links_literal(gw_str_make(from, end - from), true, again, out);
}


int
gw_links_compile(gw_str_t html, gw_liquid_html_t *sink,
    gw_liquid_error_t *err)
{
    int                  rc;
    gw_liquid_t         *p;
    gw_liquid_options_t  opt;

    memset(&opt, 0, sizeof(opt));
    opt.strict = true;
    opt.escape = GW_LIQUID_HTML;
    opt.html = sink;
    opt.partial = gw_snippets_any;
    rc = gw_liquid_compile(&p, html, &opt, err);
    if (rc == GW_OK) {
        gw_liquid_free(p);
    }

    return rc;
}


static void
links_refuse(links_t *l, const unsigned char *at, const char *why)
{
    if (l->html.at == NULL) {
        l->html.at = at;
        l->html.why = why;
    }
}


static bool
links_begins(gw_str_t s, const char *with)
{
    return s.len >= strlen(with)
           && strncasecmp((char *) s.data, with, strlen(with)) == 0;
}


/* Is it one output of a URL that is made for each recipient? */
static bool
links_own(gw_str_t s)
{
    int                       i;
    static const char *const  names[] = {
        "unsubscribe_url", "view_url", "preferences_url", "confirm_url",
        NULL
    };

    if (!links_begins(s, "{{") || s.len < 4) {
        return false;
    }

    s = gw_str_make(s.data + 2, s.len - 4);
    while (s.len > 0 && (gw_html_blank(*s.data) || *s.data == '-')) {
        s = gw_str_make(s.data + 1, s.len - 1);
    }
    while (s.len > 0 && (gw_html_blank(s.data[s.len - 1])
                         || s.data[s.len - 1] == '-'))
    {
        s.len--;
    }

    for (i = 0; names[i] != NULL && !gw_str_is(s, names[i]); i++) {
        /* void */
    }

    return names[i] != NULL;
}


/* Is this something to track: http(s), or Liquid at its start? */
static bool
links_wanted(gw_str_t s)
{
    if (s.len > 0 && s.data[s.len - 1] == '{') {
        return false;                   /* it would open what is put there */
    }

    while (s.len > 0 && gw_html_blank(*s.data)) {
        s = gw_str_make(s.data + 1, s.len - 1);
    }
    while (s.len > 0 && gw_html_blank(s.data[s.len - 1])) {
        s.len--;
    }

    return links_begins(s, "http://") || links_begins(s, "https://")
           || ((links_begins(s, "{{") || links_begins(s, "{%"))
               && !links_own(s));
}


/* The index of a fixed URL of that name that was met before, or -1. */
static int
links_known(const links_t *l, gw_str_t key)
{
    int     index;
    size_t  i, n;

    index = (int) l->first - 1;
    for (i = 0; i < l->urls.len; i += n + 1) {
        n = strlen((char *) l->urls.data + i);
        index++;
        if (gw_str_eq(gw_str_make(l->urls.data + i, n), key)) {
            return index;
        }
    }

    return -1;
}


/* The number of the link, which is told when it is new; -1: refused. */
static int
links_index(links_t *l, gw_str_t href)
{
    int        index;
    gw_link_t  link;

    gw_buf_reset(&l->url);
    gw_links_decode(href, false, &l->url);
    link.url.len = l->url.len;
    link.fixed = memmem(href.data, href.len, "{{", 2) == NULL
                 && memmem(href.data, href.len, "{%", 2) == NULL;
    link.name = l->label;
    link.bare = l->bare;

    if (l->url.failed || l->url.len > GW_LINKS_URL
        || memchr(l->url.data, '\0', l->url.len) != NULL)
    {
        links_refuse(l, href.data, "a link is longer than 2048 bytes");
        return -1;
    }

    gw_buf_char(&l->url, l->bare ? '\2' : '\1');
    gw_buf_str(&l->url, l->label);
    link.url.data = l->url.data;
    index = link.fixed ? links_known(l, gw_buf_view(&l->url)) : -1;
    if (index >= 0) {
        return index;
    }

    if (l->n == GW_LINKS_MAX) {
        links_refuse(l, href.data, "there are more than 1000 links");
        return -1;
    }

    /* one that is not fixed keeps its place in the numbering */
    link.index = l->n++;
    if (link.fixed) {
        gw_buf_str(&l->urls, gw_buf_view(&l->url));
    }
    gw_buf_char(&l->urls, '\0');
    l->rc = l->found(l->arg, &link);
    if (l->rc != GW_OK) {
        links_refuse(l, href.data, "the link can not be kept");
        return -1;
    }

    return (int) link.index;
}


static void
links_copy(links_t *l, const unsigned char *to)
{
    l->copied = l->copied != NULL ? l->copied : l->html.source.data;
    if (to > l->copied) {
        gw_buf_put(l->out, l->copied, to - l->copied);
        l->copied = to;
    }
}


/* A tag is whole: now it is known whether it opted out. */
static void
links_tag(links_t *l, const gw_html_t *h, const unsigned char *from)
{
    int            index;
    unsigned       i;
    gw_str_t       href;
    links_edit_t  *e;

    for (i = 0; i < l->edits && l->html.at == NULL; i++) {
        e = &l->edit[i];
        href = gw_str_make(e->from, e->to - e->from);
        if (!e->link) {
            links_copy(l, e->from);
            l->copied = e->to;
            continue;
        }

        index = l->off || !links_wanted(href) ? -1 : links_index(l, href);
        if (index >= 0) {
            links_copy(l, e->from);
            gw_buf_fmt(l->out, "{%% link %d%s %%}", index,
                       l->bare ? " bare" : "");
            links_copy(l, e->to);
            gw_buf_cstr(l->out, "{% endlink %}");
        }
    }

    l->edits = 0;
    if (h->end_tag && gw_html_tag_is(h, "body")) {
        links_copy(l, from);
        l->pixel = l->out->len;
    }
}


/* What begins at from, in the block that is given, and ends here. */
static void
links_edit(links_t *l, const unsigned char *from, unsigned block,
    const unsigned char *to, bool link)
{
    if (l->html.block != block) {
        links_refuse(l, from, "a link's URL, and a data-godwit attribute, "
                     "must end in the branch in which it begins");
        return;
    }

    if (l->edits == LINKS_EDITS) {
        links_refuse(l, from, "a tag has too many links");
        return;
    }

    l->edit[l->edits].from = from;
    l->edit[l->edits].to = to;
    l->edit[l->edits++].link = link;
}


static bool
links_is_link(const gw_html_t *h)
{
    return gw_html_tag_is(h, "a") || gw_html_tag_is(h, "area")
           || (h->n_tag > 2 && memcmp(h->tag, "v:", 2) == 0);
}


static void
links_value(links_t *l, const gw_html_t *h, const unsigned char *end,
    const unsigned char *behind)
{
    gw_str_t  value;

    value = gw_str_make(l->value, end - l->value);

    if (h->attribute == GW_HTML_HREF && links_is_link(h)) {
        links_edit(l, l->value, l->value_in, end, true);

    } else if (h->attribute == GW_HTML_TRACK) {
        l->off = gw_str_is(value, "off");
        links_edit(l, l->name, l->name_in, behind, false);

    } else if (h->attribute == GW_HTML_UTM) {
        l->bare = gw_str_is(value, "off");
        links_edit(l, l->name, l->name_in, behind, false);

    } else if (h->attribute == GW_HTML_LABEL) {
        if (value.len > 200) {
            links_refuse(l, l->value, "the name of a link has more than 200 "
                         "bytes");
        }
        l->label = value;
        links_edit(l, l->name, l->name_in, behind, false);
    }
}


static void
links_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    links_t  *l = arg;

    switch (e) {
    case GW_HTML_ON_NAME:
        l->name = from;
        l->name_in = l->html.block;
        if (l->tag != h->at) {
            l->tag = h->at;
            l->off = l->bare = false;
            l->label.len = 0;
            l->edits = 0;
        }
        return;
    case GW_HTML_ON_VALUE:
        l->value = from;
        l->value_in = l->html.block;
        return;
    case GW_HTML_ON_VALUE_END:
        links_value(l, h, from, to);
        return;
    case GW_HTML_ON_TAG:
        links_tag(l, h, from);
        return;
    default:
        return;
    }
}


/* {% pixel %} into what is written already, or behind it. */
static void
links_pixel(links_t *l)
{
    size_t             at, n;
    static const char  tag[] = "\n{% pixel %}";

    at = l->pixel > 0 ? l->pixel : l->out->len;
    n = sizeof(tag) - 1;

    if (gw_buf_room(l->out, n) != NULL) {
        /* a brace before it stays one by itself */
        memmove(l->out->data + at + n, l->out->data + at, l->out->len - at);
        memcpy(l->out->data + at, tag, n);
        l->out->len += n;
    }
}


int
gw_links_rewrite(gw_str_t html, unsigned first, gw_buf_t *out,
    gw_links_found_pt found, void *arg, gw_liquid_error_t *err)
{
    int       rc;
    size_t    copied;
    links_t  *l;

    l = calloc(1, sizeof(links_t));
    if (l == NULL) {
        return GW_ENOMEM;
    }

    l->out = out;
    l->first = l->n = first;
    l->found = found;
    l->arg = arg;
    l->html.event = links_event;
    l->html.arg = l;
    gw_buf_init(&l->urls, GW_LINKS_MAX * (2 * GW_LINKS_URL));
    gw_buf_init(&l->url, 2 * GW_LINKS_URL);

    rc = gw_links_compile(html, &l->html, err);
    rc = l->rc != GW_OK ? l->rc : rc;

    if (rc == GW_OK) {
        copied = l->copied != NULL
                 ? (size_t) (l->copied - l->html.source.data) : 0;
        gw_buf_put(out, html.data + copied, html.len - copied);
        links_pixel(l);
    }

    gw_buf_free(&l->urls);
    gw_buf_free(&l->url);
    free(l);
    return rc == GW_OK && out->failed ? GW_EFULL : rc;
}
