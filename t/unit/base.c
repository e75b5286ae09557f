/* Strings, buffers, the clock, the configuration table. */
#include <unistd.h>

#include "shm/gw_clock.h"
#include "shm/gw_conf.h"
#include "t/unit/tap.h"


static void
test_numbers(void)
{
    long long  v;

    is_int(gw_str_int(gw_str_of("-12"), -20, 20, &v), GW_OK, "a number");
    is_int(v, -12, "its value");
    is_int(gw_str_int(gw_str_of("21"), -20, 20, &v), GW_EINVAL, "bounds");
    is_int(gw_str_int(gw_str_of("1x"), 0, 20, &v), GW_EINVAL, "not a digit");
    is_int(gw_str_int(gw_str_of(""), 0, 20, &v), GW_EINVAL, "nothing");
    is_int(gw_str_int(gw_str_of("99999999999999999999"), 0, 20, &v),
           GW_EINVAL, "overflow");
}


static void
test_buffer(void)
{
    char      mem[8];
    gw_buf_t  b;

    gw_buf_init(&b, 10);
    gw_buf_cstr(&b, "12345");
    gw_buf_cstr(&b, "67890");
    ok(!b.failed && b.len == 10, "fills to its bound");
    gw_buf_char(&b, 'x');
    ok(b.failed, "and fails past it");
    gw_buf_reset(&b);
    gw_buf_cstr(&b, "again");
    is_str(gw_buf_view(&b), "again", "reset makes it usable");
    gw_buf_trim(&b, 10);
    ok(b.len == 0 && b.cap > 0, "little memory is kept");
    gw_buf_trim(&b, 9);
    ok(b.cap == 0 && b.data == NULL, "much is given back");

    gw_buf_fixed(&b, mem, sizeof(mem));
    gw_buf_fmt(&b, "%d-%s", 7, "abc");
    is_str(gw_buf_view(&b), "7-abc", "format in place");

    gw_buf_init(&b, 100);
    gw_buf_json(&b, gw_str_of("a\"\\\n\x01\xff\xc3\xa9"));
    is_str(gw_buf_view(&b), "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\"",
           "JSON string");
    gw_buf_free(&b);
}


static void
test_clock(void)
{
    char     text[GW_RFC3339_LEN + 1];
    int64_t  us;

    is_int(gw_clock_parse(gw_str_of("1970-01-02T00:00:01.5Z"), &us), GW_OK,
           "an instant");
    is_int(us, 86401500000, "its value");
    is_int(gw_clock_parse(gw_str_of("2026-03-01T01:00:00+02:00"), &us), GW_OK,
           "with a zone");
    gw_clock_print(us, text);
    is_str(gw_str_of(text), "2026-02-28T23:00:00.000000Z", "printed in UTC");
    is_int(gw_clock_parse(gw_str_of("2024-02-29T09:00Z"), &us), GW_OK,
           "a leap day, no seconds");
    is_int(gw_clock_parse(gw_str_of("2025-02-29T09:00Z"), &us), GW_EINVAL,
           "no leap day");
    is_int(gw_clock_parse(gw_str_of("2026-01-01T09:00:00"), &us), GW_EINVAL,
           "no zone");

    (void) setenv("GODWIT_CLOCK", "2030-01-01T00:00:00Z", 1);
    is_int(gw_clock_init(), GW_OK, "GODWIT_CLOCK");
    gw_clock_print(gw_clock_us(), text);
    ok(strncmp(text, "2030-01-01T00:00:0", 18) == 0, "starts there");
}


/* Read a configuration text and give its message ("" when it is right). */
static void
conf(const char *text, const char *want, const char *name)
{
    FILE       *f;
    char        path[] = "/tmp/godwit-conf-XXXXXX";
    char       *at;
    gw_buf_t    err;
    gw_conf_t   c;

    f = fdopen(mkstemp(path), "w");
    fputs(text, f);
    (void) fclose(f);

    gw_buf_init(&err, 4096);
    ok(gw_conf_init(&c) == GW_OK, "defaults");
    ok((gw_conf_read(&c, path, &err) == GW_OK) == (*want == 0), "read");
    at = strstr(gw_buf_c(&err), path);
    if (at != NULL) {
        memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
        err.len -= strlen(path);
    }
    is_str(gw_buf_view(&err), want, name);

    gw_conf_free(&c);
    gw_buf_free(&err);
    (void) unlink(path);
}


