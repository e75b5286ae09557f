/* Filters on text. */
#include "shm/liquid/liquid.h"

#include <ctype.h>

#include "shm/gw_utf8.h"


int
lq_copy_text(gw_liquid_run_t *run, lq_val_t *v)
{
    unsigned char  *p;

    p = gw_liquid_alloc(&run->arena, v->s.len + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    if (v->s.len > 0) {
        memcpy(p, v->s.data, v->s.len);
    }

    v->s.data = p;
    return GW_OK;
}


int
lq_finish(gw_liquid_run_t *run, gw_buf_t *b, lq_val_t *out)
{
    *out = lq_str(gw_buf_view(b));
    return b->failed ? GW_EFULL : lq_copy_text(run, out);
}


gw_buf_t *
lq_scratch(gw_liquid_run_t *run)
{
    gw_buf_reset(&run->text);
    return &run->text;
}


static int
lq_join2(gw_liquid_run_t *run, gw_str_t a, gw_str_t b, lq_val_t *out)
{
    unsigned char  *p;

    p = gw_liquid_alloc(&run->arena, a.len + b.len + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    if (a.len > 0) {
        memcpy(p, a.data, a.len);
    }
    if (b.len > 0) {
        memcpy(p + a.len, b.data, b.len);
    }

    *out = lq_str(gw_str_make(p, a.len + b.len));
    return GW_OK;
}


LQ_FILTER(lq_append)
{
    return lq_join2(run, lq_text(run, in), lq_text(run, arg[0]), out);
}


LQ_FILTER(lq_prepend)
{
    return lq_join2(run, lq_text(run, arg[0]), lq_text(run, in), out);
}


/* Latin, Greek and Cyrillic letters by simple offsets; the rest as it is. */
static unsigned
lq_case(unsigned c, bool up)
{
    if (c < 0x80) {
        return (unsigned) (up ? toupper((int) c) : tolower((int) c));
    }

    if (up) {
        if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) || (c >= 0x3b1 && c <= 0x3c9
            && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
        {
            return c - 0x20;
        }
        if (c >= 0x450 && c <= 0x45f) {
            return c - 0x50;
        }
        return c >= 0x100 && c <= 0x17f && (c & 1) && c != 0x131 ? c - 1 : c;
    }

    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9)
        || (c >= 0x410 && c <= 0x42f))
    {
        return c + 0x20;
    }
    if (c >= 0x400 && c <= 0x40f) {
        return c + 0x50;
    }

    return c >= 0x100 && c <= 0x17f && !(c & 1) && c != 0x130 ? c + 1 : c;
}


