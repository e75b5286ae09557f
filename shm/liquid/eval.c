/* Evaluating expressions: names, paths, filter chains. */
#include "shm/liquid/liquid.h"

#include <stdarg.h>
#include <stdio.h>

#include "shm/gw_clock.h"


int
lq_wrong(gw_liquid_run_t *run, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(run->err->message, sizeof(run->err->message), fmt, args);
    va_end(args);
    return GW_EINVAL;
}


int
lq_tired(gw_liquid_run_t *run)
{
    int64_t  now;

    if (run->steps > run->max_steps) {
        return lq_wrong(run, "the template takes more than %llu steps",
                        (unsigned long long) run->max_steps);
    }

    now = gw_clock_cpu_us();
    if (run->cpu_until == 0) {
        run->cpu_until = now + run->ctx->max_cpu;
    }

    if (now > run->cpu_until) {
        return lq_wrong(run, "the template takes too long");
    }

    run->look = run->steps + GW_LIQUID_LOOK;
    run->look = run->look < run->max_steps ? run->look : run->max_steps;
    return GW_OK;
}


/* The text of a value; of one that is no text, in the arena. */
gw_str_t
lq_text(gw_liquid_run_t *run, lq_val_t v)
{
    unsigned char  *p;

    if (v.type == LQ_STR) {
        return v.s;
    }

    gw_buf_reset(&run->text);
    lq_print(v, &run->text);
    run->arena.full |= run->text.failed;    /* seen at the node's end */
    p = gw_liquid_alloc(&run->arena, run->text.len + 1);
    if (p == NULL) {
        return gw_str_make("", 0);
    }

    memcpy(p, run->text.data ? run->text.data : (unsigned char *) "",
           run->text.len);
    return gw_str_make(p, run->text.len);
}


/* A name that the template itself has given. */
static bool
lq_own(const gw_liquid_run_t *run, gw_str_t name, lq_val_t *out)
{
    unsigned  i;

    for (i = run->locals; i-- > run->first_local; ) {
        if (gw_str_eq(run->local[i].name, name)) {
            *out = run->local[i].v;
            return true;
        }
    }

    for (i = run->first_var; i < run->vars; i++) {
        if (gw_str_eq(run->var[i].name, name)) {
            *out = run->var[i].v;
            return true;
        }
    }

    return false;
}


/* What the caller answers for a root, or a member of it. */
static bool
lq_find(gw_liquid_run_t *run, gw_str_t root, gw_str_t member, lq_val_t *out)
{
    gw_str_t  text;

    /* inside `render` a template sees what it was given, no more */
    if (run->ctx->find == NULL || run->isolated
        || run->ctx->find(run->ctx->find_arg, root, member,
                           &text) != GW_OK)
    {
        return false;
    }

    memset(out, 0, sizeof(lq_val_t));
    if (text.data != NULL) {
        *out = lq_str(text);
    }

    return true;
}


bool
lq_lookup(gw_liquid_run_t *run, gw_str_t name, lq_val_t *out)
{
    unsigned       i;
    const json_t  *j;

    if (lq_own(run, name, out)
        || lq_find(run, name, (gw_str_t) gw_null_string, out))
    {
        return true;
    }

    j = json_object_getn(run->data, (char *) name.data, name.len);
    if (j != NULL) {
        *out = lq_from_json(j);
        return true;
    }

    for (i = run->first_counter; i < run->counters; i++) {
        if (run->counter[i].kind == LQ_COUNT_TAG
            && gw_str_eq(run->counter[i].name, name))
        {
            *out = lq_int(run->counter[i].n);
            return true;
        }
    }

    memset(out, 0, sizeof(lq_val_t));
    return false;
}


static int
lq_path(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out)
{
    int                  rc;
    bool                 known;
    lq_val_t             i = { .type = LQ_NIL };
    const lq_segment_t  *s;

    s = e->path;

    if (e->root.len > 0) {
        known = run->ctx->find != NULL && s != NULL && s->index == NULL
                && !lq_own(run, e->root, out)
                && lq_find(run, e->root, s->name, out);
        s = known ? s->next : s;
        known = known || lq_lookup(run, e->root, out);
        if (!known && run->ctx->strict) {
            return lq_wrong(run, "there is no variable \"%.*s\"",
                            (int) e->root.len, e->root.data);
        }
    } else {
        rc = lq_eval(run, s->index, &i);
        if (rc != GW_OK) {
            return rc;
        }
        (void) lq_lookup(run, lq_text(run, i), out);
        s = s->next;
    }

    for ( /* void */ ; s != NULL; s = s->next) {
        rc = lq_charge(run, 1);
        if (rc != GW_OK) {
            return rc;
        }

        rc = s->index == NULL ? lq_member(run, *out, s->name, out)
                              : lq_eval(run, s->index, &i);
        if (rc != GW_OK) {
            return rc;
        }
        if (s->index != NULL) {
            *out = lq_index(*out, i);
        }
    }

    return GW_OK;
}


