/* Predicates: what a compiled one asks, without a single allocation. */
#include "shm/predicate/predicate.h"

#include "shm/gw_clock.h"
#include "shm/gw_flags.h"
#include "shm/gw_json.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

static const char  contact[] =
    "{\"company\":{\"id\":\"com_1\",\"domain\":\"a.edu\","
    "\"attributes\":{\"seats\":50}},\"id\":\"ct_1\","
    "\"email\":\"ANN@example.com\",\"first_name\":\"\","
    "\"tags\":[\"Vip\"],\"consent\":{\"sms\":\"revoked\"},"
    "\"created_at\":\"2026-01-01T00:00:00Z\",\"attributes\":{\"n\":\"42.0\","
    "\"colours\":[\"red\",7,[\"blue\"]],\"born\":\"1980-02-29\","
    "\"latitude\":52.5,\"longitude\":\"13.4\",\"object\":{\"a\":1},"
    "\"bad\":\"2026-02-30\"}}";

static const char  events[] =
    "[{\"name\":\"buy\",\"at\":\"2026-01-31T00:00:00Z\"},"
    "{\"name\":\"buy\",\"at\":\"2026-01-01T00:00:00Z\","
    "\"properties\":{\"sum\":9}},"
    "{\"name\":\"buy\",\"at\":\"2026-01-31T00:00:00.000001Z\"}]";

static const struct {
    bool         match;
    const char  *text;
} cases[] = {
    { true, "{\"field\":\"email\",\"op\":\"ends_with\","
            "\"value\":\"@EXAMPLE.com\"}" },
    { false, "{\"field\":\"first_name\",\"op\":\"set\"}" },
    { true, "{\"attribute\":\"object\",\"op\":\"set\"}" },
    { true, "{\"attribute\":\"n\",\"op\":\"is\",\"value\":42}" },
    { false, "{\"attribute\":\"n\",\"op\":\"is\",\"value\":\"42\"}" },
    { true, "{\"attribute\":\"colours\",\"op\":\"in\",\"value\":[1,7]}" },
    { false, "{\"attribute\":\"colours\",\"op\":\"is\",\"value\":\"blue\"}" },
    { false, "{\"attribute\":\"none\",\"op\":\"less\",\"value\":1}" },
    { true, "{\"not\":{\"attribute\":\"none\",\"op\":\"less\",\"value\":1}}" },
    { true, "{\"tag\":\"VIP\"}" },
    { true, "{\"consent\":\"email\",\"is\":\"unknown\"}" },
    /* half-open: exactly 30 days ago is out, now is in, later is not yet */
    { false, "{\"field\":\"created_at\",\"op\":\"within_last\","
             "\"value\":\"30d\"}" },
    { true, "{\"field\":\"created_at\",\"op\":\"older_than\","
            "\"value\":\"30d\"}" },
    { true, "{\"event\":\"buy\",\"op\":\"exactly\",\"times\":1,"
            "\"within\":\"30d\"}" },
    { true, "{\"event\":\"buy\",\"op\":\"exactly\",\"times\":2}" },
    { true, "{\"event\":\"buy\",\"where\":[{\"property\":\"sum\","
            "\"op\":\"more\",\"value\":8.5}]}" },
    { true, "{\"attribute\":\"born\",\"op\":\"anniversary\",\"value\":28}" },
    { false, "{\"attribute\":\"born\",\"op\":\"anniversary\",\"value\":29}" },
    { false, "{\"attribute\":\"bad\",\"op\":\"since\","
             "\"value\":\"2000-01-01\"}" },
    { true, "{\"near\":{\"latitude\":52.52,\"longitude\":13.405,"
            "\"kilometres\":3}}" },
    { false, "{\"near\":{\"latitude\":52.52,\"longitude\":13.405,"
             "\"kilometres\":2}}" },
    { true, "{\"bucket\":{\"salt\":\"a\",\"from\":0,\"to\":100}}" },
    { true, "{\"company\":\"domain\",\"op\":\"ends_with\","
            "\"value\":\".EDU\"}" },
    { false, "{\"company\":\"created_at\",\"op\":\"set\"}" },
    { true, "{\"company_attribute\":\"seats\",\"op\":\"at_least\","
            "\"value\":50}" },
    { false, "{\"any\":[]}" }
};


