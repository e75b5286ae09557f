/* SMTP replies: in any pieces, over many lines, and what is none. */
#include "t/unit/tap.h"
#include "worker/mail/reply.h"

static unsigned  lines;


static void
count(void *arg, gw_str_t line)
{
    lines++;
}


static int
take(const char *s, reply_t *r, size_t *used)
{
    return reply_take(gw_str_of(s), used, r, NULL, NULL);
}


static void
test_whole(void)
{
    size_t   used;
    reply_t  r;

    is_int(take("250 ok\r\n", &r, &used), GW_OK, "one line");
    is_int(r.code, 250, "its code");
    is_int(used, 8, "its bytes");
    is_int(take("250 ok\n", &r, &used), GW_OK, "a bare LF will do");
    is_int(take("250\r\n", &r, &used), GW_OK, "a code alone");
    is_int(take("250-a\r\n250-b\r\n250 c\r\n354 go\r\n", &r, &used), GW_OK,
           "many lines");
    is_str(gw_str_of(r.text), "a b c", "their texts");
    is_int(used, 21, "and not the next reply");

    lines = 0;
    is_int(reply_take(gw_str_of("250-a\r\n250-\r\n250 c\r\n"), &used, &r, count,
                      NULL), GW_OK, "told line by line");
    is_int(lines, 2, "empty ones are not");
}


static void
test_pieces(void)
{
    bool         early;
    size_t       n, used;
    reply_t      r;
    const char  *s;

    s = "550-5.1.1 no\r\n550 such user\r\n";
    early = false;
    for (n = 0; n < strlen(s); n++) {
        early |= reply_take(gw_str_make(s, n), &used, &r, NULL, NULL)
                 != GW_EAGAIN;
    }
    ok(!early, "no piece is taken for the whole");
    is_int(take(s, &r, &used), GW_OK, "the whole");
}


static void
test_hostile(void)
{
    size_t              i, used;
    reply_t             r;
    gw_buf_t            big;
    static const char  *none[] = {
        "\r\n", "hello\r\n", "2x0 ok\r\n", "199 no\r\n", "600 no\r\n",
        "250_ok\r\n", "250-a\r\n354 b\r\n", "25\r\n", "\xff\xff\xff\xff\r\n"
    };

    for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        is_int(take(none[i], &r, &used), GW_ECORRUPT, "no reply");
    }

    is_int(take("250 a\x1b[2J\x07\xff" "b\r\n", &r, &used), GW_OK,
           "control characters");
    is_str(gw_str_of(r.text), "a?[2J??b", "are not kept");

    gw_buf_init(&big, 1 << 20);
    for (i = 0; i < 20000; i++) {
        gw_buf_cstr(&big, "250-abcdefgh\r\n");
    }
    is_int(reply_take(gw_buf_view(&big), &used, &r, NULL, NULL), GW_ECORRUPT,
           "a reply without an end");
    ok(strlen(r.text) <= REPLY_TEXT_MAX, "little of it is kept");

    gw_buf_reset(&big);
    for (i = 0; i < 7000; i++) {
        gw_buf_cstr(&big, "250 waiting");
    }
    is_int(reply_take(gw_buf_view(&big), &used, &r, NULL, NULL), GW_ECORRUPT,
           "a line without an end");
    gw_buf_free(&big);
}


int
main(void)
{
    test_whole();
    test_pieces();
    test_hostile();
    return done();
}
