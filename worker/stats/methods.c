/* The methods of `godwit stats`. */
#include "worker/stats/methods.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_assign.h"

#define METHOD_ALPHA  .05
#define METHOD_RATIO  .001      /* a split of less probability is wrong     */


static double
method_alpha(input_t *in)
{
    return input_number(in, in->doc, NULL, "alpha", 1e-12, .5, METHOD_ALPHA);
}


static json_t *
method_interval(stats_interval_t i)
{
    return json_pack("[f, f]", i.low, i.high);
}


static json_t *
method_list(const double *v, size_t n)
{
    size_t   i;
    json_t  *j;

    j = json_array();
    for (i = 0; i < n; i++) {
        (void) json_array_append_new(j, json_real(v[i]));
    }

    return j;
}


/* {"a":{"n","count"},"b","alpha"?}: two shares. */
static json_t *
method_shares(input_t *in)
{
    double          na, xa, nb, xb, alpha;
    stats_shares_t  s;

    input_share(in, json_object_get(in->doc, "a"), "a", &na, &xa);
    input_share(in, json_object_get(in->doc, "b"), "b", &nb, &xb);
    alpha = method_alpha(in);
    if (in->why[0] != '\0') {
        return NULL;
    }

    s = stats_shares(xa, na, xb, nb, alpha);
    return json_pack("{s:f, s:f, s:f, s:o, s:{s:f, s:o}, s:{s:f, s:o}}",
                     "difference", s.difference, "z", s.z, "p", s.p,
                     "interval", method_interval(s.interval),
                     "a", "share", xa / na, "interval",
                     method_interval(stats_wilson(xa, na, alpha)),
                     "b", "share", xb / nb, "interval",
                     method_interval(stats_wilson(xb, nb, alpha)));
}


/* {"a","b","alpha"?,"power"?}: how many a group needs to tell these shares. */
static json_t *
method_size(input_t *in)
{
    double  a, b, alpha, power;

    a = input_number(in, in->doc, NULL, "a", 1e-9, 1 - 1e-9, NAN);
    b = input_number(in, in->doc, NULL, "b", 1e-9, 1 - 1e-9, NAN);
    alpha = method_alpha(in);
    power = input_number(in, in->doc, NULL, "power", .5, 1 - 1e-9, .8);
    if (fabs(a - b) < 1e-9) {
        input_wrong(in, "\"a\" and \"b\" are too near to be told apart");
    }

    return in->why[0] == '\0'
           ? json_pack("{s:f}", "n", stats_shares_size(a, b, alpha, power))
           : NULL;
}


/* The effect of the samples a and b, less what a covariate tells. */
static int
method_effect(input_t *in, stats_effect_t *e, double *theta)
{
    int                ha, hb, relative;
    stats_sample_t     a, b;
    stats_covariate_t  xa, xb;

    *theta = 0;
    input_sample(in, "a", &a, &xa, &ha);
    input_sample(in, "b", &b, &xb, &hb);
    relative = json_is_true(json_object_get(in->doc, "relative"));
    if (ha != hb) {
        input_wrong(in, "only one of \"a\" and \"b\" has a \"before_sum\"");
    }

    if (in->why[0] == '\0' && ha) {
        *theta = stats_cuped(&a, &b, &xa, &xb);
    }

    if (in->why[0] == '\0' && stats_effect(&a, &b, relative, e) != GW_OK) {
        input_wrong(in, relative && a.mean <= 0
                    ? "a relative difference needs a mean of \"a\" above 0"
                    : "nothing varies in \"a\" and \"b\"");
    }

    return in->why[0] == '\0';
}


/* {"a","b","relative"?,"alpha"?}: Welch's t. */
static json_t *
method_means(input_t *in)
{
    double          alpha, theta;
    stats_welch_t   w;
    stats_effect_t  e;

    alpha = method_alpha(in);
    if (!method_effect(in, &e, &theta)) {
        return NULL;
    }

    w = stats_welch(&e, alpha);
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:f}", "difference",
                     e.difference, "se", e.se, "df", e.df, "t", w.t, "p", w.p,
                     "interval", method_interval(w.interval), "theta", theta);
}


/* {"a","b","tightest","relative"?,"alpha"?}: right whenever it is looked at. */
static json_t *
method_sequence(input_t *in)
{
    double            alpha, theta, tightest;
    stats_effect_t    e;
    stats_sequence_t  s;

    alpha = method_alpha(in);
    tightest = input_number(in, in->doc, NULL, "tightest", 1, 1e15, NAN);
    if (!method_effect(in, &e, &theta)) {
        return NULL;
    }

    s = stats_sequence(&e, tightest, alpha);
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:f}", "difference",
                     e.difference, "se", e.se, "rho_squared", s.rho_squared,
                     "e_value", s.e_value, "p", s.p, "interval",
                     method_interval(s.interval), "theta", theta);
}


/* {"counts","weights"}: was it split as it was meant to be? */
static json_t *
method_sample_ratio(input_t *in)
{
    size_t  n;
    double  p, chi, counts[STATS_ARMS_MAX], weights[STATS_ARMS_MAX];

    n = input_numbers(in, "counts", 0, 1e15, counts, STATS_ARMS_MAX);
    if (input_numbers(in, "weights", 1e-9, 1e9, weights, STATS_ARMS_MAX)
        != n)
    {
        input_wrong(in, "\"counts\" and \"weights\" are as many");
    }

    if (in->why[0] != '\0') {
        return NULL;
    }

    p = stats_sample_ratio(counts, weights, n, &chi);
    return json_pack("{s:f, s:f, s:b}", "chi_square", chi, "p", p, "passes",
                     p >= METHOD_RATIO);
}


