/* The states of the tokenizer, a byte at a time. */
#include "shm/html/html.h"

#include <ctype.h>

typedef struct {
    gw_html_event_pt      event;
    void                 *arg;
    const unsigned char  *text;         /* literal text begins here, or NULL */
    const char           *why;
} html_feed_t;


static void
html_say(const html_feed_t *f, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    if (f->event != NULL) {
        f->event(f->arg, e, h, from, to);
    }
}


/* The literal text that ends at p. */
static void
html_text_end(html_feed_t *f, const gw_html_t *h, const unsigned char *p)
{
    if (f->text != NULL && p > f->text) {
        html_say(f, GW_HTML_ON_TEXT, h, f->text, p);
    }

    f->text = NULL;
}


static void
html_add(char name[GW_HTML_NAME], uint8_t *n, unsigned char c)
{
    if (*n < GW_HTML_NAME) {
        name[(*n)++] = (char) tolower(c);
    }
}


bool
gw_html_tag_is(const gw_html_t *h, const char *name)
{
    return strlen(name) == h->n_tag && memcmp(name, h->tag, h->n_tag) == 0;
}


/* A tag begins whose name's first letter is c. */
static void
html_tag(gw_html_t *h, unsigned char c, bool end_tag)
{
    h->state = GW_HTML_TAG_NAME;
    h->end_tag = end_tag;
    h->content = GW_HTML_MARKUP;
    h->equiv = h->held = false;
    h->n_tag = 0;
    html_add(h->tag, &h->n_tag, c);
}


/* Its > at p. */
static void
html_tag_end(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (h->content == GW_HTML_MARKUP && !h->end_tag) {
        h->content = gw_html_content(h->tag, h->n_tag);
    }

    h->state = h->content == GW_HTML_MARKUP ? GW_HTML_TEXT : GW_HTML_RAW;
    h->match = h->escaped = 0;
    h->last = 0;
    h->string = false;
    html_say(f, GW_HTML_ON_TAG, h, h->at, p + 1);
}


/* Between attributes: the byte c at p. */
static void
html_between(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (gw_html_blank(*p) || *p == '/') {
        h->state = GW_HTML_BEFORE_NAME;
    } else if (*p == '>') {
        html_tag_end(f, h, p);
    } else {
        h->state = GW_HTML_NAME_OF;
        h->n_name = 0;
        html_say(f, GW_HTML_ON_NAME, h, p, p);
        html_add(h->name, &h->n_name, *p);
    }
}


/* Behind an attribute's name. */
static void
html_named(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (gw_html_blank(*p)) {
        h->state = GW_HTML_AFTER_NAME;
    } else if (*p == '=') {
        h->state = GW_HTML_BEFORE_VALUE;
        h->quote = 0;
        h->attribute = gw_html_attribute(h->name, h->n_name);
        h->equiv |= h->attribute == GW_HTML_EQUIV;
        f->why = h->equiv && h->held ? GW_HTML_EQUIV_TEXT : NULL;
    } else {
        html_between(f, h, p);
    }
}


/* A byte of a value. */
static void
html_value(gw_html_t *h, unsigned char c)
{
    if (h->attribute == GW_HTML_TYPE) {
        html_add(h->name, &h->n_name, c);
    }

    if (c == '?' || c == '#') {
        h->url = GW_HTML_URL_QUERY;
    } else if (h->url == GW_HTML_URL_START && (c == ':' || c == '/')) {
        h->url = GW_HTML_URL_PART;
    }
}


static void
html_value_end(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (h->attribute == GW_HTML_TYPE && gw_html_tag_is(h, "script")) {
        h->content = (h->n_name == 19
                      && memcmp(h->name, "application/ld+json", 19) == 0)
                     || (h->n_name == 16
                         && memcmp(h->name, "application/json", 16) == 0)
                     ? GW_HTML_JSON : GW_HTML_SCRIPT;
    }

    html_say(f, GW_HTML_ON_VALUE_END, h, p, h->quote != 0 ? p + 1 : p);
    h->state = GW_HTML_BEFORE_NAME;
}


static void
html_value_begin(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (gw_html_blank(*p)) {
        return;
    }

    if (*p == '>') {
        html_tag_end(f, h, p);
        return;
    }

    h->state = GW_HTML_VALUE;
    h->url = GW_HTML_URL_START;
    h->n_name = 0;
    h->quote = *p == '"' || *p == '\'' ? *p : 0;
    html_say(f, GW_HTML_ON_VALUE, h, p + (h->quote != 0), NULL);
    if (h->quote == 0) {
        html_value(h, *p);
    }
}


