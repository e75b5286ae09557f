/* Filters for text in HTML and URLs. */
#include "shm/liquid/liquid.h"

#include <ctype.h>

#include "shm/gw_codec.h"


LQ_FILTER(lq_escape_filter)
{
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);
    lq_escape(b, s);
    return lq_finish(run, b, out);
}


/* An entity at p: its length, or 0. */
static size_t
lq_entity(const unsigned char *p, size_t n)
{
    size_t  i;

    for (i = 1; i < n && i < 12; i++) {
        if (p[i] == ';') {
            return i > 1 ? i + 1 : 0;
        }
        if (!isalnum(p[i]) && !(p[i] == '#' && i == 1)) {
            return 0;
        }
    }

    return 0;
}


LQ_FILTER(lq_escape_once)
{
    size_t     i, len;
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);

    for (i = 0; i < s.len; i += len) {
        len = s.data[i] == '&' ? lq_entity(s.data + i, s.len - i) : 0;
        if (len > 0) {
            gw_buf_put(b, s.data + i, len);
            continue;
        }
        len = 1;
        lq_escape(b, gw_str_make(s.data + i, 1));
    }

    return lq_finish(run, b, out);
}


LQ_FILTER(lq_raw)
{
    *out = in;
    return GW_OK;
}


LQ_FILTER(lq_newline_to_br)
{
    size_t     i;
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\r' && i + 1 < s.len && s.data[i + 1] == '\n') {
            continue;
        }
        gw_buf_cstr(b, s.data[i] == '\n' ? "<br />" : "");
        gw_buf_char(b, s.data[i]);
    }

    return lq_finish(run, b, out);
}


LQ_FILTER(lq_strip_newlines)
{
    size_t     i;
    gw_str_t   s;
    gw_buf_t  *b;

    s = lq_text(run, in);
    b = lq_scratch(run);
    for (i = 0; i < s.len; i++) {
        if (s.data[i] != '\n'
            && !(s.data[i] == '\r' && i + 1 < s.len && s.data[i + 1] == '\n'))
        {
            gw_buf_char(b, s.data[i]);
        }
    }

    return lq_finish(run, b, out);
}


/* Does a skipped element (its whole content goes) begin at p? Its end. */
static const unsigned char *
lq_skipped(const unsigned char *p, const unsigned char *end)
{
    int                       i;
    size_t                    n;
    const unsigned char      *hit;
    static const char *const  pair[][2] = {
        { "<script", "</script>" }, { "<style", "</style>" },
        { "<!--", "-->" }, { NULL, NULL }
    };

    for (i = 0; pair[i][0] != NULL; i++) {
        n = strlen(pair[i][0]);
        if ((size_t) (end - p) < n || memcmp(p, pair[i][0], n) != 0) {
            continue;
        }
        n = strlen(pair[i][1]);
        hit = memmem(p, end - p, pair[i][1], n);
        return hit != NULL ? hit + n : NULL;
    }

    return NULL;
}


LQ_FILTER(lq_strip_html)
{
    gw_str_t              s;
    gw_buf_t             *b;
    const unsigned char  *p, *end, *to;

    s = lq_text(run, in);
    b = lq_scratch(run);
    end = s.data + s.len;

    for (p = s.data; p < end; p = to) {
        to = p + 1;
        if (*p != '<') {
            gw_buf_char(b, *p);
            continue;
        }
        to = lq_skipped(p, end);
        if (to == NULL) {
            to = memchr(p, '>', end - p);
            to = to != NULL ? to + 1 : NULL;
        }
        if (to == NULL) {
            gw_buf_put(b, p, end - p);
            break;
        }
    }

    return lq_finish(run, b, out);
}


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


const lq_filter_row_t  lq_filters_markup[] = {
    { "escape", lq_escape_filter, 0, 0, true },
    { "escape_once", lq_escape_once, 0, 0, true },
    { "newline_to_br", lq_newline_to_br, 0, 0, false },
    { "raw", lq_raw, 0, 0, true },
    { "strip_html", lq_strip_html, 0, 0, false },
    { "strip_newlines", lq_strip_newlines, 0, 0, false },
    { "url_decode", lq_url_decode, 0, 0, false },
    { "url_encode", lq_url_encode, 0, 0, false },
    { NULL, NULL, 0, 0, false }
};
