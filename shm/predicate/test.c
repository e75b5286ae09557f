/* Operators of predicates on a JSON value, and how values are read. */
#include "shm/predicate/node.h"

#include <math.h>
#include <stdlib.h>

#define TEST_SMALL  1e-300
#define TEST_GREAT  1e300


bool
predicate_text(const json_t *v, gw_str_t *text)
{
    if (!json_is_string(v)) {
        return false;
    }

    *text = gw_str_make(json_string_value(v), json_string_length(v));
    return true;
}


/* ^-?[0-9]{1,15}(\.[0-9]{1,9})?$ */
static bool
test_is_decimal(gw_str_t s)
{
    size_t  i, from, n;

    i = s.len > 0 && s.data[0] == '-';
    from = i;
    while (i < s.len && s.data[i] >= '0' && s.data[i] <= '9') {
        i++;
    }

    if (i == from || i - from > 15) {
        return false;
    }

    if (i < s.len && s.data[i] == '.') {
        for (n = 0, i++; i < s.len && s.data[i] >= '0' && s.data[i] <= '9';
             i++)
        {
            n++;
        }
        if (n == 0 || n > 9) {
            return false;
        }
    }

    return i == s.len;
}


bool
predicate_number(const json_t *v, double *number)
{
    gw_str_t  s;

    if (json_is_number(v)) {
        *number = json_number_value(v);

    } else if (predicate_text(v, &s) && test_is_decimal(s)) {
        *number = strtod((char *) s.data, NULL);

    } else {
        return false;
    }

    return *number == 0
           || (fabs(*number) >= TEST_SMALL && fabs(*number) <= TEST_GREAT);
}


bool
predicate_when(const json_t *v, int64_t *us)
{
    gw_str_t  s;

    return predicate_text(v, &s) && gw_predicate_time(s, us) == GW_OK;
}


static unsigned char
test_fold(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}


/* Does b stand in a at this place? */
static bool
test_stands(gw_str_t a, size_t at, gw_str_t b)
{
    size_t  i;

    if (at > a.len || b.len > a.len - at) {
        return false;
    }

    for (i = 0; i < b.len; i++) {
        if (test_fold(a.data[at + i]) != test_fold(b.data[i])) {
            return false;
        }
    }

    return true;
}


bool
predicate_same(gw_str_t a, gw_str_t b)
{
    return a.len == b.len && test_stands(a, 0, b);
}


static bool
test_contains(gw_str_t a, gw_str_t b)
{
    size_t  at;

    for (at = 0; at + b.len <= a.len; at++) {
        if (test_stands(a, at, b)) {
            return true;
        }
    }

    return false;
}


/* Is v equal to this scalar of the predicate? */
static bool
test_is(const json_t *want, const json_t *v)
{
    double    a, b;
    gw_str_t  s, t;

    if (predicate_text(want, &s)) {
        return predicate_text(v, &t) && predicate_same(s, t);
    }

    if (json_is_number(want)) {
        return predicate_number(want, &a) && predicate_number(v, &b) && a == b;
    }

    return json_is_boolean(v) && json_is_true(v) == json_is_true(want);
}


static bool
test_on_text(const predicate_test_t *t, const json_t *v)
{
    gw_str_t  s, want;

    if (!predicate_text(v, &s) || !predicate_text(t->value, &want)) {
        return false;
    }

    switch (t->verb->op) {
    case PREDICATE_CONTAINS:
        return test_contains(s, want);
    case PREDICATE_STARTS:
        return test_stands(s, 0, want);
    default:
        return s.len >= want.len && test_stands(s, s.len - want.len, want);
    }
}


static bool
test_on_number(const predicate_test_t *t, const json_t *v)
{
    double  n;

    if (!predicate_number(v, &n)) {
        return false;
    }

    switch (t->verb->op) {
    case PREDICATE_LESS:
        return n < t->number;
    case PREDICATE_AT_MOST:
        return n <= t->number;
    case PREDICATE_MORE:
        return n > t->number;
    default:
        return n >= t->number;
    }
}


static bool
test_on_time(const predicate_test_t *t, const json_t *v, int64_t now)
{
    int64_t  at;

    if (!predicate_when(v, &at)) {
        return false;
    }

    switch (t->verb->op) {
    case PREDICATE_BEFORE:
        return at < t->time;
    case PREDICATE_SINCE:
        return at >= t->time;
    case PREDICATE_WITHIN_LAST:
        return at > now - t->time && at <= now;
    case PREDICATE_OLDER_THAN:
        return at <= now - t->time;
    case PREDICATE_WITHIN_NEXT:
        return at > now && at <= now + t->time;
    default:
        return predicate_anniversary(at, now, t->time);
    }
}


/* A value that is no array. */
static bool
test_one(const predicate_test_t *t, const json_t *v, int64_t now)
{
    size_t   i;
    json_t  *item;

    switch (t->verb->takes) {
    case PREDICATE_NOTHING:
    case PREDICATE_SCALAR:
        return test_is(t->value, v);
    case PREDICATE_SCALARS:
        json_array_foreach(t->value, i, item) {
            if (test_is(item, v)) {
                return true;
            }
        }
        return false;
    case PREDICATE_TEXT:
        return test_on_text(t, v);
    case PREDICATE_NUMBER:
        return test_on_number(t, v);
    case PREDICATE_TIME:
    case PREDICATE_SPAN:
    case PREDICATE_DAYS:
        break;
    }

    return test_on_time(t, v, now);
}


bool
predicate_test(const predicate_test_t *t, const json_t *v, int64_t now)
{
    size_t   i;
    json_t  *item;

    if (v == NULL || json_is_null(v)) {
        return false;
    }

    if (t->verb->op == PREDICATE_SET) {
        return !(json_is_string(v) && json_string_length(v) == 0)
               && !(json_is_array(v) && json_array_size(v) == 0);
    }

    if (!json_is_array(v)) {
        return test_one(t, v, now);
    }

    json_array_foreach(v, i, item) {
        if (test_one(t, item, now)) {
            return true;
        }
    }

    return false;
}
