/*
 * The HTML of a compiled template: its texts go through the tokenizer in the
 * order in which they are printed, its outputs learn where they stand.
 */
#include "shm/liquid/parse.h"

#define LQ_HTML_STEPS  1000000  /* nodes, those of loops several times */

typedef struct {
    lq_parser_t       *p;
    gw_liquid_html_t  *sink;            /* NULL: nobody listens            */
    unsigned           blocks;          /* numbered so far                 */
    unsigned           block;
    unsigned           steps;
    gw_html_t         *ends;            /* of the loop at hand: where its
                                           rounds end; NULL: in none       */
    const gw_html_t   *outside;         /* in a capture: where it stands   */
} lq_html_t;

static int lq_html_list(lq_html_t *c, const lq_node_t *list, gw_html_t *h);


static int
lq_html_fail(lq_html_t *c, const unsigned char *at, const char *why)
{
    return lq_fail(c->p->program, c->p->err, at, "%s", why);
}


static int
lq_html_join(lq_html_t *c, const lq_node_t *node, gw_html_t *h,
    const gw_html_t *other)
{
    const char  *was;

    was = gw_html_where(h);
    return gw_html_join(h, other) ? GW_OK
           : lq_fail(c->p->program, c->p->err, node->at, "the branches of "
                     "this tag leave the HTML in two states, one ends %s, one "
                     "%s; let each hold whole tags or whole values", was,
                     gw_html_where(other));
}


/* Tell who listens; what it refuses is an error. */
static int
lq_html_tell(lq_html_t *c, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    if (c->sink == NULL) {
        return GW_OK;
    }

    c->sink->block = c->block;
    c->sink->event(c->sink->arg, e, h, from, to);
    return c->sink->at == NULL ? GW_OK
           : lq_html_fail(c, c->sink->at, c->sink->why);
}


static int
lq_html_text(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int                   rc;
    const char           *why;
    const unsigned char  *at;

    if (node->text.len == 0) {
        return GW_OK;
    }

    rc = lq_html_tell(c, GW_HTML_ON_PIECE, h, node->text.data,
                      node->text.data + node->text.len);
    if (rc != GW_OK) {
        return rc;
    }

    if (gw_html_feed(h, node->text, c->sink != NULL ? c->sink->event : NULL,
                     c->sink != NULL ? c->sink->arg : NULL, &at, &why)
        != GW_OK)
    {
        return lq_html_fail(c, at, why);
    }

    return c->sink == NULL || c->sink->at == NULL ? GW_OK
           : lq_html_fail(c, c->sink->at, c->sink->why);
}


/* The last filter that counts; *last is itself when it ends the chain. */
static lq_safe_t
lq_html_safe(const lq_expr_t *e, const lq_filter_t **last)
{
    lq_safe_t           safe;
    const lq_filter_t  *f;

    *last = NULL;
    safe = LQ_SAFE_NOT;
    for (f = e->filters; f != NULL; f = f->next) {
        safe = f->row->safe != LQ_SAFE_KEPT ? f->row->safe : safe;
        *last = f;
    }

    return safe;
}


/* Escaping is up to the place: `escape` at the end of a chain has no use. */
static void
lq_html_unescape(lq_expr_t *e)
{
    lq_filter_t  **f, **from;

    from = NULL;
    for (f = &e->filters; *f != NULL; f = &(*f)->next) {
        from = (*f)->row->safe == LQ_SAFE_ESCAPED ? (from ? from : f) : NULL;
    }

    if (from != NULL) {
        *from = NULL;
    }
}


static lq_put_t
lq_html_url(const gw_html_t *h, const lq_filter_t *last)
{
    if (h->url == GW_HTML_URL_START) {
        return LQ_PUT_URL;
    }

    return h->url == GW_HTML_URL_PART
           || (last != NULL && strcmp(last->row->name, "url_encode") == 0)
           ? LQ_PUT_URL_PART : LQ_PUT_URL_QUERY;
}


