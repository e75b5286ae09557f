/* Experiments played many times by a seeded dice: how often a verdict errs. */
#include "t/unit/tap.h"

#include <math.h>
#include <stdint.h>

#include "worker/stats/stats.h"

#define BATCH  500

static uint64_t  state[4] = { 1, 2, 3, 4 };


static uint64_t
turn(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}


/* xoshiro256** of Blackman and Vigna, as a number from 0 to 1. */
static double
dice(void)
{
    uint64_t  r, t;

    r = turn(state[1] * 5, 7) * 9;
    t = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= t;
    state[3] = turn(state[3], 45);

    return (double) (r >> 11) * 0x1p-53;
}


/* How many of n say yes, each with probability p. */
static double
draw(unsigned n, double p)
{
    double    yes;
    unsigned  i;

    for (i = 0, yes = 0; i < n; i++) {
        yes += dice() < p;
    }

    return yes;
}


static stats_sample_t
sample(double x, double n)
{
    return (stats_sample_t) { n, x / n, x / n * (1 - x / n) };
}


/*
 * A against A, looked at 20 times: the sequence that may be looked at any time,
 * and the z test that may not.
 */
static void
test_same(void)
{
    int               run, look, runs, by_sequence, by_z, s, z;
    double            n, a, b;
    stats_effect_t    e;
    stats_sample_t    sa, sb;
    stats_sequence_t  q;

    runs = 1000;
    by_sequence = by_z = 0;
    for (run = 0; run < runs; run++) {
        n = a = b = 0;
        s = z = 0;
        for (look = 0; look < 20; look++) {
            n += BATCH;
            a += draw(BATCH, .2);
            b += draw(BATCH, .2);
            sa = sample(a, n);
            sb = sample(b, n);
            if (stats_effect(&sa, &sb, 0, &e) != GW_OK) {
                continue;
            }
            q = stats_sequence(&e, 5000, .05);
            s |= q.interval.low > 0 || q.interval.high < 0;
            z |= stats_shares(a, n, b, n, .05).p < .05;
        }
        by_sequence += s;
        by_z += z;
    }

    ok(by_sequence < runs * 5 / 100, "20 looks, %d of %d false winners",
       by_sequence, runs);
    ok(by_z > runs * 20 / 100, "where a z test has %d", by_z);
}


/*
 * The bandit of four: what it costs against an even split of 20 batches, and
 * how often both find the best. Published: 85.7 against 200 openings lost,
 * .948 against .927.
 */
static void
test_bandit(void)
{
    int                 run, runs, batch, found;
    size_t              i, k;
    double              lost, n, a[4], b[4], best[4], share[4];
    static const double rate[] = { .18, .20, .22, .20 };

    runs = 400;
    lost = 0;
    found = 0;
    for (run = 0; run < runs; run++) {
        for (i = 0; i < 4; i++) {
            a[i] = b[i] = 1;
            share[i] = .25;
        }

        for (batch = 0; batch < 20; batch++) {
            for (i = 0; i < 4; i++) {
                n = round(share[i] * BATCH);
                k = (size_t) draw((unsigned) n, rate[i]);
                a[i] += (double) k;
                b[i] += n - (double) k;
                lost += n * (.22 - rate[i]);
            }
            if (stats_best(a, b, 4, best, NULL) != GW_OK) {
                ok(false, "a posterior");
                return;
            }
            stats_thompson(best, 4, .02, share);
        }

        for (i = 0, k = 0; i < 4; i++) {
            k = best[i] > best[k] ? i : k;
        }
        found += k == 2;
    }

    lost /= runs;
    ok(lost < 100, "the bandit loses %.1f openings of the 200", lost);
    ok(found > runs * 90 / 100, "and finds the best %d times of %d", found,
       runs);
}


/* 51 to 49 of 100,000 is found, an even split is left alone. */
static void
test_ratio(void)
{
    int     run, found, wrong;
    double  chi, n[2], even[2] = { 1, 1 };

    found = wrong = 0;
    for (run = 0; run < 200; run++) {
        n[0] = draw(100000, .51);
        n[1] = 100000 - n[0];
        found += stats_sample_ratio(n, even, 2, &chi) < .001;
        n[0] = draw(100000, .5);
        n[1] = 100000 - n[0];
        wrong += stats_sample_ratio(n, even, 2, &chi) < .001;
    }

    ok(found >= 198, "a split of 51 to 49 is found %d times of 200", found);
    ok(wrong <= 2, "an even one %d times", wrong);
}


int
main(void)
{
    test_same();
    test_bandit();
    test_ratio();

    return done();
}