static json_t *
json_of(const char *text)
{
    json_t           *doc;
    gw_json_error_t   err;

    if (gw_json_parse(gw_str_of(text), 0, &doc, &err) != GW_OK) {
        printf("Bail out! %s: %s\n", text, err.message);
        exit(1);
    }

    return doc;
}


/* Flags as the cache has them, and what is not of them. */
static void
flags(const gw_predicate_case_t *c)
{
    size_t               n;
    gw_buf_t             packed, words;
    gw_flags_t          *f;
    unsigned long        before;
    gw_flag_decision_t   d;

    static const char  text[] = "[{\"key\":\"a\",\"enabled\":true,\"salt\":"
        "\"s\",\"fallback\":\"off\",\"variants\":[{\"name\":\"on\","
        "\"value\":\"{\\\"x\\\":1}\",\"weight\":1},{\"name\":\"off\","
        "\"value\":\"0\",\"weight\":0}],\"rules\":[{\"when\":"
        "\"{\\\"attribute\\\":\\\"n\\\",\\\"op\\\":\\\"is\\\","
        "\\\"value\\\":42}\",\"share\":100}]},{\"key\":\"b\",\"salt\":"
        "\"s\",\"fallback\":\"x\",\"variants\":[{\"name\":\"x\","
        "\"value\":\"1\",\"weight\":1}],\"rules\":[]}]";

    gw_buf_init(&packed, 1 << 16);
    gw_buf_init(&words, 1 << 16);
    gw_flags_pack(gw_str_of(text), &packed);
    is_int(gw_flags_compile(gw_buf_view(&packed), &f), GW_OK, "flags");
    ok(gw_flags_find(f, gw_str_of("b")) == &f->flag[1]
       && gw_flags_find(f, gw_str_of("ab")) == NULL, "by their keys");

    before = alloc_count;
    gw_flag_decide(&f->flag[0], false, gw_str_of("u"), c, &d);
    ok(d.reason == GW_FLAG_RULE && d.variant == 0 && alloc_count == before,
       "decided");
    gw_flag_decide(&f->flag[1], false, gw_str_of("u"), c, &d);
    is_int(d.reason, GW_FLAG_OFF, "one that is off");
    gw_flag_why(&f->flag[0], gw_str_of("u"), c, &words);
    ok(!words.failed && words.len > 80, "and why");
    gw_flags_free(f);

    for (n = 0; n < packed.len
         && gw_flags_compile(gw_str_make(packed.data, n), &f) == GW_ECORRUPT;
         n++)
    {
        /* void */
    }
    is_int(n, packed.len, "what is cut is none");
    gw_buf_free(&packed);
    gw_buf_free(&words);
}


int
main(void)
{
    bool                   match;
    json_t                *doc, *who, *did;
    size_t                 i;
    unsigned long          before;
    gw_predicate_t        *p;
    gw_predicate_case_t    c;
    gw_predicate_error_t   err;

    who = json_of(contact);
    did = json_of(events);
    c.contact = who;
    c.events = did;
    is_int(gw_predicate_time(gw_str_of("2026-01-31"), &c.now), GW_OK, "now");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        doc = json_of(cases[i].text);
        if (gw_predicate_compile(doc, &p, &err) != GW_OK) {
            ok(false, "%s: %s", cases[i].text, err.message);
            json_decref(doc);
            continue;
        }
        json_decref(doc);

        before = alloc_count;
        match = gw_predicate_match(p, &c);
        ok(match == cases[i].match && alloc_count == before, "%s",
           cases[i].text);
        gw_predicate_free(p);
    }

    flags(&c);
    json_decref(who);
    json_decref(did);

    return done();
}
