/* Verdicts of a fixed size: shares, means, sample ratio, many at once. */
#include "worker/stats/stats.h"

#include <math.h>


stats_interval_t
stats_wilson(double x, double n, double alpha)
{
    double            z, z2, mid, half;
    stats_interval_t  i;

    /* E. B. Wilson, JASA 22 (1927) 209 */
    z = stats_normal_quantile(1 - alpha / 2);
    z2 = z * z;
    mid = (x + z2 / 2) / (n + z2);
    half = z / (n + z2) * sqrt(x * (n - x) / n + z2 / 4);
    i.low = x > 0 ? mid - half : 0;
    i.high = x < n ? mid + half : 1;
    return i;
}


stats_shares_t
stats_shares(double xa, double na, double xb, double nb, double alpha)
{
    double            pa, pb, pool, se;
    stats_shares_t    s;
    stats_interval_t  a, b;

    pa = xa / na;
    pb = xb / nb;
    pool = (xa + xb) / (na + nb);
    se = sqrt(pool * (1 - pool) * (1 / na + 1 / nb));
    s.difference = pb - pa;

    /* of a against b, as statsmodels' proportions_ztest has the sign */
    s.z = se > 0 ? (pa - pb) / se : 0;
    s.p = erfc(fabs(s.z) * M_SQRT1_2);

    /* R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10 */
    a = stats_wilson(xa, na, alpha);
    b = stats_wilson(xb, nb, alpha);
    s.interval.low = s.difference - hypot(pb - b.low, a.high - pa);
    s.interval.high = s.difference + hypot(b.high - pb, pa - a.low);
    return s;
}


double
stats_shares_size(double a, double b, double alpha, double power)
{
    double  za, zb, mid, root;

    /* J. L. Fleiss, Statistical Methods for Rates and Proportions, 4.14 */
    za = stats_normal_quantile(1 - alpha / 2);
    zb = stats_normal_quantile(power);
    mid = (a + b) / 2;
    root = za * sqrt(2 * mid * (1 - mid))
           + zb * sqrt(a * (1 - a) + b * (1 - b));
    return ceil(root * root / ((a - b) * (a - b)));
}


int
stats_effect(const stats_sample_t *a, const stats_sample_t *b, int relative,
    stats_effect_t *e)
{
    double  va, vb;

    if (relative && a->mean <= 0) {
        return GW_EINVAL;
    }

    va = a->variance / a->n;
    vb = b->variance / b->n;
    e->n = a->n + b->n;
    e->df = (va + vb) * (va + vb) / (va * va / (a->n - 1)
                                     + vb * vb / (b->n - 1));
    e->difference = b->mean - a->mean;
    e->se = sqrt(va + vb);

    if (relative) {
        /* delta method */
        e->difference = b->mean / a->mean - 1;
        e->se = sqrt(va * b->mean * b->mean / a->mean / a->mean + vb)
                / a->mean;
    }

    return e->se > 0 ? GW_OK : GW_EINVAL;
}


double
stats_cuped(stats_sample_t *a, stats_sample_t *b, const stats_covariate_t *xa,
    const stats_covariate_t *xb)
{
    double  theta, all, x, sxx, sxy;

    /* Deng, Xu, Kohavi, Walker, WSDM 2013: theta = cov(x, y) / var(x) */
    sxx = xa->variance * (a->n - 1) + xb->variance * (b->n - 1);
    sxy = xa->covariance * (a->n - 1) + xb->covariance * (b->n - 1);
    if (sxx <= 0) {
        return 0;
    }

    theta = sxy / sxx;
    all = a->n + b->n;
    x = (xa->mean * a->n + xb->mean * b->n) / all;

    a->mean -= theta * (xa->mean - x);
    b->mean -= theta * (xb->mean - x);
    a->variance += theta * theta * xa->variance - 2 * theta * xa->covariance;
    b->variance += theta * theta * xb->variance - 2 * theta * xb->covariance;
    return theta;
}


stats_welch_t
stats_welch(const stats_effect_t *e, double alpha)
{
    double         half;
    stats_welch_t  w;

    w.t = e->difference / e->se;
    w.p = stats_t_tails(w.t, e->df);
    half = stats_t_critical(alpha, e->df) * e->se;
    w.interval.low = e->difference - half;
    w.interval.high = e->difference + half;
    return w;
}


double
stats_sample_ratio(const double *counts, const double *weights, size_t n,
    double *chi_square)
{
    size_t  i;
    double  all, weight, want;

    all = weight = *chi_square = 0;
    for (i = 0; i < n; i++) {
        all += counts[i];
        weight += weights[i];
    }

    for (i = 0; all > 0 && i < n; i++) {
        want = all * weights[i] / weight;
        *chi_square += (counts[i] - want) * (counts[i] - want) / want;
    }

    return n > 1 ? stats_chi_square_tail(*chi_square, (double) n - 1) : 1;
}


void
stats_holm(double *p, size_t n)
{
    int     done[STATS_ARMS_MAX * STATS_ARMS_MAX] = { 0 };
    size_t  i, k, least;
    double  floor;

    /* S. Holm, Scandinavian Journal of Statistics 6 (1979) 65 */
    floor = 0;
    for (k = 0; k < n; k++) {
        least = n;
        for (i = 0; i < n; i++) {
            if (!done[i] && (least == n || p[i] < p[least])) {
                least = i;
            }
        }

        done[least] = 1;
        floor = fmax(floor, fmin(1, p[least] * (double) (n - k)));
        p[least] = floor;
    }
}
