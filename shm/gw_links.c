/* Link rewriting: a tokenizer that copies HTML and wraps what it finds. */
#include "shm/gw_links.h"

#include <ctype.h>
#include <strings.h>

#define GW_LINKS_URL  2048

typedef struct {
    gw_buf_t            *out;
    gw_links_found_pt    found;
    void                *arg;
    gw_buf_t            *err;
    const unsigned char *start;
    unsigned             n;
    gw_buf_t             urls;          /* fixed ones so far, NUL after each */
} gw_links_t;

/* Attributes of the tag at hand that matter. */
typedef struct {
    gw_str_t  href;             /* the value without its quotes */
    bool      off;              /* data-godwit-track="off"      */
} gw_links_tag_t;


static const unsigned char *
gw_links_find(const unsigned char *p, const unsigned char *end,
    const char *word)
{
    size_t  n;

    n = strlen(word);
    for ( /* void */ ; p + n <= end; p++) {
        if (strncasecmp((const char *) p, word, n) == 0) {
            return p;
        }
    }

    return NULL;
}


/*
 * Past a Liquid output or tag at p, or p itself when there is none. none[0] and
 * none[1] become true when the text has no more "}}" or "%}", so that each is
 * searched for in vain but once.
 */
static const unsigned char *
gw_links_liquid(bool none[2], const unsigned char *p,
    const unsigned char *end)
{
    const unsigned char  *to;

    if (end - p < 2 || p[0] != '{' || (p[1] != '{' && p[1] != '%')
        || none[p[1] == '%'])
    {
        return p;
    }

    to = gw_links_find(p + 2, end, p[1] == '{' ? "}}" : "%}");
    none[p[1] == '%'] = to == NULL;
    return to != NULL ? to + 2 : p;
}


/* The end of an attribute's value that begins at p. */
static const unsigned char *
gw_links_value(bool none[2], const unsigned char *p,
    const unsigned char *end, gw_str_t *value)
{
    unsigned char         quote;
    const unsigned char  *from, *next;

    quote = *p == '"' || *p == '\'' ? *p : 0;
    from = p + (quote != 0);

    for (p = from; p < end; p = next > p ? next : p + 1) {
        next = gw_links_liquid(none, p, end);
        if (next > p) {
            continue;
        }
        if (quote != 0 ? *p == quote : isspace(*p) || *p == '>') {
            break;
        }
    }

    *value = gw_str_make(from, p - from);
    return quote != 0 && p < end ? p + 1 : p;
}


/* Read the attributes of a tag from p to its `>`; NULL when that is missing. */
static const unsigned char *
gw_links_attributes(bool none[2], const unsigned char *p,
    const unsigned char *end, gw_links_tag_t *tag)
{
    gw_str_t              name, value;
    const unsigned char  *next;

    memset(tag, 0, sizeof(gw_links_tag_t));

    while (p < end && *p != '>') {
        next = gw_links_liquid(none, p, end);
        if (next > p) {
            p = next;
            continue;
        }

        if (isspace(*p) || *p == '/' || *p == '"' || *p == '\'' || *p == '=')
        {
            p++;
            continue;
        }

        name.data = (unsigned char *) p;
        while (p < end && !isspace(*p) && !memchr("=>/\"'", *p, 5)) {
            p++;
        }
        name.len = p - name.data;

        for (next = p; next < end && isspace(*next); next++) { /* void */ }
        if (next >= end || *next != '=') {
            continue;
        }
        for (p = next + 1; p < end && isspace(*p); p++) { /* void */ }
        if (p >= end) {
            return NULL;
        }

        p = gw_links_value(none, p, end, &value);
        if (name.len == 4 && strncasecmp((char *) name.data, "href", 4) == 0
            && tag->href.data == NULL)
        {
            tag->href = value;
        }
        if (name.len == 17
            && strncasecmp((char *) name.data, "data-godwit-track", 17) == 0)
        {
            tag->off = gw_str_is(value, "off");
        }
    }

    return p < end ? p : NULL;
}


/* Undo the entities that URLs hold in HTML. */
static void
gw_links_decode(gw_str_t in, gw_buf_t *out)
{
    size_t                    i;
    unsigned                  e;
    static const char *const  entity[][2] = {
        { "&amp;", "&" }, { "&#38;", "&" }, { "&#x26;", "&" },
        { "&quot;", "\"" }, { "&#39;", "'" }, { "&lt;", "<" },
        { "&gt;", ">" }, { NULL, NULL }
    };

    for (i = 0; i < in.len; i++) {
        for (e = 0; entity[e][0] != NULL; e++) {
            if (in.len - i >= strlen(entity[e][0])
                && strncasecmp((char *) in.data + i, entity[e][0],
                               strlen(entity[e][0])) == 0)
            {
                break;
            }
        }

        if (entity[e][0] != NULL) {
            gw_buf_cstr(out, entity[e][1]);
            i += strlen(entity[e][0]) - 1;
        } else {
            gw_buf_char(out, in.data[i]);
        }
    }
}


