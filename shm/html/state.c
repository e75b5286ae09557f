/* What a state means: for a hole, where branches meet, at the end. */
#include "shm/html/html.h"

static const char *const  html_where[] = {
    "in the text", "in an element without HTML", "behind \"<\"",
    "behind \"</\"", "in the name of a tag", "inside a tag",
    "in the name of an attribute", "inside a tag", "behind \"=\"",
    "in the value of an attribute", "inside a tag", "in a declaration",
    "in a declaration", "in a comment", "in a comment"
};

static const char  html_dash[] = "an output stands behind a dash of a comment; "
                                 "put a blank before it";


const char *
gw_html_where(const gw_html_t *h)
{
    return html_where[h->state];
}


static gw_html_context_t
html_refused(const char **why, const char *text)
{
    *why = text;
    return GW_HTML_IN_NONE;
}


static gw_html_context_t
html_raw_context(const gw_html_t *h, const char **why)
{
    if (h->match > 0) {
        return html_refused(why, "an output can not be part of an end tag");
    }

    switch (h->content) {
    case GW_HTML_RCDATA:
        return GW_HTML_IN_TEXT;
    case GW_HTML_JSON:
        return h->string ? GW_HTML_IN_JSON_STRING : GW_HTML_IN_JSON;
    case GW_HTML_STYLE:
        return html_refused(why, "an output can not stand in a <style>; "
                            "choose between classes with {% if %}");
    case GW_HTML_SCRIPT:
        return html_refused(why, "an output can not stand in a <script>; "
                            "mail readers run none");
    default:
        return html_refused(why, "an output can not stand in an element "
                            "whose content is no HTML");
    }
}


/* `to` and its like, in what animates: it may set an href. */
static bool
html_is_moved(const gw_html_t *h)
{
    return gw_html_tag_is(h, "set")
           || (h->n_tag > 6 && memcmp(h->tag, "animate", 7) == 0);
}


static gw_html_context_t
html_value_context(const gw_html_t *h, const char **why)
{
    if (h->quote == 0) {
        return html_refused(why, "an output stands in the value of an "
                            "attribute; put quotes around the value");
    }

    switch (h->attribute) {
    case GW_HTML_HREF:
    case GW_HTML_URL:
        return GW_HTML_IN_URL;
    case GW_HTML_STYLED:
        return html_refused(why, "an output can not stand in a style; choose "
                            "between styles with {% if %}");
    case GW_HTML_EVENT:
        return html_refused(why, "an output can not stand in the attribute "
                            "of an event; mail readers run none");
    case GW_HTML_SRCDOC:
        return html_refused(why, "an output can not stand in a srcdoc");
    case GW_HTML_MOVED:
        return !html_is_moved(h) ? GW_HTML_IN_ATTRIBUTE
               : html_refused(why, "an output can not stand in an animation; "
                              "mail readers play none");
    case GW_HTML_EQUIV:
        return html_refused(why, "an output can not stand in an http-equiv");
    case GW_HTML_CONTENT:
        return !h->equiv ? GW_HTML_IN_ATTRIBUTE
               : html_refused(why, GW_HTML_EQUIV_TEXT);
    case GW_HTML_TRACK:
    case GW_HTML_LABEL:
    case GW_HTML_UTM:
        return html_refused(why, "the attributes data-godwit-* are fixed "
                            "texts; an output can not stand in them");
    default:
        return GW_HTML_IN_ATTRIBUTE;
    }
}


gw_html_context_t
gw_html_context(const gw_html_t *h, const char **why)
{
    switch (h->state) {
    case GW_HTML_TEXT:
        return GW_HTML_IN_TEXT;
    case GW_HTML_RAW:
        return html_raw_context(h, why);
    case GW_HTML_TAG_OPEN:
    case GW_HTML_END_OPEN:
    case GW_HTML_TAG_NAME:
        return html_refused(why, "an output can not be the name of a tag; "
                            "write the tags out and choose with {% if %}");
    case GW_HTML_VALUE:
    case GW_HTML_BEFORE_VALUE:
        return html_value_context(h, why);
    case GW_HTML_COMMENT:
        /* an empty one would let the dash end the comment */
        return h->match == 0 ? GW_HTML_IN_COMMENT
               : html_refused(why, html_dash);
    case GW_HTML_DECLARATION:
        return html_refused(why, h->match > 0 ? html_dash : "an output can "
                            "not stand in a declaration");
    case GW_HTML_BOGUS:
    case GW_HTML_CONDITION:
        return html_refused(why, "an output can not stand in a declaration");
    default:
        return html_refused(why, "an output can not be an attribute; write "
                            "its name, \"=\" and quotes around the output");
    }
}


