/* base64url without padding (RFC 4648), MIME base64, hex. */
#include "shm/gw_codec.h"

static const char  gw_b64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char  gw_b64_mime[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* value + 1 of each base64url character, 0 for a foreign one */
static const unsigned char  gw_b64_value[256] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6,
    ['G'] = 7, ['H'] = 8, ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64
};


size_t
gw_b64url_encode(unsigned char *out, const void *in, size_t n)
{
    size_t                i, to;
    const unsigned char  *p = in;

    to = 0;
    for (i = 0; i + 2 < n; i += 3) {
        out[to++] = gw_b64_url[p[i] >> 2];
        out[to++] = gw_b64_url[(p[i] & 3) << 4 | p[i + 1] >> 4];
        out[to++] = gw_b64_url[(p[i + 1] & 15) << 2 | p[i + 2] >> 6];
        out[to++] = gw_b64_url[p[i + 2] & 63];
    }

    if (n - i == 1) {
        out[to++] = gw_b64_url[p[i] >> 2];
        out[to++] = gw_b64_url[(p[i] & 3) << 4];
    } else if (n - i == 2) {
        out[to++] = gw_b64_url[p[i] >> 2];
        out[to++] = gw_b64_url[(p[i] & 3) << 4 | p[i + 1] >> 4];
        out[to++] = gw_b64_url[(p[i + 1] & 15) << 2];
    }

    return to;
}


int
gw_b64url_decode(unsigned char *out, size_t *n, gw_str_t in)
{
    size_t    i, to, len;
    unsigned  a, b, c, d, bits, have, v;

    len = in.len / 4 * 3 + (in.len % 4 ? in.len % 4 - 1 : 0);
    if (in.len % 4 == 1) {
        return GW_EINVAL;
    }

    if (len > *n) {
        return GW_EFULL;
    }

    to = 0;

    for (i = 0; in.len - i >= 4; i += 4) {
        a = gw_b64_value[in.data[i]];
        b = gw_b64_value[in.data[i + 1]];
        c = gw_b64_value[in.data[i + 2]];
        d = gw_b64_value[in.data[i + 3]];
        if (a == 0 || b == 0 || c == 0 || d == 0) {
            return GW_EINVAL;
        }

        bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
        out[to++] = (unsigned char) (bits >> 16);
        out[to++] = (unsigned char) (bits >> 8);
        out[to++] = (unsigned char) bits;
    }

    bits = 0;
    have = 0;

    for ( /* void */ ; i < in.len; i++) {
        v = gw_b64_value[in.data[i]];
        if (v == 0) {
            return GW_EINVAL;
        }

        bits = bits << 6 | (v - 1);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[to++] = (unsigned char) (bits >> have);
        }
    }

    /* a second spelling of the same bytes is refused */
    if ((bits & ((1u << have) - 1)) != 0) {
        return GW_EINVAL;
    }

    *n = to;
    return GW_OK;
}


void
gw_b64_encode(gw_buf_t *out, const void *in, size_t n, size_t line)
{
    size_t                i, column;
    unsigned              v, left;
    const unsigned char  *p = in;

    column = 0;

    for (i = 0; i < n; i += 3) {
        if (line > 0 && column + 4 > line) {
            gw_buf_put(out, "\r\n", 2);
            column = 0;
        }

        left = n - i > 2 ? 3 : (unsigned) (n - i);
        v = (unsigned) p[i] << 16 | (left > 1 ? (unsigned) p[i + 1] << 8 : 0)
            | (left > 2 ? p[i + 2] : 0);
        gw_buf_char(out, gw_b64_mime[v >> 18]);
        gw_buf_char(out, gw_b64_mime[v >> 12 & 63]);
        gw_buf_char(out, left > 1 ? gw_b64_mime[v >> 6 & 63] : '=');
        gw_buf_char(out, left > 2 ? gw_b64_mime[v & 63] : '=');
        column += 4;
    }
}


void
gw_hex_encode(unsigned char *out, const void *in, size_t n)
{
    size_t                i;
    const unsigned char  *p = in;
    static const char     digits[] = "0123456789abcdef";

    for (i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
}


static int
gw_hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


int
gw_hex_decode(unsigned char *out, size_t n, gw_str_t in)
{
    int     high, low;
    size_t  i;

    if (in.len != 2 * n) {
        return GW_EINVAL;
    }

    for (i = 0; i < n; i++) {
        high = gw_hex_value(in.data[2 * i]);
        low = gw_hex_value(in.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return GW_EINVAL;
        }
        out[i] = (unsigned char) (high << 4 | low);
    }

    return GW_OK;
}
