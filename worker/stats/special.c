/*
 * Distributions: normal, beta, chi-square, Student's t. Numbers of equations
 * are those of the Digital Library of Mathematical Functions (dlmf.nist.gov).
 */
#include "worker/stats/stats.h"

#include <float.h>
#include <math.h>

#define SPECIAL_TERMS  20000        /* of a fraction or series              */
#define SPECIAL_TINY   1e-300


double
stats_normal(double z)
{
    return .5 * erfc(-z * M_SQRT1_2);
}


/*
 * The x in [low, high] at which the rising f(x, arg) is p: halved until two
 * neighbours are left. Slow, and right to the last digits that f has.
 */
static double
special_solve(double (*f)(double x, double arg), double arg, double p,
    double low, double high)
{
    int     i;
    double  x;

    x = low;
    for (i = 0; i < 200; i++) {
        x = low + (high - low) / 2;
        if (x <= low || x >= high) {
            break;
        }

        if (f(x, arg) < p) {
            low = x;
        } else {
            high = x;
        }
    }

    return x;
}


static double
special_normal(double z, double arg)
{
    return stats_normal(z);
}


double
stats_normal_quantile(double p)
{
    /* the lower tail has all of its digits, the upper one only those of 1-p */
    return p > .5 ? -special_solve(special_normal, 0, 1 - p, -40, 0)
                  : special_solve(special_normal, 0, p, -40, 0);
}


static double
special_away(double v)
{
    return fabs(v) < SPECIAL_TINY ? SPECIAL_TINY : v;
}


static double
special_gamma_ln(double x)
{
    int  sign;

    return lgamma_r(x, &sign);
}


/* What Stirling's formula leaves of ln gamma(x), x large (5.11.1). */
static double
special_stirling(double x)
{
    return (1. / 12 - (1. / 360 - 1. / 1260 / (x * x)) / (x * x)) / x;
}


/* ln B(a, b); the difference of the gammas of large numbers has no digits. */
static double
special_beta_ln(double a, double b)
{
    double  t;

    if (a < b) {
        t = a;
        a = b;
        b = t;
    }

    return special_gamma_ln(b)
           + (a < 100 ? special_gamma_ln(a) - special_gamma_ln(a + b)
              : b - (a - .5) * log1p(b / a) - b * log(a + b)
                + special_stirling(a) - special_stirling(a + b));
}


/*
 * The continued fraction 8.17.22 of the incomplete beta function, by Lentz's
 * method: good for x < (a + 1) / (a + b + 2).
 */
static double
special_beta_fraction(double a, double b, double x)
{
    int     m;
    double  c, d, f, t;

    c = 1;
    d = 1 / special_away(1 - (a + b) * x / (a + 1));
    f = d;

    for (m = 1; m < SPECIAL_TERMS; m++) {
        t = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / special_away(1 + t * d);
        c = special_away(1 + t / c);
        f *= c * d;

        t = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / special_away(1 + t * d);
        c = special_away(1 + t / c);
        f *= c * d;

        if (fabs(c * d - 1) < DBL_EPSILON) {
            break;
        }
    }

    return f;
}


/* P(X <= x) of Beta(a, b), with y = 1 - x, of which one has all its digits. */
static double
special_beta(double a, double b, double x, double y)
{
    double  front;

    if (x <= 0 || y <= 0) {
        return x > 0;
    }

    front = exp(a * (x < y ? log(x) : log1p(-y))
                + b * (x < y ? log1p(-x) : log(y)) - special_beta_ln(a, b));

    return x < (a + 1) / (a + b + 2)
           ? front * special_beta_fraction(a, b, x) / a
           : 1 - front * special_beta_fraction(b, a, y) / b;
}


/* Q(a, x): 1 less the series 8.7.1, or the fraction 8.9.2 where x is large. */
static double
special_gamma_tail(double a, double x)
{
    int     i;
    double  front, sum, term, b, c, d, t;

    front = exp(a * log(x) - x - special_gamma_ln(a));

    if (x < a + 1) {
        sum = term = 1 / a;
        for (i = 1; i < SPECIAL_TERMS && term > sum * DBL_EPSILON; i++) {
            term *= x / (a + i);
            sum += term;
        }
        return 1 - front * sum;
    }

    b = x + 1 - a;
    c = 1 / SPECIAL_TINY;
    d = sum = 1 / b;
    for (i = 1; i < SPECIAL_TERMS; i++) {
        t = -i * (i - a);
        b += 2;
        d = 1 / (b + t * d);
        c = b + t / c;
        sum *= c * d;
        if (fabs(c * d - 1) < DBL_EPSILON) {
            break;
        }
    }

    return front * sum;
}


double
stats_chi_square_tail(double x, double df)
{
    return x <= 0 ? 1 : special_gamma_tail(df / 2, x / 2);
}


double
stats_t_tails(double t, double df)
{
    return special_beta(df / 2, .5, df / (df + t * t), t * t / (df + t * t));
}


/* x is 1 / t, which rises as the tails do. */
static double
special_t(double x, double df)
{
    return stats_t_tails(1 / x, df);
}


double
stats_t_critical(double p, double df)
{
    return 1 / special_solve(special_t, df, p, 1e-9, 1e9);
}
