/* What the keys of an attribution get of its paths, by each model. */
#include "worker/analytics/paths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATHS_MARKOV  500       /* keys that Markov's chain can have         */
#define PATHS_ENOUGH  30        /* conversions until an interval is shown    */
#define PATHS_NORMAL  1.959963984540054

static const char *const  paths_models[PATHS_MODELS] = {
    "first", "last", "linear", "time_decay", "position", "shapley", "markov"
};

enum { PATHS_CHAIN = PATHS_MODELS - 1 };


/* A path by itself, so that what each key got of each conversion is known. */
static int
paths_one(paths_t *a, const path_t *path, double half_life, unsigned *place)
{
    int           rc, m;
    size_t        i, n;
    double        got, credit[STATS_TOUCHES_MAX];
    unsigned      key, channel[STATS_TOUCHES_MAX], of[STATS_TOUCHES_MAX];
    paths_key_t  *k;
    stats_path_t  p = { channel, a->days + path->first, path->n, 1, 1 };

    for (i = 0, n = 0; i < path->n; i++) {
        key = a->touch[path->first + i];
        if (place[key] >= n || of[place[key]] != key) {
            place[key] = (unsigned) n;
            of[n++] = key;
            a->key[key].n++;
        }
        channel[i] = place[key];
        a->key[key].touches++;
    }

    for (m = 0, rc = GW_OK; rc == GW_OK && m < PATHS_CHAIN; m++) {
        rc = stats_attribute(paths_models[m], &p, 1, n, n, half_life, credit);
        for (i = 0; rc == GW_OK && i < n; i++) {
            k = &a->key[of[i]];
            got = credit[i] * path->value;
            k->credit[m] += credit[i];
            k->revenue[m] += got;
            k->squares[m] += got * got;
        }
    }

    return rc;
}


/* All paths at once; a key without a touch is no state of the chain. */
static int
paths_chain(paths_t *a, unsigned order, unsigned *place)
{
    int            rc;
    size_t         i, n;
    double         credit[PATHS_MARKOV], effect[PATHS_MARKOV], all, worth;
    unsigned       key, of[PATHS_MARKOV], *channel;
    stats_path_t  *p;

    p = calloc(a->n_paths, sizeof(stats_path_t));
    channel = calloc(a->n_touches, sizeof(unsigned));
    rc = p != NULL && channel != NULL ? GW_OK : GW_ENOMEM;

    for (i = 0, n = 0; rc == GW_OK && i < a->n_touches; i++) {
        key = a->touch[i];
        if (place[key] >= n || of[place[key]] != key) {
            if (n == PATHS_MARKOV) {
                rc = GW_EFULL;
                break;
            }
            place[key] = (unsigned) n;
            of[n++] = key;
        }
        channel[i] = place[key];
    }

    for (i = 0, all = 0, worth = 0; rc == GW_OK && i < a->n_paths; i++) {
        p[i] = (stats_path_t) { channel + a->path[i].first, NULL,
                                a->path[i].n, 1, a->path[i].converts };
        all += a->path[i].converts;
        worth += a->path[i].value;
    }

    rc = rc == GW_OK ? stats_markov(p, a->n_paths, n, order, &a->base, effect,
                                    credit) : rc;
    for (i = 0; rc == GW_OK && i < n; i++) {
        a->key[of[i]].effect = effect[i];
        a->key[of[i]].credit[PATHS_CHAIN] = credit[i];
        a->key[of[i]].revenue[PATHS_CHAIN] = all > 0 ? worth * credit[i] / all
                                                     : 0;
    }

    free(p);
    free(channel);
    return rc;
}


