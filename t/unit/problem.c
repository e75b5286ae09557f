/* Problems: what a SQLSTATE becomes, and the document as its bytes. */
#include "shm/gw_problem.h"

#include "t/unit/tap.h"


static void
test_states(void)
{
    unsigned  i;

    static const struct {
        const char  *state;
        unsigned     status;
        const char  *code;
    } rows[] = {
        { "GW001", 422, "invalid" },
        { "GW002", 404, "not_found" },
        { "GW003", 409, "conflict" },
        { "GW004", 403, "forbidden" },
        { "GW005", 401, "unauthorized" },
        { "GW006", 412, "precondition_failed" },
        { "GW007", 429, "quota" },
        { "GW008", 422, "idempotency_mismatch" },
        { "GW009", 507, "no_room" },
        { "42501", 403, "forbidden" },
        { "23505", 409, "conflict" },
        { "23503", 422, "invalid" },
        { "22P02", 422, "invalid" },
        { "40P01", 503, "busy" },
        { "40001", 503, "busy" },
        { "55P03", 503, "busy" },
        { "57014", 503, "timeout" },
        { "57P01", 503, "away" },
        { "08006", 503, "away" },
        { "25006", 503, "away" },
        { "53100", 503, "away" },
        { "42883", 503, "not_migrated" },
        { "42P01", 503, "not_migrated" },
        { "3F000", 503, "not_migrated" },
        { "XX000", 500, "internal" },
        { "GW999", 500, "internal" },
        { "", 500, "internal" },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(gw_problem(gw_problem_of(rows[i].state))->status,
               rows[i].status, rows[i].state);
        is_str(gw_str_of(gw_problem(gw_problem_of(rows[i].state))->code),
               rows[i].code, rows[i].state);
    }

    is_int(gw_problem_of(NULL), GW_PROBLEM_INTERNAL, "no state at all");
    ok(gw_problem_own("GW003"), "the text of our own states is for callers");
    ok(!gw_problem_own("23505") && !gw_problem_own("GW999")
       && !gw_problem_own("GW099") && !gw_problem_own(NULL),
       "that of others is not");
}


static void
test_document(void)
{
    int                 i, n;
    char                mem[1024], large[4096];
    gw_buf_t            out;
    const char         *p;
    gw_problem_error_t  many[25];
    gw_problem_error_t  e[2] = {
        { gw_string("/email"), gw_string("format"), gw_string("no \"@\"") },
        { gw_string("/x"), gw_string(""), gw_string("a\nb\xff") },
    };

    gw_buf_fixed(&out, mem, sizeof(mem));
    gw_problem_write(&out, GW_PROBLEM_NOT_FOUND, gw_str_of(NULL),
                     gw_str_of(NULL), NULL, 0);
    is_str(gw_buf_view(&out),
           "{\"type\":\"/docs/problems#not_found\","
           "\"title\":\"There is nothing here\",\"status\":404,"
           "\"detail\":\"There is no such path or object.\"}",
           "the constant sentence");

    gw_buf_reset(&out);
    gw_problem_write(&out, GW_PROBLEM_INVALID, gw_str_of("two of them"),
                     gw_str_of("r1"), e, 2);
    is_str(gw_buf_view(&out),
           "{\"type\":\"/docs/problems#invalid\","
           "\"title\":\"The input is not valid\",\"status\":422,"
           "\"detail\":\"two of them\",\"request_id\":\"r1\",\"errors\":["
           "{\"pointer\":\"/email\",\"rule\":\"format\","
           "\"message\":\"no \\\"@\\\"\"},"
           "{\"pointer\":\"/x\",\"rule\":\"\","
           "\"message\":\"a\\nb\xef\xbf\xbd\"}]}",
           "errors, escaped");

    for (i = 0; i < 25; i++) {
        many[i] = e[0];
    }
    gw_buf_fixed(&out, large, sizeof(large));
    gw_problem_write(&out, GW_PROBLEM_INVALID, gw_str_of(NULL),
                     gw_str_of(NULL), many, 25);
    for (n = 0, p = gw_buf_c(&out); (p = strstr(p, "/email")) != NULL; p++) {
        n++;
    }
    is_int(n, 20, "twenty errors at most");

    gw_buf_fixed(&out, mem, sizeof(mem));
    gw_problem_pointer(&out, gw_str_of("a/b~c"));
    is_str(gw_buf_view(&out), "/a~1b~0c", "RFC 6901");
}


int
main(void)
{
    test_states();
    test_document();

    return done();
}
