/* Evaluating expressions: names, paths, comparisons, filter chains. */
#include "shm/liquid/liquid.h"

#include <stdarg.h>
#include <stdio.h>

enum { OP_EQ, OP_NE, OP_NE2, OP_LE, OP_GE, OP_LT, OP_GT, OP_CONTAINS };


int
lq_wrong(gw_liquid_run_t *run, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(run->err->message, sizeof(run->err->message), fmt, args);
    va_end(args);
    return GW_EINVAL;
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
    p = gw_liquid_alloc(&run->arena, run->text.len + 1);
    if (p == NULL) {
        return gw_str_make(NULL, 0);
    }

    memcpy(p, run->text.data ? run->text.data : (unsigned char *) "",
           run->text.len);
    return gw_str_make(p, run->text.len);
}


static bool
lq_lookup(gw_liquid_run_t *run, gw_str_t name, lq_val_t *out)
{
    unsigned       i;
    const json_t  *j;

    for (i = run->locals; i-- > 0; ) {
        if (gw_str_eq(run->local[i].name, name)) {
            *out = run->local[i].v;
            return true;
        }
    }

    for (i = 0; i < run->vars; i++) {
        if (gw_str_eq(run->var[i].name, name)) {
            *out = run->var[i].v;
            return true;
        }
    }

    j = json_object_getn(run->data, (char *) name.data, name.len);
    if (j != NULL) {
        *out = lq_from_json(j);
        return true;
    }

    for (i = 0; i < run->counters; i++) {
        if (gw_str_eq(run->counter[i].name, name)) {
            *out = lq_int(run->counter[i].n);
            return true;
        }
    }

    memset(out, 0, sizeof(lq_val_t));
    return false;
}


static lq_val_t
lq_loop_member(const lq_loop_t *l, gw_str_t name)
{
    lq_val_t  v = { .type = LQ_NIL };

    if (gw_str_is(name, "index")) {
        return lq_int(l->index0 + 1);
    }
    if (gw_str_is(name, "index0")) {
        return lq_int(l->index0);
    }
    if (gw_str_is(name, "rindex")) {
        return lq_int(l->length - l->index0);
    }
    if (gw_str_is(name, "rindex0")) {
        return lq_int(l->length - l->index0 - 1);
    }
    if (gw_str_is(name, "length")) {
        return lq_int(l->length);
    }

    if (gw_str_is(name, "first") || gw_str_is(name, "last")) {
        v.type = LQ_BOOL;
        v.b = name.len == 5 ? l->index0 == 0 : l->index0 == l->length - 1;
    } else if (gw_str_is(name, "parentloop") && l->parent != NULL) {
        v.type = LQ_LOOP;
        v.loop = l->parent;
    }

    return v;
}


/* Characters of a UTF-8 text. */
static int64_t
lq_characters(gw_str_t s)
{
    size_t   i;
    int64_t  n;

    n = 0;
    for (i = 0; i < s.len; i++) {
        n += (s.data[i] & 0xc0) != 0x80;
    }

    return n;
}


static lq_val_t
lq_member(lq_val_t v, gw_str_t name)
{
    size_t    n;
    json_t   *j;
    lq_val_t  nil = { .type = LQ_NIL };

    if (v.type == LQ_LOOP) {
        return lq_loop_member(v.loop, name);
    }

    if (v.type == LQ_JSON && json_is_object(v.j)) {
        j = json_object_getn(v.j, (char *) name.data, name.len);
        if (j != NULL) {
            return lq_from_json(j);
        }
        return gw_str_is(name, "size")
               ? lq_int((int64_t) json_object_size(v.j)) : nil;
    }

    if (v.type == LQ_STR) {
        return gw_str_is(name, "size") ? lq_int(lq_characters(v.s)) : nil;
    }

    n = lq_length(v);
    if (v.type != LQ_ARRAY && v.type != LQ_JSON && v.type != LQ_RANGE) {
        return nil;
    }

    if (gw_str_is(name, "size")) {
        return lq_int((int64_t) n);
    }
    if (gw_str_is(name, "first")) {
        return lq_at(v, 0);
    }

    return gw_str_is(name, "last") && n > 0 ? lq_at(v, n - 1) : nil;
}


static lq_val_t
lq_index(lq_val_t v, lq_val_t i)
{
    int64_t   at;
    lq_val_t  nil = { .type = LQ_NIL };

    if (i.type == LQ_STR) {
        return lq_member(v, i.s);
    }

    if (i.type != LQ_INT) {
        return nil;
    }

    at = i.i < 0 ? i.i + (int64_t) lq_length(v) : i.i;
    return at < 0 ? nil : lq_at(v, (size_t) at);
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
        known = lq_lookup(run, e->root, out);
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
        if (s->index == NULL) {
            *out = lq_member(*out, s->name);
            continue;
        }

        rc = lq_eval(run, s->index, &i);
        if (rc != GW_OK) {
            return rc;
        }
        *out = lq_index(*out, i);
    }

    return GW_OK;
}


