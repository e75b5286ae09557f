/* Events of sites: what is asked of them, their time, the body of a record. */
#include "shm/gw_clock.h"
#include "shm/gw_json_pick.h"
#include "shm/gw_source.h"
#include "shm/gw_tracked.h"
#include "t/unit/tap.h"

#define NOW  1800000000000000LL         /* 2027-01-15T08:00:00Z */

static const char  sample[] = "{\"event\": \"Order \\u00e9\\ud83d\\ude00\","
    "\"userId\":\"u1\" ,\"n\":[1,-2.5e3,0,true,null,{\"a\":{}}, [] ],"
    "\"properties\":{\"price\":19.99,\"tags\":[\"a\"]}, \"x\":\"\xc3\xa9\"}";


/* Both readers of JSON take and refuse the same, but for names. */
static void
like_jansson(void)
{
    char             text[sizeof(sample)];
    json_t          *j;
    size_t           n;
    bool             pick, parse;
    unsigned         i, k, r, same, taken;
    gw_str_t         v[1];
    gw_json_error_t  a, b;

    static const char      marks[] = "{}[]\",:\\eu0-.1 n\x01\xc3";
    static const gw_str_t  names[] = { gw_string("userId") };

    r = 1;
    same = taken = 0;
    for (i = 0; i < 20000; i++) {
        memcpy(text, sample, sizeof(sample));
        n = sizeof(sample) - 1;
        for (k = 0; k <= i % 3; k++) {
            r = r * 1664525 + 1013904223;
            text[r / 7 % n] = marks[(r >> 20) % (sizeof(marks) - 1)];
        }
        n = i % 11 ? n : r / 3 % n;

        pick = gw_json_pick(gw_str_make(text, n), names, 1, v, &a) == GW_OK;
        parse = gw_json_parse(gw_str_make(text, n), GW_JSON_OBJECT, &j, &b)
                == GW_OK;
        if (parse) {
            json_decref(j);
        }

        taken += pick;
        same += pick == parse
                || (pick && strcmp(b.rule, "duplicate_key") == 0)
                || (parse && strstr(a.message, "name of a member"));
    }

    is_int(same, 20000, "20,000 texts are judged as jansson judges them");
    ok(taken > 1000 && taken < 19000, "%u of them taken", taken);
}


static void
picked(void)
{
    size_t                 at;
    unsigned               n;
    gw_str_t               v[3], item;
    gw_json_error_t        err;
    static const gw_str_t  names[] = { gw_string("n"), gw_string("userId"),
                                       gw_string("none") };

    is_int(gw_json_pick(gw_str_of(sample), names, 3, v, &err), GW_OK, "pick");
    is_str(v[1], "\"u1\"", "a string with its quotes");
    ok(v[2].data == NULL, "what is not there");
    for (at = 0, n = 0; gw_json_item(v[0], &at, &item); n++) { /* void */ }
    is_int(n, 7, "each item");
    is_str(item, "[]", "the last");
    at = 0;
    ok(!gw_json_item(gw_str_of("[ ]"), &at, &item), "no item");
    is_int(gw_json_pick(gw_str_of("{\"n\":1,\"n\":2}"), names, 3, v, &err),
           GW_EINVAL, "a name twice");
    is_int(gw_json_pick(gw_str_of("{\"\\u006e\":1}"), names, 3, v, &err),
           GW_EINVAL, "an escaped name");
    is_int(gw_json_pick(gw_str_of("{\"a\":[{\"n\":tru}]}"), names, 3, v, &err),
           GW_EINVAL, "a word that is none");
    is_int(err.column, 15, "and where it ends");
}


/* `KIND TEXT` and the pointer that is wrong, "" for all of it; NULL: none. */
static const struct {
    unsigned     kind;
    const char  *text, *wrong;
} cases[] = {
    { 1, "{\"event\":\"a\",\"userId\":\"u\"}", NULL },
    { 1, "{\"event\":\"a\",\"anonymousId\":\"u\",\"userId\":null}", NULL },
    { 1, "{\"userId\":\"u\"}", "/event" },
    { 1, "{\"event\":\"a\"}", "/anonymousId" },
    { 1, "{\"event\":\"\",\"userId\":\"u\"}", "/event" },
    { 1, "{\"event\":7,\"userId\":\"u\"}", "/event" },
    { 1, "{\"event\":\"a\",\"userId\":7}", "/userId" },
    { 1, "{\"event\":\"a\",\"userId\":\"u\",\"properties\":[]}",
      "/properties" },
    { 1, "{\"event\":\"a\",\"userId\":\"u\",\"timestamp\":\"soon\"}",
      "/timestamp" },
    { 1, "{\"event\":\"a\",\"userId\":\"u\",\"timestamp\":"
      "\"2026-01-01T00:00:00Z\"}", "/timestamp" },
    { 1, "[]", "" },
    { 1, "", "" },
    { 2, "{\"anonymousId\":\"a\"}", NULL },
    { 3, "{\"userId\":\"u\",\"traits\":{\"a\":1}}", NULL },
    { 3, "{\"userId\":\"u\",\"traits\":7}", "/traits" },
    { 4, "{\"userId\":\"u\",\"previousId\":\"a\"}", NULL },
    { 4, "{\"userId\":\"u\"}", "/previousId" },
    { 0, "{\"type\":\"screen\",\"anonymousId\":\"a\"}", NULL },
    { 0, "{\"type\":\"group\",\"userId\":\"a\"}", "/type" },
    { 0, "{\"userId\":\"a\"}", "/type" }
};


