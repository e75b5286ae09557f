/* Filters that look at a property of each element. */
#include "shm/liquid/liquid.h"


int
lq_item(gw_liquid_run_t *run, lq_val_t e, lq_val_t name, lq_val_t *out,
    bool *has)
{
    size_t   skip;
    int64_t  i;

    memset(out, 0, sizeof(lq_val_t));
    *has = true;

    if (e.type == LQ_JSON && json_is_object(e.j)) {
        if (name.type == LQ_STR) {
            *out = lq_from_json(json_object_getn(e.j, (char *) name.s.data,
                                                 name.s.len));
        }
        return GW_OK;
    }

    if (e.type == LQ_STR && name.type == LQ_STR) {
        if (name.s.len == 0
            || memmem(e.s.data, e.s.len, name.s.data, name.s.len) != NULL)
        {
            *out = name;
        }
        return lq_charge(run, e.s.len >> 6);
    }

    if (e.type == LQ_STR && name.type == LQ_INT) {
        i = name.i < 0 ? name.i + lq_characters(e.s) : name.i;
        skip = i < 0 ? e.s.len : lq_prefix(e.s, i);
        if (skip < e.s.len) {
            e.s = gw_str_make(e.s.data + skip, e.s.len - skip);
            *out = lq_str(gw_str_make(e.s.data, lq_prefix(e.s, 1)));
        }
        return lq_charge(run, e.s.len >> 6);
    }

    if (e.type == LQ_INT && name.type == LQ_INT) {
        *out = lq_int(name.i < 0 ? 0
                      : (e.i >> (name.i < 63 ? name.i : 63)) & 1);
        return GW_OK;
    }

    if (e.type == LQ_STR || e.type == LQ_INT || e.type == LQ_ARRAY
        || e.type == LQ_JSON)
    {
        return lq_wrong(run, "an element has no property \"%.*s\"",
                        name.type == LQ_STR ? (int) (name.s.len > 60 ? 60
                        : name.s.len) : 0, name.type == LQ_STR
                        ? (char *) name.s.data : "");
    }

    *has = false;
    return GW_OK;
}


/* An array ready for a result of as many; *by: is there a property? */
static int
lq_prepare(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    lq_val_t *a, lq_val_t *out, bool *by)
{
    int  rc;

    *by = n > 0 && arg[0].type != LQ_NIL;
    rc = lq_as_array(run, in, a);
    return rc == GW_OK ? lq_new_array(run, lq_length(*a), out) : rc;
}


static void
lq_nothing(lq_val_t *out)
{
    memset(out, 0, sizeof(lq_val_t));
}


