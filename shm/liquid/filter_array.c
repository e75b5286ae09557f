/* Filters on arrays, and those that take either an array or a text. */
#include "shm/liquid/liquid.h"


#include "shm/gw_utf8.h"


static bool
lq_is_array(lq_val_t v)
{
    return v.type == LQ_ARRAY || v.type == LQ_RANGE
           || (v.type == LQ_JSON && json_is_array(v.j));
}


int
lq_as_array(gw_liquid_run_t *run, lq_val_t in, lq_val_t *out)
{
    if (lq_is_array(in)) {
        *out = in;
        return GW_OK;
    }

    out->type = LQ_ARRAY;
    out->a.n = in.type != LQ_NIL;
    out->a.v = gw_liquid_alloc(&run->arena, sizeof(lq_val_t));
    if (out->a.v == NULL) {
        return GW_EFULL;
    }

    out->a.v[0] = in;
    return GW_OK;
}


int
lq_new_array(gw_liquid_run_t *run, size_t n, lq_val_t *out)
{
    out->type = LQ_ARRAY;
    out->a.n = 0;
    out->a.v = gw_liquid_alloc(&run->arena, (n + 1) * sizeof(lq_val_t));
    return out->a.v != NULL ? GW_OK : GW_EFULL;
}


LQ_FILTER(lq_first)
{
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
    size_t   i;
    int64_t  chars;

    if (in.type == LQ_STR) {
        chars = 0;
        for (i = 0; i < in.s.len; i++) {
            chars += (in.s.data[i] & 0xc0) != 0x80;
        }
        *out = lq_int(chars);
        return GW_OK;
    }

    *out = lq_int(in.type == LQ_JSON && json_is_object(in.j)
                  ? (int64_t) json_object_size(in.j)
                  : (int64_t) lq_length(in));
    return GW_OK;
}


LQ_FILTER(lq_join)
{
    int             rc;
    size_t          i, len;
    gw_str_t        with, s;
    lq_val_t        a;
    gw_buf_t        b;
    unsigned char  *p;

    rc = lq_as_array(run, in, &a);
    if (rc != GW_OK) {
        return rc;
    }

    with = n > 0 ? lq_text(run, arg[0]) : gw_str_of(" ");
    len = 0;
    for (i = 0; i < lq_length(a); i++) {
        len += lq_text(run, lq_at(a, i)).len + with.len;
    }

    p = gw_liquid_alloc(&run->arena, len + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    gw_buf_fixed(&b, p, len + 1);
    for (i = 0; i < lq_length(a); i++) {
        s = lq_text(run, lq_at(a, i));
        if (i > 0) {
            gw_buf_str(&b, with);
        }
        gw_buf_str(&b, s);
    }

    *out = lq_str(gw_buf_view(&b));
    return GW_OK;
}


LQ_FILTER(lq_split)
{
    int             rc;
    size_t          len;
    gw_str_t        s, by;
    unsigned char  *hit, *at, *end;

    s = lq_text(run, in);
    by = lq_text(run, arg[0]);
    rc = lq_new_array(run, s.len + 1, out);
    if (rc != GW_OK || s.len == 0) {
        return rc;
    }

    end = s.data + s.len;
    for (at = s.data; at < end; at = hit + by.len) {
        if (by.len == 0) {
            len = gw_utf8_len(at, end - at);
            hit = at + (len > 0 ? len : 1);
        } else if (gw_str_is(by, " ")) {
            /* a blank splits at any run of white space */
            while (at < end && memchr(" \t\r\n", *at, 4)) {
                at++;
            }
            for (hit = at; hit < end && !memchr(" \t\r\n", *hit, 4); hit++) {
                /* void */
            }
            if (hit == at) {
                break;
            }
        } else {
            hit = memmem(at, end - at, by.data, by.len);
            hit = hit != NULL ? hit : end;
        }
        out->a.v[out->a.n++] = lq_str(gw_str_make(at, hit - at));
    }

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
    size_t    i;
    lq_val_t  a;

    if (!lq_is_array(arg[0])) {
        return lq_wrong(run, "concat takes an array");
    }

    rc = lq_as_array(run, in, &a);
    rc = rc == GW_OK ? lq_new_array(run, lq_length(a) + lq_length(arg[0]),
                                    out) : rc;
    for (i = 0; rc == GW_OK && i < lq_length(a); i++) {
        out->a.v[out->a.n++] = lq_at(a, i);
    }
    for (i = 0; rc == GW_OK && i < lq_length(arg[0]); i++) {
        out->a.v[out->a.n++] = lq_at(arg[0], i);
    }

    return rc;
}


/* A part of a text (characters) or of an array. */
LQ_FILTER(lq_slice)
{
    int        rc;
    size_t     i;
    int64_t    from, len, size;
    gw_str_t   s;
    lq_val_t   number;

    if (!lq_number(arg[0], &number) || (n > 1 && !lq_number(arg[1], &number)))
    {
        return lq_wrong(run, "slice takes numbers");
    }

    from = lq_integer(arg[0]);
    len = n > 1 ? lq_integer(arg[1]) : 1;
    s = lq_is_array(in) ? gw_str_make("", 0) : lq_text(run, in);
    size = (int64_t) lq_length(in);
    if (!lq_is_array(in)) {
        for (i = 0, size = 0; i < s.len; i++) {
            size += (s.data[i] & 0xc0) != 0x80;
        }
    }

    from = from < 0 ? from + size : from;
    if (from < 0 || from > size || len < 0) {
        from = size;
        len = 0;
    }
    len = len > size - from ? size - from : len;

    if (lq_is_array(in)) {
        rc = lq_new_array(run, (size_t) len, out);
        for (i = 0; rc == GW_OK && i < (size_t) len; i++) {
            out->a.v[out->a.n++] = lq_at(in, (size_t) from + i);
        }
        return rc;
    }

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] & 0xc0) != 0x80 && from-- == 0) {
            break;
        }
    }
    s.data += i;
    s.len -= i;
    for (i = 0; i < s.len; i++) {
        if ((s.data[i] & 0xc0) != 0x80 && len-- == 0) {
            break;
        }
    }
    s.len = i;
    *out = lq_str(s);
    return GW_OK;
}


LQ_FILTER(lq_default)
{
    bool  keep_false;

    keep_false = n > 1 && arg[n - 1].type == LQ_BOOL && arg[n - 1].b;
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
    { "concat", lq_concat, 1, 1, false },
    { "default", lq_default, 0, 2, false },
    { "first", lq_first, 0, 0, false },
    { "join", lq_join, 0, 1, false },
    { "last", lq_last, 0, 0, false },
    { "reverse", lq_reverse, 0, 0, false },
    { "size", lq_size, 0, 0, false },
    { "slice", lq_slice, 1, 2, false },
    { "split", lq_split, 1, 1, false },
    { NULL, NULL, 0, 0, false }
};