static void
judged(void)
{
    int                 rc;
    size_t              i;
    gw_str_t            key;
    gw_tracked_t        e;
    gw_tracked_error_t  err;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc = gw_tracked_judge(&e, cases[i].kind, gw_str_of(cases[i].text),
                              NOW, 0, &key, &err);
        ok(cases[i].wrong == NULL ? rc == GW_OK
           : rc == GW_EINVAL && strcmp(err.pointer, cases[i].wrong) == 0
             && strlen(err.message) > 8, "%s", cases[i].text);
    }
}


/* When it was, by our clock, in seconds before now. */
static long long
ago(const char *times, int64_t sent)
{
    char                text[256];
    gw_str_t            key;
    gw_tracked_t        e;
    gw_tracked_error_t  err;

    (void) snprintf(text, sizeof(text), "{\"event\":\"a\",\"userId\":\"u\",%s"
                    "\"writeKey\":\"k\"}", times);
    return gw_tracked_judge(&e, 1, gw_str_of(text), NOW, sent, &key, &err)
           == GW_OK && gw_str_is(key, "k")
           ? (NOW - e.at) / 1000000 : -1;
}


static void
timed(void)
{
    is_int(ago("", 0), 0, "without a time it is now");
    is_int(ago("\"timestamp\":\"2027-01-15T07:59:00Z\",", 0), 60, "as it says");
    is_int(ago("\"timestamp\":\"2028-01-15T07:59:00Z\",", 0), 0,
           "not of the future");
    is_int(ago("\"timestamp\":\"2026-12-31T23:59:00Z\","
               "\"sentAt\":\"2027-01-01T00:00:00Z\",", 0), 60,
           "a clock that is wrong says how long ago");
    is_int(ago("\"originalTimestamp\":\"2031-01-01T00:00:00Z\",\"timestamp\":"
               "\"2027-01-01T00:00:00Z\",\"sentAt\":\"2031-01-01T00:00:09Z\",",
               0), 9, "the original one goes before");
    is_int(ago("\"timestamp\":\"2027-01-15T07:00:00Z\",",
               NOW - 3000LL * 1000000), 600, "a batch says when it was sent");
}


static void
body(void)
{
    char           agent[600];
    size_t         n, i, wrong;
    gw_tracked_t   e, d;
    unsigned char  out[2048];

    memset(&e, 0, sizeof(e));
    memset(agent, 'a', sizeof(agent));
    e.kind = 3;
    e.tenant = 7;
    e.source = 1ULL << 40;
    e.contact = 42;
    e.at = NOW;
    e.ip[15] = 9;
    e.key = gw_str_of("gw_write_7_1_x");
    e.agent = gw_str_make(agent, sizeof(agent));
    e.text = gw_str_of("{\"userId\":\"u\"}");
    n = gw_tracked_size(&e);
    gw_tracked_encode(out, &e);
    is_int(gw_tracked_decode(&d, gw_str_make(out, n)), GW_OK, "decode");
    ok(d.kind == 3 && d.tenant == 7 && d.source == e.source && d.contact == 42
       && d.at == NOW && d.ip[15] == 9, "the numbers");
    is_str(d.key, "gw_write_7_1_x", "the key");
    is_int(d.agent.len, GW_EVENT_UA_MAX, "a long agent is cut");
    is_str(d.text, "{\"userId\":\"u\"}", "the text");

    for (i = 0, wrong = 0; i < n - d.text.len; i++) {
        wrong += gw_tracked_decode(&d, gw_str_make(out, i)) == GW_ECORRUPT;
    }
    is_int(wrong, n - d.text.len, "every cut is found");
    out[0] = 9;
    is_int(gw_tracked_decode(&d, gw_str_make(out, n)), GW_ECORRUPT, "a kind");
}


static void
source(void)
{
    size_t         n;
    gw_str_t       key = gw_string("gw_write_1_1_k"), none = gw_null_string;
    gw_source_t    s = { false, key, gw_string("https://a.example "
                                              "https://b.example") }, d;
    unsigned char  mem[GW_SOURCE_MAX];

    n = gw_source_pack(mem, &s);
    is_int(gw_source_unpack(&d, gw_str_make(mem, n)), GW_OK, "a source");
    is_int(gw_source_refuse(&d, key, none), GW_OK, "of a server");
    is_int(gw_source_refuse(&d, key, gw_str_of("https://b.example")), GW_OK,
           "of a page");
    is_int(gw_source_refuse(&d, key, gw_str_of("https://b.exampl")), GW_EFULL,
           "of another");
    is_int(gw_source_refuse(&d, gw_str_of("x"), none), GW_EINVAL, "a key");
    d.gone = true;
    is_int(gw_source_refuse(&d, key, none), GW_EINVAL, "that is gone");
    mem[1] = 255;
    is_int(gw_source_unpack(&d, gw_str_make(mem, n)), GW_ECORRUPT, "a lie");
    is_int(gw_source_unpack(&d, gw_str_make(mem, 1)), GW_ECORRUPT, "a cut");
}


int
main(void)
{
    like_jansson();
    picked();
    judged();
    timed();
    body();
    source();
    return done();
}