job_end_e
paths_credit(paths_t *a, job_t *job, const json_t *about)
{
    int        rc;
    size_t     i;
    double     half_life;
    unsigned  *place, order;
    job_end_e  end;

    if (a->n_paths == 0) {
        return JOB_GO;
    }

    half_life = json_number_value(json_object_get(about, "half_life"));
    order = (unsigned) json_integer_value(json_object_get(about, "order"));
    place = calloc(a->n_keys, sizeof(unsigned));
    rc = place != NULL ? GW_OK : GW_ENOMEM;

    for (i = 0; rc == GW_OK && i < a->n_paths; i++) {
        rc = a->path[i].converts ? paths_one(a, &a->path[i], half_life, place)
                                 : GW_OK;
    }

    end = rc == GW_OK ? job_step(job, 2, 3) : JOB_AGAIN;
    rc = rc == GW_OK && end == JOB_GO ? paths_chain(a, order, place) : rc;
    free(place);

    return rc == GW_EFULL
           ? report_refuse(job, "people came by more than 500 of these; choose "
                                "another \"by\" or a shorter time")
           : rc == GW_EBUSY
           ? report_refuse(job, "the chain of markov takes too long; choose a "
                                "lower \"order\" or a shorter time")
           : rc != GW_OK ? report_full(job) : end;
}


/* What came in less what was spent, of that; null when nothing was. */
static json_t *
paths_roi(double revenue, double cost)
{
    return cost > 0 ? json_real((revenue - cost) / cost) : json_null();
}


/*
 * Of each model: the sum of what came of n independent conversions has the
 * variance of the sum of their squares, when their number is Poisson's. That
 * of a chain is not known.
 */
static json_t *
paths_model(const paths_key_t *k, int m)
{
    double   half, low, high;
    json_t  *interval, *roi;

    half = PATHS_NORMAL * sqrt(k->squares[m]);
    low = k->revenue[m] - half;
    high = k->revenue[m] + half;
    interval = m != PATHS_CHAIN && k->n >= PATHS_ENOUGH
               ? json_pack("[f, f]", low, high) : json_null();
    roi = json_is_array(interval) && k->cost > 0
          ? json_pack("[f, f]", (low - k->cost) / k->cost,
                      (high - k->cost) / k->cost) : json_null();

    return json_pack("{s:f, s:f, s:o, s:o, s:o}", "conversions", k->credit[m],
                     "revenue", k->revenue[m], "interval", interval, "roi",
                     paths_roi(k->revenue[m], k->cost), "roi_interval", roi);
}


static json_t *
paths_item(const paths_key_t *k)
{
    int      m;
    json_t  *models;

    models = json_object();
    for (m = 0; m < PATHS_MODELS; m++) {
        (void) json_object_set_new(models, paths_models[m],
                                   paths_model(k, m));
    }

    return json_pack("{s:s, s:O?, s:f, s:f, s:f, s:f, s:o}", "key", k->key,
                     "name", k->name, "n", k->n, "touches", k->touches, "cost",
                     k->cost, "removal_effect", k->effect, "models", models);
}


json_t *
paths_result(const paths_t *a, const json_t *about)
{
    size_t   i;
    double   converting, cost;
    json_t  *items;

    items = json_array();
    for (i = 0, converting = 0; i < a->n_paths; i++) {
        converting += a->path[i].converts;
    }

    for (i = 0, cost = a->other_cost; i < a->n_keys; i++) {
        cost += a->key[i].cost;
        if (a->key[i].n > 0 || a->key[i].cost != 0) {
            (void) json_array_append_new(items, paths_item(&a->key[i]));
        }
    }

    return json_pack("{s:O, s:O, s:O, s:O, s:O, s:O, s:O, s:f, s:f, s:f, s:f,"
                     " s:{s:f, s:f}, s:f, s:f, s:o, s:f, s:o}",
                     "by", json_object_get(about, "by"),
                     "since", json_object_get(about, "since"),
                     "until", json_object_get(about, "until"),
                     "lookback", json_object_get(about, "lookback"),
                     "half_life", json_object_get(about, "half_life"),
                     "currency", json_object_get(json_object_get(about,
                     "settings"), "currency"),
                     "as_of", json_object_get(about, "as_of"),
                     "n", a->conversions, "revenue", a->revenue,
                     "other_currency", a->other_currency,
                     "paths", (double) a->n_paths,
                     "untouched", "conversions", a->untouched, "revenue",
                     a->untouched_revenue, "cost", cost, "other_cost",
                     a->other_cost, "roi", paths_roi(a->revenue, cost),
                     "base", a->base, "items", items);
}
