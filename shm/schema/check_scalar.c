/* Checks of a value by itself: types, constants, numbers, strings. */
#include "shm/schema/check.h"

#include <stdlib.h>

#include "shm/gw_near.h"

#define WORDS_MAX      200      /* bytes of a value that a message shows */
#define WORDS_ALL_MAX  12       /* of an enum that a message lists       */
#define WORDS_LOOK     1000     /* for what is near                      */


/* the value as JSON, cut where it is long */
static const char *
scalar_show(gw_buf_t *b, const json_t *value)
{
    char    *text;
    size_t   n;

    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY
                      | JSON_REAL_PRECISION(15));
    n = text != NULL ? strlen(text) : 0;

    if (n > WORDS_MAX) {
        for (n = WORDS_MAX; n > 0 && (text[n] & 0xc0) == 0x80; n--) {
            /* void */
        }

        gw_buf_put(b, text, n);
        gw_buf_cstr(b, "...");

    } else if (text != NULL) {
        gw_buf_put(b, text, n);
    }

    free(text);
    return gw_buf_c(b);
}


SCHEMA_CHECK(type)
{
    char      want[160], have[40];
    gw_buf_t  w, h;
    unsigned  type;

    type = schema_type(value);

    if (rule->types & type) {
        return true;
    }

    if (!schema_goes_on(run)) {
        return false;
    }

    gw_buf_fixed(&w, want, sizeof(want));
    gw_buf_fixed(&h, have, sizeof(have));
    schema_type_words(&w, rule->types);

    if (json_is_boolean(value)) {
        gw_buf_cstr(&h, json_is_true(value) ? "true" : "false");

    } else {
        schema_type_words(&h, type);
    }

    return schema_fail(run, rule->kw->name, "must be %s, is %s", gw_buf_c(&w),
                       gw_buf_c(&h));
}


SCHEMA_CHECK(const)
{
    char      mem[WORDS_MAX + 8];
    gw_buf_t  b;

    if (schema_equal(value, rule->value)) {
        return true;
    }

    if (!schema_goes_on(run)) {
        return false;
    }

    gw_buf_fixed(&b, mem, sizeof(mem));
    return schema_fail(run, rule->kw->name, "must be %s",
                       scalar_show(&b, rule->value));
}


/* Of many words those that look like it, else as many as there is room for. */
static bool
enum_near(schema_run_t *run, const schema_rule_t *rule,
    const json_t *value)
{
    char       mem[WORDS_MAX + 8];
    size_t     i;
    json_t    *word;
    gw_buf_t   b;
    gw_near_t  near;

    gw_buf_fixed(&b, mem, sizeof(mem));
    gw_near_init(&near, gw_str_make(json_string_value(value),
                                    json_string_length(value)));

    json_array_foreach(rule->value, i, word) {
        if (i < WORDS_LOOK && json_is_string(value) && json_is_string(word)) {
            gw_near_add(&near, gw_str_make(json_string_value(word),
                                           json_string_length(word)));
        }
    }

    if (near.n == 0) {
        return schema_fail(run, rule->kw->name, "must be one of %s",
                           scalar_show(&b, rule->value));
    }

    gw_near_print(&near, &b);

    return schema_fail(run, rule->kw->name, "is none of its %zu words; "
                       "near it: %s", json_array_size(rule->value),
                       gw_buf_c(&b));
}


SCHEMA_CHECK(enum)
{
    char      mem[WORDS_MAX + 8];
    size_t    i;
    gw_buf_t  b;

    for (i = 0; i < json_array_size(rule->value); i++) {
        if (schema_equal(value, json_array_get(rule->value, i))) {
            return true;
        }
    }

    if (!schema_charge(run, i / 8) || !schema_goes_on(run)) {
        return false;
    }

    if (json_array_size(rule->value) > WORDS_ALL_MAX) {
        return enum_near(run, rule, value);
    }

    gw_buf_fixed(&b, mem, sizeof(mem));
    return schema_fail(run, rule->kw->name, "must be one of %s",
                       scalar_show(&b, rule->value));
}


/* the sentence of all four bounds */
static bool
scalar_bound(schema_run_t *run, const schema_rule_t *rule,
    const json_t *value, const char *words, bool valid)
{
    char      want[WORDS_MAX + 8], have[WORDS_MAX + 8];
    gw_buf_t  w, h;

    if (valid || !schema_goes_on(run)) {
        return valid;
    }

    gw_buf_fixed(&w, want, sizeof(want));
    gw_buf_fixed(&h, have, sizeof(have));
    return schema_fail(run, rule->kw->name, "must be %s %s, is %s", words,
                       scalar_show(&w, rule->value), scalar_show(&h, value));
}


SCHEMA_CHECK(minimum)
{
    return scalar_bound(run, rule, value, "at least",
                        schema_compare(value, rule->value) >= 0);
}


SCHEMA_CHECK(maximum)
{
    return scalar_bound(run, rule, value, "at most",
                        schema_compare(value, rule->value) <= 0);
}


SCHEMA_CHECK(exclusive_minimum)
{
    return scalar_bound(run, rule, value, "more than",
                        schema_compare(value, rule->value) > 0);
}


SCHEMA_CHECK(exclusive_maximum)
{
    return scalar_bound(run, rule, value, "less than",
                        schema_compare(value, rule->value) < 0);
}


SCHEMA_CHECK(multiple)
{
    return scalar_bound(run, rule, value, "a multiple of",
                        schema_multiple(value, rule->value));
}


SCHEMA_CHECK(min_length)
{
    uint64_t  n;

    if (rule->least == 0) {
        return true;
    }

    n = schema_length(value);
    if (n >= rule->least) {
        return true;
    }

    if (n == 0) {
        return schema_fail(run, rule->kw->name, "must not be empty");
    }

    return schema_fail(run, rule->kw->name,
                       "must be at least %llu characters, has %llu",
                       (unsigned long long) rule->least,
                       (unsigned long long) n);
}


SCHEMA_CHECK(max_length)
{
    uint64_t  n;

    if (json_string_length(value) <= rule->least) {
        return true;            /* no more characters than bytes */
    }

    n = schema_length(value);
    return n <= rule->least
           || schema_fail(run, rule->kw->name,
                          "must be at most %llu characters, has %llu",
                          (unsigned long long) rule->least,
                          (unsigned long long) n);
}


SCHEMA_CHECK(pattern)
{
    gw_str_t  text = gw_str_make(json_string_value(value),
                                 json_string_length(value));

    return schema_match(run, rule->members->regex, text)
           || schema_fail(run, rule->kw->name, "must match the pattern %.*s",
                          rule->members->name.len > WORDS_MAX ? WORDS_MAX
                          : (int) rule->members->name.len,
                          (char *) rule->members->name.data);
}


SCHEMA_CHECK(format)
{
    gw_str_t  text = gw_str_make(json_string_value(value),
                                 json_string_length(value));

    return rule->format->check(text)
           || schema_fail(run, rule->kw->name, "must be %s",
                          rule->format->words);
}