/* How the values of node are written at h. */
static int
lq_html_hole(lq_html_t *c, lq_node_t *node, gw_html_t *h)
{
    lq_safe_t           safe;
    const char         *why;
    gw_html_context_t   context;
    const lq_filter_t  *last = NULL;

    context = gw_html_context(h, &why);
    if (context == GW_HTML_IN_NONE) {
        return lq_html_fail(c, node->at, why);
    }

    safe = node->kind == LQ_OUTPUT ? lq_html_safe(node->expr, &last)
                                   : LQ_SAFE_NOT;
    if (safe == LQ_SAFE_RAW && context != GW_HTML_IN_TEXT) {
        return lq_html_fail(c, node->at, "`raw` is for the text between tags "
                            "alone; leave it out here");
    }

    switch (context) {
    case GW_HTML_IN_TEXT:
    case GW_HTML_IN_ATTRIBUTE:
        node->put = safe != LQ_SAFE_NOT ? LQ_PUT_PLAIN
                    : h->state == GW_HTML_TEXT ? LQ_PUT_TEXT : LQ_PUT_HTML;
        break;
    case GW_HTML_IN_COMMENT:
        node->put = LQ_PUT_COMMENT;
        break;
    case GW_HTML_IN_JSON:
        node->put = LQ_PUT_JSON;
        break;
    case GW_HTML_IN_JSON_STRING:
        node->put = LQ_PUT_JSON_STRING;
        break;
    default:
        node->put = lq_html_url(h, last);
    }

    if (node->put != LQ_PUT_PLAIN && node->kind == LQ_OUTPUT) {
        lq_html_unescape(node->expr);
    }

    gw_html_hole(h);
    return GW_OK;
}


static int
lq_html_output(lq_html_t *c, lq_node_t *node, gw_html_t *h)
{
    int                   rc;
    const lq_filter_t    *last;
    const unsigned char  *bar;

    bar = NULL;
    if (lq_html_safe(node->expr, &last) == LQ_SAFE_ESCAPED
        && last->row->safe == LQ_SAFE_ESCAPED)
    {
        for (bar = last->at; *bar != '|'; bar--) { /* void */ }
    }

    rc = lq_html_tell(c, GW_HTML_ON_HOLE, h, node->at, bar);
    return rc == GW_OK ? lq_html_hole(c, node, h) : rc;
}


/* Branches: each from the same state, and all go on from one. */
static int
lq_html_if(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int               rc;
    bool              all;
    gw_html_t         one, sum;
    const lq_node_t  *b;

    all = false;
    memset(&sum, 0, sizeof(sum));
    sum.gone = true;

    for (b = node, rc = GW_OK; rc == GW_OK && b != NULL; b = b->other) {
        one = *h;
        all |= b->expr == NULL;
        rc = lq_html_list(c, b->body, &one);
        rc = rc == GW_OK ? lq_html_join(c, node, &sum, &one) : rc;
    }

    rc = rc == GW_OK && !all ? lq_html_join(c, node, &sum, h) : rc;
    *h = sum;
    return rc;
}


/* None, one or several of its parts are printed, one after the other. */
static int
lq_html_case(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int               rc;
    gw_html_t         one;
    const lq_node_t  *when;

    for (when = node->body, rc = GW_OK; rc == GW_OK && when != NULL;
         when = when->next)
    {
        one = *h;
        rc = lq_html_list(c, when->other, &one);
        rc = rc == GW_OK ? lq_html_join(c, node, h, &one) : rc;
    }

    return rc;
}


/* A body that is printed any number of times. */
static int
lq_html_for(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int                rc;
    bool               again;
    gw_html_t          one, sum, *ends;
    const gw_html_t   *outside;
    gw_liquid_html_t  *sink;

    ends = c->ends;
    sink = c->sink;
    outside = c->outside;
    c->outside = NULL;

    do {
        one = sum = *h;
        c->ends = &sum;
        rc = lq_html_list(c, node->body, &one);
        rc = rc == GW_OK ? lq_html_join(c, node, &sum, &one) : rc;
        again = rc == GW_OK && (sum.state != h->state || sum.url != h->url);
        *h = sum;
        c->sink = NULL;                 /* it has heard of all in it */
    } while (again);

    c->sink = sink;
    c->ends = ends;
    c->outside = outside;

    if (rc == GW_OK && node->other != NULL) {
        one = *h;
        rc = lq_html_list(c, node->other, &one);
        rc = rc == GW_OK ? lq_html_join(c, node, h, &one) : rc;
    }

    return rc;
}


/* break, continue: the round of the loop ends here. */
static int
lq_html_jump(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int  rc;

    rc = c->ends == NULL ? GW_OK
         : lq_html_join(c, node, c->ends,
                        c->outside != NULL ? c->outside : h);
    h->gone = true;
    return rc;
}


