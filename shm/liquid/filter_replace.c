/* Filters that replace and remove parts of a text. */
#include "shm/liquid/liquid.h"

#include "shm/gw_utf8.h"


/* Replace all matches, or only the first. Nothing matches everywhere. */
static int
lq_replace_some(gw_liquid_run_t *run, lq_val_t in, lq_val_t what, gw_str_t by,
    bool all, lq_val_t *out)
{
    size_t          i, len;
    gw_str_t        s, w;
    gw_buf_t       *b;
    unsigned char  *hit, *at;

    s = lq_text(run, in);
    w = lq_text(run, what);
    b = lq_scratch(run);

    if (w.len == 0) {
        for (i = 0; i < s.len; i += len) {
            gw_buf_str(b, i == 0 || all ? by : (gw_str_t) gw_null_string);
            len = gw_utf8_len(s.data + i, s.len - i);
            len = len > 0 ? len : 1;
            gw_buf_put(b, s.data + i, len);
        }
        gw_buf_str(b, s.len == 0 || all ? by : (gw_str_t) gw_null_string);
        return lq_finish(run, b, out);
    }

    at = s.data;
    while ((hit = memmem(at, s.data + s.len - at, w.data, w.len)) != NULL) {
        gw_buf_put(b, at, hit - at);
        gw_buf_str(b, by);
        at = hit + w.len;
        if (!all) {
            break;
        }
    }

    gw_buf_put(b, at, s.data + s.len - at);
    return lq_finish(run, b, out);
}


static int
lq_replace_end(gw_liquid_run_t *run, lq_val_t in, lq_val_t what, gw_str_t by,
    lq_val_t *out)
{
    int        rc;
    size_t     i;
    gw_str_t   s, w;
    gw_buf_t  *b;

    s = lq_text(run, in);
    w = lq_text(run, what);
    *out = lq_str(s);
    rc = lq_charge(run, (s.len * w.len) >> 8);

    for (i = s.len >= w.len ? s.len - w.len + 1 : 0; rc == GW_OK && i-- > 0; )
    {
        if (w.len == 0 || memcmp(s.data + i, w.data, w.len) == 0) {
            b = lq_scratch(run);
            gw_buf_put(b, s.data, i);
            gw_buf_str(b, by);
            gw_buf_put(b, s.data + i + w.len, s.len - i - w.len);
            return lq_finish(run, b, out);
        }
    }

    return rc;
}


static gw_str_t
lq_second(gw_liquid_run_t *run, const lq_val_t *arg, unsigned n)
{
    return n > 1 ? lq_text(run, arg[1]) : gw_str_make("", 0);
}


LQ_FILTER(lq_replace)
{
    return lq_replace_some(run, in, arg[0], lq_second(run, arg, n), true, out);
}


LQ_FILTER(lq_replace_first)
{
    return lq_replace_some(run, in, arg[0], lq_second(run, arg, n), false, out);
}


LQ_FILTER(lq_replace_last)
{
    return lq_replace_end(run, in, arg[0], lq_second(run, arg, n), out);
}


LQ_FILTER(lq_remove)
{
    return lq_replace_some(run, in, arg[0], gw_str_make("", 0), true, out);
}


LQ_FILTER(lq_remove_first)
{
    return lq_replace_some(run, in, arg[0], gw_str_make("", 0), false, out);
}


LQ_FILTER(lq_remove_last)
{
    return lq_replace_end(run, in, arg[0], gw_str_make("", 0), out);
}


const lq_filter_row_t  lq_filters_replace[] = {
    { "remove", lq_remove, 1, 1, LQ_SAFE_NOT },
    { "remove_first", lq_remove_first, 1, 1, LQ_SAFE_NOT },
    { "remove_last", lq_remove_last, 1, 1, LQ_SAFE_NOT },
    { "replace", lq_replace, 1, 2, LQ_SAFE_NOT },
    { "replace_first", lq_replace_first, 1, 2, LQ_SAFE_NOT },
    { "replace_last", lq_replace_last, 2, 2, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