/* Strings, so that a value is known to stand in one. */
static void
html_json(gw_html_t *h, unsigned char c)
{
    if (h->escaped) {
        h->escaped = false;
    } else if (h->string && c == '\\') {
        h->escaped = true;
    } else if (c == '"') {
        h->string = !h->string;
    }
}


/* Do the last bytes of a script end with that text, of eight at most? */
static bool
html_ends(uint64_t last, const char *text)
{
    int       bits;
    uint64_t  want;

    for (want = 0, bits = 0; *text != '\0'; text++, bits += 8) {
        want = want << 8 | (unsigned char) *text;
    }

    return (last & (UINT64_MAX >> (64 - bits))) == want;
}


/*
 * The last bytes of a script as <!-- and --> and <script see them. escaped: 0
 * as usual, 1 inside <!--, 2 inside a script in that, whose end is not ours.
 */
static void
html_script(gw_html_t *h, unsigned char c)
{
    h->last = h->last << 8 | (unsigned char) tolower(c);

    if (h->escaped == 0 && html_ends(h->last, "<!--")) {
        h->escaped = 1;
    } else if (h->escaped > 0 && html_ends(h->last, "-->")) {
        h->escaped = 0;
    } else if (h->escaped == 1 && html_ends(h->last >> 8, "<script")
               && (gw_html_blank(c) || c == '/' || c == '>'))
    {
        h->escaped = 2;
    }
}


/*
 * In an element whose content is no HTML: only its own end tag ends it. match:
 * the bytes met of `</name`.
 */
static void
html_raw(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    if (h->match == h->n_tag + 2
        && (gw_html_blank(*p) || *p == '/' || *p == '>'))
    {
        h->match = 0;
        if (h->content == GW_HTML_SCRIPT && h->escaped == 2) {
            h->escaped = 1;
            return;
        }
        html_text_end(f, h, h->at > f->text ? h->at : f->text);
        h->end_tag = true;
        h->content = GW_HTML_MARKUP;
        html_between(f, h, p);
        return;
    }

    if (h->match == 1 ? *p == '/'
        : h->match > 1 && h->match < h->n_tag + 2
          && tolower(*p) == h->tag[h->match - 2])
    {
        h->match++;
    } else {
        h->match = *p == '<';
        h->at = *p == '<' ? p : h->at;
    }

    if (h->content == GW_HTML_JSON) {
        html_json(h, *p);
    } else if (h->content == GW_HTML_SCRIPT) {
        html_script(h, *p);
    }
}


/* Comments: match counts the dashes, from 2 for those of <!-- itself. */
static void
html_comment(gw_html_t *h, unsigned char c)
{
    if (c == '>' && h->match >= 2) {
        h->state = GW_HTML_TEXT;
    } else if (c == '-') {
        h->match += h->match < 2;
    } else if (!(c == '!' && h->match == 2)) {
        h->match = 0;
    }
}


static void
html_declaration(gw_html_t *h, unsigned char c)
{
    if (h->match == 2 && c == '[') {
        h->state = GW_HTML_CONDITION;
        h->match = 0;
    } else if (h->match == 2) {
        h->state = GW_HTML_COMMENT;
        html_comment(h, c);
    } else if (c == '-') {
        h->match++;
    } else {
        h->state = c == '>' ? GW_HTML_TEXT : GW_HTML_BOGUS;
    }
}


/*
 * <!--[if mso]> hides HTML from all but one reader, so what follows is HTML.
 * match: 1 behind ], 2 and 3 behind one dash and more.
 */
static void
html_condition(gw_html_t *h, unsigned char c)
{
    if (c == '>') {
        h->state = h->match == 1 || h->match == 3 ? GW_HTML_TEXT
                                                  : GW_HTML_COMMENT;
        h->match = 0;
    } else if (c == '-') {
        h->match = h->match >= 2 ? 3 : 2;
    } else {
        h->match = c == ']';
    }
}


