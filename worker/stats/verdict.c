/*
 * Is an experiment decided? Four rules, one of which is chosen before it
 * starts; what they looked at is in the answer.
 *
 *   fixed       z tests of the best against each other at the end (Holm)
 *   sequential  confidence sequences of all pairs: at any time
 *   bayesian    the expected loss of the best is below .5 % of it: at any time
 *   bandit      never: each variant gets the next as often as it is likely to
 *               be the best (Thompson), and .02 at least
 *
 * Nothing is decided when the split is not as it was meant, or with fewer than
 * `least` units of a variant; when it is over the rest gets the fall-back.
 */
#include "worker/stats/methods.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VERDICT_ALPHA  .05
#define VERDICT_RATIO  .001         /* a split of less probability is wrong */
#define VERDICT_LOSS   .005         /* of the best share                    */
#define VERDICT_FLOOR  .02          /* of the next, to go on learning       */

typedef struct {
    size_t   n, best;               /* the variant of the highest share     */
    double   units[STATS_ARMS_MAX], count[STATS_ARMS_MAX];
    double   weight[STATS_ARMS_MAX];
    double   planned;               /* units of two variants at the end     */
    int      over;
    json_t  *out;
} verdict_t;

/* Is it decided for v->best? Its numbers go to v->out. */
typedef int (*verdict_pt)(verdict_t *v);


static double
verdict_share(const verdict_t *v, size_t i)
{
    return v->count[i] / v->units[i];
}


static size_t
verdict_pairs(const verdict_t *v)
{
    return v->n * (v->n - 1) / 2;
}


/* All pairs are corrected for, since the data say which is compared. */
static int
verdict_fixed(verdict_t *v)
{
    int      won;
    size_t   i, k, n;
    double   p[STATS_ARMS_MAX * STATS_ARMS_MAX];
    json_t  *list;

    list = json_array();
    for (i = 0, n = 0; i < v->n; i++) {
        for (k = i + 1; k < v->n; k++) {
            p[n++] = stats_shares(v->count[i], v->units[i], v->count[k],
                                  v->units[k], VERDICT_ALPHA).p;
        }
    }

    stats_holm(p, n);
    won = v->over;
    for (i = 0, n = 0; i < v->n; i++) {
        for (k = i + 1; k < v->n; k++, n++) {
            (void) json_array_append_new(list, json_pack("{s:[i, i], s:f}",
                "variants", (int) i, (int) k, "p", p[n]));
            won = won && ((i != v->best && k != v->best)
                          || p[n] < VERDICT_ALPHA);
        }
    }

    (void) json_object_set_new(v->out, "tests", list);
    return won;
}


static int
verdict_sequential(verdict_t *v)
{
    int               won;
    size_t            i;
    double            alpha;
    json_t           *list;
    stats_effect_t    e;
    stats_sample_t    a, b;
    stats_sequence_t  q;

    won = 1;
    list = json_array();
    alpha = VERDICT_ALPHA / (double) verdict_pairs(v);

    for (i = 0; i < v->n; i++) {
        if (i == v->best) {
            continue;
        }

        a.n = v->units[i];
        a.mean = verdict_share(v, i);
        a.variance = a.mean * (1 - a.mean);
        b.n = v->units[v->best];
        b.mean = verdict_share(v, v->best);
        b.variance = b.mean * (1 - b.mean);
        if (stats_effect(&a, &b, 0, &e) != GW_OK) {
            won = 0;
            continue;
        }

        q = stats_sequence(&e, v->planned, alpha);
        won = won && q.interval.low > 0;
        (void) json_array_append_new(list, json_pack("{s:[i, i], s:f, "
            "s:[f, f]}", "variants", (int) i, (int) v->best, "difference",
            e.difference, "interval", q.interval.low, q.interval.high));
    }

    (void) json_object_set_new(v->out, "sequences", list);
    return won;
}


/* What is known of all: v->best is that of the least loss. */
static int
verdict_posterior(verdict_t *v, double *best, double *loss)
{
    size_t   i;
    double   a[STATS_ARMS_MAX] = { 0 }, b[STATS_ARMS_MAX] = { 0 };
    json_t  *list;

    for (i = 0; i < v->n; i++) {
        a[i] = 1 + v->count[i];
        b[i] = 1 + v->units[i] - v->count[i];
    }

    if (stats_best(a, b, v->n, best, loss) != GW_OK) {
        return 0;
    }

    list = json_array();
    for (i = 0, v->best = 0; i < v->n; i++) {
        v->best = loss[i] < loss[v->best] ? i : v->best;
        (void) json_array_append_new(list, json_pack("{s:f, s:f}", "best",
                                     best[i], "loss", loss[i]));
    }

    (void) json_object_set_new(v->out, "posterior", list);
    return 1;
}


static int
verdict_bayesian(verdict_t *v)
{
    double  best[STATS_ARMS_MAX], loss[STATS_ARMS_MAX];

    return verdict_posterior(v, best, loss)
           && loss[v->best] < VERDICT_LOSS * (1 + v->count[v->best])
                              / (2 + v->units[v->best]);
}


