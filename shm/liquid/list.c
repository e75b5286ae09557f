/* Arrays: what has elements, new ones, hashes as pairs. */
#include "shm/liquid/liquid.h"

#define LQ_FLAT_DEPTH  100      /* arrays in arrays that are opened */


size_t
lq_length(lq_val_t v)
{
    switch (v.type) {
    case LQ_ARRAY:
        return v.a.n;
    case LQ_RANGE:
        return v.r.to >= v.r.from ? (size_t) (v.r.to - v.r.from + 1) : 0;
    case LQ_JSON:
        return json_is_array(v.j) ? json_array_size(v.j) : 0;
    default:
        return 0;
    }
}


lq_val_t
lq_at(lq_val_t v, size_t i)
{
    static const lq_val_t  nil = { .type = LQ_NIL };

    if (i >= lq_length(v)) {
        return nil;
    }

    switch (v.type) {
    case LQ_ARRAY:
        return v.a.v[i];
    case LQ_RANGE:
        return lq_int(v.r.from + (int64_t) i);
    default:
        return lq_from_json(json_array_get(v.j, i));
    }
}


bool
lq_is_array(lq_val_t v)
{
    return v.type == LQ_ARRAY || v.type == LQ_RANGE
           || (v.type == LQ_JSON && json_is_array(v.j));
}


size_t
lq_weight(lq_val_t v)
{
    void      *it;
    size_t     i, n, weight;
    lq_val_t   e;

    if (v.type == LQ_STR) {
        return v.s.len >> 6;
    }

    weight = lq_length(v);
    n = v.type == LQ_RANGE ? 0 : weight;
    for (i = 0; i < n; i++) {
        e = lq_at(v, i);
        weight += lq_weight(e);
    }

    if (v.type == LQ_JSON && json_is_object(v.j)) {
        for (it = json_object_iter((json_t *) v.j); it != NULL;
             it = json_object_iter_next((json_t *) v.j, it))
        {
            e = lq_from_json(json_object_iter_value(it));
            weight += 1 + lq_weight(e);
        }
    }

    return weight;
}


int
lq_new_array(gw_liquid_run_t *run, size_t n, lq_val_t *out)
{
    memset(out, 0, sizeof(lq_val_t));
    out->type = LQ_ARRAY;
    out->a.v = gw_liquid_alloc(&run->arena, (n + 1) * sizeof(lq_val_t));
    return out->a.v != NULL ? GW_OK : GW_EFULL;
}


int
lq_pair(gw_liquid_run_t *run, void *it, lq_val_t *out)
{
    int  rc;

    rc = lq_new_array(run, 2, out);
    if (rc == GW_OK) {
        out->a.v[out->a.n++] = lq_str(gw_str_of(json_object_iter_key(it)));
        out->a.v[out->a.n++] = lq_from_json(json_object_iter_value(it));
    }

    return rc;
}


int
lq_pairs(gw_liquid_run_t *run, lq_val_t *v)
{
    int       rc;
    void     *it;
    json_t   *hash;

    hash = (json_t *) v->j;
    rc = lq_new_array(run, json_object_size(hash), v);
    for (it = json_object_iter(hash); rc == GW_OK && it != NULL;
         it = json_object_iter_next(hash, it))
    {
        rc = lq_pair(run, it, &v->a.v[v->a.n++]);
    }

    return rc;
}


/* The elements of v and of the arrays inside it, into to when it is there. */
static size_t
lq_flatten(lq_val_t v, lq_val_t *to, unsigned depth)
{
    size_t    i, n, len;
    lq_val_t  e;

    n = 0;
    len = lq_length(v);
    for (i = 0; i < len; i++) {
        e = lq_at(v, i);
        if (lq_is_array(e) && e.type != LQ_RANGE && depth < LQ_FLAT_DEPTH) {
            n += lq_flatten(e, to != NULL ? to + n : NULL, depth + 1);
        } else {
            if (to != NULL) {
                to[n] = e;
            }
            n++;
        }
    }

    return n;
}


static bool
lq_is_flat(lq_val_t v)
{
    size_t    i, n;
    lq_val_t  e;

    n = v.type == LQ_RANGE ? 0 : lq_length(v);
    for (i = 0; i < n; i++) {
        e = lq_at(v, i);
        if (lq_is_array(e) && e.type != LQ_RANGE) {
            return false;
        }
    }

    return true;
}


int
lq_as_array(gw_liquid_run_t *run, lq_val_t in, lq_val_t *out)
{
    int     rc;
    size_t  n;

    if (!lq_is_array(in)) {
        rc = lq_new_array(run, 1, out);
        if (rc == GW_OK && in.type != LQ_NIL) {
            out->a.v[out->a.n++] = in;
        }
        return rc;
    }

    if (lq_is_flat(in)) {
        *out = in;
        return GW_OK;
    }

    n = lq_flatten(in, NULL, 0);
    rc = lq_charge(run, n);
    rc = rc == GW_OK ? lq_new_array(run, n, out) : rc;
    if (rc == GW_OK) {
        out->a.n = lq_flatten(in, out->a.v, 0);
    }

    return rc;
}
