/* Byte codecs against the vectors of their RFCs. */
#include "shm/gw_codec.h"
#include <stdlib.h>

#include "t/unit/tap.h"


static void
test_base64url(void)
{
    size_t                    i, n;
    gw_str_t                  text;
    unsigned char             out[64], foreign[6];
    static const char *const  rfc4648[] = {
        "", "", "f", "Zg", "fo", "Zm8", "foo", "Zm9v", "foob", "Zm9vYg",
        "fooba", "Zm9vYmE", "foobar", "Zm9vYmFy", NULL
    };

    for (i = 0; rfc4648[i] != NULL; i += 2) {
        n = gw_b64url_encode(out, rfc4648[i], strlen(rfc4648[i]));
        is_str(gw_str_make(out, n), rfc4648[i + 1], "RFC 4648 encode");
        n = sizeof(out);
        text = gw_str_of(rfc4648[i + 1]);
        is_int(gw_b64url_decode(out, &n, text), GW_OK, "decode");
        is_str(gw_str_make(out, n), rfc4648[i], "RFC 4648 decode");
    }

    n = sizeof(out);
    is_int(gw_b64url_decode(out, &n, gw_str_of("Zh")), GW_EINVAL,
           "a second spelling is refused");
    n = sizeof(out);
    for (i = 0; i < 6; i++) {
        memcpy(foreign, "Zm9vYm", 6);
        foreign[i] = '+';
        n = sizeof(out);
        is_int(gw_b64url_decode(out, &n, gw_str_make(foreign, 6)), GW_EINVAL,
               "a foreign character is refused");
    }
    n = sizeof(out);
    is_int(gw_b64url_decode(out, &n, gw_str_of("Zm9vY")), GW_EINVAL,
           "an impossible length is refused");
    n = 2;
    is_int(gw_b64url_decode(out, &n, gw_str_of("Zm9v")), GW_EFULL, "no room");
}


static void
test_crc_hex(void)
{
    int            i;
    unsigned char  b[32], hex[64];

    memset(b, 0, sizeof(b));
    is_int(gw_crc32c(0, b, 32), 0x8a9136aa, "RFC 3720: zeros");
    memset(b, 0xff, sizeof(b));
    is_int(gw_crc32c(0, b, 32), 0x62a8ab43, "RFC 3720: ones");
    for (i = 0; i < 32; i++) {
        b[i] = (unsigned char) i;
    }
    is_int(gw_crc32c(0, b, 32), 0x46dd794e, "RFC 3720: rising");
    is_int(gw_crc32c(gw_crc32c(0, b, 5), b + 5, 27), 0x46dd794e,
           "in two pieces");

    gw_hex_encode(hex, "\x01\xab", 2);
    is_str(gw_str_make(hex, 4), "01ab", "hex");
    is_int(gw_hex_decode(b, 2, gw_str_of("01AB")), GW_OK, "either case");
    is_int(b[1], 0xab, "its value");
    is_int(gw_hex_decode(b, 2, gw_str_of("01ag")), GW_EINVAL, "not hex");
    is_int(gw_hex_decode(b, 2, gw_str_of("01a")), GW_EINVAL, "too short");
}


