/*
 * Statistics of experiments and of attribution: numbers in, numbers out, by
 * formulas whose source stands beside them. Nothing here draws at random and
 * nothing is remembered, so whoever has the counts can compute a verdict again.
 */
#ifndef STATS_H
#define STATS_H

#include <stddef.h>
#include <stdint.h>

#include "shm/gw_err.h"

#define STATS_ARMS_MAX  20      /* variants of an experiment            */

typedef struct {
    double  low, high;
} stats_interval_t;

/* ---- distributions (special.c) ---- */

/* P(Z <= z), and the z of which that is p, 0 < p < 1. */
double stats_normal(double z);
double stats_normal_quantile(double p);

/* P(X > x) of chi-square of df degrees of freedom. */
double stats_chi_square_tail(double x, double df);

/* P(|T| > |t|) of Student's t, and the t above 0 of which that is p. */
double stats_t_tails(double t, double df);
double stats_t_critical(double p, double df);

/* ---- verdicts of fixed size (test.c) ---- */

/* x of n: Wilson's interval of the share. */
stats_interval_t stats_wilson(double x, double n, double alpha);

typedef struct {
    double            difference;   /* share of b less that of a            */
    double            z, p;         /* pooled, two-sided; 0 and 1 when all
                                       or none of both did it               */
    stats_interval_t  interval;     /* of the difference, Newcombe's        */
} stats_shares_t;

/* xa of na against xb of nb; na, nb > 0. */
stats_shares_t stats_shares(double xa, double na, double xb, double nb,
    double alpha);

/*
 * How many a group needs until a two-sided test of shares a and b finds their
 * difference with that power; a whole number.
 */
double stats_shares_size(double a, double b, double alpha, double power);

typedef struct {
    double  n, mean, variance;      /* of the sample; n > 1                 */
} stats_sample_t;

/* The estimate of a difference b - a, or b / a - 1, and its standard error. */
typedef struct {
    double  difference, se;
    double  n;                      /* of both together                     */
    double  df;                     /* Welch's                              */
} stats_effect_t;

/* GW_EINVAL: it is relative and a's mean is not above 0, or se is 0. */
int stats_effect(const stats_sample_t *a, const stats_sample_t *b,
    int relative, stats_effect_t *e) GW_MUSTCHECK;

/*
 * CUPED: take out of y what a covariate x, known before the start, tells. One
 * theta of both samples; a and b hold y and get what is left of it.
 */
typedef struct {
    double  mean, variance;         /* of x                                 */
    double  covariance;             /* of x with y                          */
} stats_covariate_t;

double stats_cuped(stats_sample_t *a, stats_sample_t *b,
    const stats_covariate_t *xa, const stats_covariate_t *xb);

typedef struct {
    double            t, p;
    stats_interval_t  interval;
} stats_welch_t;

stats_welch_t stats_welch(const stats_effect_t *e, double alpha);

/* Are counts[n] split as weights[n]? p of chi-square; weights are above 0. */
double stats_sample_ratio(const double *counts, const double *weights,
    size_t n, double *chi_square);

/* p[n] adjusted for n of them at once (Holm), in their places. */
void stats_holm(double *p, size_t n);

/* ---- look at any time (sequence.c) ---- */

typedef struct {
    double            rho_squared, e_value, p;
    stats_interval_t  interval;     /* right at all times at once           */
} stats_sequence_t;

/* The sequence is tightest when both samples together have `tightest` units. */
stats_sequence_t stats_sequence(const stats_effect_t *e, double tightest,
    double alpha);

/* ---- Beta-binomial (best.c) ---- */

/*
 * Of n arms with posteriors Beta(a[i], b[i]): the probability that arm i is
 * the best, and how much is lost on average by choosing it, each may be NULL.
 * By quadrature, to about 1e-7. GW_EINVAL: an a or b is not above 0, n is not
 * 1 to STATS_ARMS_MAX, or one arm has some millions of times the units of
 * another; GW_ENOMEM.
 */
int stats_best(const double *a, const double *b, size_t n, double *best,
    double *loss) GW_MUSTCHECK;

/*
 * Shares of the next batch: what Thompson sampling would draw on average, each
 * at least floor.
 */
void stats_thompson(const double *best, size_t n, double floor,
    double *shares);

/* ---- attribution (path.c, markov.c) ---- */

#define STATS_TOUCHES_MAX  1000     /* of a path                            */

typedef struct {
    const unsigned  *channel;       /* of its touches, in order             */
    const double    *days;          /* before its end; NULL: not known      */
    size_t           touches;       /* 1 to STATS_TOUCHES_MAX               */
    double           count;         /* how many went it                     */
    int              converts;
} stats_path_t;

/*
 * Conversions to the credit of each of n_channels, whose sum is that of the
 * converting paths, by a model: first, last, linear, time_decay, position,
 * shapley. `direct` is the channel that last passes over (n_channels: none),
 * half_life counts days. GW_ENOTFOUND: no such model; GW_EINVAL: time_decay
 * without days.
 */
int stats_attribute(const char *model, const stats_path_t *paths, size_t n,
    size_t n_channels, size_t direct, double half_life, double *credit)
    GW_MUSTCHECK;

/*
 * Markov chain of that order (1 to 3): also the probability to convert, and
 * how much of it is gone without each channel. GW_ENOMEM; GW_EBUSY: it would
 * take more than some minutes.
 */
int stats_markov(const stats_path_t *paths, size_t n, size_t n_channels,
    unsigned order, double *base, double *effect, double *credit)
    GW_MUSTCHECK;

/* ---- funnels (funnel.c) ---- */

#define STATS_STEPS_MAX  20

typedef enum {
    STATS_ORDERED,                  /* whatever else happens between        */
    STATS_STRICT,                   /* nothing else happens between         */
    STATS_ANY_ORDER                 /* each step once, in whatever order    */
} stats_mode_t;

typedef struct {
    unsigned      steps;            /* 1 to STATS_STEPS_MAX                 */
    stats_mode_t  mode;
    int64_t       window;           /* from the first step to the last one  */
} stats_funnel_t;

/* How far one person has come; zeroed, it has not begun. */
typedef struct {
    int64_t   since[STATS_STEPS_MAX];   /* by step: when what led here began */
    int64_t   took[STATS_STEPS_MAX];    /* by step: when it was reached first */
    uint32_t  open;                     /* steps whose `since` counts        */
    unsigned  reached;                  /* steps                             */
} stats_walk_t;

/*
 * The next event of a person, in the order of time: steps is a bit for each
 * step that it is (one at most in any order); `ends` is true when it ends what
 * is under way.
 */
void stats_walk(const stats_funnel_t *f, stats_walk_t *w, int64_t at,
    uint32_t steps, int ends);

#endif
