/* WebSocket frames: the examples of RFC 6455, and what it forbids. */
#include "shm/gw_ws.h"

#include "t/unit/tap.h"

#define MAX  1000

/* What a client sends, each mask the RFC's; and what we make of it. */
typedef struct {
    const char  *name;
    const char  *bytes;         /* hex; `m` before a frame: mask what follows */
    const char  *want;          /* see told()                                 */
} case_t;

/*
 * Frames stand apart by blanks: head without its mask and payload, in the
 * clear. They are told as opcode(payload), `-` for a piece that is not the
 * last, `!code` at the end when it is refused, `?` when more must come.
 */
static const case_t  cases[] = {
    { "text", "81 05 48656c6c6f", "1(Hello)?" },
    { "nothing", "81 00", "1()?" },
    { "binary", "82 02 00ff", "2(..)?" },
    { "in two frames", "01 03 48656c | 80 02 6c6f", "1(Hel)-1(lo)?" },
    { "empty frames are no news", "01 00 | 00 00 | 80 01 61", "1(a)?" },
    { "ends with an empty one", "01 01 61 | 80 00", "1(a)-1()?" },
    { "ping", "89 05 48656c6c6f", "9(Hello)?" },
    { "pong", "8a 00", "10()?" },
    { "ping between fragments", "01 01 61 | 89 00 | 80 01 62",
      "1(a)-9()1(b)?" },
    { "two messages", "81 01 61 | 82 01 62", "1(a)2(b)?" },
    { "close without a code", "88 00", "8(1005 )?" },
    { "close", "88 05 03e8627965", "8(1000 bye)?" },
    { "nothing counts after it", "88 02 03e9 | 81 01 61", "8(1001 )?" },
    { "a code of an application", "88 02 0fa0", "8(4000 )?" },
    { "a character cut by frames", "01 01 c3 | 80 01 a9", "1(.)-1(.)?" },

    { "a code of one byte", "88 01 03", "!1002" },
    { "a code that is never sent", "88 02 03ed", "!1002" },
    { "a code of nobody", "88 02 07d0", "!1002" },
    { "a reason that is no UTF-8", "88 03 03e8ff", "!1007" },
    { "a reserved bit", "c1 01 61", "!1002" },
    { "an opcode of nobody", "83 00", "!1002" },
    { "a control of nobody", "8b 00", "!1002" },
    { "a ping in fragments", "09 00", "!1002" },
    { "a ping of 126 bytes", "89 7e", "!1002" },
    { "goes on with nothing", "80 01 61", "!1002" },
    { "begins within another", "01 01 61 | 81 01 62", "1(a)-!1002" },
    { "not UTF-8", "81 03 61ff62", "!1007" },
    { "overlong", "81 02 c0af", "!1007" },
    { "a surrogate", "81 03 eda080", "!1007" },
    { "past the last character", "81 04 f4908080", "!1007" },
    { "a character that does not end", "81 02 61c3", "!1007" },
    { "found in the first fragment", "01 02 61ff", "!1007" },
    { "a long way to say 125", "81 7e007d", "!1002" },
    { "a longer way to say 65535", "82 7f000000000000ffff", "!1002" },
    { "a length below zero", "82 7f8000000000000000", "!1002" },
    { "too large", "82 7e03e9", "!1009" },
    { "too large in all", "02 03 616263 | 80 7e03e6", "2(abc)-!1009" },
    { "far too large", "82 7f7fffffffffffffff", "!1009" },
    { NULL, NULL, NULL }
};


static unsigned
digit(char c)
{
    return (unsigned) (c <= '9' ? c - '0' : c - 'a' + 10);
}


/* The bytes of a case, masked; how many. */
static size_t
send_case(const char *text, unsigned char *out)
{
    size_t                      n, word, payload;
    static const unsigned char  mask[] = { 0x37, 0xfa, 0x21, 0x3d };

    for (n = 0, word = 0, payload = 0; *text; text++) {
        if (*text == '|') {
            word = 0;
            text++;
            continue;
        }

        if (*text == ' ') {
            continue;
        }

        out[n] = (unsigned char) (digit(text[0]) << 4 | digit(text[1]));
        text++;
        out[n] ^= word == 1 && text[-2] == ' ' ? 0x80 : 0;
        out[n] ^= word == 2 ? mask[payload++ & 3] : 0;
        n++;

        if (text[1] == ' ' || text[1] == '\0') {
            if (++word == 2) {
                memcpy(out + n, mask, 4);
                n += 4;
                payload = 0;
            }
        }
    }

    return n;
}


