/* Running `for`, `tablerow` and `cycle`. */
#include "shm/liquid/liquid.h"


/* What a loop runs over: an array as it is, a hash as pairs, a text once. */
static int
lq_loop_source(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t *out)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    *out = v;
    if (rc != GW_OK
        || !((v.type == LQ_JSON && json_is_object(v.j)) || v.type == LQ_STR))
    {
        return rc;
    }

    if (v.type == LQ_STR) {
        rc = lq_new_array(run, 1, out);
        if (rc == GW_OK && v.s.len > 0) {
            out->a.v[out->a.n++] = v;
        }
        return rc;
    }

    return lq_pairs(run, out);
}


/*
 * A number given for limit, offset or cols; *out stays when there is none. A
 * table takes what begins with one, a loop whole numbers only.
 */
static int
lq_loop_number(gw_liquid_run_t *run, const lq_expr_t *e, bool table,
    int64_t *out)
{
    int       rc;
    lq_val_t  v;

    if (e == NULL) {
        return GW_OK;
    }

    rc = lq_eval(run, e, &v);
    if (rc != GW_OK || (v.type == LQ_NIL && !table)) {
        return rc;
    }

    if (table) {
        *out = lq_integer(v);
        return GW_OK;
    }

    return lq_whole(v, out) ? GW_OK
           : lq_wrong(run, "limit and offset are whole numbers");
}


/* The part of the source that limit and offset choose. */
static int
lq_loop_part(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t *source,
    int64_t *from, int64_t *count)
{
    int       rc;
    bool      table;
    int64_t   n;

    rc = lq_loop_source(run, node, source);
    if (rc != GW_OK) {
        return rc;
    }

    n = (int64_t) lq_length(*source);
    *count = n;
    table = node->kind == LQ_TABLEROW;

    rc = lq_loop_number(run, node->spec->offset, table, from);
    rc = rc == GW_OK ? lq_loop_number(run, node->spec->limit, table, count)
                     : rc;
    *from = *from < 0 ? 0 : *from > n ? n : *from;
    *count = *count < 0 ? 0 : *count > n - *from ? n - *from : *count;
    return rc;
}


static lq_val_t
lq_loop_value(lq_loop_t *loop)
{
    lq_val_t  v = { .type = LQ_LOOP };

    v.loop = loop;
    return v;
}


/* Take the jump of a body back: must the loop end? */
static bool
lq_loop_ends(gw_liquid_run_t *run)
{
    bool  ends;

    ends = run->jump == LQ_BREAK;
    run->jump = LQ_GO;
    return ends;
}


static int
lq_for_body(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t source,
    int64_t from, int64_t count)
{
    int        rc;
    int64_t    i;
    unsigned   base;
    lq_loop_t  loop;
    lq_val_t  *item;

    static const gw_str_t  forloop = gw_string("forloop");

    base = run->locals;
    memset(&loop, 0, sizeof(loop));
    loop.length = count;
    loop.name = node->spec->name;
    loop.parent = run->loop;
    rc = lq_push(run, forloop, lq_loop_value(&loop));
    rc = rc == GW_OK ? lq_push(run, node->text, source) : rc;
    item = rc == GW_OK ? &run->local[base + 1].v : NULL;

    /* taken back below, before it goes out of scope */
    /* cppcheck-suppress autoVariables */
    run->loop = &loop;

    for (i = 0; rc == GW_OK && i < count; i++) {
        loop.index0 = i;
        *item = lq_at(source, (size_t) (node->spec->reversed
                                        ? from + count - 1 - i : from + i));
        rc = lq_charge(run, 1);
        rc = rc == GW_OK ? lq_run(run, node->body) : rc;
        if (lq_loop_ends(run)) {
            break;
        }
    }

    run->locals = base;
    run->loop = loop.parent;
    return rc;
}


int
lq_run_for(gw_liquid_run_t *run, const lq_node_t *node)
{
    int        rc;
    int64_t    from, count, *resume;
    lq_val_t   source;

    /* `offset: continue` goes on where this loop stopped last time */
    resume = NULL;
    if (run->program->resumes) {
        resume = lq_counter(run, LQ_COUNT_LOOP, node->spec->name);
        if (resume == NULL) {
            return lq_wrong(run, "there are too many loops");
        }
    }

    from = node->spec->resume && resume != NULL ? *resume : 0;
    rc = lq_loop_part(run, node, &source, &from, &count);
    if (rc != GW_OK) {
        return rc;
    }

    if (resume != NULL) {
        *resume = from + count;
    }

    return count == 0 ? lq_run(run, node->other)
                      : lq_for_body(run, node, source, from, count);
}