void
gw_html_hole(gw_html_t *h)
{
    if (h->state == GW_HTML_VALUE) {
        h->n_name = GW_HTML_NAME;       /* a type that is none we know */
        h->held |= h->attribute == GW_HTML_CONTENT;
    }

    h->match = 0;
}


/* Inside a tag where the next attribute, / or > may come. */
static bool
html_is_between(const gw_html_t *h)
{
    return h->state == GW_HTML_BEFORE_NAME || h->state == GW_HTML_TAG_NAME
           || h->state == GW_HTML_NAME_OF || h->state == GW_HTML_AFTER_NAME
           || h->state == GW_HTML_GAP
           || (h->state == GW_HTML_VALUE && h->quote == 0);
}


static bool
html_same_tag(const gw_html_t *a, const gw_html_t *b)
{
    return a->end_tag == b->end_tag && a->content == b->content
           && a->n_tag == b->n_tag && memcmp(a->tag, b->tag, a->n_tag) == 0;
}


/* In a script: might what is looked for lie across the end of a branch? */
static bool
html_is_begun(const gw_html_t *h)
{
    int  i;

    for (i = 0; i < 56; i += 8) {
        if (memchr("<-", (int) (h->last >> i & 0xff), 2) != NULL) {
            return true;
        }
    }

    return false;
}


static bool
html_same_name(const gw_html_t *a, const gw_html_t *b)
{
    return a->n_name == b->n_name && memcmp(a->name, b->name, a->n_name) == 0;
}


/* Of the same state: does all else agree that matters in it? */
static bool
html_same(const gw_html_t *a, const gw_html_t *b)
{
    switch (a->state) {
    case GW_HTML_TEXT:
    case GW_HTML_TAG_OPEN:
    case GW_HTML_END_OPEN:
    case GW_HTML_BOGUS:
        return true;
    case GW_HTML_DECLARATION:
    case GW_HTML_COMMENT:
    case GW_HTML_CONDITION:
        return a->match == b->match;
    case GW_HTML_RAW:
        return html_same_tag(a, b) && a->match == b->match
               && a->escaped == b->escaped && a->string == b->string
               && (a->last == b->last
                   || !(html_is_begun(a) || html_is_begun(b)));
    case GW_HTML_NAME_OF:
    case GW_HTML_AFTER_NAME:
        return html_same_tag(a, b) && html_same_name(a, b);
    case GW_HTML_VALUE:
        return html_same_tag(a, b) && a->quote == b->quote
               && a->attribute == b->attribute
               && (a->attribute != GW_HTML_TYPE || html_same_name(a, b));
    default:
        return html_same_tag(a, b);
    }
}


bool
gw_html_join(gw_html_t *h, const gw_html_t *other)
{
    if (other->gone) {
        return true;
    }

    if (h->gone) {
        *h = *other;
        return true;
    }

    h->equiv |= other->equiv;
    h->held |= other->held;

    if (h->state == other->state && html_same(h, other)) {
        /* the start is the one to be careful at, then the query */
        if (h->state == GW_HTML_VALUE && h->url != other->url) {
            h->url = h->url == GW_HTML_URL_START
                     || other->url == GW_HTML_URL_START
                     ? GW_HTML_URL_START : GW_HTML_URL_QUERY;
        }
        return true;
    }

    if (html_is_between(h) && html_is_between(other)
        && html_same_tag(h, other))
    {
        h->state = GW_HTML_GAP;
        return true;
    }

    return false;
}


bool
gw_html_may_end(const gw_html_t *h, const char **why)
{
    if (h->gone || h->state == GW_HTML_TEXT || h->state == GW_HTML_TAG_OPEN
        || (h->state == GW_HTML_RAW && h->content == GW_HTML_PLAINTEXT))
    {
        return true;
    }

    switch (h->state) {
    case GW_HTML_RAW:
        *why = "an element such as <style> or <title> has no end tag";
        return false;
    case GW_HTML_DECLARATION:
    case GW_HTML_BOGUS:
        *why = "a declaration is not ended by \">\"";
        return false;
    case GW_HTML_COMMENT:
    case GW_HTML_CONDITION:
        *why = "a comment is not ended by \"-->\"";
        return false;
    default:
        *why = "a tag is not ended by \">\"";
        return false;
    }
}
