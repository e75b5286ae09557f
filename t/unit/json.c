/* Strict JSON: what is taken, and what is refused by which name. */
#include "shm/gw_json.h"

#include "t/unit/tap.h"


static gw_json_error_t  err;


static json_t *
parse(gw_str_t text, unsigned flags)
{
    json_t  *j = NULL;

    return gw_json_parse(text, flags, &j, &err) == GW_OK ? j : NULL;
}


static void
refused(gw_str_t text, const char *rule, unsigned line, unsigned column)
{
    json_t  *j;

    j = parse(text, 0);
    if (!ok(j == NULL && strcmp(err.rule, rule) == 0 && err.line == line
            && err.column == column, "%.40s: %s", (char *) text.data, rule))
    {
        printf("# %s: %s\n", err.rule, err.message);
    }

    json_decref(j);
}


static void
taken(const char *text)
{
    json_t  *j;

    j = parse(gw_str_of(text), 0);
    if (!ok(j != NULL, "%.40s is taken", text)) {
        printf("# %s\n", err.message);
    }

    json_decref(j);
}


static void
test_refused(void)
{
    size_t  i;
    static const struct {
        gw_str_t     text;
        const char  *rule;
        unsigned     line, column;
    } cases[] = {
        { gw_string("123\0"), "nul", 1, 4 },
        { gw_string("{\"a\":\n \"x\0\"}"), "nul", 2, 4 },
        { gw_string("\"\\u0000\""), "nul", 1, 4 },
        { gw_string("{\"a\\u0000\":1}"), "nul", 1, 6 },
        { gw_string("\"\xc3\x28\""), "utf8", 1, 2 },
        { gw_string("\"\xc0\xaf\""), "utf8", 1, 2 },
        { gw_string("\"\xed\xa0\x80\""), "utf8", 1, 2 },
        { gw_string("\"\xf4\x90\x80\x80\""), "utf8", 1, 2 },
        { gw_string("\"\xc3\xa9\xff\""), "utf8", 1, 3 },
        { gw_string("\"\\ud800\""), "utf8", 1, 4 },
        { gw_string("\"\\ud800\\u0041\""), "utf8", 1, 4 },
        { gw_string("\"\\udc00\\ud800\""), "utf8", 1, 4 },
        { gw_string("{\"a\":1,\"a\":2}"), "duplicate_key", 1, 10 },
        { gw_string("{\"a\":1,\"\\u0061\":2}"), "duplicate_key", 1, 15 },
        { gw_string("NaN"), "number", 1, 1 },
        { gw_string("[-Infinity]"), "number", 1, 3 },
        { gw_string("9223372036854775808"), "number", 1, 1 },
        { gw_string("[1e400]"), "number", 1, 2 },
        { gw_string("1e-400"), "number", 1, 1 },
        { gw_string("0e-20000"), "number", 1, 1 },
        { gw_string("[0.0E+99999999999999999999]"), "number", 1, 2 },
        { gw_string("1.0000000000000001"), "number", 1, 1 },
        { gw_string("9007199254740993.0"), "number", 1, 1 },
        { gw_string("100.00000000000000000001"), "number", 1, 1 },
        { gw_string("[1,]"), "syntax", 1, 4 },
        { gw_string("01"), "syntax", 1, 1 },
        { gw_string("1 2"), "syntax", 1, 3 },
        { gw_string("{\"a\":"), "syntax", 1, 5 },
        { gw_string("\"\\x41\""), "syntax", 1, 3 },
        { gw_string("nul"), "syntax", 1, 3 },
        { gw_string(""), "empty", 0, 0 },
        { gw_string(" \r\n\t"), "empty", 0, 0 }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        refused(cases[i].text, cases[i].rule, cases[i].line, cases[i].column);
    }
}


static void
test_taken(void)
{
    size_t              i;
    static const char *const  texts[] = {
        "9223372036854775807", "-9223372036854775808", "0.30000000000000004",
        "0.1", "1e300", "5e-324", "1.7976931348623157e308", "1.50000", "-0.0",
        "0e0", "0e-400", "1E+2", "100.00", "\"\\ud83d\\ude00 \\\\u0000 \\\"\"",
        "\"[[[{{{\\\"[[[\"", "{\"NaN\":\"Infinity\"}", " null "
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        taken(texts[i]);
    }
}


static void
test_depth(void)
{
    char  text[131];

    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    text[130] = '\0';
    refused(gw_str_of(text), "depth", 1, 65);
    refused(gw_str_make(text, 65), "depth", 1, 65);
    text[129] = '\0';
    taken(text + 1);
}


static void
test_flags(void)
{
    char    *large;
    json_t  *j;

    j = parse(gw_str_of("\"a\\u0000b\""), GW_JSON_NUL_ESCAPE);
    is_int(json_string_length(j), 3, "a string with a NUL, when wanted");
    json_decref(j);

    j = parse(gw_str_of("[]"), GW_JSON_OBJECT);
    ok(j == NULL && strcmp(err.rule, "object") == 0, "no object: object");

    large = calloc(1, GW_JSON_SIZE_MAX + 1);
    j = parse(gw_str_make(large, GW_JSON_SIZE_MAX + 1), 0);
    ok(j == NULL && strcmp(err.rule, "too_large") == 0, "too large");
    free(large);

    j = parse(gw_str_of("{\"a\":1,\n\"a\":2}"), 0);
    is_str(gw_str_of(err.message), "the JSON text: duplicate object key near "
           "'\"a\"', line 2, column 3", "the sentence names the key");
}


int
main(void)
{
    test_refused();
    test_taken();
    test_depth();
    test_flags();
    return done();
}
