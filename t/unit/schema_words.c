/* JSON Schema: patterns, numbers, formats and parameters, case by case. */
#include "t/unit/schema.h"


static void
test_patterns(void)
{
    judges("{'pattern':'^\\\\d+$'}", "'12'", "'\xd9\xa3'");
    judges("{'pattern':'^\\\\w$'}", "'a'", "'\xc3\xa9'");
    judges("{'pattern':'^\\\\s$'}", "'\xe2\x80\x83'", "'a'");
    judges("{'pattern':'^[\\\\s]$'}", "'\xef\xbb\xbf'", "'a'");
    judges("{'pattern':'^\\\\S$'}", "'a'", "'\xc2\xa0'");
    judges("{'pattern':'^a$'}", "'a'", "'a\\n'");
    judges("{'pattern':'^.$'}", "'\xf0\x9f\x92\xa9'", "'\xe2\x80\xa8'");
    judges("{'pattern':'^\\\\ud83d\\\\udca9$'}", "'\xf0\x9f\x92\xa9'", "'a'");
    judges("{'pattern':'^\\\\u{1f4a9}\\\\x41$'}", "'\xf0\x9f\x92\xa9"
           "A'",
           "'a'");
    judges("{'pattern':'^\\\\p{Lowercase_Letter}$'}", "'\xc3\xa9'",
           "'\xc3\x89'");
    judges("{'pattern':'^\\\\p{Script=Greek}\\\\P{gc=Letter}$'}",
           "'\xce\xb1" "1'", "'a1'");
    judges("{'pattern':'^\\\\p{scx=Grek}\\\\p{sc=Latin}$'}", "'\xce\xb1x'",
           "'xx'");
    judges("{'pattern':'^[[:alpha:]$'}", "':'", "'b'");
    judges("{'pattern':'^\\\\cJ\\\\v$'}", "'\\n\\u000b'", "'\\n\\f'");
    judges("{'pattern':'^[^]$'}", "'\\n'", "''");
    judges("{'pattern':'^(?<y>a)(b)?\\\\k<y>\\\\2$'}", "'aa'", "'ab'");
    judges("{'pattern':'(?<!a)b(?=c)'}", "'xbc'", "'abc'");

    ok(!compiles("{'pattern':'(?i)a'}"), "an option of Perl");
    ok(!compiles("{'pattern':'a++'}"), "a possessive quantifier");
    ok(!compiles("{'pattern':'\\\\Aa'}"), "an anchor of Perl");
    ok(!compiles("{'pattern':'(*ACCEPT)'}"), "a verb");
    ok(!compiles("{'pattern':'\\\\ud83d'}"), "half a pair");
    ok(!compiles("{'pattern':'a\\\\'}"), "nothing behind a backslash");
    ok(!compiles("{'pattern':'\\\\p{Nothing}'}"), "no such property");
    ok(!compiles("{'patternProperties':{'(':true}}"), "a key");
}


static void
test_numbers(void)
{
    judges("{'multipleOf':0.01}", "0.07", "0.075");
    judges("{'multipleOf':0.01}", "19.99", "19.999");
    judges("{'multipleOf':0.0001}", "123456789.1234", "123456789.12345");
    judges("{'multipleOf':1e-8}", "12391239123", "1e-9");
    judges("{'multipleOf':7}", "9223372036854775807", "9223372036854775806");
    judges("{'multipleOf':3}", "3e300", "1e300");
    judges("{'multipleOf':1.1}", "-1.21e1", "1.2");
    judges("{'multipleOf':1e300}", "0", "1");

    judges("{'type':'integer'}", "1.0", "1.5");
    judges("{'type':'integer'}", "1e300", "1e-300");
    judges("{'const':1}", "1.0", "true");
    judges("{'const':{'a':[1.0]}}", "{'a':[1]}", "{'a':[true]}");
    judges("{'maximum':9007199254740993}", "9007199254740993",
           "9007199254740994");
    judges("{'maximum':9007199254740992.0}", "9007199254740992",
           "9007199254740993");
    judges("{'exclusiveMinimum':-1.5}", "-1", "-1.5");
    judges("{'minimum':1e300}", "1e301", "9223372036854775807");
    judges("{'uniqueItems':true}", "[1,true,'1',[1],{'a':1},null,0,false]",
           "[{'a':1,'b':2},{'b':2.0,'a':1}]");
    judges("{'uniqueItems':true}", "[1,2,3,4,5,6,7,8,[1],[2],{'a':1},'1']",
           "[1,2,3,4,5,6,7,8,9,{'a':1,'b':[2]},{'b':[2.0],'a':1}]");
    judges("{'maxLength':2,'minLength':2}", "'\xc3\xa9\xf0\x9f\x92\xa9'",
           "'e\xcc\x81\xcc\x81'");
}


static void
formats(const char *name, const char *const *right, const char *const *wrong)
{
    char    text[100];
    json_t *j;
    size_t  n;

    (void) snprintf(text, sizeof(text), "{'format':'%s'}", name);
    ok(compiles(text), "format %s", name);

    for ( /* void */ ; *right != NULL; right++) {
        j = json_string(*right);
        ok(gw_schema_check(schema, j, errors, 1, &n) == GW_OK, "%s", *right);
        json_decref(j);
    }

    for ( /* void */ ; *wrong != NULL; wrong++) {
        j = json_string(*wrong);
        ok(gw_schema_check(schema, j, errors, 1, &n) != GW_OK, "not %s",
           *wrong);
        json_decref(j);
    }
}


#define LIST(...)  (const char *const []) { __VA_ARGS__, NULL }


