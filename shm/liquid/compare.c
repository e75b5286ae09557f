/* Comparing values in a condition. */
#include "shm/liquid/liquid.h"


static int
lq_contains(gw_liquid_run_t *run, lq_val_t a, lq_val_t b, bool *yes)
{
    size_t    i, n;
    gw_str_t  s;

    if (!lq_truthy(a) || !lq_truthy(b)) {
        return GW_OK;
    }

    if (a.type == LQ_STR) {
        s = lq_text(run, b);
        *yes = s.len == 0
               || memmem(a.s.data, a.s.len, s.data, s.len) != NULL;
        return lq_charge(run, (a.s.len + s.len) >> 6);
    }

    if (a.type == LQ_JSON && json_is_object(a.j)) {
        *yes = b.type == LQ_STR
               && json_object_getn(a.j, (char *) b.s.data, b.s.len) != NULL;
        return GW_OK;
    }

    if (a.type == LQ_RANGE) {
        *yes = b.type == LQ_INT && b.i >= a.r.from && b.i <= a.r.to;
        return GW_OK;
    }

    n = lq_length(a);
    for (i = 0; i < n && !*yes; i++) {
        *yes = lq_equal(lq_at(a, i), b);
    }

    return lq_charge(run, i);
}


static const char *
lq_type_name(lq_val_t v)
{
    return v.type == LQ_STR ? "a text" : "a number";
}


/* A number or a text has an order; all else compares false. */
static bool
lq_ordered(lq_val_t v)
{
    return v.type == LQ_INT || v.type == LQ_FLOAT || v.type == LQ_STR;
}


int
lq_sign(lq_val_t a, lq_val_t b)
{
    int     cmp;
    size_t  n;
    double  x, y;

    if (a.type == LQ_STR && b.type == LQ_STR) {
        n = a.s.len < b.s.len ? a.s.len : b.s.len;
        cmp = n > 0 ? memcmp(a.s.data, b.s.data, n) : 0;
        return cmp != 0 ? cmp : (a.s.len > b.s.len) - (a.s.len < b.s.len);
    }

    if (a.type == LQ_INT && b.type == LQ_INT) {
        return (a.i > b.i) - (a.i < b.i);
    }

    x = lq_double(a);
    y = lq_double(b);
    return (x > y) - (x < y);
}


static int
lq_order(gw_liquid_run_t *run, lq_val_t a, lq_val_t b, int op, bool *yes)
{
    int  cmp;

    if (!lq_ordered(a) || !lq_ordered(b)) {
        return GW_OK;
    }

    if ((a.type == LQ_STR) != (b.type == LQ_STR)) {
        return lq_wrong(run, "%s can not be compared with %s",
                        lq_type_name(a), lq_type_name(b));
    }

    cmp = lq_sign(a, b);
    *yes = op == LQ_LT ? cmp < 0 : op == LQ_GT ? cmp > 0
           : op == LQ_LE ? cmp <= 0 : cmp >= 0;
    return GW_OK;
}


/* Work that comparing two equal-looking values may take. */
static uint64_t
lq_weight(lq_val_t v)
{
    return v.type == LQ_STR ? v.s.len >> 6
           : v.type == LQ_JSON && json_is_object(v.j)
           ? json_object_size(v.j)
           : v.type == LQ_RANGE ? 0 : lq_length(v);
}


int
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

    yes = false;
    switch (e->op) {
    case LQ_EQ:
    case LQ_NE:
    case LQ_NE2:
        rc = a.type == b.type ? lq_charge(run, lq_weight(a)) : GW_OK;
        yes = lq_equal(a, b) == (e->op == LQ_EQ);
        break;
    case LQ_CONTAINS:
        rc = lq_contains(run, a, b, &yes);
        break;
    default:
        rc = lq_order(run, a, b, e->op, &yes);
        break;
    }

    out->type = LQ_BOOL;
    out->b = yes;
    return rc;
}
