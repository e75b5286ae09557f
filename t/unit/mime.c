/* MIME messages: structure, folding, and nothing typed becomes a header. */
#include <stdint.h>

#include "t/unit/tap.h"
#include "worker/mail/mime.h"
#include "worker/mail/part.h"

#define LONG  5000

/* What may not stand in a header, however it got there. */
static const char *const  evil[] = {
    "a\r\nBcc: evil@example.com", "a\nBcc: evil@example.com",
    "a\rBcc: evil@example.com", "a\r\n\r\n<b>body</b>", "a\r\n .\r\nBcc: x",
    "a\xc2\x85" "Bcc: evil@example.com", "a\xe2\x80\xa8" "Bcc: x",
    "a\xe2\x80\xa9" "Bcc: x", "\r\n", "a\r\n\tBcc: x"
};


static mime_t
message(void)
{
    mime_t  m;

    memset(&m, 0, sizeof(m));
    m.from_name = gw_str_of("Shop");
    m.from = gw_str_of("shop@example.com");
    m.to = gw_str_of("a@example.com");
    m.subject = gw_str_of("Hello");
    m.message_id = gw_str_of("<gw.1.2.3.0123456789abcdef@example.com>");
    m.unsubscribe = gw_str_of("https://x.example/u/abc");
    m.text = gw_str_of("Hello\n.\nBye");
    m.html = gw_str_of("<p>Hello</p>");
    m.date_us = 1700000000000000;
    return m;
}


/* Every line ends in CRLF, is at most `max` long and begins with no dot. */
static bool
lines_are_right(gw_str_t s, size_t max)
{
    size_t  i, start;

    start = 0;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\0') {
            return false;
        }
        if (s.data[i] == '\r' || s.data[i] == '\n') {
            if (s.data[i] != '\r' || i + 1 == s.len || s.data[i + 1] != '\n'
                || i - start > max || s.data[start] == '.')
            {
                return false;
            }
            start = i + 2;
            i++;
        }
    }

    return start == s.len;
}


/* How many header lines (not folded ones) there are before the body. */
static unsigned
headers(gw_str_t s)
{
    size_t    at;
    unsigned  n;

    n = 0;
    for (at = 0; at + 1 < s.len && s.data[at] != '\r'; ) {
        n += s.data[at] != ' ' && s.data[at] != '\t';
        at = (unsigned char *) memchr(s.data + at, '\n', s.len - at)
             - s.data + 1;
    }

    return n;
}


static void
check(const mime_t *m, const char *what, const char *text)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    mime_compose(m, &out);
    ok(headers(gw_buf_view(&out)) == 9
       && lines_are_right(gw_buf_view(&out), 998),
       "%s stays what it is (%u)", what, (unsigned) text[1]);
    gw_buf_free(&out);
}


static void
test_injection(void)
{
    size_t    i;
    mime_t    m;
    gw_str_t  s;

    for (i = 0; i <= sizeof(evil) / sizeof(evil[0]); i++) {
        s = i < sizeof(evil) / sizeof(evil[0]) ? gw_str_of(evil[i])
            : gw_str_make("a\0Bcc: x", 8);
        m = message();
        m.subject = s;
        check(&m, "subject", (char *) s.data);
        m = message();
        m.from_name = s;
        check(&m, "name of the sender", (char *) s.data);
        m = message();
        m.to_name = s;
        check(&m, "name of the recipient", (char *) s.data);
        m = message();
        m.to = s;
        check(&m, "address", (char *) s.data);
        m = message();
        m.from = s;
        check(&m, "sender", (char *) s.data);
        m = message();
        m.message_id = s;
        check(&m, "Message-ID", (char *) s.data);
        m = message();
        m.unsubscribe = s;
        check(&m, "List-Unsubscribe", (char *) s.data);
        m = message();
        m.text = s;
        check(&m, "text", (char *) s.data);
        m = message();
        m.html = s;
        check(&m, "html", (char *) s.data);
    }
}


static void
test_shape(void)
{
    char      big[LONG + 1];
    mime_t    m;
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    m = message();
    mime_compose(&m, &out);
    ok(memmem(out.data, out.len, "text/plain", 10)
       < memmem(out.data, out.len, "text/html", 9), "text first");
    ok(memmem(out.data, out.len, "\r\n=2E\r\n", 7) != NULL,
       "a lone dot is encoded");
    ok(memmem(out.data, out.len, "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n",
              39) != NULL, "the date");

    memset(big, 'x', LONG);
    big[LONG] = '\0';
    m.html = m.text = gw_str_of(big);
    gw_buf_reset(&out);
    mime_compose(&m, &out);
    ok(lines_are_right(gw_buf_view(&out), 78), "a long word is broken");

    memset(big, ' ', LONG);
    memset(big + 100, 'y', 40);
    m.subject = gw_str_of(big);
    gw_buf_reset(&out);
    mime_compose(&m, &out);
    ok(lines_are_right(gw_buf_view(&out), 998), "a long subject");

    m = message();
    m.html.len = m.unsubscribe.len = 0;
    m.automatic = true;
    gw_buf_reset(&out);
    m.text = gw_str_of("A link:\nhttps://a.example/x?y=z\r\n\nBye");
    mime_compose(&m, &out);
    ok(memmem(out.data, out.len, "\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
              "A link:\r\nhttps://a.example/x?y=z\r\n\r\nBye\r\n", 78) != NULL,
       "plain text goes as it is");
    gw_buf_reset(&out);
    m.text = gw_str_of("Hello\n.\nBye");
    mime_compose(&m, &out);
    ok(memmem(out.data, out.len, "multipart", 9) == NULL
       && memmem(out.data, out.len, "\r\n\r\nHello\r\n=2E\r\nBye\r\n", 21)
          != NULL, "text alone is the body");
    ok(memmem(out.data, out.len, "\r\nAuto-Submitted: auto-generated\r\n", 34)
       != NULL && lines_are_right(gw_buf_view(&out), 78), "of no person");
    gw_buf_free(&out);
}