/* {"p":[...]}: adjusted for so many of them. */
static json_t *
method_holm(input_t *in)
{
    size_t  n;
    double  p[STATS_ARMS_MAX];

    n = input_numbers(in, "p", 0, 1, p, STATS_ARMS_MAX);
    if (n == 0) {
        return NULL;
    }

    stats_holm(p, n);
    return json_pack("{s:o}", "p", method_list(p, n));
}


/* {"arms":[{"n","count"}],"prior"?}: their posteriors, and how many. */
static size_t
method_arms(input_t *in, double *a, double *b, double *least)
{
    size_t         i, n;
    double         units, count, prior[2] = { 1, 1 };
    const json_t  *arms;

    arms = json_object_get(in->doc, "arms");
    n = json_array_size(arms);
    if (n == 0 || n > STATS_ARMS_MAX) {
        input_wrong(in, "\"arms\" is a list of 1 to %d", STATS_ARMS_MAX);
        return 0;
    }

    if (json_object_get(in->doc, "prior") != NULL
        && input_numbers(in, "prior", .1, 1e9, prior, 2) != 2)
    {
        input_wrong(in, "\"prior\" is two numbers");
    }

    *least = INFINITY;
    for (i = 0; i < n; i++) {
        units = input_number(in, json_array_get(arms, i), "arms", "n", 0,
                             1e12, NAN);
        count = input_number(in, json_array_get(arms, i), "arms", "count", 0,
                             units, NAN);
        a[i] = prior[0] + count;
        b[i] = prior[1] + units - count;
        *least = fmin(*least, units);
    }

    return in->why[0] == '\0' ? n : 0;
}


static int
method_posterior(input_t *in, const double *a, const double *b, size_t n,
    double *best, double *loss)
{
    int  rc;

    rc = n > 0 ? stats_best(a, b, n, best, loss) : GW_EINVAL;
    if (rc != GW_OK) {
        input_wrong(in, rc == GW_EINVAL ? "one of \"arms\" has too many more "
                    "units than another" : "out of memory");
    }

    return rc == GW_OK;
}


static json_t *
method_best(input_t *in)
{
    size_t  i, n;
    double  least, a[STATS_ARMS_MAX], b[STATS_ARMS_MAX],
            best[STATS_ARMS_MAX], loss[STATS_ARMS_MAX];

    n = method_arms(in, a, b, &least);
    if (!method_posterior(in, a, b, n, best, loss)) {
        return NULL;
    }

    for (i = 0; i < n; i++) {
        a[i] /= a[i] + b[i];
    }

    return json_pack("{s:o, s:o, s:o}", "means", method_list(a, n), "best",
                     method_list(best, n), "loss", method_list(loss, n));
}


/* {"arms","prior"?,"floor"?,"least"?}: even until each has `least` units. */
static json_t *
method_thompson(input_t *in)
{
    size_t  i, n;
    double  least, floor, enough, a[STATS_ARMS_MAX], b[STATS_ARMS_MAX],
            best[STATS_ARMS_MAX], shares[STATS_ARMS_MAX];

    n = method_arms(in, a, b, &least);
    floor = n > 0 ? input_number(in, in->doc, NULL, "floor", 0,
                                 1 / (double) n, .01) : 0;
    enough = input_number(in, in->doc, NULL, "least", 0, 1e12, 100);
    if (in->why[0] != '\0' || !method_posterior(in, a, b, n, best, NULL)) {
        return NULL;
    }

    stats_thompson(best, n, floor, shares);
    for (i = 0; least < enough && i < n; i++) {
        shares[i] = 1 / (double) n;
    }

    return json_pack("{s:o, s:o}", "best", method_list(best, n), "shares",
                     method_list(shares, n));
}


/* {"salt","unit","hold_out"?,"test"?,"weights"}: who gets what. */
static json_t *
method_assign(input_t *in)
{
    int           v;
    size_t        i, n;
    double        weights[GW_ASSIGN_VARIANTS];
    gw_assign_t   e;
    const char   *salt, *unit;

    salt = json_string_value(json_object_get(in->doc, "salt"));
    unit = json_string_value(json_object_get(in->doc, "unit"));
    if (salt == NULL || unit == NULL) {
        input_wrong(in, "\"salt\" and \"unit\" are texts");
        return NULL;
    }

    e.salt = gw_str_of(salt);
    e.hold_out = (unsigned) input_number(in, in->doc, NULL, "hold_out", 0,
                                         GW_ASSIGN_BUCKETS, 0);
    e.test = (unsigned) input_number(in, in->doc, NULL, "test", 0,
                                     GW_ASSIGN_BUCKETS - e.hold_out,
                                     GW_ASSIGN_BUCKETS - e.hold_out);
    n = input_numbers(in, "weights", 1, GW_ASSIGN_BUCKETS, weights,
                      GW_ASSIGN_VARIANTS);
    for (i = 0; i < n; i++) {
        e.weight[i] = (unsigned) weights[i];
    }
    e.n = (unsigned) n;
    if (in->why[0] != '\0') {
        return NULL;
    }

    v = gw_assign(&e, gw_str_of(unit));
    return json_pack("{s:s, s:o}", "part", v == GW_ASSIGN_HELD ? "hold_out"
                     : v == GW_ASSIGN_REST ? "rest" : "test",
                     "variant", v < 0 ? json_null() : json_integer(v));
}


const method_t  method_rows[] = {
    { "shares", method_shares },
    { "size", method_size },
    { "means", method_means },
    { "sequence", method_sequence },
    { "sample_ratio", method_sample_ratio },
    { "holm", method_holm },
    { "best", method_best },
    { "thompson", method_thompson },
    { "assign", method_assign },
    { "attribution", method_attribution },
    { "verdict", method_verdict },
    { "funnel", method_funnel },
    { NULL, NULL }
};
