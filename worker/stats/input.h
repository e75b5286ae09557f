/* What a line of `godwit stats` holds; the first thing wrong is remembered. */
#ifndef STATS_INPUT_H
#define STATS_INPUT_H

#include <jansson.h>

#include "worker/stats/stats.h"

typedef struct {
    json_t  *doc;
    char     why[200];              /* "": nothing is wrong so far          */
} input_t;

void input_wrong(input_t *in, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The number o.name from low to high; `missing` when it is not there, NAN: it
 * must be. `of` names o in the sentence: `"n" of "a"`. 0 when it is wrong.
 */
double input_number(input_t *in, const json_t *o, const char *of,
    const char *name, double low, double high, double missing);

/*
 * The numbers of doc.name, 1 to most of them, into out: how many; 0 when they
 * are wrong.
 */
size_t input_numbers(input_t *in, const char *name, double low, double high,
    double *out, size_t most);

/* {"n","count"}: o, which `of` names. */
void input_share(input_t *in, const json_t *o, const char *of, double *n,
    double *count);

/*
 * doc.name as a sample: {"n","count"}, or {"n","sum","sum_squares"} and then
 * maybe {"before_sum","before_sum_squares","product_sum"} of a covariate x:
 * *has says whether.
 */
void input_sample(input_t *in, const char *name, stats_sample_t *s,
    stats_covariate_t *x, int *has);

#endif