static bool
lq_contains(gw_liquid_run_t *run, lq_val_t a, lq_val_t b)
{
    size_t    i, n;
    gw_str_t  s;

    if (a.type == LQ_STR) {
        s = lq_text(run, b);
        return b.type != LQ_NIL
               && memmem(a.s.data, a.s.len, s.data, s.len) != NULL;
    }

    if (a.type == LQ_JSON && json_is_object(a.j)) {
        s = lq_text(run, b);
        return json_object_getn(a.j, (char *) s.data, s.len) != NULL;
    }

    n = lq_length(a);
    for (i = 0; i < n; i++) {
        if (lq_equal(lq_at(a, i), b)) {
            return true;
        }
    }

    return false;
}


static const char *
lq_type_name(lq_val_t v)
{
    static const char *const  names[] = {
        "nil", "Boolean", "Integer", "Float", "String", "Array", "Array",
        "Range", "ForloopDrop", "empty", "blank"
    };

    return names[v.type];
}


/* < and its like: numbers with numbers, texts with texts. */
static int
lq_order(gw_liquid_run_t *run, lq_val_t a, lq_val_t b, int op, bool *yes)
{
    int     cmp;
    size_t  n;
    double  x, y;

    *yes = false;
    if (a.type == LQ_NIL || b.type == LQ_NIL) {
        return GW_OK;
    }

    if (a.type == LQ_STR && b.type == LQ_STR) {
        n = a.s.len < b.s.len ? a.s.len : b.s.len;
        cmp = n > 0 ? memcmp(a.s.data, b.s.data, n) : 0;
        cmp = cmp != 0 ? cmp : (a.s.len > b.s.len) - (a.s.len < b.s.len);

    } else if ((a.type == LQ_INT || a.type == LQ_FLOAT)
               && (b.type == LQ_INT || b.type == LQ_FLOAT))
    {
        x = lq_double(a);
        y = lq_double(b);
        cmp = (x > y) - (x < y);

    } else {
        return lq_wrong(run, "comparison of %s with %s failed",
                        lq_type_name(a), lq_type_name(b));
    }

    *yes = op == OP_LT ? cmp < 0 : op == OP_GT ? cmp > 0
           : op == OP_LE ? cmp <= 0 : cmp >= 0;
    return GW_OK;
}


static int
lq_compare(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out)
{
    int       rc;
    bool      yes;
    lq_val_t  a = { .type = LQ_NIL }, b = { .type = LQ_NIL };

    rc = lq_eval(run, e->left, &a);
    rc = rc == GW_OK ? lq_eval(run, e->right, &b) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    switch (e->op) {
    case OP_EQ:
        yes = lq_equal(a, b);
        break;
    case OP_NE:
    case OP_NE2:
        yes = !lq_equal(a, b);
        break;
    case OP_CONTAINS:
        yes = lq_contains(run, a, b);
        break;
    default:
        rc = lq_order(run, a, b, e->op, &yes);
        break;
    }

    out->type = LQ_BOOL;
    out->b = yes;
    return rc;
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
        if ((double) out->r.to - (double) out->r.from > GW_LIQUID_RANGE) {
            return lq_wrong(run, "a range has more than %d elements",
                            GW_LIQUID_RANGE);
        }
    }

    return rc;
}


static int
lq_apply(gw_liquid_run_t *run, const lq_filter_t *f, lq_val_t *v)
{
    int        rc;
    unsigned   i, n;
    lq_val_t   arg[GW_LIQUID_ARGS + 1] = { { .type = LQ_NIL } }, in;

    for (i = 0; i < f->n; i++) {
        rc = lq_eval(run, f->arg[i], &arg[i]);
        if (rc != GW_OK) {
            return rc;
        }
    }

    n = f->n;
    if (f->allow_false && n <= GW_LIQUID_ARGS) {
        arg[n].type = LQ_BOOL;
        arg[n++].b = true;
    }

    in = *v;
    return f->row->call(run, in, arg, n, v);
}


int
lq_eval(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out)
{
    int                 rc;
    const lq_filter_t  *f;

    if (++run->steps > (run->ctx->max_steps ? run->ctx->max_steps
                                            : GW_LIQUID_STEPS))
    {
        return lq_wrong(run, "the template takes too many steps");
    }

    memset(out, 0, sizeof(lq_val_t));
    rc = GW_OK;

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
        rc = lq_compare(run, e, out);
        break;
    default:
        rc = lq_eval(run, e->left, out);
        if (rc == GW_OK && lq_truthy(*out) == (e->kind == LQ_AND)) {
            rc = lq_eval(run, e->right, out);
        }
        break;
    }

    for (f = e->filters; rc == GW_OK && f != NULL; f = f->next) {
        rc = lq_apply(run, f, out);
    }

    return rc;
}