/* A part alone: its headers end at the first empty line. */
static void
part(part_as_t as, const char *name, const char *type, const char *want)
{
    part_t    p;
    gw_buf_t  out;

    p.as = as;
    p.name = gw_str_of(name);
    p.type = gw_str_of(type);
    p.id = gw_str_of("a>\r\nX: y");
    p.bytes = gw_str_of("BEGIN:VCALENDAR\r\nmethod:REQUEST;\r\n");
    gw_buf_init(&out, 1 << 16);
    part_write(&p, &out);
    ok(lines_are_right(gw_buf_view(&out), 78), "lines of a part");
    out.len = (size_t) ((unsigned char *) memmem(out.data, out.len,
              "Content-Transfer-Encoding: base64\r\n\r\n", 37) - out.data);
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


static void
test_parts(void)
{
    part(PART_ATTACHMENT, "a \"b\".pdf", "application/pdf",
         "Content-Type: application/pdf;\r\n name=\"a \\\"b\\\".pdf\"\r\n"
         "Content-Disposition: attachment;\r\n filename=\"a \\\"b\\\".pdf\""
         "\r\n");
    part(PART_INLINE, ".\xc3\xa4/\xe2\x80\xae\\\r\nX: y\xff.png",
         "image/png", "Content-Type: image/png;\r\n"
         " name=\"_______X: y_.png\"\r\n"
         "Content-Disposition: inline;\r\n"
         " filename*=UTF-8''_%C3%A4_____X%3A%20y_.png\r\n"
         "Content-ID: <aXy>\r\n");
    part(PART_ATTACHMENT, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxx.txt", "message/rfc822", "Content-Type: "
         "application/octet-stream;\r\n name=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\r\nContent-Disposition: attachment;"
         "\r\n filename*0*=UTF-8''xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxx;\r\n filename*1*=xxxxxxxxxxxxxxxxxxxxxx.txt\r\n");
    part(PART_ATTACHMENT, "", "text/html; x", "Content-Type: application/octet"
         "-stream;\r\n name=\"file\"\r\nContent-Disposition: attachment;\r\n "
         "filename=\"file\"\r\n");
    part(PART_CALENDAR, "i.ics", "text/calendar",
         "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n");
}


static void
test_addresses(void)
{
    bool         utf8;
    size_t       i;
    gw_str_t     name, address;
    const char  *why;
    static const struct { const char *text; int rc; bool utf8; } rows[] = {
        { "a@example.com", GW_OK, false },
        { "\"a,b\"@example.com", GW_OK, false },
        { "j\xc3\xb6rg@example.com", GW_OK, true },
        { "a@ex\xc3\xa4mple.com", GW_EINVAL, false },
        { "a@", GW_EINVAL, false },
        { "@example.com", GW_EINVAL, false },
        { "", GW_EINVAL, false },
        { "a b@example.com", GW_EINVAL, false },
        { "a@x>\r\nRCPT TO:<b@y", GW_EINVAL, false },
        { "a<b@example.com", GW_EINVAL, false },
        { "a>b@example.com", GW_EINVAL, false },
        { "a\x7f@example.com", GW_EINVAL, false },
        { "a\tb@example.com", GW_EINVAL, false },
        { "\xff@example.com", GW_EINVAL, true },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        why = NULL;
        is_int(mime_check(gw_str_of(rows[i].text), &utf8, &why), rows[i].rc,
               rows[i].text[0] != '\0' ? "an address" : "no address");
        ok(utf8 == rows[i].utf8 && (rows[i].rc == GW_OK || why != NULL),
           "row %zu: SMTPUTF8, and why", i);
    }

    is_int(mime_split(gw_str_of(" \"Shop, Inc\" <s@example.com> "), &name,
                      &address), GW_OK, "split");
    is_str(name, "Shop, Inc", "the name without its quotes");
    is_str(address, "s@example.com", "the address");
    is_int(mime_split(gw_str_of("nobody"), &name, &address), GW_EINVAL,
           "no address at all");
}


int
main(void)
{
    test_shape();
    test_injection();
    test_parts();
    test_addresses();
    return done();
}