/* Behind < or </. */
static void
html_open(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    bool  end_tag;

    end_tag = h->state == GW_HTML_END_OPEN;

    if (isalpha(*p)) {
        html_text_end(f, h, h->at > f->text ? h->at : f->text);
        html_tag(h, *p, end_tag);
    } else if (!end_tag && *p == '/') {
        h->state = GW_HTML_END_OPEN;
    } else if (!end_tag && *p == '!') {
        html_text_end(f, h, h->at > f->text ? h->at : f->text);
        h->state = GW_HTML_DECLARATION;
        h->match = 0;
    } else if (end_tag ? *p != '>' : *p == '?') {
        html_text_end(f, h, h->at > f->text ? h->at : f->text);
        h->state = GW_HTML_BOGUS;
    } else {
        h->state = *p == '<' ? GW_HTML_TAG_OPEN : GW_HTML_TEXT;
        h->at = *p == '<' ? p : h->at;
    }
}


/* A byte of a tag, of its attributes and their values. */
static int
html_in_tag(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    bool  sep;

    sep = gw_html_blank(*p) || *p == '/' || *p == '>';

    switch (h->state) {
    case GW_HTML_TAG_NAME:
        if (sep) {
            html_between(f, h, p);
        } else {
            html_add(h->tag, &h->n_tag, *p);
        }
        return GW_OK;
    case GW_HTML_NAME_OF:
        if (sep || *p == '=') {
            html_named(f, h, p);
        } else {
            html_add(h->name, &h->n_name, *p);
        }
        return f->why == NULL ? GW_OK : GW_EINVAL;
    case GW_HTML_AFTER_NAME:
        html_named(f, h, p);
        return f->why == NULL ? GW_OK : GW_EINVAL;
    case GW_HTML_BEFORE_VALUE:
        html_value_begin(f, h, p);
        return GW_OK;
    case GW_HTML_VALUE:
        if (h->quote != 0 ? *p == h->quote : gw_html_blank(*p) || *p == '>') {
            html_value_end(f, h, p);
            if (*p == '>' && h->quote == 0) {
                html_tag_end(f, h, p);
            }
        } else {
            html_value(h, *p);
        }
        return GW_OK;
    case GW_HTML_GAP:
        if (!sep) {
            f->why = "the branches before this end inside a tag: a blank, "
                     "\"/\" or \">\" must follow them";
            return GW_EINVAL;
        }
        html_between(f, h, p);
        return GW_OK;
    default:
        html_between(f, h, p);
        return GW_OK;
    }
}


static int
html_byte(html_feed_t *f, gw_html_t *h, const unsigned char *p)
{
    switch (h->state) {
    case GW_HTML_TEXT:
        if (*p == '<') {
            h->state = GW_HTML_TAG_OPEN;
            h->at = p;
        }
        return GW_OK;
    case GW_HTML_RAW:
        if (h->content != GW_HTML_PLAINTEXT) {
            html_raw(f, h, p);
        }
        return GW_OK;
    case GW_HTML_TAG_OPEN:
    case GW_HTML_END_OPEN:
        html_open(f, h, p);
        return GW_OK;
    case GW_HTML_DECLARATION:
        html_declaration(h, *p);
        return GW_OK;
    case GW_HTML_BOGUS:
        h->state = *p == '>' ? GW_HTML_TEXT : GW_HTML_BOGUS;
        return GW_OK;
    case GW_HTML_COMMENT:
        html_comment(h, *p);
        return GW_OK;
    case GW_HTML_CONDITION:
        html_condition(h, *p);
        return GW_OK;
    default:
        return html_in_tag(f, h, p);
    }
}


int
gw_html_feed(gw_html_t *h, gw_str_t piece, gw_html_event_pt event, void *arg,
    const unsigned char **at, const char **why)
{
    bool                  text;
    html_feed_t           f = { event, arg, NULL, NULL };
    const unsigned char  *p, *end;

    if (piece.len == 0) {
        return GW_OK;
    }

    end = piece.data + piece.len;
    if (h->state == GW_HTML_TEXT || h->state == GW_HTML_RAW) {
        f.text = piece.data;
    }

    for (p = piece.data; p < end; p++) {
        if (html_byte(&f, h, p) != GW_OK) {
            *at = p;
            *why = f.why;
            return GW_EINVAL;
        }

        text = h->state == GW_HTML_TEXT || h->state == GW_HTML_RAW;
        if (text && f.text == NULL) {
            f.text = p + 1;
        }
    }

    /* a < at the end may yet begin a tag */
    text = h->state == GW_HTML_TAG_OPEN || h->state == GW_HTML_END_OPEN;
    html_text_end(&f, h, text && h->at >= f.text ? h->at : end);
    return GW_OK;
}
