/* Bodies and fields as UTF-8 text: base64, quoted-printable, charsets. */
#include "worker/receive/decode.h"

#include <iconv.h>

#include "shm/gw_utf8.h"

#define DECODE_RAW  (1024 * 1024)


void
decode_init(decode_t *d)
{
    memset(d, 0, sizeof(decode_t));
    gw_buf_init(&d->raw, DECODE_RAW);
}


void
decode_free(decode_t *d)
{
    unsigned  i;

    for (i = 0; i < DECODE_CHARSETS; i++) {
        if (d->charset[i].cd != NULL) {
            (void) iconv_close(d->charset[i].cd);
        }
    }

    gw_buf_free(&d->raw);
}


/* The converter of a charset, or NULL. */
static void *
decode_converter(decode_t *d, gw_str_t name)
{
    unsigned  n;

    if (name.len == 0 || name.len >= sizeof(d->charset[0].name)) {
        return NULL;
    }

    for (n = 0; n < DECODE_CHARSETS; n++) {
        if (gw_str_same(name, d->charset[n].name)) {
            return d->charset[n].cd;
        }
    }

    if (d->opens == DECODE_OPENS) {
        return NULL;            /* each may read a file: a mail has a share */
    }

    d->opens++;
    n = d->next++ % DECODE_CHARSETS;
    if (d->charset[n].cd != NULL) {
        (void) iconv_close(d->charset[n].cd);
    }

    memcpy(d->charset[n].name, name.data, name.len);
    d->charset[n].name[name.len] = '\0';
    d->charset[n].cd = charset_open(name);
    return d->charset[n].cd;
}


/* What claims to be UTF-8 or to be nothing: wrong bytes become a mark. */
static void
decode_utf8(gw_str_t text, gw_buf_t *out)
{
    size_t          i, n, from;
    unsigned char  *to;

    to = gw_buf_room(out, text.len);
    if (to == NULL) {
        return;
    }

    for (i = 0, from = 0; i < text.len; i += n) {
        if (text.data[i] < 0x80) {
            n = 1;
            continue;
        }
        n = gw_utf8_len(text.data + i, text.len - i);
        if (n == 0) {
            memcpy(to, text.data + from, i - from);
            to += i - from;
            *to++ = '?';
            n = 1;
            from = i + 1;
        }
    }

    if (text.len > from) {
        memcpy(to, text.data + from, text.len - from);
    }
    out->len += text.len;
}


static bool
decode_is_ascii(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        /* escape: ISO-2022; plus and tilde: UTF-7 and HZ say so by name */
        if (s.data[i] >= 0x80 || s.data[i] == 0x1b) {
            return false;
        }
    }

    return true;
}


/* Charsets whose ASCII is ASCII; the others go through iconv always. */
static bool
decode_is_super(gw_str_t name)
{
    return name.len == 0 || parse_begins(name, "utf-8")
           || parse_begins(name, "utf8") || parse_begins(name, "us-ascii")
           || parse_begins(name, "iso-8859") || parse_begins(name, "iso-2022")
           || parse_begins(name, "windows-125") || parse_begins(name, "koi8");
}


void
decode_charset(decode_t *d, gw_str_t charset, gw_str_t text, gw_buf_t *out)
{
    void    *cd;
    char    *from, *to;
    size_t   left, room;

    cd = NULL;
    if (!parse_begins(charset, "utf-8")
        && !(decode_is_super(charset) && decode_is_ascii(text)))
    {
        cd = decode_converter(d, charset);
    }

    if (cd == NULL) {
        decode_utf8(text, out);
        return;
    }

    (void) iconv(cd, NULL, NULL, NULL, NULL);
    from = (char *) text.data;
    left = text.len;

    while (left > 0) {
        room = left * 2 + 16;
        to = (char *) gw_buf_room(out, room);
        if (to == NULL) {
            return;
        }

        if (iconv(cd, &from, &left, &to, &room) == (size_t) -1 && left > 0
            && room >= 8)
        {
            *to++ = '?';        /* wrong or cut short: one byte further */
            from++;
            left--;
        }
        out->len = (size_t) ((unsigned char *) to - out->data);
    }

    (void) charset_end(cd, out);
}


static int
decode_base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    return c == '+' ? 62 : c == '/' ? 63 : -1;
}


/* Whatever is no digit is passed over, as RFC 2045 says. */
static void
decode_base64(gw_str_t in, gw_buf_t *out)
{
    int             digit;
    size_t          i;
    unsigned        bits, n;
    unsigned char  *to;

    to = gw_buf_room(out, in.len / 4 * 3 + 3);
    if (to == NULL) {
        return;
    }

    for (i = 0, bits = 0, n = 0; i < in.len && in.data[i] != '='; i++) {
        digit = decode_base64_digit(in.data[i]);
        if (digit < 0) {
            continue;
        }
        bits = bits << 6 | (unsigned) digit;
        n += 6;
        if (n >= 8) {
            n -= 8;
            *to++ = (unsigned char) (bits >> n);
        }
    }

    out->len = (size_t) (to - out->data);
}