static void
qp(const char *in, const char *want, const char *name)
{
    gw_qp_t   state;
    gw_buf_t  out;

    memset(&state, 0, sizeof(state));
    gw_buf_init(&out, 1 << 20);
    gw_qp_encode(&state, &out, gw_str_of(in));
    gw_qp_finish(&state, &out);
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


static void
test_quoted_printable(void)
{
    qp("", "", "nothing");
    qp("plain", "plain\r\n", "a line is ended");
    qp("a\nb\r\nc", "a\r\nb\r\nc\r\n", "LF and CRLF end lines");
    qp("a=b", "a=3Db\r\n", "the equals sign");
    qp("end \nx\t\n", "end=20\r\nx=09\r\n", "blanks at the end of a line");
    qp("end \r\nx", "end=20\r\nx\r\n", "and before CRLF");
    qp(".\n..", "=2E\r\n=2E.\r\n", "a dot at the start");
    qp("From here", "=46rom here\r\n", "From at the start");
    qp("a\rb", "a=0Db\r\n", "a bare CR");
    qp("\xc3\xa9", "=C3=A9\r\n", "UTF-8");
    qp("1234567890123456789012345678901234567890123456789012345678901234567890"
       "12345678", "1234567890123456789012345678901234567890123456789012345678"
       "90123456789012345=\r\n678\r\n", "a soft break at 76");
    qp("123456789012345678901234567890123456789012345678901234567890123456789"
       "01234\xc3\xa9", "12345678901234567890123456789012345678901234567890123"
       "456789012345678901234=\r\n=C3=A9\r\n", "no break inside =XX");
    qp("123456789012345678901234567890123456789012345678901234567890123456789"
       "012345.\n", "12345678901234567890123456789012345678901234567890123456"
       "7890123456789012345=\r\n=2E\r\n", "a dot after a soft break");
    qp("12345678901234567890123456789012345678901234567890123456789012345678"
       "9012345From", "1234567890123456789012345678901234567890123456789012345"
       "67890123456789012345=\r\n=46rom\r\n", "nor From");
}


/* Undo quoted-printable; false when a line is not as it must be. */
static bool
qp_undo(gw_str_t in, gw_buf_t *out)
{
    size_t  i, line;

    for (i = line = 0; i < in.len; i++) {
        if (in.data[i] == '\n') {
            gw_buf_char(out, '\n');
            line = i + 1;
        } else if (in.data[i] == '=' && in.data[i + 1] == '\r') {
            i += 2;
            line = i + 1;
        } else if (in.data[i] == '=') {
            gw_buf_char(out, (unsigned char) strtol((char[]) {
                in.data[i + 1], in.data[i + 2], 0 }, NULL, 16));
            i += 2;
        } else if (in.data[i] != '\r') {
            gw_buf_char(out, in.data[i]);
        }

        if (i + 1 > line + 78 || (line < in.len && in.data[line] == '.')) {
            return false;
        }
    }

    return true;
}


/* Any text, in any two pieces: it comes back, on lines that may stand. */
static void
test_quoted_printable_any(void)
{
    size_t                i, n, cut;
    unsigned              k, bad;
    gw_qp_t               state;
    gw_buf_t              out, back;
    unsigned char         in[600];
    static const char     some[] = "abcdefgF.. =\t  \n\nzzzzzzzz\xc3\xa9\x7f";

    gw_buf_init(&out, 1 << 20);
    gw_buf_init(&back, 1 << 20);
    srandom(1);
    bad = 0;

    for (k = 0; k < 20000; k++) {
        n = (size_t) random() % sizeof(in);
        cut = n > 0 ? (size_t) random() % n : 0;
        for (i = 0; i < n; i++) {
            in[i] = (unsigned char) some[(size_t) random()
                                         % (sizeof(some) - 1)];
        }
        if (n > 0) {
            in[n - 1] = '\n';
        }

        memset(&state, 0, sizeof(state));
        gw_buf_reset(&out);
        gw_buf_reset(&back);
        gw_qp_encode(&state, &out, gw_str_make(in, cut));
        gw_qp_encode(&state, &out, gw_str_make(in + cut, n - cut));
        gw_qp_finish(&state, &out);
        bad += !qp_undo(gw_buf_view(&out), &back)
               || !gw_str_eq(gw_buf_view(&back), gw_str_make(in, n));
    }

    is_int(bad, 0, "any text comes back");
    gw_buf_free(&out);
    gw_buf_free(&back);
}


static void
word(const char *in, const char *want, const char *name)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    (void) gw_rfc2047(&out, gw_str_of(in), 9);
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


static void
phrase(const char *in, const char *want, const char *name)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    (void) gw_rfc2047_phrase(&out, gw_str_of(in), 6);
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


static void
test_headers(void)
{
    bool      fits;
    size_t    i, line;
    gw_buf_t  in, out;

    word("Hello", "Hello", "plain text stays");
    word("a\r\nBcc: x@y", "a  Bcc: x@y", "CRLF cannot inject");
    word("a\xc2\x85" "b\xe2\x80\xa8" "c", "a b c", "NEL and LS neither");
    word("A caf\xc3\xa9", "=?UTF-8?Q?A_caf=C3=A9?=", "Q where it is shorter");
    word("=?x?=", "=?UTF-8?B?PT94Pz0=?=", "a fake word is encoded");
    word("\xff", "?", "a wrong byte");

    phrase("Ann Lee", "Ann Lee", "atoms");
    phrase("Lee, Ann \"A\"", "\"Lee, Ann \\\"A\\\"\"", "quotes");
    phrase("Zo\xc3\xab", "=?UTF-8?Q?Zo=C3=AB?=", "encoded, never quoted");

    gw_buf_init(&in, 1 << 20);
    gw_buf_init(&out, 1 << 20);
    for (i = 0; i < 400; i++) {
        gw_buf_cstr(&in, i % 3 ? "\xc3\xa4" : "\xf0\x9f\x98\x80");
    }
    (void) gw_rfc2047(&out, gw_buf_view(&in), 9);
    ok(memmem(out.data, out.len, "=?=\r\n", 5) == NULL,
       "no padding but in the last word");

    gw_buf_reset(&in);
    gw_buf_reset(&out);
    for (i = 0; i < 5000; i++) {
        gw_buf_cstr(&in, "\xe2\x82\xac");
    }
    (void) gw_rfc2047(&out, gw_buf_view(&in), 9);

    fits = true;
    line = 9;
    for (i = 0; i < out.len; i++) {
        line = out.data[i] == '\n' ? 0 : line + 1;
        fits = fits && line <= 78;
    }
    ok(fits, "5,000 characters fold at 78");
    ok(!out.failed, "and all of them fit");
    gw_buf_free(&in);
    gw_buf_free(&out);

    ok(gw_utf8_valid(gw_str_of("\xf0\x9f\x98\x80 \xc3\xa9")), "UTF-8");
    ok(!gw_utf8_valid(gw_str_of("\xc0\x80")), "an overlong");
    ok(!gw_utf8_valid(gw_str_of("\xed\xa0\x80")), "a surrogate");
    ok(!gw_utf8_valid(gw_str_of("\xf4\x90\x80\x80")), "past the end");
}


int
main(void)
{
    test_base64url();
    test_crc_hex();
    test_quoted_printable();
    test_quoted_printable_any();
    test_headers();
    return done();
}
