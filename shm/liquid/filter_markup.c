/* Filters for text in HTML and URLs. */
#include "shm/liquid/liquid.h"

#include <ctype.h>


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


/* Elements that go with all they hold; `none`: no end of it is left. */
typedef struct {
    const char  *open, *close;
    bool         none;
} lq_whole_t;


/* Does one of them begin at p? Its end; NULL: no. */
static const unsigned char *
lq_skipped(lq_whole_t *w, const unsigned char *p, const unsigned char *end)
{
    size_t                n;
    const unsigned char  *hit;

    for ( /* void */ ; w->open != NULL; w++) {
        n = strlen(w->open);
        if (w->none || (size_t) (end - p) < n || memcmp(p, w->open, n) != 0) {
            continue;
        }

        n = strlen(w->close);
        hit = memmem(p, end - p, w->close, n);
        if (hit != NULL) {
            return hit + n;
        }
        w->none = true;
    }

    return NULL;
}


LQ_FILTER(lq_strip_html)
{
    gw_str_t              s;
    gw_buf_t             *b;
    lq_whole_t            whole[] = {
        { "<script", "</script>", false }, { "<style", "</style>", false },
        { "<!--", "-->", false }, { NULL, NULL, false }
    };
    const unsigned char  *p, *end, *to;

    s = lq_text(run, in);
    b = lq_scratch(run);
    end = s.data + s.len;

    for (p = s.data; p < end; p = to) {
        to = memchr(p, '<', end - p);
        to = to != NULL ? to : end;
        gw_buf_put(b, p, to - p);
        if (to == end) {
            break;
        }

        p = to;
        to = lq_skipped(whole, p, end);
        if (to == NULL) {
            to = memchr(p, '>', end - p);
            if (to == NULL) {
                gw_buf_put(b, p, end - p);
                break;
            }
            to++;
        }
    }

    return lq_finish(run, b, out);
}


const lq_filter_row_t  lq_filters_markup[] = {
    { "escape", lq_escape_filter, 0, 0, LQ_SAFE_ESCAPED },
    { "escape_once", lq_escape_once, 0, 0, LQ_SAFE_ESCAPED },
    { "newline_to_br", lq_newline_to_br, 0, 0, LQ_SAFE_KEPT },
    { "raw", lq_raw, 0, 0, LQ_SAFE_RAW },
    { "strip_html", lq_strip_html, 0, 0, LQ_SAFE_NOT },
    { "strip_newlines", lq_strip_newlines, 0, 0, LQ_SAFE_KEPT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