/* Quoted-printable; an underline is a blank in an encoded word. */
static void
decode_qp(gw_str_t in, bool word, gw_buf_t *out)
{
    int                   v;
    unsigned char        *to;
    const unsigned char  *p, *end, *q;

    to = gw_buf_room(out, in.len);
    if (to == NULL || in.len == 0) {
        return;
    }

    end = in.data + in.len;
    for (p = in.data; p < end; p++) {
        if (word && *p == '_') {
            *to++ = ' ';
            continue;
        }

        if (*p != '=') {
            *to++ = *p;
            continue;
        }

        v = parse_hex(p + 1, end);
        if (v >= 0) {
            *to++ = (unsigned char) v;
            p += 2;
            continue;
        }

        for (q = p + 1; q < end && (*q == ' ' || *q == '\t'); q++) {
            /* blanks before the end of a soft break */
        }
        if (q < end && *q == '\n') {
            p = q;
        } else {
            *to++ = '=';
        }
    }

    out->len = (size_t) (to - out->data);
}


/* Undo the encoding of in, by way of out when there is one to undo. */
static gw_str_t
decode_encoding(gw_str_t encoding, gw_str_t in, gw_buf_t *out)
{
    if (parse_begins(encoding, "base64")) {
        decode_base64(in, out);
    } else if (parse_begins(encoding, "quoted-printable")) {
        decode_qp(in, false, out);
    } else {
        return in;
    }

    return gw_buf_view(out);
}


void
decode_bytes(const part_t *part, gw_buf_t *out)
{
    gw_str_t  in;

    in = decode_encoding(part->encoding, part->body, out);
    if (in.len > 0 && in.data != out->data) {
        gw_buf_str(out, in);
    }
}


void
decode_body(decode_t *d, const part_t *part, size_t max, gw_buf_t *out)
{
    char      name[32];
    gw_buf_t  charset;
    gw_str_t  in;

    in = part->body;
    in.len = in.len < max ? in.len : max;
    if (in.len == 0) {
        return;
    }

    gw_buf_reset(&d->raw);
    in = decode_encoding(part->encoding, in, &d->raw);
    gw_buf_fixed(&charset, name, sizeof(name));
    (void) parse_param(part->type, "charset", &charset);
    decode_charset(d, gw_buf_view(&charset), in, out);
}


/* An encoded word at p: `=?charset?B?text?=`; where it ends, or NULL. */
static const unsigned char *
decode_word(decode_t *d, const unsigned char *p, const unsigned char *end,
    gw_buf_t *out)
{
    gw_str_t              charset, text;
    unsigned char         how;
    const unsigned char  *q, *star;

    q = memchr(p + 2, '?', (size_t) (end - p - 2));
    if (q == NULL || q == p + 2 || end - q < 4 || q[2] != '?') {
        return NULL;
    }

    charset = gw_str_make(p + 2, (size_t) (q - p - 2));
    star = memchr(charset.data, '*', charset.len);
    if (star != NULL) {         /* RFC 2231: a language behind it */
        charset.len = (size_t) (star - charset.data);
    }

    how = q[1] | 0x20;
    text.data = (unsigned char *) q + 3;
    q = memmem(text.data, (size_t) (end - text.data), "?=", 2);
    if (q == NULL || (how != 'b' && how != 'q')) {
        return NULL;
    }

    text.len = (size_t) (q - text.data);
    gw_buf_reset(&d->raw);
    if (how == 'b') {
        decode_base64(text, &d->raw);
    } else {
        decode_qp(text, true, &d->raw);
    }

    decode_charset(d, charset, gw_buf_view(&d->raw), out);
    return q + 2;
}


void
decode_field(decode_t *d, gw_str_t value, gw_buf_t *out)
{
    const unsigned char  *p, *q, *end, *blank;

    if (value.len == 0) {
        return;
    }

    value.len = value.len < DECODE_FIELD ? value.len : DECODE_FIELD;
    end = value.data + value.len;
    blank = NULL;               /* blanks behind an encoded word */

    for (p = value.data; p < end; p = q) {
        q = NULL;
        if (*p == '=' && end - p > 6 && p[1] == '?') {
            q = decode_word(d, p, end - p < DECODE_WORD ? end
                                  : p + DECODE_WORD, out);
        }

        if (q != NULL) {        /* blanks between two of them do not count */
            for (blank = q; q < end && strchr(" \t\n", *q) != NULL; q++) {
                /* void */
            }
            if (end - q < 2 || q[0] != '=' || q[1] != '?') {
                q = blank;
            }
            continue;
        }

        q = p + 1;
        if (*p != '\n') {
            gw_buf_char(out, *p == '\t' ? ' ' : *p);
        }
    }
}