/* Is this something to track: http(s), or Liquid at its start? */
static bool
gw_links_wanted(gw_str_t url)
{
    return (url.len > 7 && strncasecmp((char *) url.data, "http://", 7) == 0)
           || (url.len > 8
               && strncasecmp((char *) url.data, "https://", 8) == 0)
           || (url.len > 4 && url.data[0] == '{' && url.data[1] == '{');
}


/* The index of a fixed URL that was met before, or -1. */
static int
gw_links_known(gw_links_t *l, gw_str_t url)
{
    int     index;
    size_t  i, n;

    index = -1;
    for (i = 0; i < l->urls.len; i += n + 1) {
        n = strlen((char *) l->urls.data + i);
        index++;
        if (gw_str_eq(gw_str_make(l->urls.data + i, n), url)) {
            return index;
        }
    }

    return -1;
}


static int
gw_links_wrap(gw_links_t *l, gw_str_t href)
{
    int       rc, index;
    char      mem[GW_LINKS_URL + 1];
    bool      fixed;
    gw_buf_t  url;

    gw_buf_fixed(&url, mem, sizeof(mem));
    gw_links_decode(href, &url);
    if (url.failed || memchr(url.data, '\0', url.len) != NULL) {
        gw_buf_fmt(l->err, "a link is longer than %d bytes", GW_LINKS_URL);
        return GW_EINVAL;
    }

    fixed = gw_links_find(url.data, url.data + url.len, "{{") == NULL
            && gw_links_find(url.data, url.data + url.len, "{%") == NULL;
    index = fixed ? gw_links_known(l, gw_buf_view(&url)) : -1;

    if (index == -1) {
        index = (int) l->n++;
        if (l->n > GW_LINKS_MAX) {
            gw_buf_fmt(l->err, "there are more than %d links", GW_LINKS_MAX);
            return GW_EFULL;
        }

        /* one that is not fixed keeps its place in the numbering */
        if (fixed) {
            gw_buf_str(&l->urls, gw_buf_view(&url));
        }
        gw_buf_char(&l->urls, '\0');
        rc = l->found(l->arg, (unsigned) index, gw_buf_view(&url), fixed);
        if (rc != GW_OK) {
            return rc;
        }
    }

    gw_buf_fmt(l->out, "{%% link %d %%}", index);
    gw_buf_str(l->out, gw_buf_view(&url));
    gw_buf_cstr(l->out, "{% endlink %}");
    return GW_OK;
}


/* Elements whose content is no HTML; the end of the element, or NULL. */
static const unsigned char *
gw_links_opaque(const unsigned char *p, const unsigned char *end)
{
    int                       i;
    const unsigned char      *to;
    static const char *const  pair[][2] = {
        { "<!--", "-->" }, { "<script", "</script" }, { "<style", "</style" },
        { "<![CDATA[", "]]>" }, { NULL, NULL }
    };

    for (i = 0; pair[i][0] != NULL; i++) {
        if (gw_links_find(p, p + strlen(pair[i][0]) <= end
                          ? p + strlen(pair[i][0]) : end, pair[i][0]) == p)
        {
            to = gw_links_find(p + strlen(pair[i][0]), end, pair[i][1]);
            to = to != NULL ? to + strlen(pair[i][1]) - 1 : end;
            to = to < end ? memchr(to, '>', end - to) : NULL;
            return to != NULL ? to + 1 : end;
        }
    }

    return NULL;
}


static bool
gw_links_is(const unsigned char *p, const unsigned char *end,
    const char *name)
{
    size_t  n;

    n = strlen(name);
    return (size_t) (end - p) > n
           && strncasecmp((const char *) p, name, n) == 0
           && (isspace(p[n]) || p[n] == '/' || p[n] == '>');
}


