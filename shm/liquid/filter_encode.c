/* Filters that encode and decode: URLs and base64. */
#include "shm/liquid/liquid.h"

#include <ctype.h>

#include "shm/gw_codec.h"


LQ_FILTER(lq_url_encode)
{
    size_t     i;
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);
    for (i = 0; i < s.len; i++) {
        if (isalnum(s.data[i]) || memchr("-_.", s.data[i], 3) != NULL) {
            gw_buf_char(b, s.data[i]);
        } else if (s.data[i] == ' ') {
            gw_buf_char(b, '+');
        } else {
            gw_buf_fmt(b, "%%%02X", s.data[i]);
        }
    }

    return lq_finish(run, b, out);
}


LQ_FILTER(lq_url_decode)
{
    size_t         i;
    gw_str_t       s;
    gw_buf_t      *b;
    unsigned char  c;

    s = lq_text(run, in);
    b = lq_scratch(run);
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '%' && i + 2 < s.len
            && gw_hex_decode(&c, 1, gw_str_make(s.data + i + 1, 2)) == GW_OK)
        {
            gw_buf_char(b, c);
            i += 2;
        } else {
            gw_buf_char(b, s.data[i] == '+' ? ' ' : s.data[i]);
        }
    }

    return lq_finish(run, b, out);
}


/*
 * base64 in the arena with the last two letters of the URL's alphabet; where
 * these were already they become foreign.
 */
static int
lq_alphabet(gw_liquid_run_t *run, gw_str_t *s)
{
    size_t          i;
    unsigned char  *p;

    p = gw_liquid_alloc(&run->arena, s->len + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    for (i = 0; i < s->len; i++) {
        p[i] = s->data[i] == '+' ? '-' : s->data[i] == '/' ? '_'
               : s->data[i] == '-' || s->data[i] == '_' ? '!' : s->data[i];
    }

    s->data = p;
    return GW_OK;
}


static int
lq_b64_encode(gw_liquid_run_t *run, lq_val_t in, bool url, lq_val_t *out)
{
    int        rc;
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);
    gw_b64_encode(b, s.data, s.len, 0);
    rc = lq_finish(run, b, out);
    return rc == GW_OK && url ? lq_alphabet(run, &out->s) : rc;
}


/* Padding may lack in the URL form only; all else is refused. */
static int
lq_b64_decode(gw_liquid_run_t *run, lq_val_t in, bool url, lq_val_t *out)
{
    int             rc;
    size_t          n, pad;
    gw_str_t        s;
    unsigned char  *p;

    s = lq_text(run, in);
    for (pad = 0; pad < 2 && s.len > pad && s.data[s.len - 1 - pad] == '=';
         pad++)
    {
        /* void */
    }

    rc = (pad > 0 || !url) && s.len % 4 != 0 ? GW_EINVAL : GW_OK;
    s.len -= pad;
    if (!url && rc == GW_OK) {
        rc = lq_alphabet(run, &s);
    }

    n = s.len;
    p = gw_liquid_alloc(&run->arena, n + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    rc = rc == GW_OK ? gw_b64url_decode(p, &n, s) : rc;
    if (rc != GW_OK) {
        return lq_wrong(run, "this is no base64");
    }

    *out = lq_str(gw_str_make(p, n));
    return GW_OK;
}


LQ_FILTER(lq_base64_encode) { return lq_b64_encode(run, in, false, out); }
LQ_FILTER(lq_base64_decode) { return lq_b64_decode(run, in, false, out); }
LQ_FILTER(lq_base64_url_encode) { return lq_b64_encode(run, in, true, out); }
LQ_FILTER(lq_base64_url_decode) { return lq_b64_decode(run, in, true, out); }


const lq_filter_row_t  lq_filters_encode[] = {
    { "base64_decode", lq_base64_decode, 0, 0, LQ_SAFE_NOT },
    { "base64_encode", lq_base64_encode, 0, 0, LQ_SAFE_NOT },
    { "base64_url_safe_decode", lq_base64_url_decode, 0, 0, LQ_SAFE_NOT },
    { "base64_url_safe_encode", lq_base64_url_encode, 0, 0, LQ_SAFE_NOT },
    { "url_decode", lq_url_decode, 0, 0, LQ_SAFE_NOT },
    { "url_encode", lq_url_encode, 0, 0, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
