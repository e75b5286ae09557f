/* Reading headers of a caught message: unfolding and RFC 2047 words. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "worker/sink/store.h"


static int
header_hex(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c = toupper(c);
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}


static void
header_decode_q(const unsigned char *p, size_t n, gw_buf_t *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (p[i] == '=' && i + 2 < n && header_hex(p[i + 1]) >= 0
            && header_hex(p[i + 2]) >= 0)
        {
            gw_buf_char(out, header_hex(p[i + 1]) * 16
                             + header_hex(p[i + 2]));
            i += 2;

        } else {
            gw_buf_char(out, p[i] == '_' ? ' ' : p[i]);
        }
    }
}


static void
header_decode_b(const unsigned char *p, size_t n, gw_buf_t *out)
{
    size_t             i;
    unsigned           bits, have;
    const char        *at;
    static const char  abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                               "qrstuvwxyz0123456789+/";

    bits = 0;
    have = 0;

    for (i = 0; i < n && p[i] != '='; i++) {
        at = p[i] ? strchr(abc, p[i]) : NULL;
        if (at == NULL) {
            continue;
        }

        bits = (bits << 6 | (unsigned) (at - abc)) & 0xffffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            gw_buf_char(out, bits >> have & 0xff);
        }
    }
}


/* An encoded word at p: appended decoded; its length, or 0 when it is none. */
static size_t
header_word(const unsigned char *p, size_t n, gw_buf_t *out)
{
    const unsigned char  *enc, *text, *end;

    if (n < 8 || p[0] != '=' || p[1] != '?'
        || (enc = memchr(p + 2, '?', n - 2)) == NULL
        || (size_t) (enc - p) + 4 > n || enc[2] != '?')
    {
        return 0;
    }

    if (strncasecmp((char *) p + 2, "utf-8?", 6) != 0
        && strncasecmp((char *) p + 2, "us-ascii?", 9) != 0)
    {
        return 0;
    }

    text = enc + 3;
    end = memmem(text, n - (text - p), "?=", 2);
    if (end == NULL) {
        return 0;
    }

    if (toupper(enc[1]) == 'Q') {
        header_decode_q(text, end - text, out);
    } else {
        header_decode_b(text, end - text, out);
    }

    return end + 2 - p;
}


static void
header_decode(gw_str_t v, gw_buf_t *out)
{
    bool    word;
    size_t  i, n, gap;

    word = false;               /* was the last thing an encoded word? */
    gap = 0;                    /* blanks after it, dropped before the next */

    for (i = 0; i < v.len; i += n) {
        if (word && (v.data[i] == ' ' || v.data[i] == '\t')) {
            n = 1;
            gap++;
            continue;
        }

        n = header_word(v.data + i, v.len - i, out);
        if (n > 0) {
            word = true;
            gap = 0;
            continue;
        }

        while (gap > 0) {
            gw_buf_char(out, ' ');
            gap--;
        }

        word = false;
        n = 1;
        gw_buf_char(out, v.data[i]);
    }
}


/* Append a header value from p on, with its folds undone. */
static void
header_unfold(const unsigned char *p, const unsigned char *end, gw_buf_t *out)
{
    const unsigned char  *nl, *stop;

    for ( ;; ) {
        nl = memchr(p, '\n', end - p);
        stop = nl ? nl : end;
        if (stop > p && stop[-1] == '\r') {
            stop--;
        }

        gw_buf_put(out, p, stop - p);

        if (nl == NULL || nl + 1 >= end || (nl[1] != ' ' && nl[1] != '\t')) {
            return;
        }

        p = nl + 1;
    }
}


void
store_header(gw_str_t raw, const char *name, bool decode, gw_buf_t *out)
{
    size_t                len;
    gw_buf_t              plain;
    const unsigned char  *p, *end, *nl;

    len = strlen(name);
    p = raw.data;
    end = raw.data + raw.len;

    while (p < end && *p != '\r' && *p != '\n') {
        if ((size_t) (end - p) > len && p[len] == ':'
            && strncasecmp((char *) p, name, len) == 0)
        {
            for (p += len + 1; p < end && *p == ' '; p++) { /* void */ }

            gw_buf_init(&plain, 65536);
            header_unfold(p, end, &plain);
            if (decode) {
                header_decode(gw_buf_view(&plain), out);
            } else {
                gw_buf_str(out, gw_buf_view(&plain));
            }

            gw_buf_free(&plain);
            return;
        }

        nl = memchr(p, '\n', end - p);
        if (nl == NULL) {
            return;
        }
        p = nl + 1;
    }
}
