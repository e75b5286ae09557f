/*
 * A confidence sequence: an interval that may be looked at as often as one
 * likes. Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, arXiv 2103.06476.
 */
#include "worker/stats/stats.h"

#include <math.h>


stats_sequence_t
stats_sequence(const stats_effect_t *e, double tightest, double alpha)
{
    double            r, t, s2, half, ln_e;
    stats_sequence_t  q;

    r = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / tightest;
    t = e->n * r + 1;
    half = e->se * sqrt(2 * t / (e->n * r) * log(sqrt(t) / alpha));

    s2 = e->difference / e->se * e->n;
    s2 = s2 * s2 / e->n;
    ln_e = r * s2 / (2 * t) - log(t) / 2;

    q.rho_squared = r;
    q.e_value = exp(fmin(ln_e, 700));
    q.p = fmin(1, exp(-ln_e));
    q.interval.low = e->difference - half;
    q.interval.high = e->difference + half;
    return q;
}
