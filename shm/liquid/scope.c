/* What a render remembers: variables, counters, captured text. */
#include "shm/liquid/liquid.h"


int64_t *
lq_counter(gw_liquid_run_t *run, lq_count_t kind, gw_str_t name)
{
    unsigned  i;

    for (i = run->first_counter; i < run->counters; i++) {
        if (run->counter[i].kind == kind
            && gw_str_eq(run->counter[i].name, name))
        {
            return &run->counter[i].n;
        }
    }

    if (run->counters == GW_LIQUID_VARS) {
        return NULL;
    }

    run->counter[run->counters].kind = kind;
    run->counter[run->counters].name = name;
    run->counter[run->counters].n = 0;
    return &run->counter[run->counters++].n;
}


int
lq_run_counter(gw_liquid_run_t *run, const lq_node_t *node)
{
    int64_t  *n;

    n = lq_counter(run, LQ_COUNT_TAG, node->text);
    if (n == NULL) {
        return lq_wrong(run, "there are too many counters");
    }

    *n -= node->kind == LQ_DECREMENT;
    lq_print(lq_int(*n), run->out);
    *n += node->kind == LQ_INCREMENT;
    return GW_OK;
}


/* A loop outlived by a variable: as it is now, and those around it. */
static int
lq_keep_loop(gw_liquid_run_t *run, lq_val_t *v)
{
    lq_loop_t  *copy, **to;

    for (to = &v->loop; *to != NULL; to = &copy->parent) {
        copy = gw_liquid_alloc(&run->arena, sizeof(lq_loop_t));
        if (copy == NULL) {
            return GW_EFULL;
        }
        *copy = **to;
        *to = copy;
    }

    return GW_OK;
}


int
lq_set(gw_liquid_run_t *run, gw_str_t name, lq_val_t v)
{
    unsigned  i;

    if (v.type == LQ_LOOP && lq_keep_loop(run, &v) != GW_OK) {
        return GW_EFULL;
    }

    run->kept += v.type == LQ_STR ? v.s.len
                 : v.type == LQ_ARRAY ? v.a.n * sizeof(lq_val_t) : 0;
    if (run->kept > GW_LIQUID_KEPT) {
        return lq_wrong(run, "more than %d MiB are assigned and captured",
                        GW_LIQUID_KEPT >> 20);
    }

    for (i = run->first_var;
         i < run->vars && !gw_str_eq(run->var[i].name, name); i++)
    {
        /* void */
    }

    if (i == GW_LIQUID_VARS) {
        return lq_wrong(run, "there are more than %d variables",
                        GW_LIQUID_VARS);
    }

    run->vars += i == run->vars;
    run->var[i].name = name;
    run->var[i].v = v;
    return GW_OK;
}


int
lq_push(gw_liquid_run_t *run, gw_str_t name, lq_val_t v)
{
    if (run->locals == GW_LIQUID_VARS) {
        return lq_wrong(run, "there are more than %d names in loops and "
                        "snippets", GW_LIQUID_VARS);
    }

    run->local[run->locals].name = name;
    run->local[run->locals++].v = v;
    return GW_OK;
}


static gw_str_t
lq_tail(const gw_buf_t *b, size_t from)
{
    return b->len > from ? gw_str_make(b->data + from, b->len - from)
                         : gw_str_make("", 0);
}


int
lq_run_into(gw_liquid_run_t *run, const lq_node_t *body, gw_str_t *out)
{
    int       rc;
    size_t    from;
    gw_qp_t  *coded;
    lq_val_t  v;

    coded = run->coded;
    run->coded = NULL;
    from = run->out->len;
    rc = lq_run(run, body);
    run->coded = coded;
    if (rc != GW_OK) {
        return rc;
    }

    v = lq_str(lq_tail(run->out, from));
    run->out->len = from;
    rc = lq_copy_text(run, &v);
    *out = v.s;
    return rc;
}