static int
gw_links_run(gw_links_t *l, const unsigned char *p, const unsigned char *end,
    const unsigned char **at)
{
    int                   rc;
    const unsigned char  *copied, *to;
    gw_links_tag_t        tag;
    bool                  none[2] = { false, false };

    copied = p;

    while (p < end) {
        *at = p;
        to = gw_links_liquid(none, p, end);
        if (to == p && *p == '<') {
            to = gw_links_opaque(p, end);
            to = to != NULL ? to : p;
        }
        if (to > p) {
            p = to;
            continue;
        }

        if (*p != '<' || (!gw_links_is(p + 1, end, "a")
                          && !gw_links_is(p + 1, end, "area")))
        {
            p++;
            continue;
        }

        to = gw_links_attributes(none,
                                 p + (gw_links_is(p + 1, end, "a") ? 2 : 5),
                                 end, &tag);
        if (to == NULL) {
            gw_buf_cstr(l->err, "a tag is not ended by \">\"");
            return GW_EINVAL;
        }

        if (tag.href.data != NULL && !tag.off && gw_links_wanted(tag.href)) {
            gw_buf_put(l->out, copied, tag.href.data - copied);
            rc = gw_links_wrap(l, tag.href);
            if (rc != GW_OK) {
                return rc;
            }
            copied = tag.href.data + tag.href.len;
        }
        p = to;
    }

    gw_buf_put(l->out, copied, end - copied);
    return l->out->failed ? GW_EFULL : GW_OK;
}


int
gw_links_rewrite(gw_str_t html, gw_buf_t *out, gw_links_found_pt found,
    void *arg, unsigned *line, unsigned *column, gw_buf_t *err)
{
    int                   rc;
    gw_links_t            l;
    const unsigned char  *at, *c;

    memset(&l, 0, sizeof(l));
    l.out = out;
    l.found = found;
    l.arg = arg;
    l.err = err;
    gw_buf_init(&l.urls, GW_LINKS_MAX * (GW_LINKS_URL + 1));

    at = html.data;
    rc = gw_links_run(&l, html.data, html.data + html.len, &at);
    gw_buf_free(&l.urls);

    *line = 1;
    *column = 1;
    for (c = html.data; rc != GW_OK && c < at; c++) {
        *line += *c == '\n';
        *column = *c == '\n' ? 1 : *column + ((*c & 0xc0) != 0x80);
    }

    return rc;
}


/* Is the tag at p one that ends a line of text? */
static bool
gw_links_breaks(const unsigned char *p, const unsigned char *end)
{
    int                       i;
    static const char *const  names[] = {
        "br", "p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "blockquote", "section", "title", NULL
    };

    p += p < end && *p == '/';
    for (i = 0; names[i] != NULL; i++) {
        if (gw_links_is(p, end, names[i])) {
            return true;
        }
    }

    return false;
}


/* One blank or line end at a time. */
static void
gw_links_gap(gw_buf_t *out, unsigned char c)
{
    unsigned char  last;

    last = out->len > 0 ? out->data[out->len - 1] : '\n';

    if (c == ' ') {
        if (last != ' ' && last != '\n') {
            gw_buf_char(out, ' ');
        }
        return;
    }

    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->len--;
    }

    if (out->len > 1 && !(out->data[out->len - 1] == '\n'
                          && out->data[out->len - 2] == '\n'))
    {
        gw_buf_char(out, '\n');
    }
}


int
gw_links_text(gw_str_t html, gw_buf_t *out)
{
    size_t                n;
    gw_str_t              href = gw_null_string;
    const unsigned char  *p, *end, *to;
    gw_links_tag_t        tag;
    bool                  none[2] = { false, false };

    end = html.data + html.len;

    for (p = html.data; p < end && !out->failed; p = to) {
        to = gw_links_liquid(none, p, end);
        if (to > p) {
            gw_buf_put(out, p, to - p);
            continue;
        }

        to = p + 1;
        if (*p == '<') {
            to = gw_links_opaque(p, end);
            if (to != NULL) {
                continue;
            }
            to = gw_links_attributes(none, p + 1, end, &tag);
            if (to == NULL) {
                break;
            }
            to++;
            if (gw_links_is(p + 1, end, "a")) {
                href = tag.href;
            } else if (gw_links_is(p + 1, end, "/a") && href.len > 0) {
                gw_buf_cstr(out, " <");
                gw_links_decode(href, out);
                gw_buf_char(out, '>');
                href.len = 0;
            } else if (gw_links_breaks(p + 1, end)) {
                gw_links_gap(out, '\n');
            }
            continue;
        }

        if (isspace(*p)) {
            gw_links_gap(out, ' ');
            continue;
        }

        if (*p == '&') {
            for (n = 1; n < 8 && p + n < end && p[n] != ';'; n++) { /* void */ }
            if (p + n < end && p[n] == ';') {
                to = p + n + 1;
                if (strncasecmp((const char *) p, "&nbsp;", 6) == 0) {
                    gw_links_gap(out, ' ');
                } else {
                    gw_links_decode(gw_str_make(p, to - p), out);
                }
                continue;
            }
        }

        gw_buf_char(out, *p);
    }

    gw_buf_char(out, '\n');
    return out->failed ? GW_EFULL : GW_OK;
}
