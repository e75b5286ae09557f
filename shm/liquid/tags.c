/* The tags: what each expects between its braces and after them. */
#include "shm/liquid/parse.h"


/* Nothing may be left of a tag's or output's markup. */
static int
lq_ended(lq_parser_t *p, gw_str_t *m)
{
    lq_skip(m);
    if (m->len > 0) {
        return lq_fail(p->program, p->err, m->data,
                       "\"%.*s\" is not expected here",
                       m->len > 20 ? 20 : (int) m->len, m->data);
    }

    return GW_OK;
}


static int
lq_branches(lq_parser_t *p, gw_str_t m, lq_node_t *node, const char *close)
{
    int                       rc;
    bool                      unless;
    lq_tag_t                  end;
    lq_node_t                *branch;
    const char               *until[4] = { "elsif", "else", close, NULL };

    unless = close[3] == 'u';
    node->negate = unless;
    rc = lq_parse_condition(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;

    while (rc == GW_OK) {
        rc = lq_block(p, &node->body, until, &end);
        if (rc != GW_OK || gw_str_is(end.name, close)) {
            return rc;
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


static int
lq_tag_case(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    lq_node_t                *when, **last, *ignored;
    static const char *const  until[] = { "when", "else", "endcase", NULL };

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;
    rc = rc == GW_OK ? lq_block(p, &ignored, until, &end) : rc;
    last = &node->body;

    while (rc == GW_OK && !gw_str_is(end.name, "endcase")) {
        when = lq_node(p, LQ_CASE, end.at);
        if (when == NULL) {
            return GW_ENOMEM;
        }
        *last = when;
        last = &when->next;

        while (gw_str_is(end.name, "when")) {
            if (when->n == GW_LIQUID_ARGS) {
                return lq_fail(p->program, p->err, end.at,
                               "too many values in \"when\"");
            }
            rc = lq_parse_value(p, &end.markup, &when->arg[when->n++]);
            if (rc != GW_OK) {
                return rc;
            }
            if (!lq_take(&end.markup, ",") && !lq_take(&end.markup, "or")) {
                rc = lq_ended(p, &end.markup);
                break;
            }
        }

        rc = rc == GW_OK ? lq_block(p, &when->other, until, &end) : rc;
    }

    return rc;
}


/* limit: N, offset: N or `continue`, reversed, in any order. */
static int
lq_for_options(lq_parser_t *p, gw_str_t *m, lq_node_t *node)
{
    int       rc;
    gw_str_t  word;

    for (rc = GW_OK; rc == GW_OK; ) {
        (void) lq_take(m, ",");
        lq_skip(m);
        if (m->len == 0) {
            return GW_OK;
        }

        if (lq_take(m, "reversed")) {
            node->reversed = true;
            continue;
        }

        if (!lq_word(m, &word) || !lq_take(m, ":")) {
            return lq_fail(p->program, p->err, m->data,
                           "limit, offset or reversed is expected");
        }

        if (gw_str_is(word, "offset") && lq_take(m, "continue")) {
            node->resume = true;
        } else if (gw_str_is(word, "limit")) {
            rc = lq_parse_value(p, m, &node->arg[0]);
        } else if (gw_str_is(word, "offset")) {
            rc = lq_parse_value(p, m, &node->arg[1]);
        } else {
            return lq_fail(p->program, p->err, word.data, "\"for\" has no "
                           "\"%.*s\"", (int) word.len, word.data);
        }
    }

    return rc;
}


static int
lq_tag_for(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "else", "endfor", NULL };

    if (!lq_word(&m, &node->text) || !lq_take(&m, "in")) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% for NAME in VALUES %%}");
    }

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_for_options(p, &m, node) : rc;
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;

    if (rc == GW_OK && gw_str_is(end.name, "else")) {
        rc = lq_block(p, &node->other, until + 1, &end);
    }

    return rc;
}


static int
lq_tag_assign(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int  rc;

    if (!lq_word(&m, &node->text) || !lq_take(&m, "=")) {
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
    } else if (!lq_word(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% capture NAME %%}");
    }

    return lq_block(p, &node->body, until, &end);
}


static int
lq_tag_cycle(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int         rc;
    gw_str_t    start;
    lq_expr_t  *first;

    lq_skip(&m);
    start = m;
    rc = lq_parse_value(p, &m, &first);
    if (rc != GW_OK) {
        return rc;
    }

    if (lq_take(&m, ":")) {
        node->text = gw_str_make(start.data, m.data - start.data);
        rc = lq_parse_value(p, &m, &first);
    } else {
        node->text = start;     /* the values themselves name the group */
    }

    node->arg[node->n++] = first;
    while (rc == GW_OK && lq_take(&m, ",")) {
        if (node->n == GW_LIQUID_ARGS) {
            return lq_fail(p->program, p->err, node->at,
                           "\"cycle\" takes up to 8 values");
        }
        rc = lq_parse_value(p, &m, &node->arg[node->n++]);
    }

    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_name(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    if (!lq_word(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at, "a name is missing");
    }

    return lq_ended(p, &m);
}


static int
lq_tag_plain(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_ended(p, &m);
}


int
lq_output(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int           rc;
    lq_filter_t  *f;

    node->kind = LQ_OUTPUT;
    lq_skip(&m);
    if (m.len == 0) {
        node->kind = LQ_TEXT;           /* {{ }} prints nothing */
        return GW_OK;
    }

    rc = lq_parse_filtered(p, &m, &node->expr);
    for (f = rc == GW_OK ? node->expr->filters : NULL; f != NULL;
         f = f->next)
    {
        node->escaped |= f->row->done;
    }

    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_raw(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_skip_to(p, "endraw", &node->text, node->at);
}


static int
lq_tag_comment(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    gw_str_t  body;

    return lq_skip_to(p, "endcomment", &body, node->at);
}


/* {% link N %}url{% endlink %}: made by shm/gw_links, not by authors. */
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
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
    node->resume = rc == GW_OK
                   && (node->body == NULL || (node->body->kind == LQ_TEXT
                                              && node->body->next == NULL));
    return rc;
}


const lq_tag_row_t  lq_tags[] = {
    { "assign", LQ_ASSIGN, lq_tag_assign },
    { "break", LQ_DO_BREAK, lq_tag_plain },
    { "capture", LQ_CAPTURE, lq_tag_capture },
    { "case", LQ_CASE, lq_tag_case },
    { "comment", LQ_TEXT, lq_tag_comment },
    { "continue", LQ_DO_CONTINUE, lq_tag_plain },
    { "cycle", LQ_CYCLE, lq_tag_cycle },
    { "decrement", LQ_DECREMENT, lq_tag_name },
    { "echo", LQ_OUTPUT, lq_output },
    { "for", LQ_FOR, lq_tag_for },
    { "if", LQ_IF, lq_tag_if },
    { "increment", LQ_INCREMENT, lq_tag_name },
    { "link", LQ_LINK, lq_tag_link },
    { "raw", LQ_TEXT, lq_tag_raw },
    { "unless", LQ_IF, lq_tag_unless },
    { NULL, 0, NULL }
};
