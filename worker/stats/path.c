/* Who of a path of touches gets the credit of its conversion. */
#include "worker/stats/stats.h"

#include <math.h>
#include <string.h>

typedef struct {
    size_t  direct;
    double  half_life;              /* days                                 */
} path_how_t;

/* Shares of its touches in one path, whose sum is not 0. */
typedef void (*path_model_pt)(const stats_path_t *p, const path_how_t *how,
    double *share);


static void
path_first(const stats_path_t *p, const path_how_t *how, double *share)
{
    share[0] = 1;
}


/* Who came by himself was sent by what came before, if anything did. */
static void
path_last(const stats_path_t *p, const path_how_t *how, double *share)
{
    size_t  i;

    for (i = p->touches; i > 0 && p->channel[i - 1] == how->direct; i--) {
        /* void */
    }

    share[i > 0 ? i - 1 : p->touches - 1] = 1;
}


static void
path_linear(const stats_path_t *p, const path_how_t *how, double *share)
{
    size_t  i;

    for (i = 0; i < p->touches; i++) {
        share[i] = 1;
    }
}


/* Relative to the newest, so that old paths do not vanish. */
static void
path_time_decay(const stats_path_t *p, const path_how_t *how, double *share)
{
    size_t  i;
    double  newest;

    newest = INFINITY;
    for (i = 0; i < p->touches; i++) {
        newest = fmin(newest, p->days[i]);
    }

    for (i = 0; i < p->touches; i++) {
        share[i] = exp2((newest - p->days[i]) / how->half_life);
    }
}


/* 40 % the first, 40 % the last, the rest between; of two half each. */
static void
path_position(const stats_path_t *p, const path_how_t *how, double *share)
{
    size_t  i, n;

    n = p->touches;
    for (i = 0; i < n; i++) {
        share[i] = i == 0 || i == n - 1 ? .4 : .2 / (double) (n - 2);
    }
}


/*
 * A set of channels is worth the conversions of paths that need no other, so
 * the Shapley value of each is an equal part of every path that it is on.
 */
static void
path_shapley(const stats_path_t *p, const path_how_t *how, double *share)
{
    size_t  i, k;

    for (i = 0; i < p->touches; i++) {
        for (k = 0; k < i && p->channel[k] != p->channel[i]; k++) {
            /* void */
        }
        share[i] = k == i;
    }
}


static const struct {
    const char     *name;
    path_model_pt   call;
} path_models[] = {
    { "first", path_first },
    { "last", path_last },
    { "linear", path_linear },
    { "time_decay", path_time_decay },
    { "position", path_position },
    { "shapley", path_shapley }
};

#define PATH_MODELS  (sizeof(path_models) / sizeof(path_models[0]))


int
stats_attribute(const char *model, const stats_path_t *paths, size_t n,
    size_t n_channels, size_t direct, double half_life, double *credit)
{
    size_t      i, k, m;
    double      sum, share[STATS_TOUCHES_MAX];
    path_how_t  how = { direct, half_life };

    for (m = 0; m < PATH_MODELS; m++) {
        if (strcmp(path_models[m].name, model) == 0) {
            break;
        }
    }

    if (m == PATH_MODELS) {
        return GW_ENOTFOUND;
    }

    memset(credit, 0, n_channels * sizeof(double));

    for (i = 0; i < n; i++) {
        if (!paths[i].converts) {
            continue;
        }

        if (path_models[m].call == path_time_decay && paths[i].days == NULL) {
            return GW_EINVAL;
        }

        memset(share, 0, sizeof(share));
        path_models[m].call(&paths[i], &how, share);
        for (k = 0, sum = 0; k < paths[i].touches; k++) {
            sum += share[k];
        }

        for (k = 0; k < paths[i].touches; k++) {
            credit[paths[i].channel[k]] += paths[i].count * share[k] / sum;
        }
    }

    return GW_OK;
}
