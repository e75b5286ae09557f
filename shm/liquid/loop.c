/* Running `for`: what it goes over, its limits, its body. */
#include "shm/liquid/liquid.h"


/* What a loop runs over: an array as it is, a hash as pairs, a text once. */
static int
lq_for_source(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t *out)
{
    int       rc;
    void     *it;
    size_t    i;
    lq_val_t  v, *pair;

    rc = lq_eval(run, node->expr, &v);
    *out = v;
    if (rc != GW_OK
        || !((v.type == LQ_JSON && json_is_object(v.j)) || v.type == LQ_STR))
    {
        return rc;
    }

    out->type = LQ_ARRAY;
    out->a.n = v.type == LQ_STR ? v.s.len > 0 : json_object_size(v.j);
    out->a.v = gw_liquid_alloc(&run->arena,
                               (out->a.n + 1) * sizeof(lq_val_t));
    if (out->a.v == NULL) {
        return GW_EFULL;
    }

    if (v.type == LQ_STR) {
        out->a.v[0] = v;
        return GW_OK;
    }

    i = 0;
    for (it = json_object_iter((json_t *) v.j); it != NULL;
         it = json_object_iter_next((json_t *) v.j, it))
    {
        pair = gw_liquid_alloc(&run->arena, 2 * sizeof(lq_val_t));
        if (pair == NULL) {
            return GW_EFULL;
        }
        pair[0] = lq_str(gw_str_of(json_object_iter_key(it)));
        pair[1] = lq_from_json(json_object_iter_value(it));
        out->a.v[i].type = LQ_ARRAY;
        out->a.v[i].a.v = pair;
        out->a.v[i++].a.n = 2;
    }

    return GW_OK;
}


/* A number given for limit or offset. */
static int
lq_for_number(gw_liquid_run_t *run, const lq_expr_t *e, int64_t *out)
{
    int       rc;
    lq_val_t  v, n;

    rc = lq_eval(run, e, &v);
    if (rc == GW_OK && v.type != LQ_NIL && !lq_number(v, &n)) {
        return lq_wrong(run, "limit and offset are numbers");
    }

    *out = rc == GW_OK && v.type != LQ_NIL ? lq_integer(v) : 0;
    return rc;
}


static int
lq_for_body(gw_liquid_run_t *run, const lq_node_t *node, lq_val_t source,
    int64_t from, int64_t count)
{
    int        rc;
    int64_t    i;
    unsigned   base;
    lq_loop_t  loop;

    static const gw_str_t  forloop = gw_string("forloop");

    base = run->locals;
    if (base + 2 > GW_LIQUID_VARS) {
        return lq_wrong(run, "loops are nested too deeply");
    }

    loop.length = count;
    loop.parent = run->loop;
    /* taken back below, before it goes out of scope */
    /* cppcheck-suppress autoVariables */
    run->loop = &loop;
    run->locals += 2;
    rc = GW_OK;

    for (i = 0; rc == GW_OK && i < count; i++) {
        loop.index0 = i;
        run->local[base].name = forloop;
        run->local[base].v.type = LQ_LOOP;
        run->local[base].v.loop = &loop;
        run->local[base + 1].name = node->text;
        run->local[base + 1].v = lq_at(source, (size_t)
                         (node->reversed ? from + count - 1 - i : from + i));

        rc = lq_run(run, node->body);
        if (run->jump == LQ_BREAK) {
            run->jump = LQ_GO;
            break;
        }
        run->jump = LQ_GO;
    }

    run->locals = base;
    run->loop = loop.parent;
    return rc;
}


int
lq_run_for(gw_liquid_run_t *run, const lq_node_t *node)
{
    int        rc;
    int64_t    from, limit, n, *resume;
    lq_val_t   source;
    gw_str_t   name;

    rc = lq_for_source(run, node, &source);
    if (rc != GW_OK) {
        return rc;
    }

    n = (int64_t) lq_length(source);
    from = 0;
    limit = n;

    /* `offset: continue` goes on where this loop stopped last time */
    name = gw_str_make(node->text.data - 1, node->text.len + 1);
    resume = lq_counter(run, name, 0);
    if (resume == NULL) {
        return lq_wrong(run, "there are too many loops");
    }

    if (node->arg[1] != NULL) {
        rc = lq_for_number(run, node->arg[1], &from);
    } else if (node->resume) {
        from = *resume;
    }

    if (rc == GW_OK && node->arg[0] != NULL) {
        rc = lq_for_number(run, node->arg[0], &limit);
    }

    if (rc != GW_OK) {
        return rc;
    }

    from = from < 0 ? 0 : from > n ? n : from;
    limit = limit < 0 ? 0 : limit > n - from ? n - from : limit;
    *resume = from + limit;

    return limit == 0 ? lq_run(run, node->other)
                      : lq_for_body(run, node, source, from, limit);
}
