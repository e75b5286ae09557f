/* The paths of an attribution, and what its keys get of them. */
#ifndef PATHS_H
#define PATHS_H

#include "worker/analytics/analytics.h"
#include "worker/stats/stats.h"

#define PATHS_KEYS     5000
#define PATHS_TOUCHES  (20 * 1000 * 1000)
#define PATHS_MODELS   7        /* the last of them is Markov's              */

typedef struct {
    const char  *key;
    json_t      *name;
    double       cost;
    double       touches;               /* on paths that convert             */
    double       n;                     /* such paths                        */
    double       credit[PATHS_MODELS];
    double       revenue[PATHS_MODELS];
    double       squares[PATHS_MODELS]; /* of what it got of each path       */
    double       effect;                /* Markov's                          */
} paths_key_t;

typedef struct {
    long long  id;
    unsigned   key;
} paths_campaign_t;

typedef struct {
    int64_t   at;
    unsigned  key;
} paths_touch_t;

typedef struct {
    size_t  first, n;                   /* of its touches                    */
    int     converts;
    double  value;
} path_t;

typedef struct {
    paths_key_t        key[PATHS_KEYS];
    size_t             n_keys;
    json_t            *index;           /* {KEY: its place}                  */
    paths_campaign_t  *campaign;        /* by their ids                      */
    size_t             n_campaigns;
    double             other_cost;      /* of no campaign                    */

    int64_t            since, lookback;
    int64_t            contact;         /* who is under way                  */
    bool               converted;
    paths_touch_t      recent[STATS_TOUCHES_MAX];
    size_t             n_recent;

    path_t            *path;
    size_t             n_paths, paths_room;
    unsigned          *touch;           /* keys                              */
    double            *days;            /* before the end of their path      */
    size_t             n_touches, touches_room;

    double             conversions, revenue;
    double             other_currency;  /* conversions whose value is none   */
    double             untouched, untouched_revenue;
    double             base;            /* Markov's                          */
} paths_t;

/* What each key gets by each model. */
job_end_e paths_credit(paths_t *a, job_t *job, const json_t *about);

/* The document of it, the caller's. */
json_t *paths_result(const paths_t *a, const json_t *about);

#endif
