/* Lint of HTML: links, images, and text that can not be read on its ground. */
#include "shm/lint/lint.h"

#include <stdio.h>
#include <strings.h>

static const char *const  lint_void[] = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "source", "track", "wbr", NULL
};

/* One of these ends the one before it, which often has no end tag. */
static const char *const  lint_one[] = { "li", "p", "td", "th", "tr", NULL };

/* What readers show larger or bolder by themselves. */
static const struct {
    const char  *tag;
    double       size;
} lint_bold[] = {
    { "b", 0 }, { "h1", 32 }, { "h2", 24 }, { "h3", 18.72 }, { "h4", 16 },
    { "h5", 13.28 }, { "h6", 10.72 }, { "strong", 0 }, { "th", 0 }, { NULL, 0 }
};


static bool
lint_is_one(const gw_html_t *h, const char *const *names)
{
    while (*names != NULL && !gw_html_tag_is(h, *names)) {
        names++;
    }

    return *names != NULL;
}


static lint_box_t *
lint_top(gw_lint_t *l)
{
    return l->depth > 0 && l->depth <= LINT_DEPTH ? &l->box[l->depth - 1]
                                                  : NULL;
}


static bool
lint_is_open(const lint_box_t *box, const gw_html_t *h)
{
    return box->n_tag == h->n_tag && memcmp(box->tag, h->tag, h->n_tag) == 0;
}


/* An element ends, and all that are open in it. */
static void
lint_close(gw_lint_t *l, const gw_html_t *h)
{
    unsigned  i;

    if (l->depth > LINT_DEPTH) {
        l->depth--;
        return;
    }

    for (i = l->depth; i > 0 && !lint_is_open(&l->box[i - 1], h); i--) {
        /* void */
    }

    l->depth = i > 0 ? i - 1 : l->depth;
}


static void
lint_own_style(const gw_html_t *h, colour_style_t *style)
{
    unsigned  i;

    /* its colour is the reader's own unless it has one */
    style->text = gw_html_tag_is(h, "a") ? COLOUR_UNKNOWN : style->text;

    for (i = 0; lint_bold[i].tag != NULL; i++) {
        if (gw_html_tag_is(h, lint_bold[i].tag)) {
            style->bold = true;
            style->size = lint_bold[i].size > 0 ? lint_bold[i].size
                                                : style->size;
        }
    }
}


/* An element begins: what it has of the one around it, and of its own. */
static void
lint_open(gw_lint_t *l, const gw_html_t *h, size_t at)
{
    lint_box_t      *top;
    colour_style_t   style = { COLOUR_NONE, COLOUR_NONE, 0, false }, own;

    top = lint_top(l);
    if (top != NULL && lint_is_one(h, lint_one) && lint_is_open(top, h)) {
        l->depth--;
        top = lint_top(l);
    }

    style = top != NULL ? top->style : style;
    at = top != NULL && l->bgcolor.data == NULL && l->color.data == NULL
         && l->style.data == NULL ? top->at : at;
    own = style;
    lint_own_style(h, &own);

    if (l->bgcolor.data != NULL) {
        own.ground = colour_read(l->bgcolor);
    }
    if (l->color.data != NULL) {
        own.text = colour_read(l->color);
    }
    if (l->style.data != NULL) {
        colour_style(l->style, &own);
    }

    if (++l->depth <= LINT_DEPTH) {
        top = &l->box[l->depth - 1];
        top->style = own;
        top->at = at;
        top->n_tag = h->n_tag;
        memcpy(top->tag, h->tag, h->n_tag);
    }
}


/* Text: is it to be read? What nobody has set is black on white. */
static void
lint_text(gw_lint_t *l)
{
    char                   why[256];
    int                    text, ground;
    bool                   large;
    double                 ratio;
    unsigned               i;
    const lint_box_t      *top;
    const colour_style_t  *s;

    top = lint_top(l);
    s = top != NULL ? &top->style : NULL;
    if (s == NULL || s->text == COLOUR_UNKNOWN || s->ground == COLOUR_UNKNOWN
        || (s->text == COLOUR_NONE && s->ground == COLOUR_NONE))
    {
        return;
    }

    text = s->text == COLOUR_NONE ? 0x000000 : s->text;
    ground = s->ground == COLOUR_NONE ? 0xffffff : s->ground;
    large = s->size >= 24 || (s->bold && s->size >= 18.66);
    ratio = colour_contrast(text, ground);
    if (ratio >= (large ? 3 : 4.5) || l->pairs == LINT_PAIRS) {
        return;
    }

    for (i = 0; i < l->pairs; i++) {
        if (l->pair[i][0] == text && l->pair[i][1] == ground) {
            return;
        }
    }

    l->pair[l->pairs][0] = text;
    l->pair[l->pairs++][1] = ground;
    (void) snprintf(why, sizeof(why), "text of #%06x on #%06x has a contrast "
                    "of %.2f, and many can not read less than %s (WCAG); make "
                    "one of them darker or lighter", (unsigned) text,
                    (unsigned) ground, (double) ((int) (ratio * 100)) / 100,
                    large ? "3" : "4.5");
    lint_note(l, "contrast", "warning", top->at, why);
}


