/* Header text: folding, encoded words (RFC 2047), quoted display names. */
#include "shm/gw_codec.h"
#include "shm/gw_utf8.h"

#define GW_2047_FOLD  76        /* lines of a folded header stay below 78 */
#define GW_2047_WORD  75        /* longest encoded word                   */


bool
gw_utf8_valid(gw_str_t s)
{
    size_t  i, n;

    for (i = 0; i < s.len; i += n) {
        n = gw_utf8_len(s.data + i, s.len - i);
        if (n == 0) {
            return false;
        }
    }

    return true;
}


/* Bytes at p that could break a header line: their count, 0 when harmless. */
static size_t
gw_2047_break(const unsigned char *p, size_t n)
{
    if (*p < 0x20 || *p == 0x7f) {
        return 1;
    }

    if (n >= 2 && p[0] == 0xc2 && p[1] == 0x85) {
        return 2;
    }

    if (n >= 3 && p[0] == 0xe2 && p[1] == 0x80
        && (p[2] == 0xa8 || p[2] == 0xa9))
    {
        return 3;
    }

    return 0;
}


/* Is all of s printable ASCII that no reader takes for an encoded word? */
static bool
gw_2047_ascii(gw_str_t s)
{
    size_t  i, word;

    word = 0;                   /* length of the run without a blank */

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < 0x20 || s.data[i] > 0x7e
            || (s.data[i] == '=' && i + 1 < s.len && s.data[i + 1] == '?'))
        {
            return false;
        }

        word = s.data[i] == ' ' ? 0 : word + 1;
        if (word > 900) {
            return false;       /* no fold point within 998 octets */
        }
    }

    return true;
}


/* Plain text, folded before words that would pass the edge. */
static unsigned
gw_2047_plain(gw_buf_t *out, gw_str_t s, unsigned column)
{
    size_t  i, end;

    for (i = 0; i < s.len; i = end) {
        for (end = i; end < s.len && s.data[end] == ' '; end++) { /* void */ }
        while (end < s.len && s.data[end] != ' ') {
            end++;
        }

        /* only a blank before text may become a fold */
        if (column + (end - i) > GW_2047_FOLD && s.data[i] == ' '
            && s.data[end - 1] != ' ' && column > 1)
        {
            gw_buf_put(out, "\r\n", 2);
            column = 0;
        }

        gw_buf_put(out, s.data + i, end - i);
        column += (unsigned) (end - i);
    }

    return column;
}


/* How a byte stands in the Q form: itself, `_` or =XX. */
static unsigned
gw_2047_q_len(unsigned char c)
{
    return c == ' ' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c == '-' || c == '!' || c == '*'
           || c == '+' || c == '/' ? 1 : 3;
}


static void
gw_2047_q_put(gw_buf_t *out, unsigned char c)
{
    if (gw_2047_q_len(c) == 3) {
        gw_buf_fmt(out, "=%02X", c);
    } else {
        gw_buf_char(out, c == ' ' ? '_' : c);
    }
}


/*
 * Write one encoded word with as many whole characters of s as fit between
 * column and the fold; returns the bytes taken (0: the line is too full).
 * Base64 ends without padding where it may: GMime (3.2) joins words before it
 * decodes them, and reads nothing behind a padding.
 */
