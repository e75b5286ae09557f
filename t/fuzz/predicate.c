/*
 * A predicate, a NUL, a contact with its events: the predicate is refused in a
 * sentence, or has an English and an answer that its conditions explain.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "shm/gw_json.h"
#include "shm/predicate/predicate.h"


static void
ask(const gw_predicate_t *p, const json_t *doc)
{
    bool                  match;
    json_t               *why;
    gw_buf_t              english;
    gw_predicate_case_t   c;

    c.contact = doc;
    c.events = json_object_get(doc, "events");
    c.now = 1769817600000000;
    match = gw_predicate_match(p, &c);

    why = gw_predicate_why(p, &c);
    must(why != NULL);
    must(json_array_size(why) != 1 || json_object_get(
             json_array_get(why, 0), "match") == json_boolean(match)
         || *json_string_value(json_object_get(json_array_get(why, 0),
                                               "pointer")) != '\0');
    json_decref(why);

    gw_buf_init(&english, GW_PREDICATE_ENGLISH);
    gw_predicate_english(p, &english);
    must(english.len > 0 && !english.failed
         && gw_utf8_valid(gw_buf_view(&english)));
    gw_buf_free(&english);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                    rc;
    json_t                *doc, *who;
    const uint8_t         *cut;
    gw_predicate_t        *p;
    gw_json_error_t        wrong;
    gw_predicate_error_t   err;

    cut = n > 0 ? memchr(data, '\0', n) : NULL;
    if (cut == NULL || gw_json_parse(gw_str_make(data, cut - data), 0, &doc,
                                     &wrong) != GW_OK)
    {
        return 0;
    }

    rc = gw_predicate_compile(doc, &p, &err);
    json_decref(doc);

    if (rc != GW_OK) {
        must(rc == GW_EINVAL && err.message[0] != '\0');
        must(gw_utf8_valid(gw_str_of(err.message)));
        must(err.pointer[0] == '\0' || err.pointer[0] == '/');
        return 0;
    }

    cut++;
    n -= (size_t) (cut - data);
    if (gw_json_parse(gw_str_make(cut, n), 0, &who, &wrong) == GW_OK) {
        ask(p, who);
        json_decref(who);
    }

    gw_predicate_free(p);
    return 0;
}