LQ_FILTER(lq_compact)
{
    int       rc;
    bool      by, has;
    size_t    i, len;
    lq_val_t  a, v;

    rc = lq_prepare(run, in, arg, n, &a, out, &by);
    len = rc == GW_OK ? lq_length(a) : 0;
    for (i = 0; i < len; i++) {
        v = lq_at(a, i);
        if (by) {
            rc = lq_item(run, lq_at(a, i), arg[0], &v, &has);
            if (rc != GW_OK) {
                return rc;
            }
            if (!has) {
                lq_nothing(out);
                return GW_OK;
            }
        }
        if (v.type != LQ_NIL) {
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


LQ_FILTER(lq_map)
{
    int       rc;
    bool      by, has;
    size_t    i, len;
    lq_val_t  a;

    rc = lq_prepare(run, in, arg, n, &a, out, &by);
    len = rc == GW_OK ? lq_length(a) : 0;
    for (i = 0; rc == GW_OK && i < len; i++) {
        rc = lq_item(run, lq_at(a, i), arg[0], &out->a.v[out->a.n++], &has);
    }

    return rc;
}


LQ_FILTER(lq_uniq)
{
    int        rc;
    bool       by, has;
    size_t     i, j, len;
    lq_val_t   a, keys, v;

    rc = lq_prepare(run, in, arg, n, &a, out, &by);
    len = rc == GW_OK ? lq_length(a) : 0;
    rc = rc == GW_OK ? lq_new_array(run, len, &keys) : rc;
    for (i = 0; rc == GW_OK && i < len; i++) {
        v = lq_at(a, i);
        if (by) {
            rc = lq_item(run, lq_at(a, i), arg[0], &v, &has);
            if (rc == GW_OK && !has) {
                lq_nothing(out);
                return GW_OK;
            }
        }

        for (j = 0; j < keys.a.n && (v.type != keys.a.v[j].type
                                     || !lq_equal(run, v, keys.a.v[j])); j++)
        {
            /* 1 and 1.0 are two */
        }
        rc = rc == GW_OK ? lq_charge(run, j >> 3) : rc;
        if (j == keys.a.n) {
            keys.a.v[keys.a.n++] = v;
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


LQ_FILTER(lq_sum)
{
    int          rc;
    bool         has;
    size_t       i, len;
    bool         real;
    int64_t      whole;
    lq_val_t     a, v, number;
    long double  d;

    rc = lq_as_array(run, in, &a);
    len = rc == GW_OK ? lq_length(a) : 0;
    d = 0;
    whole = 0;
    real = false;

    for (i = 0; rc == GW_OK && i < len; i++) {
        v = lq_at(a, i);
        if (n > 0 && arg[0].type != LQ_NIL) {
            rc = lq_item(run, lq_at(a, i), arg[0], &v, &has);
        }
        number = lq_number(v);
        d += lq_decimal(number);
        real |= number.type == LQ_FLOAT
                || __builtin_add_overflow(whole, number.i, &whole);
    }

    *out = real ? lq_float((double) d) : lq_int(whole);
    return rc;
}


/*
 * Does the element have the property (equal to the value when one is given)?
 * *has is false when it can have none, which ends the search.
 */
static int
lq_matches(gw_liquid_run_t *run, lq_val_t e, const lq_val_t *arg, unsigned n,
    bool *yes, bool *has)
{
    int       rc;
    lq_val_t  v;

    rc = lq_item(run, e, arg[0], &v, has);
    *yes = n > 1 && arg[1].type != LQ_NIL ? lq_equal(run, v, arg[1])
                                          : lq_truthy(v);
    return rc;
}


static int
lq_select(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    bool keep, lq_val_t *out)
{
    int       rc;
    bool      by, yes, has;
    size_t    i, len;
    lq_val_t  a;

    rc = lq_prepare(run, in, arg, n, &a, out, &by);
    len = rc == GW_OK ? lq_length(a) : 0;
    for (i = 0; rc == GW_OK && i < len; i++) {
        rc = lq_matches(run, lq_at(a, i), arg, n, &yes, &has);
        if (rc == GW_OK && !has) {
            lq_nothing(out);
            return GW_OK;
        }
        if (yes == keep) {
            out->a.v[out->a.n++] = lq_at(a, i);
        }
    }

    return rc;
}


LQ_FILTER(lq_where) { return lq_select(run, in, arg, n, true, out); }
LQ_FILTER(lq_reject) { return lq_select(run, in, arg, n, false, out); }


/* The index of the first match: -1 none, -2 an element that has none. */
static int
lq_position(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg,
    unsigned n, lq_val_t *a, int64_t *at)
{
    int     rc;
    bool    yes, has;
    size_t  i, len;

    *at = -1;
    rc = lq_as_array(run, in, a);
    len = rc == GW_OK ? lq_length(*a) : 0;
    for (i = 0; rc == GW_OK && i < len; i++) {
        rc = lq_matches(run, lq_at(*a, i), arg, n, &yes, &has);
        if (rc == GW_OK && (yes || !has)) {
            *at = has ? (int64_t) i : -2;
            break;
        }
    }

    return rc;
}


LQ_FILTER(lq_find)
{
    int       rc;
    int64_t   at;
    lq_val_t  a;

    rc = lq_position(run, in, arg, n, &a, &at);
    if (rc == GW_OK && at >= 0) {
        *out = lq_at(a, (size_t) at);
    }

    return rc;
}


LQ_FILTER(lq_find_index)
{
    int       rc;
    int64_t   at;
    lq_val_t  a;

    rc = lq_position(run, in, arg, n, &a, &at);
    if (rc == GW_OK && at >= 0) {
        *out = lq_int(at);
    }

    return rc;
}


LQ_FILTER(lq_has)
{
    int       rc;
    int64_t   at;
    lq_val_t  a;

    rc = lq_position(run, in, arg, n, &a, &at);
    if (rc == GW_OK && at != -2) {
        out->type = LQ_BOOL;
        out->b = at >= 0;
    }

    return rc;
}


const lq_filter_row_t  lq_filters_select[] = {
    { "compact", lq_compact, 0, 1, LQ_SAFE_NOT },
    { "find", lq_find, 1, 2, LQ_SAFE_NOT },
    { "find_index", lq_find_index, 1, 2, LQ_SAFE_NOT },
    { "has", lq_has, 1, 2, LQ_SAFE_NOT },
    { "map", lq_map, 1, 1, LQ_SAFE_NOT },
    { "reject", lq_reject, 1, 2, LQ_SAFE_NOT },
    { "sum", lq_sum, 0, 1, LQ_SAFE_NOT },
    { "uniq", lq_uniq, 0, 1, LQ_SAFE_NOT },
    { "where", lq_where, 1, 2, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