static size_t
gw_2047_word(gw_buf_t *out, gw_str_t s, bool q, unsigned *column)
{
    size_t    i, j, n, limit, cost, next, whole;

    limit = GW_2047_FOLD - *column;
    limit = limit < GW_2047_WORD ? limit : GW_2047_WORD;
    if (limit < 12 + 12) {
        return 0;
    }
    limit -= 12;                /* =?UTF-8?Q? and ?= */

    cost = whole = 0;
    for (i = 0; i < s.len; i += n) {
        whole = i % 3 == 0 ? i : whole;
        n = gw_utf8_len(s.data + i, s.len - i);
        next = cost;
        for (j = 0; q && j < n; j++) {
            next += gw_2047_q_len(s.data[i + j]);
        }
        next = q ? next : (i + n + 2) / 3 * 4;
        if (next > limit) {
            break;
        }
        cost = next;
    }

    if (!q && i < s.len && whole > 0) {
        i = whole;
        cost = i / 3 * 4;
    }

    gw_buf_cstr(out, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
    if (q) {
        for (j = 0; j < i; j++) {
            gw_2047_q_put(out, s.data[j]);
        }
    } else {
        gw_b64_encode(out, s.data, i, 0);
    }
    gw_buf_cstr(out, "?=");

    *column += (unsigned) cost + 12;
    return i;
}


static unsigned
gw_2047_words(gw_buf_t *out, gw_str_t s, unsigned column)
{
    bool    q;
    size_t  i, taken, as_q;

    as_q = 0;
    for (i = 0; i < s.len; i++) {
        as_q += gw_2047_q_len(s.data[i]);
    }
    q = as_q <= (s.len + 2) / 3 * 4;

    while (s.len > 0) {
        taken = gw_2047_word(out, s, q, &column);
        s.data += taken;
        s.len -= taken;

        if (s.len > 0) {
            gw_buf_put(out, "\r\n ", 3);
            column = 1;
        }
    }

    return column;
}


/*
 * Copy text to clean (of the same size at least) with every line break and
 * wrong byte made harmless.
 */
static gw_str_t
gw_2047_clean(gw_buf_t *clean, gw_str_t text)
{
    size_t  i, n;

    for (i = 0; i < text.len; i += n) {
        n = gw_2047_break(text.data + i, text.len - i);
        if (n > 0) {
            gw_buf_char(clean, ' ');
            continue;
        }

        n = gw_utf8_len(text.data + i, text.len - i);
        if (n == 0) {
            gw_buf_char(clean, '?');
            n = 1;
        } else {
            gw_buf_put(clean, text.data + i, n);
        }
    }

    while (clean->len > 0 && clean->data[clean->len - 1] == ' ') {
        clean->len--;
    }

    return gw_buf_view(clean);
}


unsigned
gw_rfc2047(gw_buf_t *out, gw_str_t text, unsigned column)
{
    gw_str_t       s;
    gw_buf_t       clean;
    unsigned char  mem[1024];

    if (text.len <= sizeof(mem)) {
        gw_buf_fixed(&clean, mem, sizeof(mem));
    } else {
        gw_buf_init(&clean, text.len);
    }

    s = gw_2047_clean(&clean, text);
    column = gw_2047_ascii(s) ? gw_2047_plain(out, s, column)
                              : gw_2047_words(out, s, column);
    out->failed |= clean.failed;
    gw_buf_free(&clean);
    return column;
}


/* The atoms and blanks of RFC 5322 that need no quotes in a phrase. */
static bool
gw_2047_atoms(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= 0x20 ? s.data[i] != ' '
            : memchr("()<>[]:;@\\,.\"", s.data[i], 13) != NULL)
        {
            return false;
        }
    }

    return true;
}


unsigned
gw_rfc2047_phrase(gw_buf_t *out, gw_str_t text, unsigned column)
{
    size_t         i, from;
    gw_str_t       s;
    gw_buf_t       clean;
    unsigned char  mem[1024];

    if (text.len <= sizeof(mem)) {
        gw_buf_fixed(&clean, mem, sizeof(mem));
    } else {
        gw_buf_init(&clean, text.len);
    }

    s = gw_2047_clean(&clean, text);
    out->failed |= clean.failed;

    if (!gw_2047_ascii(s) || s.len > GW_2047_FOLD - 20) {
        column = gw_2047_words(out, s, column);

    } else if (gw_2047_atoms(s)) {
        column = gw_2047_plain(out, s, column);

    } else {
        from = out->len;
        gw_buf_char(out, '"');
        for (i = 0; i < s.len; i++) {
            if (s.data[i] == '"' || s.data[i] == '\\') {
                gw_buf_char(out, '\\');
            }
            gw_buf_char(out, s.data[i]);
        }
        gw_buf_char(out, '"');
        column += (unsigned) (out->len - from);
    }

    gw_buf_free(&clean);
    return column;
}
