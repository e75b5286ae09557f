/* Running a partial: `render` alone with its arguments, `include` as if the
   text stood there. */
#include "shm/liquid/liquid.h"


static int
lq_call_partial(gw_liquid_run_t *run, const lq_node_t *node,
    const lq_partial_t **out)
{
    int                  rc;
    lq_val_t             v;
    const lq_partial_t  *part;

    *out = node->call->partial;
    if (*out != NULL) {
        return GW_OK;
    }

    rc = lq_eval(run, node->expr, &v);
    if (rc != GW_OK) {
        return rc;
    }

    if (v.type != LQ_STR) {
        return lq_wrong(run, "the name of a snippet is no text");
    }

    for (part = run->program->partials; part != NULL; part = part->next) {
        if (gw_str_eq(part->name, v.s)) {
            *out = part;
            return GW_OK;
        }
    }

    return lq_wrong(run, "there is no snippet \"%.*s\"",
                    v.s.len > 100 ? 100 : (int) v.s.len, v.s.data);
}


/* The variable of a partial: its alias, or its name behind the last slash. */
static gw_str_t
lq_call_name(const lq_call_t *call, gw_str_t name)
{
    unsigned char  *slash;

    if (call->alias.len > 0) {
        return call->alias;
    }

    slash = name.len > 0 ? memrchr(name.data, '/', name.len) : NULL;
    return slash == NULL ? name
           : gw_str_make(slash + 1, name.data + name.len - slash - 1);
}


/* `include`: arguments and the variable are seen until it ends. */
static int
lq_include(gw_liquid_run_t *run, const lq_call_t *call,
    const lq_partial_t *part)
{
    int                rc;
    bool               each;
    size_t             i, n;
    unsigned           base, slot;
    lq_val_t           v, with;
    const lq_named_t  *arg;

    if (call->with != NULL) {
        rc = lq_eval(run, call->with, &with);
        if (rc != GW_OK) {
            return rc;
        }
    } else {
        (void) lq_lookup(run, part->name, &with);
    }

    base = run->locals;
    rc = GW_OK;
    for (arg = call->args; rc == GW_OK && arg != NULL; arg = arg->next) {
        rc = lq_eval(run, arg->expr, &v);
        rc = rc == GW_OK ? lq_push(run, arg->name, v) : rc;
    }

    slot = run->locals;
    each = lq_is_array(with) && with.type != LQ_RANGE;
    n = each ? lq_length(with) : 1;
    rc = rc == GW_OK ? lq_push(run, lq_call_name(call, part->name), with) : rc;

    for (i = 0; rc == GW_OK && i < n && run->jump == LQ_GO; i++) {
        run->local[slot].v = each ? lq_at(with, i) : with;
        rc = lq_charge(run, 1);
        rc = rc == GW_OK ? lq_run(run, part->first) : rc;
    }

    run->locals = base;
    return rc;
}


/*
 * The arguments of `render` as variables past those of the caller, who is
 * still the one that evaluates them; a later one of a name wins.
 */
static int
lq_render_args(gw_liquid_run_t *run, const lq_call_t *call, unsigned *vars)
{
    int                rc;
    unsigned           i;
    const lq_named_t  *arg;

    *vars = run->vars;
    for (arg = call->args; arg != NULL; arg = arg->next) {
        for (i = run->vars; i < *vars; i++) {
            if (gw_str_eq(run->var[i].name, arg->name)) {
                break;
            }
        }

        if (i == GW_LIQUID_VARS) {
            return lq_wrong(run, "there are more than %d variables",
                            GW_LIQUID_VARS);
        }

        rc = lq_eval(run, arg->expr, &run->var[i].v);
        if (rc != GW_OK) {
            return rc;
        }

        run->var[i].name = arg->name;
        *vars += i == *vars;
    }

    return GW_OK;
}


/* One run of the partial, which sees its arguments and nothing else. */
static int
lq_render_once(gw_liquid_run_t *run, const lq_call_t *call,
    const lq_partial_t *part, lq_val_t item, lq_loop_t *loop)
{
    int            rc;
    bool           isolated;
    unsigned       vars, base[6];
    gw_str_t       changed;
    lq_val_t       v = { .type = LQ_LOOP };
    lq_loop_t     *outer;
    const json_t  *data;

    static const gw_str_t  forloop = gw_string("forloop");

    rc = lq_render_args(run, call, &vars);
    if (rc != GW_OK) {
        return rc;
    }

    memcpy(base, (unsigned[]) { run->vars, run->locals, run->counters,
                                run->first_var, run->first_local,
                                run->first_counter }, sizeof(base));
    data = run->data;
    outer = run->loop;
    changed = run->changed;
    isolated = run->isolated;

    run->first_var = run->vars;
    run->first_local = run->locals;
    run->first_counter = run->counters;
    run->vars = vars;
    run->data = NULL;
    run->loop = NULL;
    run->isolated = true;

    if (loop != NULL) {
        v.loop = loop;
        rc = lq_push(run, forloop, v);
    }
    if (rc == GW_OK && item.type != LQ_NIL) {
        rc = lq_set(run, lq_call_name(call, part->name), item);
    }
    rc = rc == GW_OK ? lq_run(run, part->first) : rc;

    run->vars = base[0];
    run->locals = base[1];
    run->counters = base[2];
    run->first_var = base[3];
    run->first_local = base[4];
    run->first_counter = base[5];
    run->data = data;
    run->loop = outer;
    run->changed = changed;
    run->isolated = isolated;
    run->jump = LQ_GO;
    return rc;
}


static int
lq_render(gw_liquid_run_t *run, const lq_call_t *call,
    const lq_partial_t *part)
{
    int        rc;
    lq_val_t   with = { .type = LQ_NIL };
    lq_loop_t  loop;

    rc = call->with != NULL ? lq_eval(run, call->with, &with) : GW_OK;
    if (rc == GW_OK && call->each && with.type == LQ_JSON
        && json_is_object(with.j))
    {
        rc = lq_pairs(run, &with);
    }

    if (rc != GW_OK || !call->each || !lq_is_array(with)) {
        return rc == GW_OK ? lq_render_once(run, call, part, with, NULL) : rc;
    }

    memset(&loop, 0, sizeof(loop));
    loop.name = part->name;
    loop.length = (int64_t) lq_length(with);
    for ( /* void */ ; rc == GW_OK && loop.index0 < loop.length; loop.index0++)
    {
        rc = lq_charge(run, 1);
        rc = rc == GW_OK
             ? lq_render_once(run, call, part,
                              lq_at(with, (size_t) loop.index0), &loop) : rc;
    }

    return rc;
}


int
lq_run_partial(gw_liquid_run_t *run, const lq_node_t *node)
{
    int                  rc;
    const lq_partial_t  *part;

    rc = lq_call_partial(run, node, &part);
    if (rc != GW_OK) {
        return rc;
    }

    if (node->kind == LQ_RENDER) {
        return lq_render(run, node->call, part);
    }

    return run->isolated ? lq_wrong(run, "\"include\" is not allowed in a "
                                    "snippet that is rendered")
                         : lq_include(run, node->call, part);
}
