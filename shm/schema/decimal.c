/* Numbers as decimals: m times ten to the power of e, m without zeros. */
#include "shm/schema/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned __int128  wide_t;

typedef struct {
    uint64_t  m;
    int       e;
} decimal_t;


static decimal_t
decimal_of_real(double v)
{
    int          digits;
    char         text[40];
    char        *end;
    decimal_t    d = { 0, 0 };
    const char  *p;

    v = fabs(v);

    /* the shortest text that gives this double again */
    for (digits = 15; digits <= 17; digits++) {
        (void) snprintf(text, sizeof(text), "%.*e", digits - 1, v);
        if (strtod(text, NULL) == v) {
            break;
        }
    }

    for (p = text; *p != 'e'; p++) {
        if (*p != '.') {
            d.m = d.m * 10 + (uint64_t) (*p - '0');
            d.e -= p != text;
        }
    }

    d.e += (int) strtol(p + 1, &end, 10);
    return d;
}


static decimal_t
decimal_of(const json_t *value)
{
    decimal_t   d = { 0, 0 };
    json_int_t  i;

    if (json_is_real(value)) {
        d = decimal_of_real(json_real_value(value));

    } else {
        i = json_integer_value(value);
        d.m = i < 0 ? 0 - (uint64_t) i : (uint64_t) i;
    }

    while (d.m != 0 && d.m % 10 == 0) {
        d.m /= 10;
        d.e++;
    }

    return d;
}


bool
schema_multiple(const json_t *value, const json_t *divisor)
{
    int        e;
    wide_t     r, power, base;
    decimal_t  v, d;

    v = decimal_of(value);
    d = decimal_of(divisor);

    if (v.m == 0) {
        return true;
    }

    if (d.m == 0) {
        return false;
    }

    e = v.e - d.e;

    if (e < 0) {
        /* v.m has no zero at its end, so it holds no such power of ten */
        return false;
    }

    /* v.m times ten to the power of e, modulo d.m < 2^64 */
    r = v.m % d.m;
    base = 10 % d.m;

    for (power = (wide_t) e; power > 0; power >>= 1) {
        if (power & 1) {
            r = r * base % d.m;
        }

        base = base * base % d.m;
    }

    return r == 0;
}