static unsigned
lq_decode(const unsigned char *p, size_t n)
{
    switch (n) {
    case 2: return (p[0] & 31u) << 6 | (p[1] & 63u);
    case 3: return (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
    case 4: return (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6
                   | (p[3] & 63u);
    default: return p[0];
    }
}


static void
lq_put_char(gw_buf_t *b, unsigned c)
{
    unsigned char  u[4];

    if (c < 0x80) {
        gw_buf_char(b, (unsigned char) c);
        return;
    }

    if (c < 0x800) {
        u[0] = (unsigned char) (0xc0 | c >> 6);
        u[1] = (unsigned char) (0x80 | (c & 63));
        gw_buf_put(b, u, 2);
        return;
    }

    u[0] = (unsigned char) (0xe0 | c >> 12);
    u[1] = (unsigned char) (0x80 | (c >> 6 & 63));
    u[2] = (unsigned char) (0x80 | (c & 63));
    gw_buf_put(b, u, 3);
}


/* first: how the first letter goes; rest: the others. */
static int
lq_change_case(gw_liquid_run_t *run, lq_val_t in, bool first, bool rest,
    lq_val_t *out)
{
    size_t    i, n;
    gw_str_t  s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);

    for (i = 0; i < s.len; i += n) {
        n = gw_utf8_len(s.data + i, s.len - i);
        if (n == 0 || n == 4) {
            n = n == 0 ? 1 : n;
            gw_buf_put(b, s.data + i, n);
            continue;
        }
        lq_put_char(b, lq_case(lq_decode(s.data + i, n),
                               i == 0 ? first : rest));
    }

    return lq_finish(run, b, out);
}


LQ_FILTER(lq_upcase) { return lq_change_case(run, in, true, true, out); }
LQ_FILTER(lq_downcase) { return lq_change_case(run, in, false, false, out); }
LQ_FILTER(lq_capitalize) { return lq_change_case(run, in, true, false, out); }


static int
lq_strip_sides(gw_liquid_run_t *run, lq_val_t in, bool left, bool right,
    lq_val_t *out)
{
    gw_str_t  s;

    s = lq_text(run, in);
    while (left && s.len > 0 && (lq_blank(*s.data) || *s.data == 0)) {
        s.data++;
        s.len--;
    }
    while (right && s.len > 0 && (lq_blank(s.data[s.len - 1])
                                  || s.data[s.len - 1] == 0))
    {
        s.len--;
    }

    *out = lq_str(s);
    return GW_OK;
}


LQ_FILTER(lq_strip) { return lq_strip_sides(run, in, true, true, out); }
LQ_FILTER(lq_lstrip) { return lq_strip_sides(run, in, true, false, out); }
LQ_FILTER(lq_rstrip_both) { return lq_strip_sides(run, in, false, true, out); }


LQ_FILTER(lq_truncate)
{
    int64_t    limit, keep;
    gw_str_t   s, dots;

    limit = 50;
    if (n > 0 && !lq_whole(arg[0], &limit)) {
        return lq_wrong(run, "\"truncate\" takes a whole number");
    }

    s = lq_text(run, in);
    dots = n > 1 ? lq_text(run, arg[1]) : gw_str_of("...");
    if (in.type == LQ_NIL || lq_characters(s) <= limit) {
        *out = lq_str(s);
        return GW_OK;
    }

    keep = limit < 0 ? 0 : limit - lq_characters(dots);
    s.len = lq_prefix(s, keep > 0 ? keep : 0);
    return lq_join2(run, s, dots, out);
}


LQ_FILTER(lq_truncatewords)
{
    size_t     i, from;
    int64_t    limit, words;
    gw_str_t   s, dots;
    gw_buf_t  *b;

    limit = 15;
    if (n > 0 && !lq_whole(arg[0], &limit)) {
        return lq_wrong(run, "\"truncatewords\" takes a whole number");
    }

    s = lq_text(run, in);
    limit = limit < 1 ? 1 : limit;
    dots = n > 1 ? lq_text(run, arg[1]) : gw_str_of("...");
    b = lq_scratch(run);
    words = 0;

    for (i = 0; i < s.len; ) {
        for ( /* void */ ; i < s.len && lq_blank(s.data[i]); i++) { /* gap */ }
        for (from = i; i < s.len && !lq_blank(s.data[i]); i++) { /* word */ }
        if (i == from) {
            break;
        }
        if (words++ == limit) {
            gw_buf_str(b, dots);
            return lq_finish(run, b, out);
        }
        gw_buf_cstr(b, words > 1 ? " " : "");
        gw_buf_put(b, s.data + from, i - from);
    }

    if (words <= limit && n > 0) {
        *out = lq_str(s);
        return GW_OK;
    }

    return lq_finish(run, b, out);
}


const lq_filter_row_t  lq_filters_string[] = {
    { "append", lq_append, 1, 1, LQ_SAFE_NOT },
    { "capitalize", lq_capitalize, 0, 0, LQ_SAFE_NOT },
    { "date", lq_date, 1, 1, LQ_SAFE_NOT },
    { "downcase", lq_downcase, 0, 0, LQ_SAFE_NOT },
    { "lstrip", lq_lstrip, 0, 0, LQ_SAFE_KEPT },
    { "prepend", lq_prepend, 1, 1, LQ_SAFE_NOT },
    { "rstrip", lq_rstrip_both, 0, 0, LQ_SAFE_KEPT },
    { "strip", lq_strip, 0, 0, LQ_SAFE_KEPT },
    { "truncate", lq_truncate, 0, 2, LQ_SAFE_NOT },
    { "truncatewords", lq_truncatewords, 0, 2, LQ_SAFE_NOT },
    { "upcase", lq_upcase, 0, 0, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
