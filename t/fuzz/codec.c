/*
 * Codecs of text: what quoted-printable and RFC 2047 write is safe to send and
 * decodes to what went in; base64url, hex and JSON come back as they went.
 */
#include "t/fuzz/fuzz.h"

#include <jansson.h>

#include "shm/gw_codec.h"

#define OUTPUT  (1024 * 1024)


/* Lines of printable ASCII that end in CRLF, none longer than max. */
static void
lines(gw_str_t s, size_t max, bool folded)
{
    size_t  i, at;

    at = 0;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\r') {
            must(i + 1 < s.len && s.data[i + 1] == '\n' && i - at <= max);
            must(!folded || (i + 2 < s.len && s.data[i + 2] == ' '));
            i++;
            at = i + 1;
            continue;
        }
        must((s.data[i] >= 0x20 && s.data[i] < 0x7f)
             || (s.data[i] == '\t' && !folded));
    }
    must(s.len - at <= max);
}


static unsigned
digit(unsigned char c)
{
    must((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
    return c <= '9' ? c - '0' : c - 'A' + 10;
}


/* Quoted-printable in two pieces, decoded by the letter of RFC 2045. */
static void
qp(const uint8_t *data, size_t n, size_t cut)
{
    size_t    i, to;
    gw_qp_t   q = { 0 };
    gw_buf_t  out, back, want;

    gw_buf_init(&out, OUTPUT);
    gw_buf_init(&back, OUTPUT);
    gw_buf_init(&want, OUTPUT);
    gw_qp_encode(&q, &out, gw_str_make(data, cut));
    gw_qp_encode(&q, &out, gw_str_make(data + cut, n - cut));
    gw_qp_finish(&q, &out);
    lines(gw_buf_view(&out), 76, false);

    for (i = 0; i < out.len; i++) {
        if (out.data[i] != '=') {
            gw_buf_char(&back, out.data[i]);
        } else if (out.data[i + 1] == '\r') {
            i += 2;
        } else {
            gw_buf_char(&back, (unsigned char) (digit(out.data[i + 1]) << 4
                                                | digit(out.data[i + 2])));
            i += 2;
        }
        must(i < out.len);
    }

    for (i = 0; i < n; i++) {
        if (data[i] == '\n' && (i == 0 || data[i - 1] != '\r')) {
            gw_buf_char(&want, '\r');
        }
        gw_buf_char(&want, data[i]);
    }

    to = want.len;
    must(back.len >= to);
    must(to == 0 || memcmp(back.data, want.data, to) == 0);
    must(back.len == to || (back.len == to + 2
                            && memcmp(back.data + to, "\r\n", 2) == 0));
    gw_buf_free(&out);
    gw_buf_free(&back);
    gw_buf_free(&want);
}


static void
header(gw_str_t text, unsigned column)
{
    gw_buf_t  out;

    gw_buf_init(&out, OUTPUT);
    (void) gw_rfc2047(&out, text, column);
    lines(gw_buf_view(&out), 998, true);
    gw_buf_reset(&out);
    (void) gw_rfc2047_phrase(&out, text, column);
    lines(gw_buf_view(&out), 998, true);
    gw_buf_free(&out);
}


static void
bytes(gw_str_t s)
{
    size_t          n;
    json_t         *j;
    gw_buf_t        out;
    unsigned char  *back;

    gw_buf_init(&out, OUTPUT);
    gw_buf_json(&out, s);
    j = json_loadb((char *) out.data, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL,
                   NULL);
    must(j != NULL);
    must(!gw_utf8_valid(s)
         || (json_string_length(j) == s.len
             && (s.len == 0
                 || memcmp(json_string_value(j), s.data, s.len) == 0)));
    json_decref(j);

    n = s.len;
    back = malloc(s.len + 1);
    must(back != NULL);
    if (gw_b64url_decode(back, &n, s) == GW_OK) {
        gw_buf_reset(&out);
        must(gw_buf_room(&out, GW_B64URL_LEN(n) + 1) != NULL);
        must(gw_b64url_encode(out.data, back, n) == s.len);
        must(memcmp(out.data, s.data, s.len) == 0);
    }
    (void) !gw_hex_decode(back, s.len / 2, s);
    free(back);
    gw_buf_free(&out);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2 || n > 4096) {
        return 0;
    }

    qp(data + 2, n - 2, n > 2 ? data[0] % (n - 1) : 0);
    header(gw_str_make(data + 2, n - 2), data[1] % 80);
    bytes(gw_str_make(data + 2, n - 2));
    return 0;
}