static int
lq_range(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out)
{
    int       rc;
    lq_val_t  from = { .type = LQ_NIL }, to = { .type = LQ_NIL };

    rc = lq_eval(run, e->left, &from);
    rc = rc == GW_OK ? lq_eval(run, e->right, &to) : rc;
    out->type = LQ_RANGE;

    if (rc == GW_OK) {
        out->r.from = lq_integer(from);
        out->r.to = lq_integer(to);
        if ((double) out->r.to - (double) out->r.from >= GW_LIQUID_RANGE) {
            return lq_wrong(run, "a range has more than %d elements",
                            GW_LIQUID_RANGE);
        }
    }

    return rc;
}


/* A loop has no use in a filter, and what a filter makes may outlive it. */
static void
lq_no_loop(lq_val_t *v)
{
    if (v->type == LQ_LOOP) {
        memset(v, 0, sizeof(lq_val_t));
    }
}


/* Those that are there of n arguments. */
static int
lq_arguments(gw_liquid_run_t *run, lq_expr_t *const *e, unsigned n,
    lq_val_t *to)
{
    int       rc;
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (e[i] == NULL) {
            continue;
        }

        rc = lq_eval(run, e[i], &to[i]);
        if (rc != GW_OK) {
            return rc;
        }
        lq_no_loop(&to[i]);
        rc = lq_charge(run, lq_weight(to[i]));
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


static int
lq_apply(gw_liquid_run_t *run, const lq_filter_t *f, lq_val_t *v)
{
    int       rc;
    lq_val_t  arg[GW_LIQUID_ARGS + GW_LIQUID_NAMED], in;

    memset(arg, 0, (f->names != NULL ? GW_LIQUID_ARGS + GW_LIQUID_NAMED
                                     : GW_LIQUID_ARGS) * sizeof(lq_val_t));
    rc = lq_arguments(run, f->arg, f->n, arg);
    if (rc == GW_OK && f->names != NULL) {
        rc = lq_arguments(run, f->named, GW_LIQUID_NAMED,
                          arg + GW_LIQUID_ARGS);
    }
    if (rc != GW_OK) {
        return rc;
    }

    lq_no_loop(v);
    in = *v;
    rc = lq_charge(run, 1 + lq_weight(in));
    if (rc != GW_OK) {
        return rc;
    }

    memset(v, 0, sizeof(lq_val_t));
    rc = f->row->call(run, in, arg, f->n, v);
    /* of HTML a part is none by itself */
    v->html = v->type == LQ_STR && in.type == LQ_STR && in.html
              && v->s.data == in.s.data && v->s.len == in.s.len;
    return rc == GW_OK ? lq_charge(run, 0) : rc;
}


int
lq_eval(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out)
{
    int                 rc;
    const lq_filter_t  *f;

    rc = lq_charge(run, 1);
    if (rc != GW_OK) {
        return rc;
    }

    memset(out, 0, sizeof(lq_val_t));

    switch (e->kind) {
    case LQ_LITERAL:
        *out = e->literal;
        break;
    case LQ_PATH:
        rc = lq_path(run, e, out);
        break;
    case LQ_RANGE_EXPR:
        rc = lq_range(run, e, out);
        break;
    case LQ_COMPARE:
        return lq_compare(run, e, out);
    default:
        /* a chain of any length: to the right without recursion */
        for ( /* void */ ; e->kind == LQ_AND || e->kind == LQ_OR;
             e = e->right)
        {
            rc = lq_eval(run, e->left, out);
            if (rc != GW_OK || lq_truthy(*out) != (e->kind == LQ_AND)) {
                return rc;
            }
        }
        return lq_eval(run, e, out);
    }

    for (f = e->filters; rc == GW_OK && f != NULL; f = f->next) {
        rc = lq_apply(run, f, out);
    }

    return rc;
}
