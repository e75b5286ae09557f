/* Comparing values in a condition. */
#include "shm/liquid/liquid.h"


/* Is v what `empty` or `blank` stands for? */
static bool
lq_is_empty(lq_val_t v, bool blank)
{
    size_t  i;

    switch (v.type) {
    case LQ_STR:
        for (i = 0; blank && i < v.s.len && memchr(" \t\r\n", v.s.data[i], 4);
             i++)
        {
            /* blanks only */
        }
        return i == v.s.len;
    case LQ_JSON:
        return json_is_array(v.j) ? json_array_size(v.j) == 0
                                  : json_object_size(v.j) == 0;
    case LQ_ARRAY:
        return v.a.n == 0;
    case LQ_EMPTY:
    case LQ_BLANK:
        return false;                   /* these two equal no other */
    default:
        return blank && !lq_truthy(v);
    }
}


static bool
lq_is_object(lq_val_t v)
{
    return v.type == LQ_JSON && json_is_object(v.j);
}


static bool
lq_equal_objects(gw_liquid_run_t *run, json_t *a, json_t *b)
{
    void      *it;
    json_t    *j;
    lq_val_t   v;

    if (json_object_size(a) != json_object_size(b)) {
        return false;
    }

    for (it = json_object_iter(a); it != NULL;
         it = json_object_iter_next(a, it))
    {
        v = lq_from_json(json_object_iter_value(it));
        j = json_object_get(b, json_object_iter_key(it));
        if (j == NULL || !lq_equal(run, v, lq_from_json(j))) {
            return false;
        }
    }

    return true;
}


static bool
lq_equal_arrays(gw_liquid_run_t *run, lq_val_t a, lq_val_t b)
{
    size_t  i, n;

    n = lq_length(a);
    if (n != lq_length(b)) {
        return false;
    }

    for (i = 0; i < n && lq_equal(run, lq_at(a, i), lq_at(b, i)); i++) {
        /* void */
    }

    return i == n;
}


/* Two of one type that is no array and no hash. */
static bool
lq_equal_plain(lq_val_t a, lq_val_t b)
{
    switch (a.type) {
    case LQ_NIL:
        return true;
    case LQ_BOOL:
        return a.b == b.b;
    case LQ_STR:
        return gw_str_eq(a.s, b.s);
    case LQ_RANGE:
        return a.r.from == b.r.from && a.r.to == b.r.to;
    default:
        return false;
    }
}


bool
lq_equal(gw_liquid_run_t *run, lq_val_t a, lq_val_t b)
{
    run->steps += 1 + (a.type == LQ_STR ? a.s.len >> 6 : 0);
    if (run->steps > run->max_steps) {
        return false;                   /* the next charge is the error */
    }

    if (a.type == LQ_EMPTY || a.type == LQ_BLANK) {
        return lq_is_empty(b, a.type == LQ_BLANK);
    }

    if (b.type == LQ_EMPTY || b.type == LQ_BLANK) {
        return lq_is_empty(a, b.type == LQ_BLANK);
    }

    if ((a.type == LQ_INT || a.type == LQ_FLOAT)
        && (b.type == LQ_INT || b.type == LQ_FLOAT))
    {
        return lq_sign(a, b) == 0;
    }

    if (lq_is_object(a) || lq_is_object(b)) {
        return lq_is_object(a) && lq_is_object(b)
               && lq_equal_objects(run, (json_t *) a.j, (json_t *) b.j);
    }

    if (lq_is_array(a) && lq_is_array(b) && a.type != LQ_RANGE
        && b.type != LQ_RANGE)
    {
        return lq_equal_arrays(run, a, b);
    }

    return a.type == b.type && lq_equal_plain(a, b);
}


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

    if (lq_is_object(a)) {
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
        *yes = lq_equal(run, lq_at(a, i), b);
    }

    return lq_charge(run, 0);
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
    return lq_charge(run, lq_weight(a));
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
        yes = lq_equal(run, a, b) == (e->op == LQ_EQ);
        rc = lq_charge(run, 0);
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
