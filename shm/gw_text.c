/* The text alternative of an HTML body, on what the HTML tokenizer tells. */
#include "shm/gw_links.h"

#define TEXT_LISTS  8           /* one in the other that are told apart */

typedef struct {
    gw_liquid_html_t      html;
    gw_buf_t             *out;
    const unsigned char  *last;         /* of the source, done with         */
    unsigned              none;         /* of gw_links_liquid               */
    const unsigned char  *value;        /* of the attribute at hand         */
    gw_str_t              href, alt;    /* of the tag at hand               */
    gw_str_t              link;         /* of the <a> that is open          */
    size_t                linked;       /* where its text begins            */
    bool                  hidden;       /* in <head>                        */
    bool                  cell;         /* one is done in this row          */
    unsigned              lists;        /* open ones                        */
    struct {
        unsigned  item;                 /* number of the last; 0: no number */
        unsigned  block;                /* where the list begins            */
    }                     list[TEXT_LISTS];
} text_t;

/* What a tag does to the text. */
typedef enum {
    TEXT_NOTHING, TEXT_LINE, TEXT_BLOCK, TEXT_ITEM, TEXT_LIST, TEXT_NUMBERS,
    TEXT_CELL, TEXT_ROW, TEXT_RULE, TEXT_LINK, TEXT_IMAGE, TEXT_HEAD
} text_kind_t;

static const struct {
    const char   *name;
    text_kind_t   kind;
} text_tags[] = {
    { "a", TEXT_LINK }, { "blockquote", TEXT_BLOCK }, { "br", TEXT_LINE },
    { "div", TEXT_LINE }, { "h1", TEXT_BLOCK }, { "h2", TEXT_BLOCK },
    { "h3", TEXT_BLOCK }, { "h4", TEXT_BLOCK }, { "h5", TEXT_BLOCK },
    { "h6", TEXT_BLOCK }, { "head", TEXT_HEAD }, { "hr", TEXT_RULE },
    { "img", TEXT_IMAGE }, { "li", TEXT_ITEM }, { "ol", TEXT_NUMBERS },
    { "p", TEXT_BLOCK }, { "section", TEXT_LINE }, { "table", TEXT_LINE },
    { "td", TEXT_CELL }, { "th", TEXT_CELL }, { "tr", TEXT_ROW },
    { "ul", TEXT_LIST }, { NULL, TEXT_NOTHING }
};


static bool
text_line_is_open(const gw_buf_t *out)
{
    return out->len > 0 && out->data[out->len - 1] != '\n';
}


/* At the beginning of a line, with so many empty ones before it at least. */
static void
text_break(text_t *t, unsigned empty)
{
    size_t    i;
    unsigned  n;
    gw_buf_t  *out;

    out = t->out;
    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->len--;
    }

    for (n = 0, i = out->len; i > 0 && out->data[i - 1] == '\n'; i--) {
        n++;
    }

    if (i == 0) {
        return;                         /* nothing to part from */
    }

    for ( /* void */ ; n <= empty; n++) {
        gw_buf_char(out, '\n');
    }
}


/* Text with its blanks made one each. */
static void
text_words(text_t *t, const unsigned char *from, const unsigned char *to)
{
    gw_buf_t             *out;
    const unsigned char  *p;

    out = t->out;
    for (p = from; p < to; from = p) {
        while (p < to && !gw_html_blank(*p)) {
            p++;
        }
        gw_links_literal(gw_str_make(from, p - from), false, true, out);

        if (p < to) {
            while (p < to && gw_html_blank(*p)) {
                p++;
            }
            if (text_line_is_open(out) && out->data[out->len - 1] != ' ') {
                gw_buf_char(out, ' ');
            }
        }
    }
}


/* {% raw %} goes: its braces are written so that they begin nothing. */
static bool
text_is_raw(const unsigned char *p, const unsigned char *end)
{
    for (p += 2; p < end && (gw_html_blank(*p) || *p == '-'); p++) {
        /* void */
    }

    return (end - p > 3 && memcmp(p, "raw", 3) == 0)
           || (end - p > 6 && memcmp(p, "endraw", 6) == 0);
}


/* The tags of Liquid up to there stay; its outputs are told one by one. */
static void
text_gap(text_t *t, const unsigned char *to)
{
    const unsigned char  *p, *end, *behind;

    end = t->html.source.data + t->html.source.len;
    p = t->last != NULL ? t->last : t->html.source.data;

    while (p != NULL && p < to) {
        behind = gw_links_liquid(p, end, &t->none);
        if (behind != NULL && p[1] == '%' && !text_is_raw(p, behind)) {
            gw_buf_put(t->out, p, behind - p);
        }
        p = behind != NULL ? behind : p + 1;
    }

    t->last = p;
}


static void
text_output(text_t *t, const gw_html_t *h, const unsigned char *from,
    const unsigned char *bar)
{
    const unsigned char  *end;

    if (from[0] != '{' || from[1] != '{') {
        return;                         /* `echo`: a tag */
    }

    text_gap(t, from);
    end = gw_links_liquid(from, t->html.source.data + t->html.source.len,
                          &t->none);

    if (end != NULL && h->state == GW_HTML_TEXT && !t->hidden) {
        gw_buf_put(t->out, from, (bar != NULL ? bar : end) - from);
        gw_buf_cstr(t->out, bar != NULL ? "}}" : "");
    }

    t->last = end != NULL ? end : from + 2;
}