/* A tag of the table, with a number if it has one. */
static void
lq_table_tag(gw_liquid_run_t *run, const char *before, int64_t n,
    const char *after)
{
    size_t  from;

    from = run->out->len;
    gw_buf_cstr(run->out, before);
    if (n > 0) {
        lq_print(lq_int(n), run->out);
    }
    gw_buf_cstr(run->out, after);
    if (run->coded != NULL) {
        lq_coded_tail(run, from);
    }
}


static int
lq_table_body(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t source,
    int64_t from, lq_loop_t *loop)
{
    int  rc;

    rc = GW_OK;
    for ( /* void */ ; rc == GW_OK && loop->index0 < loop->length;
         loop->index0++)
    {
        run->local[run->locals - 1].v = lq_at(source,
                                              (size_t) (from + loop->index0));
        lq_table_tag(run, "<td class=\"col", loop->column, "\">");
        rc = lq_charge(run, 1);
        rc = rc == GW_OK ? lq_run(run, node->body) : rc;
        lq_table_tag(run, "</td>", 0, "");
        if (lq_loop_ends(run)) {
            break;
        }

        if (loop->column != loop->columns) {
            loop->column++;
            continue;
        }

        if (loop->index0 < loop->length - 1) {
            loop->row++;
            lq_table_tag(run, "</tr>\n<tr class=\"row", loop->row, "\">");
        }
        loop->column = 1;
    }

    return rc;
}


int
lq_run_tablerow(gw_liquid_run_t *run, const lq_node_t *node)
{
    int        rc;
    int64_t    from, count;
    unsigned   base;
    lq_val_t   source;
    lq_loop_t  loop;

    static const gw_str_t  tablerowloop = gw_string("tablerowloop");

    from = 0;
    rc = lq_loop_part(run, node, &source, &from, &count);
    if (rc != GW_OK || !lq_truthy(source)) {
        return rc;
    }

    memset(&loop, 0, sizeof(loop));
    loop.length = loop.columns = count;
    loop.row = loop.column = 1;
    rc = lq_loop_number(run, node->spec->columns, true, &loop.columns);

    base = run->locals;
    rc = rc == GW_OK ? lq_push(run, tablerowloop, lq_loop_value(&loop)) : rc;
    rc = rc == GW_OK ? lq_push(run, node->text, source) : rc;
    if (rc == GW_OK) {
        lq_table_tag(run, "<tr class=\"row", 1, "\">\n");
        rc = lq_table_body(run, node, source, from, &loop);
        lq_table_tag(run, "</tr>\n", 0, "");
    }

    run->locals = base;
    return rc;
}


/* The counter of a cycle's group; a name's type is a part of it. */
static int
lq_cycle_group(gw_liquid_run_t *run, const lq_node_t *node, int64_t **at)
{
    int        rc;
    gw_str_t   s;
    gw_buf_t  *b;
    lq_val_t   v;

    if (node->expr == NULL) {
        *at = lq_counter(run, LQ_COUNT_CYCLE, node->text);
        return GW_OK;
    }

    rc = lq_eval(run, node->expr, &v);
    if (rc != GW_OK) {
        return rc;
    }

    s = v.type == LQ_STR ? v.s : (gw_str_t) gw_null_string;
    b = lq_scratch(run);
    gw_buf_char(b, (unsigned char) ('0' + v.type));
    gw_buf_str(b, s);
    if (v.type != LQ_STR) {
        lq_print(v, b);
    }

    rc = lq_finish(run, b, &v);
    *at = rc == GW_OK ? lq_counter(run, LQ_COUNT_NAMED, v.s) : NULL;
    return rc;
}


int
lq_run_cycle(gw_liquid_run_t *run, const lq_node_t *node)
{
    int               rc;
    int64_t           i, *at;
    lq_val_t          v;
    const lq_expr_t  *e;

    rc = lq_cycle_group(run, node, &at);
    if (rc != GW_OK) {
        return rc;
    }

    if (at == NULL) {
        return lq_wrong(run, "there are too many cycles");
    }

    for (e = node->args, i = 0; e != NULL && i < *at; i++) {
        e = e->next;
    }

    rc = lq_charge(run, (uint64_t) i >> 4);
    if (rc != GW_OK) {
        return rc;
    }

    *at = e != NULL && e->next != NULL ? *at + 1 : 0;
    if (e == NULL) {
        return GW_OK;                   /* a longer cycle of that name */
    }

    rc = lq_eval(run, e, &v);
    return rc == GW_OK
           ? lq_put(run, v, e->kind == LQ_LITERAL ? LQ_PUT_PLAIN : node->put)
           : rc;
}