static int
verdict_bandit(verdict_t *v)
{
    size_t   i;
    double   best[STATS_ARMS_MAX], loss[STATS_ARMS_MAX],
             shares[STATS_ARMS_MAX];
    json_t  *list;

    if (verdict_posterior(v, best, loss)) {
        list = json_array();
        stats_thompson(best, v->n, VERDICT_FLOOR, shares);
        for (i = 0; i < v->n; i++) {
            (void) json_array_append_new(list, json_real(shares[i]));
        }
        (void) json_object_set_new(v->out, "shares", list);
    }

    return 0;
}


static const struct {
    const char  *name;
    verdict_pt   call;
} verdict_rules[] = {
    { "fixed", verdict_fixed },
    { "sequential", verdict_sequential },
    { "bayesian", verdict_bayesian },
    { "bandit", verdict_bandit }
};


static verdict_pt
verdict_rule(input_t *in)
{
    size_t       i;
    const char  *name;

    name = json_string_value(json_object_get(in->doc, "rule"));
    for (i = 0; i < sizeof(verdict_rules) / sizeof(verdict_rules[0]); i++) {
        if (name != NULL && strcmp(verdict_rules[i].name, name) == 0) {
            return verdict_rules[i].call;
        }
    }

    input_wrong(in, "\"rule\" is one of fixed, sequential, bayesian, bandit");
    return NULL;
}


/* Its arms, into v; how many units the smallest has. */
static double
verdict_arms(input_t *in, verdict_t *v)
{
    size_t         i;
    double         least;
    const json_t  *arms, *o;

    arms = json_object_get(in->doc, "arms");
    v->n = json_array_size(arms);
    if (v->n < 2 || v->n > STATS_ARMS_MAX) {
        input_wrong(in, "\"arms\" is a list of 2 to %d", STATS_ARMS_MAX);
        v->n = 0;
        return 0;
    }

    for (i = 0, least = INFINITY; i < v->n; i++) {
        o = json_array_get(arms, i);
        v->units[i] = input_number(in, o, "arms", "n", 0, 1e12, NAN);
        v->count[i] = input_number(in, o, "arms", "count", 0, v->units[i],
                                   NAN);
        v->weight[i] = input_number(in, o, "arms", "weight", 1e-9, 1e9, 1);
        least = fmin(least, v->units[i]);
        v->best = least > 0 && verdict_share(v, i)
                  > verdict_share(v, v->best) ? i : v->best;
    }

    return least;
}


/* What stands against a verdict now, or NULL. */
static const char *
verdict_against(verdict_t *v, double have, double least, double p,
    char *mem, size_t size)
{
    if (have < least) {
        (void) snprintf(mem, size, "not enough data: the smallest variant "
                        "has %.0f of %.0f", have, least);
        return mem;
    }

    if (p < VERDICT_RATIO) {
        (void) snprintf(mem, size, "the variants are not split as they were "
                        "meant to be (p = %.2g): something is wrong", p);
        return mem;
    }

    return NULL;
}


/*
 * {"rule","arms":[{"n","count","weight"}],"least","planned","over",
 * "fallback"}: {"winner": index or null,"why","by",...}.
 */
json_t *
method_verdict(input_t *in)
{
    int          won;
    char         mem[160];
    double       chi, p, have, least, fallback;
    verdict_t    v;
    verdict_pt   rule;
    const char  *why;

    memset(&v, 0, sizeof(v));
    rule = verdict_rule(in);
    have = verdict_arms(in, &v);
    least = input_number(in, in->doc, NULL, "least", 1, 1e9, 500);
    v.planned = input_number(in, in->doc, NULL, "planned", 1, 1e12,
                             2 * least);
    fallback = input_number(in, in->doc, NULL, "fallback", 0,
                            v.n > 0 ? (double) v.n - 1 : 0, 0);
    v.over = rule != verdict_bandit
             && json_is_true(json_object_get(in->doc, "over"));
    if (in->why[0] != '\0') {
        return NULL;
    }

    p = stats_sample_ratio(v.units, v.weight, v.n, &chi);
    v.out = json_pack("{s:{s:f, s:f}}", "sample_ratio", "chi_square", chi,
                      "p", p);
    why = verdict_against(&v, have, least, p, mem, sizeof(mem));
    won = why == NULL && rule(&v);
    why = why != NULL ? why : won ? "it is better than the others"
          : rule == verdict_bandit
            ? "each gets the next as often as it is likely to be the best"
          : "none is known to be better";

    (void) json_object_set_new(v.out, "winner", won
        ? json_integer((json_int_t) v.best) : v.over
        ? json_integer((json_int_t) fallback) : json_null());
    (void) json_object_set_new(v.out, "by", json_string(won ? "rule" : v.over
                               ? "fallback" : "nobody"));
    (void) json_object_set_new(v.out, "why", json_string(why));
    return v.out;
}