/* A text of its own, which begins and ends between tags. */
static int
lq_html_own(lq_html_t *c, const lq_node_t *body)
{
    int          rc;
    gw_html_t    h;
    const char  *why;

    memset(&h, 0, sizeof(h));
    rc = lq_html_list(c, body, &h);
    return rc != GW_OK || gw_html_may_end(&h, &why) ? rc
           : lq_html_fail(c, h.at, why);
}


static int
lq_html_capture(lq_html_t *c, lq_node_t *node, const gw_html_t *h)
{
    int               rc;
    const gw_html_t  *outside;

    outside = c->outside;
    node->fixed = true;
    c->outside = outside != NULL ? outside : h;
    rc = lq_html_own(c, node->body);
    c->outside = outside;
    return rc;
}


/* What writes tags of its own or of others. */
static int
lq_html_markup(lq_html_t *c, const lq_node_t *node, const gw_html_t *h)
{
    gw_html_t  one;

    if (h->state != GW_HTML_TEXT) {
        return lq_html_fail(c, node->at, "this tag prints HTML of its own; "
                            "it can only stand between tags");
    }

    if (node->kind != LQ_TABLEROW) {
        return GW_OK;                   /* partials are gone over by lq_html */
    }

    one = *h;
    return lq_html_for(c, node, &one);
}


/* {% link %} lies around the whole value of an href. */
static int
lq_html_link(lq_html_t *c, const lq_node_t *node, gw_html_t *h)
{
    int      rc;
    uint8_t  quote;

    quote = h->quote;
    if (h->state != GW_HTML_VALUE || h->attribute != GW_HTML_HREF) {
        /* without quotes its first byte is yet to come */
        if (h->state != GW_HTML_BEFORE_VALUE
            || h->attribute != GW_HTML_HREF)
        {
            return lq_html_fail(c, node->at, "a link stands in an href");
        }
        quote = 0;
    }

    rc = lq_html_list(c, node->body, h);
    return rc != GW_OK || (h->state == GW_HTML_VALUE && h->quote == quote)
           ? rc : lq_html_fail(c, node->at, "a link ends in its href");
}


static int
lq_html_node(lq_html_t *c, lq_node_t *node, gw_html_t *h)
{
    gw_html_t  one;

    switch (node->kind) {
    case LQ_TEXT:
        return lq_html_text(c, node, h);
    case LQ_OUTPUT:
        return lq_html_output(c, node, h);
    case LQ_CYCLE:
    case LQ_INCREMENT:
    case LQ_DECREMENT:
        return lq_html_hole(c, node, h);
    case LQ_IF:
        return lq_html_if(c, node, h);
    case LQ_CASE:
        return lq_html_case(c, node, h);
    case LQ_FOR:
        return lq_html_for(c, node, h);
    case LQ_IFCHANGED:
        one = *h;
        return lq_html_list(c, node->body, &one) == GW_OK
               ? lq_html_join(c, node, h, &one) : GW_EINVAL;
    case LQ_CAPTURE:
        return lq_html_capture(c, node, h);
    case LQ_TABLEROW:
    case LQ_RENDER:
    case LQ_INCLUDE:
        return lq_html_markup(c, node, h);
    case LQ_LINK:
        return lq_html_link(c, node, h);
    case LQ_DO_BREAK:
    case LQ_DO_CONTINUE:
        return lq_html_jump(c, node, h);
    default:
        return GW_OK;
    }
}


static int
lq_html_list(lq_html_t *c, const lq_node_t *list, gw_html_t *h)
{
    int         rc;
    unsigned    block;
    lq_node_t  *node;

    block = c->block;
    c->block = ++c->blocks;
    rc = GW_OK;

    for (node = (lq_node_t *) list; rc == GW_OK && node != NULL && !h->gone;
         node = node->next)
    {
        rc = c->steps++ < LQ_HTML_STEPS ? lq_html_node(c, node, h)
             : lq_html_fail(c, node->at, "the branches and loops of the "
                            "template are too many to go over");
    }

    c->block = block;
    return rc;
}


int
lq_html(lq_parser_t *p)
{
    int                  rc;
    lq_html_t            c;
    const lq_partial_t  *part;

    memset(&c, 0, sizeof(c));
    c.p = p;
    c.sink = p->opt->html;
    if (c.sink != NULL) {
        c.sink->source = p->program->source;
    }

    rc = lq_html_own(&c, p->program->first);
    c.sink = NULL;

    for (part = p->program->partials; rc == GW_OK && part != NULL;
         part = part->next)
    {
        rc = lq_html_own(&c, part->first);
    }

    return rc;
}
