/* Liquid's values: what they are, truth, numbers. */
#include "shm/liquid/liquid.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>


lq_val_t
lq_str(gw_str_t s)
{
    lq_val_t  v = { .type = LQ_STR };

    v.s = s;
    return v;
}


lq_val_t
lq_int(int64_t i)
{
    lq_val_t  v = { .type = LQ_INT };

    v.i = i;
    return v;
}


lq_val_t
lq_float(double d)
{
    lq_val_t  v = { .type = LQ_FLOAT };

    v.d = d;
    return v;
}


lq_val_t
lq_from_json(const json_t *j)
{
    lq_val_t  v = { .type = LQ_NIL };

    switch (j == NULL ? JSON_NULL : json_typeof(j)) {
    case JSON_TRUE:
    case JSON_FALSE:
        v.type = LQ_BOOL;
        v.b = json_is_true(j);
        return v;
    case JSON_INTEGER:
        return lq_int(json_integer_value(j));
    case JSON_REAL:
        return lq_float(json_real_value(j));
    case JSON_STRING:
        return lq_str(gw_str_make(json_string_value(j),
                                  json_string_length(j)));
    case JSON_ARRAY:
    case JSON_OBJECT:
        v.type = LQ_JSON;
        v.j = j;
        return v;
    default:
        return v;
    }
}


bool
lq_truthy(lq_val_t v)
{
    return v.type != LQ_NIL && !(v.type == LQ_BOOL && !v.b);
}


/* "12.5" whole is a decimal; else the digits at the start are an integer. */
static lq_val_t
lq_text_number(gw_str_t s)
{
    char       text[64];
    size_t     n, point;
    long long  i;

    lq_skip(&s);
    while (s.len > 0 && lq_blank(s.data[s.len - 1])) {
        s.len--;
    }

    n = s.len > 0 && (*s.data == '-' || *s.data == '+');
    while (n < s.len && isdigit(s.data[n])) {
        n++;
    }

    point = n;
    if (n + 1 < s.len && s.data[n] == '.' && isdigit(s.data[n + 1])
        && n > 0 && isdigit(s.data[n - 1]) && *s.data != '+')
    {
        for (n++; n < s.len && isdigit(s.data[n]); n++) { /* void */ }
    }

    n = n == s.len ? n : point;
    if (n == 0 || n >= sizeof(text)) {
        return lq_int(0);
    }

    memcpy(text, s.data, n);
    text[n] = '\0';
    if (n == point
        && gw_str_int(gw_str_make(text + (*text == '+'), n - (*text == '+')),
                      INT64_MIN, INT64_MAX, &i) == GW_OK)
    {
        return lq_int(i);
    }

    return lq_float(strtod(text, NULL));    /* past int64 too */
}


lq_val_t
lq_number(lq_val_t v)
{
    if (v.type == LQ_INT || v.type == LQ_FLOAT) {
        return v;
    }

    return v.type == LQ_STR ? lq_text_number(v.s) : lq_int(0);
}


double
lq_double(lq_val_t v)
{
    v = lq_number(v);
    return v.type == LQ_INT ? (double) v.i : v.d;
}


long double
lq_decimal(lq_val_t v)
{
    char  text[32];

    v = lq_number(v);
    if (v.type == LQ_INT) {
        return (long double) v.i;
    }

    if (!isfinite(v.d)) {
        return (long double) v.d;
    }

    lq_shortest(v.d, text);
    return strtold(text, NULL);
}


int64_t
lq_integer(lq_val_t v)
{
    v = lq_number(v);
    v = v.type == LQ_FLOAT ? lq_from_double(trunc(v.d)) : v;
    return v.type == LQ_INT ? v.i : 0;
}


lq_val_t
lq_from_double(double d)
{
    /* the first double past int64 is 2^63 */
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0
           ? lq_int((int64_t) d) : lq_float(d);
}


bool
lq_whole(lq_val_t v, int64_t *out)
{
    long long  n;

    if (v.type == LQ_INT) {
        *out = v.i;
        return true;
    }

    if (v.type != LQ_STR) {
        return false;
    }

    lq_skip(&v.s);
    while (v.s.len > 0 && lq_blank(v.s.data[v.s.len - 1])) {
        v.s.len--;
    }

    if (v.s.len == 0 || gw_str_int(v.s, INT64_MIN, INT64_MAX, &n) != GW_OK) {
        return false;
    }

    *out = n;
    return true;
}


int64_t
lq_characters(gw_str_t s)
{
    size_t   i;
    int64_t  n;

    n = 0;
    for (i = 0; i < s.len; i++) {
        n += (s.data[i] & 0xc0) != 0x80;
    }

    return n;
}


size_t
lq_prefix(gw_str_t s, int64_t n)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] & 0xc0) != 0x80 && n-- <= 0) {
            break;
        }
    }

    return i;
}
