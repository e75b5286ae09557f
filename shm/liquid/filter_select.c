/* Filters that look at the properties of elements. */
#include "shm/liquid/liquid.h"

#include <strings.h>


/* The member of an element that a property names. */
static lq_val_t
lq_property(gw_liquid_run_t *run, lq_val_t v, lq_val_t name)
{
    gw_str_t  s;
    lq_val_t  nil = { .type = LQ_NIL };

    s = lq_text(run, name);
    if (v.type == LQ_JSON && json_is_object(v.j)) {
        return lq_from_json(json_object_getn(v.j, (char *) s.data, s.len));
    }

    return nil;
}


LQ_FILTER(lq_compact)
{
    int       rc;
    size_t    i;
    lq_val_t  a, v;

    rc = lq_as_array(run, in, &a);
    rc = rc == GW_OK ? lq_new_array(run, lq_length(a), out) : rc;
    for (i = 0; rc == GW_OK && i < lq_length(a); i++) {
        v = n > 0 ? lq_property(run, lq_at(a, i), arg[0]) : lq_at(a, i);
        if (v.type != LQ_NIL) {
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


LQ_FILTER(lq_map)
{
    int       rc;
    size_t    i;
    lq_val_t  a;

    rc = lq_as_array(run, in, &a);
    rc = rc == GW_OK ? lq_new_array(run, lq_length(a), out) : rc;
    for (i = 0; rc == GW_OK && i < lq_length(a); i++) {
        out->a.v[out->a.n++] = lq_property(run, lq_at(a, i), arg[0]);
    }

    return rc;
}


LQ_FILTER(lq_uniq)
{
    int       rc;
    size_t    i, j;
    lq_val_t  a, v;

    rc = lq_as_array(run, in, &a);
    rc = rc == GW_OK ? lq_new_array(run, lq_length(a), out) : rc;
    for (i = 0; rc == GW_OK && i < lq_length(a); i++) {
        v = n > 0 ? lq_property(run, lq_at(a, i), arg[0]) : lq_at(a, i);
        for (j = 0; j < out->a.n; j++) {
            if (lq_equal(v, n > 0 ? lq_property(run, out->a.v[j], arg[0])
                                  : out->a.v[j]))
            {
                break;
            }
        }
        if (j == out->a.n) {
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


/* Does the element have the property (equal to the value when one is given)? */
static bool
lq_matches(gw_liquid_run_t *run, lq_val_t v, const lq_val_t *arg, unsigned n)
{
    lq_val_t  p;

    p = lq_property(run, v, arg[0]);
    return n > 1 && arg[1].type != LQ_NIL ? lq_equal(p, arg[1])
                                          : lq_truthy(p);
}


static int
lq_select(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    bool keep, lq_val_t *out)
{
    int       rc;
    size_t    i;
    lq_val_t  a;

    rc = lq_as_array(run, in, &a);
    rc = rc == GW_OK ? lq_new_array(run, lq_length(a), out) : rc;
    for (i = 0; rc == GW_OK && i < lq_length(a); i++) {
        if (lq_matches(run, lq_at(a, i), arg, n) == keep) {
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


LQ_FILTER(lq_where) { return lq_select(run, in, arg, n, true, out); }
LQ_FILTER(lq_reject) { return lq_select(run, in, arg, n, false, out); }


/* The index of the first match, or -1. */
static int64_t
lq_position(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg,
    unsigned n)
{
    size_t  i;

    for (i = 0; i < lq_length(in); i++) {
        if (lq_matches(run, lq_at(in, i), arg, n)) {
            return (int64_t) i;
        }
    }

    return -1;
}


LQ_FILTER(lq_find)
{
    int64_t  i;

    i = lq_position(run, in, arg, n);
    memset(out, 0, sizeof(lq_val_t));
    if (i >= 0) {
        *out = lq_at(in, (size_t) i);
    }

    return GW_OK;
}


LQ_FILTER(lq_find_index)
{
    int64_t  i;

    i = lq_position(run, in, arg, n);
    memset(out, 0, sizeof(lq_val_t));
    if (i >= 0) {
        *out = lq_int(i);
    }

    return GW_OK;
}


LQ_FILTER(lq_has)
{
    int64_t  i;

    i = lq_position(run, in, arg, n);
    out->type = LQ_BOOL;
    out->b = i >= 0;
    return GW_OK;
}


/* Order of two values; nil last, then texts, numbers. */
static int
lq_cmp(lq_val_t a, lq_val_t b, bool natural)
{
    int     cmp;
    size_t  n;
    double  x, y;

    if (a.type == LQ_NIL || b.type == LQ_NIL) {
        return (a.type == LQ_NIL) - (b.type == LQ_NIL);
    }

    if (a.type == LQ_STR && b.type == LQ_STR) {
        n = a.s.len < b.s.len ? a.s.len : b.s.len;
        cmp = natural ? strncasecmp((char *) a.s.data, (char *) b.s.data, n)
                      : memcmp(a.s.data, b.s.data, n);
        return cmp != 0 ? cmp : (a.s.len > b.s.len) - (a.s.len < b.s.len);
    }

    x = lq_double(a);
    y = lq_double(b);
    return (x > y) - (x < y);
}


/* A merge sort: stable, without recursion on what a template gives. */
static int
lq_sort_by(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    bool natural, lq_val_t *out)
{
    int        rc;
    size_t     i, j, k, width, len, mid, end;
    lq_val_t   a, *from, *to, *t, x, y;

    rc = lq_as_array(run, in, &a);
    len = lq_length(a);
    rc = rc == GW_OK ? lq_new_array(run, 2 * len, out) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    from = out->a.v;
    to = from + len;
    for (i = 0; i < len; i++) {
        from[i] = lq_at(a, i);
    }

    for (width = 1; width < len; width *= 2) {
        for (i = 0; i < len; i = end) {
            mid = i + width < len ? i + width : len;
            end = mid + width < len ? mid + width : len;
            for (j = i, k = mid, t = to + i; j < mid || k < end; t++) {
                if (j == mid || k == end) {
                    *t = j < mid ? from[j++] : from[k++];
                    continue;
                }
                x = n > 0 ? lq_property(run, from[j], arg[0]) : from[j];
                y = n > 0 ? lq_property(run, from[k], arg[0]) : from[k];
                *t = lq_cmp(x, y, natural) <= 0 ? from[j++] : from[k++];
            }
        }
        t = from;
        from = to;
        to = t;
    }

    out->a.v = from;
    out->a.n = len;
    return GW_OK;
}


LQ_FILTER(lq_sort) { return lq_sort_by(run, in, arg, n, false, out); }
LQ_FILTER(lq_sort_natural) { return lq_sort_by(run, in, arg, n, true, out); }


LQ_FILTER(lq_sum)
{
    size_t    i;
    double    d;
    int64_t   whole;
    bool      real;
    lq_val_t  v, number;

    d = 0;
    whole = 0;
    real = false;
    for (i = 0; i < lq_length(in); i++) {
        v = n > 0 ? lq_property(run, lq_at(in, i), arg[0]) : lq_at(in, i);
        (void) lq_number(v, &number);
        real |= number.type == LQ_FLOAT;
        whole += number.type == LQ_INT ? number.i : 0;
        d += number.type == LQ_INT ? (double) number.i : number.d;
    }

    *out = real ? lq_float(d) : lq_int(whole);
    return GW_OK;
}


const lq_filter_row_t  lq_filters_select[] = {
    { "find", lq_find, 1, 2, false },
    { "find_index", lq_find_index, 1, 2, false },
    { "has", lq_has, 1, 2, false },
    { "reject", lq_reject, 1, 2, false },
    { "sort", lq_sort, 0, 1, false },
    { "sort_natural", lq_sort_natural, 0, 1, false },
    { "sum", lq_sum, 0, 1, false },
    { "uniq", lq_uniq, 0, 1, false },
    { "where", lq_where, 1, 2, false },
    { "map", lq_map, 1, 1, false },
    { "compact", lq_compact, 0, 1, false },
    { NULL, NULL, 0, 0, false }
};
