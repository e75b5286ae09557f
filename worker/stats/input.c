/* What a line of `godwit stats` holds. */
#include "worker/stats/input.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define INPUT_UNITS  1e15


void
input_wrong(input_t *in, const char *fmt, ...)
{
    va_list  args;

    if (in->why[0] == '\0') {
        va_start(args, fmt);
        (void) vsnprintf(in->why, sizeof(in->why), fmt, args);
        va_end(args);
    }
}


double
input_number(input_t *in, const json_t *o, const char *of, const char *name,
    double low, double high, double missing)
{
    double         v;
    const json_t  *j;

    j = json_object_get(o, name);
    if (j == NULL && !isnan(missing)) {
        return missing;
    }

    v = json_is_number(j) ? json_number_value(j) : NAN;
    if (v >= low && v <= high) {
        return v;
    }

    input_wrong(in, "\"%s\"%s%s%s is a number from %.15g to %.15g", name,
                of != NULL ? " of \"" : "", of != NULL ? of : "",
                of != NULL ? "\"" : "", low, high);
    return 0;
}


size_t
input_numbers(input_t *in, const char *name, double low, double high,
    double *out, size_t most)
{
    size_t         i, n;
    const json_t  *j, *v;

    j = json_object_get(in->doc, name);
    n = json_array_size(j);
    if (n == 0 || n > most) {
        input_wrong(in, "\"%s\" is a list of 1 to %zu numbers", name, most);
        return 0;
    }

    for (i = 0; i < n; i++) {
        v = json_array_get(j, i);
        out[i] = json_is_number(v) ? json_number_value(v) : NAN;
        if (!(out[i] >= low && out[i] <= high)) {
            input_wrong(in, "\"%s\" holds numbers from %.15g to %.15g; that "
                        "in place %zu is none", name, low, high, i + 1);
            return 0;
        }
    }

    return n;
}


void
input_share(input_t *in, const json_t *o, const char *of, double *n,
    double *count)
{
    *n = input_number(in, o, of, "n", 1, INPUT_UNITS, NAN);
    *count = input_number(in, o, of, "count", 0, *n, NAN);
}


static double
input_variance(input_t *in, const char *of, double n, double sum,
    double squares)
{
    double  v;

    v = (squares - sum * sum / n) / (n - 1);
    if (v < -1e-9 * squares / n) {
        input_wrong(in, "\"%s\": no %.15g numbers have that sum and sum of "
                    "squares", of, n);
    }

    return fmax(0, v);
}


void
input_sample(input_t *in, const char *name, stats_sample_t *s,
    stats_covariate_t *x, int *has)
{
    double         sum, squares;
    const json_t  *o;

    o = json_object_get(in->doc, name);
    *has = json_object_get(o, "before_sum") != NULL;
    memset(x, 0, sizeof(stats_covariate_t));

    if (json_object_get(o, "count") != NULL) {
        input_share(in, o, name, &s->n, &sum);
        if (s->n < 2) {
            input_wrong(in, "\"n\" of \"%s\" is at least 2", name);
        }
        s->mean = sum / s->n;
        s->variance = s->mean * (1 - s->mean);
        *has = 0;
        return;
    }

    s->n = input_number(in, o, name, "n", 2, INPUT_UNITS, NAN);
    sum = input_number(in, o, name, "sum", -1e100, 1e100, NAN);
    squares = input_number(in, o, name, "sum_squares", 0, 1e200, NAN);
    s->mean = sum / s->n;
    s->variance = input_variance(in, name, s->n, sum, squares);
    if (!*has) {
        return;
    }

    sum = input_number(in, o, name, "before_sum", -1e100, 1e100, NAN);
    squares = input_number(in, o, name, "before_sum_squares", 0, 1e200, NAN);
    x->mean = sum / s->n;
    x->variance = input_variance(in, name, s->n, sum, squares);
    x->covariance = (input_number(in, o, name, "product_sum", -1e200, 1e200,
                                  NAN) - s->n * s->mean * x->mean)
                    / (s->n - 1);
}
