/* The filters sort and sort_natural. */
#include "shm/liquid/liquid.h"

#include <strings.h>

/* What an element is sorted by, and the element. */
typedef struct {
    lq_val_t  key, v;
} lq_pair_t;


/* Nil is last; the rest are texts, or numbers: others have no order. */
static int
lq_sort_cmp(gw_liquid_run_t *run, lq_val_t a, lq_val_t b, bool natural,
    int *cmp)
{
    int     rc;
    size_t  n;

    rc = lq_charge(run, lq_weight(a));
    if (rc != GW_OK) {
        return rc;
    }

    if (a.type == LQ_NIL || b.type == LQ_NIL) {
        *cmp = (a.type == LQ_NIL) - (b.type == LQ_NIL);
        return GW_OK;
    }

    if (natural) {                      /* both are texts already */
        n = a.s.len < b.s.len ? a.s.len : b.s.len;
        *cmp = n > 0 ? strncasecmp((char *) a.s.data, (char *) b.s.data, n)
                     : 0;
        *cmp = *cmp != 0 ? *cmp : (a.s.len > b.s.len) - (a.s.len < b.s.len);
        return GW_OK;
    }

    *cmp = 0;
    if (a.type == LQ_STR && b.type == LQ_STR) {
        *cmp = lq_sign(a, b);
    } else if ((a.type == LQ_INT || a.type == LQ_FLOAT)
               && (b.type == LQ_INT || b.type == LQ_FLOAT))
    {
        *cmp = lq_sign(a, b);
    } else if (!lq_equal(run, a, b)) {
        return lq_wrong(run, "\"sort\" takes texts or numbers, not both or "
                        "others");
    }

    return GW_OK;
}


/* One level of a merge sort: sorted runs of `width` become twice as wide. */
static int
lq_merge(gw_liquid_run_t *run, const lq_pair_t *from, lq_pair_t *to,
    size_t len, size_t width, bool natural)
{
    int     rc, cmp;
    size_t  i, j, k, t, mid, end;

    for (i = 0; i < len; i = end) {
        mid = i + width < len ? i + width : len;
        end = mid + width < len ? mid + width : len;

        for (j = i, k = mid, t = i; t < end; t++) {
            cmp = j < mid ? -1 : 1;
            if (j < mid && k < end) {
                rc = lq_sort_cmp(run, from[j].key, from[k].key, natural, &cmp);
                if (rc != GW_OK) {
                    return rc;
                }
            }
            to[t] = cmp <= 0 ? from[j++] : from[k++];
        }
    }

    return lq_charge(run, len);
}


/* The keys: the elements or their property, in sort_natural as text. */
static int
lq_sort_keys(gw_liquid_run_t *run, lq_val_t a, const lq_val_t *by,
    bool natural, lq_pair_t *to, bool *has)
{
    int     rc;
    size_t  i, len;

    len = lq_length(a);
    for (i = 0; i < len; i++) {
        to[i].v = to[i].key = lq_at(a, i);
        if (by != NULL) {
            rc = lq_item(run, to[i].v, *by, &to[i].key, has);
            if (rc != GW_OK || !*has) {
                return rc;
            }
        }
        if (natural && to[i].key.type != LQ_NIL) {
            to[i].key = lq_str(lq_text(run, to[i].key));
        }
    }

    return GW_OK;
}


/* Stable, and without recursion on what a template gives. */
static int
lq_sort_by(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    bool natural, lq_val_t *out)
{
    int         rc;
    bool        has;
    size_t      i, width, len;
    lq_val_t    a;
    lq_pair_t  *from, *to, *t;

    rc = lq_as_array(run, in, &a);
    if (rc != GW_OK) {
        return rc;
    }

    len = lq_length(a);
    from = gw_liquid_alloc(&run->arena, (2 * len + 1) * sizeof(lq_pair_t));
    if (from == NULL) {
        return GW_EFULL;
    }

    to = from + len;
    has = true;
    rc = lq_sort_keys(run, a, n > 0 && arg[0].type != LQ_NIL ? arg : NULL,
                      natural, from, &has);
    if (rc != GW_OK || !has) {
        return rc;
    }

    for (width = 1; rc == GW_OK && width < len; width *= 2) {
        rc = lq_merge(run, from, to, len, width, natural);
        t = from;
        from = to;
        to = t;
    }

    rc = rc == GW_OK ? lq_new_array(run, len, out) : rc;
    for (i = 0; rc == GW_OK && i < len; i++) {
        out->a.v[out->a.n++] = from[i].v;
    }

    return rc;
}


LQ_FILTER(lq_sort) { return lq_sort_by(run, in, arg, n, false, out); }
LQ_FILTER(lq_sort_natural) { return lq_sort_by(run, in, arg, n, true, out); }


const lq_filter_row_t  lq_filters_sort[] = {
    { "sort", lq_sort, 0, 1, LQ_SAFE_NOT },
    { "sort_natural", lq_sort_natural, 0, 1, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
