/* Writing a value where it stands: in text, an attribute, a URL, JSON. */
#include "shm/liquid/liquid.h"

#include <ctype.h>
#include <strings.h>

#define LQ_URL_SHOWN  60        /* bytes of a URL in an error */


void
lq_escape(gw_buf_t *out, gw_str_t s)
{
    size_t       i, from;
    const char  *with;

    static const char *const  entity[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
        ['\''] = "&#39;"
    };

    if (s.len == 0) {
        return;                         /* it may be no address at all */
    }

    from = 0;
    for (i = 0; i < s.len; i++) {
        with = entity[s.data[i]];
        if (with != NULL) {
            gw_buf_put(out, s.data + from, i - from);
            gw_buf_cstr(out, with);
            from = i + 1;
        }
    }

    gw_buf_put(out, s.data + from, s.len - from);
}


/* Neither `-->` nor what begins a comment of its own may come out. */
static void
lq_put_comment(gw_buf_t *out, gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '-') {
            gw_buf_cstr(out, "&#45;");
        } else {
            lq_escape(out, gw_str_make(s.data + i, 1));
        }
    }
}


/* The inside of a JSON string in a <script>: nothing in it ends either. */
static void
lq_put_json_text(gw_buf_t *out, gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] == 0x7f
            || memchr("\"\\<>&'", s.data[i], 6) != NULL)
        {
            gw_buf_fmt(out, "\\u%04x", s.data[i]);
        } else {
            gw_buf_char(out, s.data[i]);
        }
    }
}


static void
lq_put_json(gw_buf_t *out, lq_val_t v, gw_str_t s)
{
    if (v.type == LQ_NIL) {
        gw_buf_cstr(out, "null");
    } else if (v.type == LQ_BOOL || v.type == LQ_INT || v.type == LQ_FLOAT) {
        gw_buf_str(out, s);
    } else {
        gw_buf_char(out, '"');
        lq_put_json_text(out, s);
        gw_buf_char(out, '"');
    }
}


/*
 * A part of a URL in an attribute's value. all: also what has a meaning in
 * URLs is encoded, so that the value stays one value of a query. No colon among
 * the first `start` bytes ends a scheme.
 */
static void
lq_put_url(gw_buf_t *out, gw_str_t s, bool all, size_t start)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];
        if (isalnum(c) || memchr("-._~", c, 4) != NULL
            || (!all && memchr("!*();:@=+$,/?#[]", c, 16) != NULL
                && (c != ':' || i >= start))
            || (!all && c == '%' && i + 2 < s.len && isxdigit(s.data[i + 1])
                && isxdigit(s.data[i + 2])))
        {
            gw_buf_char(out, c);
        } else if (!all && c == '&') {
            gw_buf_cstr(out, "&amp;");
        } else {
            gw_buf_char(out, '%');
            gw_buf_char(out, (unsigned char) "0123456789ABCDEF"[c >> 4]);
            gw_buf_char(out, (unsigned char) "0123456789ABCDEF"[c & 15]);
        }
    }
}


gw_str_t
lq_scheme(gw_str_t url)
{
    size_t  i;

    for (i = 0; i < url.len; i++) {
        if (url.data[i] == ':' && i > 0) {
            return gw_str_make(url.data, i);
        }
        if (!isalnum(url.data[i])
            && (i == 0 || memchr("+-.", url.data[i], 3) == NULL))
        {
            break;
        }
    }

    return gw_str_make(url.data, 0);
}


/*
 * Where a scheme may stand: a value may not bring any along, nor its colon
 * alone behind what other values have printed.
 */
static int
lq_put_whole_url(gw_liquid_run_t *run, gw_str_t s)
{
    int       i;
    size_t    n;
    gw_str_t  scheme;

    static const char *const  schemes[] = {
        "http", "https", "mailto", "tel", "cid", NULL
    };

    lq_skip(&s);
    lq_rstrip(&s);
    scheme = lq_scheme(s);

    for (i = 0; scheme.len > 0 && schemes[i] != NULL; i++) {
        if (strlen(schemes[i]) == scheme.len
            && strncasecmp(schemes[i], (char *) scheme.data, scheme.len) == 0)
        {
            break;
        }
    }

    if (scheme.len > 0 && schemes[i] == NULL) {
        return lq_wrong(run, "a URL is none of http, https, mailto, tel or "
                        "cid: %.*s", (int) (s.len > LQ_URL_SHOWN
                                            ? LQ_URL_SHOWN : s.len), s.data);
    }

    for (n = 0; scheme.len == 0 && n < s.len
         && memchr("/?#", s.data[n], 3) == NULL; n++)
    {
        /* as far as it might be taken for one */
    }

    lq_put_url(run->out, s, false, n);
    return GW_OK;
}


int
lq_put(gw_liquid_run_t *run, lq_val_t v, lq_put_t put)
{
    int       rc;
    gw_str_t  s;

    rc = lq_charge(run, lq_weight(v));
    if (rc != GW_OK) {
        return rc;
    }

    if (put == LQ_PUT_PLAIN || (put == LQ_PUT_TEXT && v.html)) {
        lq_print(v, run->out);
        return GW_OK;
    }

    if (v.type == LQ_STR && !v.html) {
        s = v.s;
    } else if (v.html) {
        /* what it says, to be written as this place wants it */
        gw_buf_reset(&run->text);
        gw_html_decode(v.s, false, &run->text);
        run->arena.full |= run->text.failed;
        s = gw_buf_view(&run->text);
    } else {
        gw_buf_reset(&run->text);
        lq_print(v, &run->text);
        run->arena.full |= run->text.failed;
        s = gw_buf_view(&run->text);
    }

    switch (put) {
    case LQ_PUT_COMMENT:
        lq_put_comment(run->out, s);
        return GW_OK;
    case LQ_PUT_JSON:
        lq_put_json(run->out, v, s);
        return GW_OK;
    case LQ_PUT_JSON_STRING:
        lq_put_json_text(run->out, s);
        return GW_OK;
    case LQ_PUT_URL:
        return lq_put_whole_url(run, s);
    case LQ_PUT_URL_PART:
    case LQ_PUT_URL_QUERY:
        lq_put_url(run->out, s, put == LQ_PUT_URL_QUERY, 0);
        return GW_OK;
    default:
        lq_escape(run->out, s);
        return GW_OK;
    }
}
