/* Filters on arrays, and those that take either an array or a text. */
#include "shm/liquid/liquid.h"

#include "shm/gw_utf8.h"


LQ_FILTER(lq_first)
{
    if (in.type == LQ_JSON && json_is_object(in.j)) {
        return json_object_size(in.j) > 0
               ? lq_pair(run, json_object_iter((json_t *) in.j), out) : GW_OK;
    }

    *out = lq_at(in, 0);
    return GW_OK;
}


LQ_FILTER(lq_last)
{
    size_t  len;

    len = lq_length(in);
    *out = lq_at(in, len > 0 ? len - 1 : 0);
    return GW_OK;
}


LQ_FILTER(lq_size)
{
    *out = lq_int(in.type == LQ_STR ? lq_characters(in.s)
                  : in.type == LQ_JSON && json_is_object(in.j)
                  ? (int64_t) json_object_size(in.j)
                  : (int64_t) lq_length(in));
    return GW_OK;
}


LQ_FILTER(lq_join)
{
    int        rc;
    size_t     i, len;
    gw_str_t   with;
    lq_val_t   a;
    gw_buf_t  *b;

    rc = lq_as_array(run, in, &a);
    if (rc != GW_OK) {
        return rc;
    }

    with = n > 0 ? lq_text(run, arg[0]) : gw_str_of(" ");
    b = lq_scratch(run);
    len = lq_length(a);
    for (i = 0; i < len; i++) {
        if (i > 0) {
            gw_buf_str(b, with);
        }
        lq_print(lq_at(a, i), b);
    }

    return lq_finish(run, b, out);
}


/* The piece of s that begins at `at`: its end. NULL: there is none more. */
static unsigned char *
lq_piece(unsigned char **at, unsigned char *end, gw_str_t by)
{
    size_t          len;
    unsigned char  *hit;

    if (by.len == 0) {
        len = gw_utf8_len(*at, end - *at);
        return *at + (len > 0 ? len : 1);
    }

    if (!gw_str_is(by, " ")) {
        hit = memmem(*at, end - *at, by.data, by.len);
        return hit != NULL ? hit : end;
    }

    /* a blank splits at any run of white space */
    while (*at < end && lq_blank(**at)) {
        (*at)++;
    }
    for (hit = *at; hit < end && !lq_blank(*hit); hit++) { /* void */ }
    return hit > *at ? hit : NULL;
}


/* The pieces counted, or put into the array when it has room. */
static size_t
lq_pieces(gw_str_t s, gw_str_t by, lq_val_t *to)
{
    size_t          n;
    unsigned char  *at, *end, *hit;

    n = 0;
    end = s.data + s.len;
    for (at = s.data; at < end; at = hit + by.len) {
        hit = lq_piece(&at, end, by);
        if (hit == NULL) {
            break;
        }
        if (to != NULL) {
            to[n] = lq_str(gw_str_make(at, hit - at));
        }
        n++;
    }

    return n;
}


LQ_FILTER(lq_split)
{
    int       rc;
    size_t    len;
    gw_str_t  s, by;

    s = lq_text(run, in);
    by = lq_text(run, arg[0]);
    len = lq_pieces(s, by, NULL);
    rc = lq_charge(run, len);
    rc = rc == GW_OK ? lq_new_array(run, len, out) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    out->a.n = lq_pieces(s, by, out->a.v);
    while (out->a.n > 0 && out->a.v[out->a.n - 1].s.len == 0) {
        out->a.n--;
    }

    return GW_OK;
}


LQ_FILTER(lq_reverse)
{
    int       rc;
    size_t    i, len;
    lq_val_t  a;

    rc = lq_as_array(run, in, &a);
    len = lq_length(a);
    rc = rc == GW_OK ? lq_new_array(run, len, out) : rc;
    for (i = 0; rc == GW_OK && i < len; i++) {
        out->a.v[out->a.n++] = lq_at(a, len - 1 - i);
    }

    return rc;
}