static void
test_formats(void)
{
    formats("date", LIST("2024-02-29", "0001-12-31"),
            LIST("2023-02-29", "2023-04-31", "2023-13-01", "2023-1-01",
                 "2023-01-01 ", "20230101", ""));
    formats("date-time", LIST("2026-01-31T12:00:00Z",
            "2026-01-31t23:59:60.123z", "1990-12-31T15:59:60-08:00"),
            LIST("2026-01-31T12:00:00", "2026-01-31 12:00:00Z",
                 "2026-01-31T24:00:00Z", "2026-01-31T12:00:60Z",
                 "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00+24:00"));
    formats("email", LIST("a@example.com", "\"a b\"@example.com",
            "a+b@[127.0.0.1]", "a@[IPv6:::1]", "a@xn--bcher-kva.example"),
            LIST("a", "@example.com", "a@", "a b@example.com", "a@-x.com",
                 "a..b@example.com", "\"a\"b\"@example.com", "a@xn--x.com"));
    formats("hostname", LIST("a", "a-b.example", "xn--bcher-kva", "1.2"),
            LIST("", ".", "a.", "-a", "a_b", "xn--x", "b\xc3\xbc"));
    formats("ipv4", LIST("0.0.0.0", "255.255.255.255"),
            LIST("256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4 ", "0x7f.1"));
    formats("ipv6", LIST("::", "1::2", "::ffff:1.2.3.4"),
            LIST("1", ":::", "1::2::3", "fe80::1%1", "::1/64"));
    formats("uri", LIST("https://a.example/x?y#z", "urn:uuid:1", "mailto:a@b",
            "http://[::1]:80/", "a+b:", "http://u:p@h:1/%20"),
            LIST("//a.example", "/a", "a b:", "http://a b/", "http://[::g]/",
                 "http://a/%2", "1a:b", "http://a:b/", "x:#a#b", ""));
    formats("uri-reference", LIST("", "/a", "a/b:c", "#x", "?x", "//h/"),
            LIST("\\a", "a b", "1:b", "#a#b"));
    formats("uuid", LIST("123e4567-E89B-12d3-a456-426614174000"),
            LIST("123e4567e89b12d3a456426614174000",
                 "123e4567-e89b-12d3-a456-42661417400g"));
    formats("time", LIST("12:00:00Z", "23:59:60+00:00"),
            LIST("12:00:00", "12:60:00Z", "12:00Z"));

    ok(compiles("{'format':'nobody-knows-it'}") && valid("'x'"),
       "an unknown format is a note");
}


/* what becomes of the texts (a NULL ends them), or the error */
static void
coerces(const char *text, const char *want, const char *const *given)
{
    int                 rc;
    char               *got;
    size_t              n;
    json_t             *j = NULL;
    gw_str_t            texts[8];
    gw_schema_error_t   err;

    for (n = 0; given[n] != NULL; n++) {
        texts[n] = gw_str_of(given[n]);
    }

    ok(compiles_at(text, "/s", 0), "%s", text);
    rc = gw_schema_coerce(schema, texts, n, &j, &err);
    got = j != NULL ? json_dumps(j, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    if (rc == GW_OK) {
        is_str(gw_str_of(got), want, given[0]);
    } else {
        gw_buf_reset(&why);
        gw_buf_fmt(&why, "%s %s: %s", err.pointer, err.rule, err.message);
        is_str(gw_buf_view(&why), want, given[0]);
    }

    free(got);
    json_decref(j);
}


static void
test_coerce(void)
{
    coerces("{'s':{'type':'integer'}}", "-12", LIST("-12"));
    coerces("{'s':{'type':'integer'}}", "100.0", LIST("1e2"));
    coerces("{'s':{'type':'integer'}}", " type: must be an integer",
            LIST("1.5"));
    coerces("{'s':{'type':'integer'}}", " type: must be an integer",
            LIST(" 1"));
    coerces("{'s':{'type':'integer'}}", " type: must be an integer",
            LIST("9223372036854775808"));
    coerces("{'s':{'type':'number'}}", "0.5", LIST("0.5"));
    coerces("{'s':{'type':'number'}}", " type: must be a number",
            LIST("NaN"));
    coerces("{'s':{'type':'boolean'}}", "true", LIST("true"));
    coerces("{'s':{'type':'boolean'}}", " type: must be true or false",
            LIST("1"));
    coerces("{'s':{'type':'string'}}", "\"12\"", LIST("12"));
    coerces("{'s':{}}", "\"12\"", LIST("12"));
    coerces("{'s':{'type':['string','null']}}", "null", LIST("null"));
    coerces("{'s':{'type':'string'}}",
            " type: must be given once, not repeated", LIST("a", "b"));
    coerces("{'s':{'type':'string'}}", " utf8: must be UTF-8", LIST("\xff"));
    coerces("{'s':{'$ref':'#/c'},'c':{'anyOf':[{'type':'integer'},"
            "{'type':'boolean'}]}}", "7", LIST("7"));
    coerces("{'s':{'enum':[1,2]}}", "2", LIST("2"));

    coerces("{'s':{'type':'array','items':{'type':'integer'}}}", "[1,2]",
            LIST("1,2"));
    coerces("{'s':{'type':'array','items':{'type':'integer'}}}",
            "/1 type: must be an integer", LIST("1,x"));
    coerces("{'s':{'$ref':'#/c'},'c':{'type':'array','items':{'$ref':'#/i'}},"
            "'i':{'type':'integer'}}", "[1,2]", LIST("1", "2"));
    coerces("{'s':{'type':'array'}}", "[\"a,b\",\"\"]", LIST("a,b", ""));
    coerces("{'s':{'type':'array'}}", "[\"a\",\"\"]", LIST("a,"));
    coerces("{'s':{'type':'array'}}", "[]", LIST(""));
}


int
main(void)
{
    test_patterns();
    test_numbers();
    test_formats();
    test_coerce();
    forget();
    return done();
}
