/* The tags: what each expects between its braces and after them. */
#include "shm/liquid/parse.h"


/* Branches that print blanks at most print nothing. */
static void
lq_blank_branches(lq_node_t *node)
{
    bool        blank;
    lq_node_t  *b;

    b = node;
    do {
        blank = lq_all_blank(b->body);
        b = b->other;
    } while (blank && b != NULL);

    node->blank = blank;
    for (b = node; blank && b != NULL; b = b->other) {
        lq_drop_blanks(&b->body);
    }
}


static int
lq_branches(lq_parser_t *p, gw_str_t m, lq_node_t *node, const char *close)
{
    int          rc;
    lq_tag_t     end;
    lq_node_t   *branch, *first;
    const char  *until[4] = { "elsif", "else", close, NULL };

    first = node;
    node->negate = close[3] == 'u';
    rc = lq_parse_condition(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;

    while (rc == GW_OK) {
        rc = lq_block(p, &node->body, until, &end);
        if (rc != GW_OK) {
            return rc;
        }

        if (gw_str_is(end.name, close)) {
            lq_blank_branches(first);
            return GW_OK;
        }

        branch = lq_node(p, LQ_IF, end.at);
        if (branch == NULL) {
            return GW_ENOMEM;
        }

        node->other = branch;
        node = branch;
        if (gw_str_is(end.name, "elsif")) {
            rc = lq_parse_condition(p, &end.markup, &node->expr);
            rc = rc == GW_OK ? lq_ended(p, &end.markup) : rc;
        }
    }

    return rc;
}


static int
lq_tag_if(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_branches(p, m, node, "endif");
}


static int
lq_tag_unless(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_branches(p, m, node, "endunless");
}


/* The values of a `when`: commas or `or` between them. */
static int
lq_when(lq_parser_t *p, gw_str_t *m, lq_node_t *when)
{
    int          rc;
    lq_expr_t  **last;

    last = &when->args;
    do {
        rc = lq_parse_operand(p, m, last);
        if (rc != GW_OK) {
            return rc;
        }
        last = &(*last)->next;
    } while (lq_take(m, ",") || lq_take(m, "or"));

    /* lax Liquid takes the values up to what it does not know */
    return p->opt->strict ? lq_ended(p, m) : GW_OK;
}


static void
lq_blank_whens(lq_node_t *node, bool blank)
{
    lq_node_t  *w;

    for (w = node->body; w != NULL && blank; w = w->next) {
        blank = lq_all_blank(w->other);
    }

    node->blank = blank;
    for (w = node->body; w != NULL && blank; w = w->next) {
        lq_drop_blanks(&w->other);
    }
}


static int
lq_tag_case(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    lq_node_t                *when, **last, *head;
    static const char *const  until[] = { "when", "else", "endcase", NULL };

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;
    rc = rc == GW_OK ? lq_block(p, &head, until, &end) : rc;
    last = &node->body;

    while (rc == GW_OK && !gw_str_is(end.name, "endcase")) {
        when = lq_node(p, LQ_CASE, end.at);
        if (when == NULL) {
            return GW_ENOMEM;
        }
        *last = when;
        last = &when->next;

        rc = gw_str_is(end.name, "when") ? lq_when(p, &end.markup, when)
                                         : GW_OK;
        rc = rc == GW_OK ? lq_block(p, &when->other, until, &end) : rc;
    }

    if (rc == GW_OK) {
        lq_blank_whens(node, lq_all_blank(head));
    }

    return rc;
}


static int
lq_tag_ifchanged(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "endifchanged", NULL };

    rc = lq_ended(p, &m);
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
    node->blank = rc == GW_OK && lq_all_blank(node->body);
    return rc;
}


static int
lq_tag_assign(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int  rc;

    if (!lq_target(&m, &node->text) || !lq_take(&m, "=")) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% assign NAME = VALUE %%}");
    }

    rc = lq_parse_filtered(p, &m, &node->expr);
    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_capture(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    lq_tag_t                  end;
    lq_expr_t                *name;
    static const char *const  until[] = { "endcapture", NULL };

    lq_skip(&m);
    if (m.len > 0 && memchr("'\"", *m.data, 2)
        && lq_parse_value(p, &m, &name) == GW_OK)
    {
        node->text = name->literal.s;
    } else if (!lq_target(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% capture NAME %%}");
    }

    return lq_block(p, &node->body, until, &end);
}


static int
lq_tag_name(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    if (!lq_word(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at, "a name is missing");
    }

    return lq_ended(p, &m);
}


int
lq_output(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int  rc;

    node->kind = LQ_OUTPUT;
    lq_skip(&m);
    if (m.len == 0) {
        node->kind = LQ_TEXT;           /* {{ }} prints nothing */
        return GW_OK;
    }

    rc = lq_parse_filtered(p, &m, &node->expr);
    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


/* {% link N bare? %}url{% endlink %}: made by shm/gw_links, not by authors. */
static int
lq_tag_link(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "endlink", NULL };

    if (!p->opt->links) {
        return lq_fail(p->program, p->err, node->at,
                       "there is no tag \"link\"");
    }

    rc = lq_parse_value(p, &m, &node->expr);
    node->negate = lq_take(&m, "bare");
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
    node->fixed = rc == GW_OK
                  && (node->body == NULL || (node->body->kind == LQ_TEXT
                                             && node->body->next == NULL));
    return rc;
}


/* {% pixel %}: made by it too. */
static int
lq_tag_pixel(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return p->opt->links ? lq_ended(p, &m)
           : lq_fail(p->program, p->err, node->at,
                     "there is no tag \"pixel\"");
}


const lq_tag_row_t  lq_tags[] = {
    { "assign", LQ_ASSIGN, true, lq_tag_assign },
    { "capture", LQ_CAPTURE, true, lq_tag_capture },
    { "case", LQ_CASE, false, lq_tag_case },
    { "decrement", LQ_DECREMENT, false, lq_tag_name },
    { "echo", LQ_OUTPUT, false, lq_output },
    { "if", LQ_IF, false, lq_tag_if },
    { "ifchanged", LQ_IFCHANGED, false, lq_tag_ifchanged },
    { "increment", LQ_INCREMENT, false, lq_tag_name },
    { "link", LQ_LINK, false, lq_tag_link },
    { "pixel", LQ_PIXEL, false, lq_tag_pixel },
    { "unless", LQ_IF, false, lq_tag_unless },
    { NULL, 0, false, NULL }
};