LQ_FILTER(lq_concat)
{
    int       rc;
    size_t    i, j;
    lq_val_t  a;

    if (!lq_is_array(arg[0])) {
        return lq_wrong(run, "\"concat\" takes an array");
    }

    rc = lq_as_array(run, in, &a);
    i = lq_length(a);
    j = lq_length(arg[0]);
    rc = rc == GW_OK ? lq_charge(run, j) : rc;
    rc = rc == GW_OK ? lq_new_array(run, i + j, out) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    for (i = 0; i < lq_length(a); i++) {
        out->a.v[out->a.n++] = lq_at(a, i);
    }
    for (i = 0; i < j; i++) {
        out->a.v[out->a.n++] = lq_at(arg[0], i);
    }

    return GW_OK;
}


/* Where a slice of `size` elements begins and how many it has. */
static int
lq_slice_of(gw_liquid_run_t *run, const lq_val_t *arg, unsigned n,
    int64_t size, int64_t *from, int64_t *len)
{
    *len = 1;
    if (!lq_whole(arg[0], from)
        || (n > 1 && lq_truthy(arg[1]) && !lq_whole(arg[1], len)))
    {
        return lq_wrong(run, "\"slice\" takes whole numbers");
    }

    *from = *from < 0 ? *from + size : *from;
    if (*from < 0 || *from > size || *len < 0) {
        *from = size;
    }

    *len = *len < 0 ? 0 : *len > size - *from ? size - *from : *len;
    return GW_OK;
}


/* A part of a text (characters) or of an array. */
LQ_FILTER(lq_slice)
{
    int        rc;
    size_t     skip;
    int64_t    i, from, len;
    gw_str_t   s;

    if (lq_is_array(in) && in.type != LQ_RANGE) {
        rc = lq_slice_of(run, arg, n, (int64_t) lq_length(in), &from, &len);
        rc = rc == GW_OK ? lq_new_array(run, (size_t) len, out) : rc;
        for (i = 0; rc == GW_OK && i < len; i++) {
            out->a.v[out->a.n++] = lq_at(in, (size_t) (from + i));
        }
        return rc;
    }

    s = lq_text(run, in);
    rc = lq_slice_of(run, arg, n, lq_characters(s), &from, &len);
    if (rc != GW_OK) {
        return rc;
    }

    skip = lq_prefix(s, from);
    s.data += skip;
    s.len -= skip;
    s.len = lq_prefix(s, len);
    *out = lq_str(s);
    return GW_OK;
}


LQ_FILTER(lq_default)
{
    bool  keep_false;

    keep_false = lq_truthy(arg[GW_LIQUID_ARGS]);        /* allow_false */
    *out = in;
    if ((in.type == LQ_BOOL && !in.b && !keep_false) || in.type == LQ_NIL
        || (in.type == LQ_STR && in.s.len == 0)
        || (in.type == LQ_ARRAY && in.a.n == 0)
        || (in.type == LQ_JSON && (json_is_array(in.j)
                                   ? json_array_size(in.j)
                                   : json_object_size(in.j)) == 0))
    {
        memset(out, 0, sizeof(lq_val_t));
        if (n > 0) {
            *out = arg[0];
        }
    }

    return GW_OK;
}


const lq_filter_row_t  lq_filters_array[] = {
    { "concat", lq_concat, 1, 1, LQ_SAFE_NOT },
    { "default", lq_default, 0, 1, LQ_SAFE_NOT },
    { "first", lq_first, 0, 0, LQ_SAFE_NOT },
    { "join", lq_join, 0, 1, LQ_SAFE_NOT },
    { "last", lq_last, 0, 0, LQ_SAFE_NOT },
    { "reverse", lq_reverse, 0, 0, LQ_SAFE_NOT },
    { "size", lq_size, 0, 0, LQ_SAFE_NOT },
    { "slice", lq_slice, 1, 2, LQ_SAFE_NOT },
    { "split", lq_split, 1, 1, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