/* What is read of these bytes when they come `step` at a time, as text. */
static void
told(unsigned char *bytes, size_t n, size_t step, char *out)
{
    int            rc;
    size_t         at, i;
    gw_ws_t        ws;
    gw_str_t       in;
    gw_ws_event_t  ev;

    gw_ws_init(&ws, MAX);
    rc = GW_EAGAIN;

    for (at = 0; at < n && rc != GW_EINVAL; at += step) {
        in = gw_str_make(bytes + at, n - at < step ? n - at : step);

        while ((rc = gw_ws_read(&ws, &in, &ev)) == GW_OK) {
            out += sprintf(out, "%u(", ev.opcode);
            if (ev.opcode == GW_WS_CLOSE) {
                out += sprintf(out, "%u ", ev.code);
            }
            for (i = 0; i < ev.data.len; i++) {
                *out++ = (char) (ev.data.data[i] >= 0x20
                                 && ev.data.data[i] < 0x7f
                                 ? ev.data.data[i] : '.');
            }
            out += sprintf(out, ")%s", ev.last ? "" : "-");
        }
    }

    (void) (rc == GW_EINVAL ? sprintf(out, "!%u", ev.code)
                            : sprintf(out, "?"));
}


/* Byte by byte the same is told, but in more pieces: those are joined. */
static void
joined(char *s)
{
    char  *p;

    while ((p = strstr(s, ")-1(")) != NULL
           || (p = strstr(s, ")-2(")) != NULL)
    {
        memmove(p, p + 4, strlen(p + 4) + 1);
    }
}


static void
test_cases(void)
{
    char           got[4096], want[256];
    size_t         n;
    const case_t  *c;
    unsigned char  bytes[256];

    for (c = cases; c->name != NULL; c++) {
        n = send_case(c->bytes, bytes);
        told(bytes, n, n, got);
        is_str(gw_str_of(got), c->want, c->name);

        n = send_case(c->bytes, bytes);
        told(bytes, n, 1, got);
        joined(got);
        memcpy(want, c->want, strlen(c->want) + 1);
        joined(want);
        if (want[0] != '!' && strstr(want, "!1007") == NULL) {
            is_str(gw_str_of(got), want, "and byte by byte");
        }
    }
}


static void
test_accept(void)
{
    unsigned char  out[GW_WS_ACCEPT];

    is_int(gw_ws_accept(gw_str_of("dGhlIHNhbXBsZSBub25jZQ=="), out), GW_OK,
           "a key");
    is_str(gw_str_make(out, sizeof(out)), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
           "of the RFC");
    is_int(gw_ws_accept(gw_str_of("dGhlIHNhbXBsZSBub25jZQ="), out), GW_EINVAL,
           "15 bytes");
    is_int(gw_ws_accept(gw_str_of("dGhlIHNhbXBsZSBub25j!Q=="), out),
           GW_EINVAL, "no base64");
    is_int(gw_ws_accept(gw_str_of(""), out), GW_EINVAL, "none");
}


static void
test_written(void)
{
    unsigned char  out[2 + GW_WS_CONTROL];

    is_int(gw_ws_head(out, GW_WS_TEXT, 5), 2, "a short head");
    ok(memcmp(out, "\x81\x05", 2) == 0, "of the RFC");
    is_int(gw_ws_head(out, GW_WS_BINARY, 256), 4, "a longer one");
    ok(memcmp(out, "\x82\x7e\x01\x00", 4) == 0, "of the RFC");
    is_int(gw_ws_head(out, GW_WS_BINARY, 65536), 10, "the longest");
    ok(memcmp(out, "\x82\x7f\0\0\0\0\0\1\0\0", 10) == 0, "of the RFC");
    is_int(gw_ws_close(out, GW_WS_AWAY, "bye"), 7, "a close");
    ok(memcmp(out, "\x88\x05\x03\xe9" "bye", 7) == 0, "with its reason");
}


int
main(void)
{
    test_cases();
    test_accept();
    test_written();
    return done();
}
