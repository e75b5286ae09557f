/* The tags of loops: for, tablerow, cycle, break, continue. */
#include "shm/liquid/parse.h"


/* limit: N, offset: N or `continue`, cols: N, reversed, in any order. */
static int
lq_loop_options(lq_parser_t *p, gw_str_t *m, lq_spec_t *spec, bool table)
{
    int          rc;
    gw_str_t     word;
    lq_expr_t  **to;

    for (rc = GW_OK; rc == GW_OK; ) {
        (void) lq_take(m, ",");
        lq_skip(m);
        if (m->len == 0) {
            return GW_OK;
        }

        if (!table && lq_take(m, "reversed")) {
            spec->reversed = true;
            continue;
        }

        if (!lq_word(m, &word) || !lq_take(m, ":")) {
            return lq_fail(p->program, p->err, m->data, "limit, offset or %s "
                           "is expected", table ? "cols" : "reversed");
        }

        to = gw_str_is(word, "limit") ? &spec->limit
             : gw_str_is(word, "offset") ? &spec->offset
             : table && gw_str_is(word, "cols") ? &spec->columns : NULL;
        if (to == NULL) {
            return lq_fail(p->program, p->err, word.data, "a loop has no "
                           "\"%.*s\"", word.len > 60 ? 60 : (int) word.len,
                           word.data);
        }

        if (to == &spec->offset && !table && lq_take(m, "continue")) {
            spec->resume = true;
            p->program->resumes = true;
        } else {
            rc = lq_parse_value(p, m, to);
        }
    }

    return rc;
}


/* NAME in VALUES and options; the loop's own name is `NAME-VALUES`. */
static int
lq_loop(lq_parser_t *p, gw_str_t m, lq_node_t *node, bool table)
{
    int        rc;
    gw_str_t   values;
    lq_spec_t *spec;

    if (!lq_word(&m, &node->text) || !lq_take(&m, "in")) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% %s NAME in VALUES %%}",
                       table ? "tablerow" : "for");
    }

    lq_skip(&m);
    values = m;
    rc = lq_parse_value(p, &m, &node->expr);
    if (rc != GW_OK) {
        return rc;
    }

    values.len = (size_t) (m.data - values.data);
    lq_rstrip(&values);
    spec = gw_liquid_alloc(&p->program->arena, sizeof(lq_spec_t));
    if (spec == NULL) {
        return GW_ENOMEM;
    }

    memset(spec, 0, sizeof(lq_spec_t));
    node->spec = spec;
    spec->name.len = node->text.len + 1 + values.len;
    spec->name.data = gw_liquid_alloc(&p->program->arena, spec->name.len);
    if (spec->name.data == NULL) {
        return GW_ENOMEM;
    }

    memcpy(spec->name.data, node->text.data, node->text.len);
    spec->name.data[node->text.len] = '-';
    memcpy(spec->name.data + node->text.len + 1, values.data, values.len);
    return lq_loop_options(p, &m, spec, table);
}


static int
lq_tag_for(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "else", "endfor", NULL };

    rc = lq_loop(p, m, node, false);
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
    if (rc == GW_OK && gw_str_is(end.name, "else")) {
        rc = lq_block(p, &node->other, until + 1, &end);
    }

    if (rc == GW_OK && lq_all_blank(node->body) && lq_all_blank(node->other)) {
        node->blank = true;
        lq_drop_blanks(&node->body);
        lq_drop_blanks(&node->other);
    }

    return rc;
}


static int
lq_tag_tablerow(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "endtablerow", NULL };

    rc = lq_loop(p, m, node, true);
    return rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
}


/* The group's name is an expression of its own, or the values' text. */
static int
lq_tag_cycle(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int          rc;
    lq_expr_t  **last;

    lq_skip(&m);
    node->text = m;
    last = &node->args;
    rc = lq_parse_value(p, &m, last);
    if (rc == GW_OK && lq_take(&m, ":")) {
        node->expr = node->args;
        rc = lq_parse_value(p, &m, last);
    }

    while (rc == GW_OK && lq_take(&m, ",")) {
        last = &(*last)->next;
        rc = lq_parse_value(p, &m, last);
    }

    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_plain(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_ended(p, &m);
}


const lq_tag_row_t  lq_tags_loop[] = {
    { "break", LQ_DO_BREAK, false, lq_tag_plain },
    { "continue", LQ_DO_CONTINUE, false, lq_tag_plain },
    { "cycle", LQ_CYCLE, false, lq_tag_cycle },
    { "for", LQ_FOR, false, lq_tag_for },
    { "tablerow", LQ_TABLEROW, false, lq_tag_tablerow },
    { NULL, 0, false, NULL }
};