static void
test_conf(void)
{
    gw_buf_t   out;
    gw_conf_t  c;

    conf("# x\ngodwit {\n  state /s;\n  spool_sync 20ms;\n}\n", "", "right");
    conf("godwit {\n  state /s;\n  spol_sync 20ms;\n}\n",
         "unknown directive \"spol_sync\"; did you mean \"spool_sync\"? in "
         ":3", "a misspelt directive");
    conf("godwit { state /s; state /t; }",
         "directive \"state\" stands twice in :1", "twice");
    conf("godwit {\n state /s;\n drain_batch 0;\n}",
         "directive \"drain_batch\": \"0\" is not a number from 1 to 100000 "
         "in :3", "out of bounds");
    conf("godwit {\n state /s;\n spool_sync 5;\n}",
         "directive \"spool_sync\": \"5\" is not a time such as 50ms, 5s, "
         "10m, 3d, from 1ms to 60000ms in :3", "no unit");
    conf("godwit { }", "directive \"state\" is missing in ", "required");
    conf("godwit { state /s;", "unexpected end of file, expecting "
         "\"}\" in :1", "open");
    conf("godwit {\n state /s\n}", "unexpected \"}\" in :3", "no semicolon");
    conf("godwit { state s; }", "directive \"state\": \"s\" is not an "
         "absolute path of at most 200 bytes without \\ and \" in :1",
         "a relative path");
    conf("godwit { state /s; helo_name a\"b; }", "directive \"helo_name\": "
         "\"a\"b\" is not a text of 0 to 255 bytes without \\ and \" in :1",
         "a quote in a value");
    conf("godwit { state /s; mail_from 'Ann <ann>'; }", "directive "
         "\"mail_from\" is not NAME <LOCAL@DOMAIN> or LOCAL@DOMAIN in ASCII "
         "in ", "a sender without a domain");
    conf("godwit { state /s; bounce_domain back.example..com; }", "directive "
         "\"bounce_domain\" is not a domain in lower case such as "
         "bounces.example.com in ", "a wrong domain");
    conf("godwit { state /s; reply_domain Back.example.com; }", "directive "
         "\"reply_domain\" is not a domain in lower case such as "
         "answers.example.com in ", "a wrong domain of answers");
    conf("godwit { state /s; mail_from 'Ann Lee <ann@example.com>'; }", "",
         "a sender with a name");
    conf("godwit { state /s; base_url http://a/; }", "directive \"base_url\" "
         "is not http://HOST or https://HOST without a slash at the end in ",
         "a slash at the end");

    gw_buf_init(&out, 65536);
    ok(gw_conf_init(&c) == GW_OK, "defaults");
    is_int(c.spool_segment, 64 << 20, "a size");
    is_int(c.retry_schedule.n, 8, "a list");
    is_int(c.retry_schedule.v[7], 8 * 3600000, "its last value");
    gw_conf_print(&c, &out);
    ok(strstr(gw_buf_c(&out), "spool_sync 50ms;") != NULL, "printed");
    gw_buf_free(&out);
    gw_conf_free(&c);
}


/* Rows have nothing in common, also far behind the 64th. */
static void
test_conf_rows(void)
{
    size_t          n, other, wrong;
    gw_conf_seen_t  seen;

    wrong = 0;
    for (n = 0; n < GW_CONF_ROWS_MAX; n++) {
        memset(&seen, 0, sizeof(seen));
        gw_conf_see(&seen, n);
        for (other = 0; other < GW_CONF_ROWS_MAX; other++) {
            wrong += gw_conf_is_seen(&seen, other) != (other == n);
        }
    }

    is_int(wrong, 0, "of each row of a table it is known whether it was seen");
}


int
main(void)
{
    test_numbers();
    test_buffer();
    test_clock();
    test_conf();
    test_conf_rows();
    return done();
}
