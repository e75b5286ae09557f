/*
 * Which of several shares is the best: posteriors Beta(a, b) on a common grid.
 *
 * In u = ln(x / (1 - x)) the density of a beta is smooth and falls off
 * exponentially at both ends, so the trapezoid rule over all of u is right to
 * the last digits; inside, its error is that of Euler and Maclaurin, whose
 * first term is taken off.
 */
#include "worker/stats/stats.h"

#include <math.h>
#include <stdlib.h>

#define BEST_DROP   45.0            /* e^-45 of the mode is nothing         */
#define BEST_STEPS  16              /* of the narrowest arm's deviation     */
#define BEST_MOST   (1 << 18)       /* points of the grid                   */

typedef struct {
    double   low, step;             /* of u                                 */
    size_t   points;
    double  *density;               /* points, one arm after the other      */
    double  *below;                 /* the same: P(arm < u)                 */
} best_grid_t;


/* ln of the density at u, less what does not depend on u. */
static double
best_ln(double a, double b, double u)
{
    /* a ln x + b ln(1 - x), of whichever does not overflow */
    return u > 0 ? -b * u - (a + b) * log1p(exp(-u))
                 : a * u - (a + b) * log1p(exp(u));
}


/* How far from the mode u0, to the side of sign, the density is nothing. */
static double
best_edge(double a, double b, double u0, int sign)
{
    double  far, top;

    top = best_ln(a, b, u0);
    for (far = 1e-9; best_ln(a, b, u0 + sign * far) > top - BEST_DROP; ) {
        far *= 1.25;
    }

    return u0 + sign * far;
}


static int
best_grid(best_grid_t *g, const double *a, const double *b, size_t n)
{
    size_t  i;
    double  u0, high, deviation;

    g->low = INFINITY;
    g->step = high = -INFINITY;
    g->density = g->below = NULL;

    for (i = 0; i < n; i++) {
        if (!(a[i] > 0 && b[i] > 0 && a[i] < 1e15 && b[i] < 1e15)) {
            return GW_EINVAL;
        }

        u0 = log(a[i] / b[i]);
        g->low = fmin(g->low, best_edge(a[i], b[i], u0, -1));
        high = fmax(high, best_edge(a[i], b[i], u0, 1));
        g->step = fmax(g->step, 1 / a[i] + 1 / b[i] < 1
                                ? a[i] * b[i] / (a[i] + b[i]) : 1);
    }

    deviation = 1 / sqrt(g->step);
    g->step = fmax(deviation / BEST_STEPS, (high - g->low) / BEST_MOST);
    if (g->step > deviation / 2) {
        return GW_EINVAL;
    }

    g->points = (size_t) ((high - g->low) / g->step) + 2;
    g->density = malloc(2 * n * g->points * sizeof(double));
    g->below = g->density + n * g->points;

    return g->density != NULL ? GW_OK : GW_ENOMEM;
}


/* Density and distribution of an arm on the grid, its mass made 1. */
static void
best_arm(best_grid_t *g, double a, double b, double *f, double *below)
{
    size_t  i;
    double  u, top, sum, slope, first;

    top = best_ln(a, b, log(a / b));
    sum = 0;
    first = 0;

    for (i = 0; i < g->points; i++) {
        u = g->low + g->step * (double) i;
        f[i] = exp(best_ln(a, b, u) - top);
        slope = f[i] * (a - (a + b) / (1 + exp(-u)));
        first = i == 0 ? slope : first;
        below[i] = sum + f[i] / 2 - (slope - first) * g->step / 12;
        sum += f[i];
    }

    for (i = 0; i < g->points; i++) {
        f[i] /= sum;
        below[i] = fmin(1, fmax(0, below[i] / sum));
    }
}


int
stats_best(const double *a, const double *b, size_t n, double *best,
    double *loss)
{
    int          rc;
    size_t       i, k, p;
    double       x, top, part, share[STATS_ARMS_MAX] = { 0 };
    best_grid_t  g;

    rc = n > 0 && n <= STATS_ARMS_MAX ? best_grid(&g, a, b, n) : GW_EINVAL;
    if (rc != GW_OK) {
        return rc;
    }

    for (k = 0; k < n; k++) {
        best_arm(&g, a[k], b[k], g.density + k * g.points,
                 g.below + k * g.points);
    }

    top = 0;
    for (p = 0; p < g.points; p++) {
        x = 1 / (1 + exp(-(g.low + g.step * (double) p)));
        for (k = 0; k < n; k++) {
            part = g.density[k * g.points + p];
            for (i = 0; i < n && part > 0; i++) {
                part *= i == k ? 1 : g.below[i * g.points + p];
            }
            share[k] += part;
            top += part * x;
        }
    }

    free(g.density);
    for (k = 0; k < n; k++) {
        if (best != NULL) {
            best[k] = share[k];
        }
        if (loss != NULL) {
            loss[k] = fmax(0, top - a[k] / (a[k] + b[k]));
        }
    }

    return GW_OK;
}


/*
 * An arm is drawn as often as it is the best. (Top-two sampling spends half of
 * all on the second: in the game of t/unit/stats.c that loses half as much
 * again, 136 openings, and finds the best no more often.)
 */
void
stats_thompson(const double *best, size_t n, double floor, double *shares)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        shares[i] = floor + (1 - (double) n * floor) * best[i];
    }
}
