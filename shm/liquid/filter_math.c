/* Filters on numbers. Integers stay integers; text converts. */
#include "shm/liquid/liquid.h"

#include <math.h>

enum { MATH_PLUS, MATH_MINUS, MATH_TIMES };


/* Past int64 the result goes on as a decimal, never wraps. */
static int
lq_math(lq_val_t a, lq_val_t b, int op, lq_val_t *out)
{
    bool         over;
    int64_t      i;
    lq_val_t     p, q;
    long double  x, y;

    p = lq_number(a);
    q = lq_number(b);

    if (p.type == LQ_INT && q.type == LQ_INT) {
        over = op == MATH_PLUS ? __builtin_add_overflow(p.i, q.i, &i)
               : op == MATH_MINUS ? __builtin_sub_overflow(p.i, q.i, &i)
               : __builtin_mul_overflow(p.i, q.i, &i);
        if (!over) {
            *out = lq_int(i);
            return GW_OK;
        }
    }

    x = lq_decimal(p);
    y = lq_decimal(q);
    *out = lq_float((double) (op == MATH_PLUS ? x + y
                              : op == MATH_MINUS ? x - y : x * y));
    return GW_OK;
}


LQ_FILTER(lq_plus) { return lq_math(in, arg[0], MATH_PLUS, out); }
LQ_FILTER(lq_minus) { return lq_math(in, arg[0], MATH_MINUS, out); }
LQ_FILTER(lq_times) { return lq_math(in, arg[0], MATH_TIMES, out); }


LQ_FILTER(lq_divided_by)
{
    int64_t   q;
    lq_val_t  a, b;

    a = lq_number(in);
    b = lq_number(arg[0]);

    if (lq_double(b) == 0) {
        return lq_wrong(run, "divided by 0");
    }

    if (a.type != LQ_INT || b.type != LQ_INT) {
        *out = lq_float((double) (lq_decimal(a) / lq_decimal(b)));
        return GW_OK;
    }

    if (a.i == INT64_MIN && b.i == -1) {
        *out = lq_float(9223372036854775808.0);
        return GW_OK;
    }

    q = a.i / b.i;              /* towards the floor, as Ruby does */
    q -= a.i % b.i != 0 && (a.i < 0) != (b.i < 0);
    *out = lq_int(q);
    return GW_OK;
}


LQ_FILTER(lq_modulo)
{
    int64_t      m;
    lq_val_t     a, b;
    long double  x, y;

    a = lq_number(in);
    b = lq_number(arg[0]);

    if (lq_double(b) == 0) {
        return lq_wrong(run, "divided by 0");
    }

    if (a.type == LQ_INT && b.type == LQ_INT) {
        m = b.i == -1 ? 0 : a.i % b.i;
        m += m != 0 && (m < 0) != (b.i < 0) ? b.i : 0;
        *out = lq_int(m);
        return GW_OK;
    }

    x = lq_decimal(a);
    y = lq_decimal(b);
    *out = lq_float((double) (x - y * floorl(x / y)));
    return GW_OK;
}


LQ_FILTER(lq_abs)
{
    lq_val_t  a;

    a = lq_number(in);
    if (a.type == LQ_INT && a.i < 0) {
        return lq_math(lq_int(0), a, MATH_MINUS, out);
    }

    *out = a.type == LQ_INT ? a : lq_float(fabs(a.d));
    return GW_OK;
}


static int
lq_rounded(lq_val_t in, double (*round_to)(double), lq_val_t *out)
{
    lq_val_t  a;

    a = lq_number(in);
    *out = a.type == LQ_INT ? a : lq_from_double(round_to(a.d));
    return GW_OK;
}


LQ_FILTER(lq_ceil) { return lq_rounded(in, ceil, out); }
LQ_FILTER(lq_floor) { return lq_rounded(in, floor, out); }


LQ_FILTER(lq_round)
{
    int64_t      places;
    lq_val_t     a;
    long double  scale;

    places = n > 0 ? lq_integer(arg[0]) : 0;
    a = lq_number(in);
    if (a.type == LQ_INT || places <= 0 || places > 15) {
        return lq_rounded(in, round, out);
    }

    scale = powl(10, (long double) places);
    *out = lq_float((double) (roundl(lq_decimal(a) * scale) / scale));
    return GW_OK;
}


LQ_FILTER(lq_at_least)
{
    lq_val_t  a, b;

    a = lq_number(in);
    b = lq_number(arg[0]);
    *out = lq_double(a) < lq_double(b) ? b : a;
    return GW_OK;
}


LQ_FILTER(lq_at_most)
{
    lq_val_t  a, b;

    a = lq_number(in);
    b = lq_number(arg[0]);
    *out = lq_double(a) > lq_double(b) ? b : a;
    return GW_OK;
}


const lq_filter_row_t  lq_filters_math[] = {
    { "abs", lq_abs, 0, 0, LQ_SAFE_NOT },
    { "at_least", lq_at_least, 1, 1, LQ_SAFE_NOT },
    { "at_most", lq_at_most, 1, 1, LQ_SAFE_NOT },
    { "ceil", lq_ceil, 0, 0, LQ_SAFE_NOT },
    { "divided_by", lq_divided_by, 1, 1, LQ_SAFE_NOT },
    { "floor", lq_floor, 0, 0, LQ_SAFE_NOT },
    { "minus", lq_minus, 1, 1, LQ_SAFE_NOT },
    { "modulo", lq_modulo, 1, 1, LQ_SAFE_NOT },
    { "plus", lq_plus, 1, 1, LQ_SAFE_NOT },
    { "round", lq_round, 0, 1, LQ_SAFE_NOT },
    { "times", lq_times, 1, 1, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