static void
text_item(text_t *t)
{
    unsigned  n;

    text_break(t, 0);
    n = t->lists;
    if (n > 0 && n <= TEXT_LISTS && t->list[n - 1].item > 0
        && t->list[n - 1].block == t->html.block)
    {
        gw_buf_fmt(t->out, "%u. ", t->list[n - 1].item++);
    } else {
        gw_buf_cstr(t->out, "- ");
    }
}


static void
text_list(text_t *t, bool end_tag, bool numbers)
{
    text_break(t, t->lists == 0 || (end_tag && t->lists == 1));

    if (end_tag) {
        t->lists -= t->lists > 0;
        return;
    }

    if (t->lists < TEXT_LISTS) {
        t->list[t->lists].item = numbers;
        t->list[t->lists].block = t->html.block;
    }
    t->lists++;
}


/* The URL behind the text of a link, unless that is the text. */
static void
text_link_end(text_t *t)
{
    size_t    from;
    gw_str_t  url, said;

    if (t->link.len == 0) {
        return;
    }

    from = t->out->len;
    gw_buf_cstr(t->out, text_line_is_open(t->out)
                && t->out->data[t->out->len - 1] != ' ' ? " <" : "<");
    gw_links_decode(t->link, true, t->out);
    gw_buf_char(t->out, '>');
    t->link.len = 0;

    if (!t->out->failed && from >= t->linked) {
        url = gw_str_make(memchr(t->out->data + from, '<', 2), 0);
        url.len = (size_t) (t->out->data + t->out->len - url.data) - 2;
        url.data++;
        said = gw_str_make(t->out->data + t->linked, from - t->linked);
        t->out->len = gw_str_eq(url, said) ? from : t->out->len;
    }
}


static void
text_tag(text_t *t, const gw_html_t *h)
{
    int  i;

    for (i = 0; text_tags[i].name != NULL
         && !gw_html_tag_is(h, text_tags[i].name); i++)
    {
        /* void */
    }

    switch (text_tags[i].kind) {
    case TEXT_HEAD:
        t->hidden = !h->end_tag;
        break;
    case TEXT_LINE:
        if (gw_html_tag_is(h, "br") && t->out->len > 0) {
            gw_buf_char(t->out, '\n');
        } else {
            text_break(t, 0);
        }
        break;
    case TEXT_BLOCK:
        text_break(t, 1);
        break;
    case TEXT_ITEM:
        if (!h->end_tag) {
            text_item(t);
        }
        break;
    case TEXT_LIST:
    case TEXT_NUMBERS:
        text_list(t, h->end_tag, text_tags[i].kind == TEXT_NUMBERS);
        break;
    case TEXT_ROW:
        text_break(t, 0);
        t->cell = false;
        break;
    case TEXT_CELL:
        if (!h->end_tag && t->cell && text_line_is_open(t->out)) {
            gw_buf_cstr(t->out, t->out->data[t->out->len - 1] == ' '
                        ? "| " : " | ");
        }
        t->cell = true;
        break;
    case TEXT_RULE:
        text_break(t, 0);
        gw_buf_cstr(t->out, "----\n");
        break;
    case TEXT_IMAGE:
        gw_links_decode(t->alt, true, t->out);
        break;
    case TEXT_LINK:
        text_link_end(t);
        if (!h->end_tag) {
            t->link = t->href;
            t->linked = t->out->len;
        }
        break;
    default:
        break;
    }

    t->href.len = t->alt.len = 0;
}


static void
text_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    text_t  *t = arg;

    switch (e) {
    case GW_HTML_ON_PIECE:
        text_gap(t, from);
        t->last = to;
        return;
    case GW_HTML_ON_HOLE:
        text_output(t, h, from, to);
        return;
    case GW_HTML_ON_TEXT:
        if (h->state != GW_HTML_RAW && !t->hidden) {
            text_words(t, from, to);
        }
        return;
    case GW_HTML_ON_VALUE:
        t->value = from;
        return;
    case GW_HTML_ON_VALUE_END:
        if (h->attribute == GW_HTML_HREF && *t->value != '#') {
            t->href = gw_str_make(t->value, from - t->value);
        } else if (h->attribute == GW_HTML_ALT) {
            t->alt = gw_str_make(t->value, from - t->value);
        }
        return;
    case GW_HTML_ON_TAG:
        text_tag(t, h);
        return;
    default:
        return;
    }
}


int
gw_links_text(gw_str_t html, gw_buf_t *out, gw_liquid_error_t *err)
{
    int     rc;
    text_t  t;

    memset(&t, 0, sizeof(t));
    t.out = out;
    t.html.event = text_event;
    t.html.arg = &t;

    rc = gw_links_compile(html, &t.html, err);
    if (rc == GW_OK) {
        /* its copy of the source is gone, ours is the same */
        t.last = t.last != NULL ? html.data + (t.last - t.html.source.data)
                                : html.data;
        t.html.source = html;
        text_gap(&t, html.data + html.len);
        while (out->len > 0 && gw_html_blank(out->data[out->len - 1])) {
            out->len--;
        }
        gw_buf_char(out, '\n');
    }

    return rc == GW_OK && out->failed ? GW_EFULL : rc;
}