static bool
lint_is_blank(const unsigned char *from, const unsigned char *to)
{
    while (from < to && gw_html_blank(*from)) {
        from++;
    }

    return from == to;
}


/* `alt` by itself, which no value tells of. */
static bool
lint_has_alt(const unsigned char *from, const unsigned char *to)
{
    for ( /* void */ ; to - from >= 5; from++) {
        if (gw_html_blank(*from)
            && strncasecmp((const char *) from + 1, "alt", 3) == 0
            && (gw_html_blank(from[4]) || from[4] == '/' || from[4] == '>'))
        {
            return true;
        }
    }

    return false;
}


static void
lint_link(gw_lint_t *l, gw_str_t url, bool image, size_t at)
{
    const char  *rule, *why;

    why = lint_url(url, image, &rule);
    if (why != NULL) {
        lint_note(l, rule, strcmp(rule, "link_local") == 0
                           || strcmp(rule, "link_empty") == 0
                           ? "warning" : "error", at, why);
    }
}


static void
lint_tag(gw_lint_t *l, const gw_html_t *h, const unsigned char *from,
    const unsigned char *to)
{
    size_t  at;

    at = (size_t) (from - l->html.source.data);

    if (h->end_tag) {
        lint_close(l, h);

    } else {
        if (gw_html_tag_is(h, "img")) {
            if (!l->alt && !lint_has_alt(from, to)) {
                lint_note(l, "image_alt", "warning", at, "the image has no "
                          "alt text; say what it shows, or alt=\"\" when it "
                          "only decorates");
            }
            if (l->src.data != NULL) {
                lint_link(l, l->src, true, at);
            }
        }

        if (gw_html_tag_is(h, "a") || gw_html_tag_is(h, "area")) {
            l->links += l->href.data != NULL;
            if (l->href.data != NULL) {
                lint_link(l, l->href, false, at);
            }
        }

        if (!lint_is_one(h, lint_void)) {
            lint_open(l, h, at);
        }
    }

    l->alt = false;
    l->href.data = l->src.data = l->style.data = NULL;
    l->bgcolor.data = l->color.data = NULL;
}


static void
lint_value(gw_lint_t *l, const gw_html_t *h, const unsigned char *end)
{
    size_t                n;
    gw_str_t              value;
    const unsigned char  *p;

    value = gw_str_make(l->value, end - l->value);
    for (p = l->name; *p != '=' && !gw_html_blank(*p); p++) { /* void */ }
    n = (size_t) (p - l->name);

    switch (h->attribute) {
    case GW_HTML_HREF:
        l->href = value;
        return;
    case GW_HTML_ALT:
        l->alt = true;
        return;
    case GW_HTML_STYLED:
        l->style = value;
        return;
    case GW_HTML_URL:
        if (n == 3 && strncasecmp((const char *) l->name, "src", 3) == 0) {
            l->src = value;
        } else if (n == 10
                   && strncasecmp((const char *) l->name, "background", 10)
                      == 0)
        {
            l->bgcolor = gw_str_of("url");      /* a picture: not known */
        }
        return;
    default:
        if (n == 7 && strncasecmp((const char *) l->name, "bgcolor", 7) == 0) {
            l->bgcolor = value;
        } else if (n == 5
                   && strncasecmp((const char *) l->name, "color", 5) == 0)
        {
            l->color = value;
        }
        return;
    }
}


void
lint_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    gw_lint_t  *l = arg;

    switch (e) {
    case GW_HTML_ON_NAME:
        l->name = from;
        return;
    case GW_HTML_ON_VALUE:
        l->value = from;
        return;
    case GW_HTML_ON_VALUE_END:
        if (l->name != NULL && l->value != NULL) {
            lint_value(l, h, from);
        }
        return;
    case GW_HTML_ON_TAG:
        lint_tag(l, h, from, to);
        return;
    case GW_HTML_ON_TEXT:
        if (h->state != GW_HTML_RAW && !lint_is_blank(from, to)) {
            lint_text(l);
        }
        return;
    case GW_HTML_ON_HOLE:
        if (h->state == GW_HTML_TEXT) {
            lint_text(l);
        }
        return;
    default:
        return;
    }
}
