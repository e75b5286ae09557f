/*
 * Attribution over what is stored: of each conversion the touches before it,
 * of people who did not convert theirs as well, then all models side by side.
 * One pass; a person's rows come together, in the order of time.
 */
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "worker/analytics/paths.h"

#define ATTRIBUTION_DAY_US  86400e6


/* What a campaign is counted under; those of no campaign are other costs. */
static int
attribution_keys(paths_t *a, const json_t *list)
{
    size_t   i;
    json_t  *row, *key, *at;

    a->campaign = calloc(json_array_size(list) + 1, sizeof(paths_campaign_t));
    a->index = json_object();
    if (a->campaign == NULL || a->index == NULL) {
        return GW_ENOMEM;
    }

    json_array_foreach(list, i, row) {
        key = json_object_get(row, "key");
        if (!json_is_string(key)) {
            a->other_cost += json_number_value(json_object_get(row, "cost"));
            continue;
        }

        at = json_object_get(a->index, json_string_value(key));
        if (at == NULL) {
            if (a->n_keys == PATHS_KEYS) {
                return GW_EFULL;
            }
            a->key[a->n_keys].key = json_string_value(key);
            a->key[a->n_keys].name = json_object_get(row, "name");
            at = json_integer((json_int_t) a->n_keys++);
            (void) json_object_set_new(a->index, json_string_value(key), at);
        }

        a->campaign[a->n_campaigns].id =
            json_integer_value(json_object_get(row, "campaign"));
        a->campaign[a->n_campaigns++].key = (unsigned) json_integer_value(at);
        a->key[json_integer_value(at)].cost +=
            json_number_value(json_object_get(row, "cost"));
    }

    return GW_OK;
}


static int
attribution_compare(const void *a, const void *b)
{
    const paths_campaign_t  *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}


/* Keep the last n touches of who is under way as a path that ends at `end`. */
static int
attribution_path(paths_t *a, size_t n, int64_t end, int converts,
    double value)
{
    size_t   i, from;
    void    *p;
    path_t  *path;

    if (a->n_touches + n > PATHS_TOUCHES) {
        return GW_EFULL;
    }

    if (a->n_touches + n > a->touches_room) {
        a->touches_room = 2 * a->touches_room + 100000;
        p = realloc(a->touch, a->touches_room * sizeof(unsigned));
        if (p == NULL) {
            return GW_ENOMEM;
        }
        a->touch = p;

        p = realloc(a->days, a->touches_room * sizeof(double));
        if (p == NULL) {
            return GW_ENOMEM;
        }
        a->days = p;
    }

    if (a->n_paths == a->paths_room) {
        a->paths_room = 2 * a->paths_room + 10000;
        p = realloc(a->path, a->paths_room * sizeof(path_t));
        if (p == NULL) {
            return GW_ENOMEM;
        }
        a->path = p;
    }

    path = &a->path[a->n_paths++];
    *path = (path_t) { a->n_touches, n, converts, value };
    from = a->n_recent - n;
    for (i = 0; i < n; i++) {
        a->touch[a->n_touches] = a->recent[from + i].key;
        a->days[a->n_touches++] = (double) (end - a->recent[from + i].at)
                                  / ATTRIBUTION_DAY_US;
    }

    return GW_OK;
}


/* How many of the newest touches are not before this. */
static size_t
attribution_since(const paths_t *a, int64_t at)
{
    size_t  n;

    for (n = 0; n < a->n_recent && a->recent[a->n_recent - n - 1].at >= at;
         n++)
    {
        /* void */
    }

    return n;
}


/* All rows of a person were seen. */
static int
attribution_leave(paths_t *a)
{
    int     rc;
    size_t  n;

    n = a->converted ? 0 : attribution_since(a, a->since);
    rc = n > 0 ? attribution_path(a, n, a->recent[a->n_recent - 1].at, 0, 0)
               : GW_OK;
    a->n_recent = 0;
    a->converted = false;
    return rc;
}


static int
attribution_conversion(paths_t *a, const int64_t *v)
{
    size_t  n;
    double  value;

    a->converted = true;
    a->conversions++;
    a->other_currency += v[3] == SCAN_NULL;
    value = v[3] == SCAN_NULL ? 0 : (double) v[3] / 1e6;
    a->revenue += value;

    n = v[0] == SCAN_NULL ? 0 : attribution_since(a, v[1] - a->lookback);
    if (n == 0) {
        a->untouched++;
        a->untouched_revenue += value;
        return GW_OK;
    }

    return attribution_path(a, n, v[1], 1, value);
}


/* contact, at, campaign (0: a conversion), value */
static int
attribution_row(void *arg, const int64_t *v)
{
    int                rc;
    paths_t           *a = arg;
    paths_campaign_t   asked = { v[2], 0 }, *c;

    rc = v[0] != a->contact ? attribution_leave(a) : GW_OK;
    a->contact = v[0];
    if (rc != GW_OK || v[2] == 0) {
        return rc == GW_OK ? attribution_conversion(a, v) : rc;
    }

    c = bsearch(&asked, a->campaign, a->n_campaigns, sizeof(paths_campaign_t),
                attribution_compare);
    if (c == NULL) {                            /* it is gone */
        return GW_OK;
    }

    if (a->n_recent == STATS_TOUCHES_MAX) {
        a->n_recent -= STATS_TOUCHES_MAX / 2;
        memmove(a->recent, a->recent + STATS_TOUCHES_MAX / 2,
                a->n_recent * sizeof(paths_touch_t));
    }

    a->recent[a->n_recent].at = v[1];
    a->recent[a->n_recent++].key = c->key;
    return GW_OK;
}


/* Read the paths; what went wrong is in job->why. */
static job_end_e
attribution_read(paths_t *a, job_t *job, const json_t *about, json_t **list)
{
    int        rc;
    PGresult  *res;
    job_end_e  end;

    res = report_ask(job, &Q_REPORT_KEYS, about, &end);
    if (res != NULL) {
        *list = json_loads(PQgetvalue(res, 0, 0), 0, NULL);
    }
    PQclear(res);
    if (end != JOB_GO) {
        return end;
    }

    rc = attribution_keys(a, *list);
    if (rc == GW_EFULL) {
        return report_refuse(job, "there are more than 5000 of these; choose "
                                  "another \"by\"");
    }

    if (rc != GW_OK) {
        return report_full(job);
    }

    qsort(a->campaign, a->n_campaigns, sizeof(paths_campaign_t),
          attribution_compare);
    res = report_ask(job, &Q_REPORT_PATHS, about, &end);
    if (res != NULL) {
        end = scan_copy(job, PQgetvalue(res, 0, 0), attribution_row, a);
    }
    PQclear(res);

    return end == JOB_GO && attribution_leave(a) != GW_OK ? report_full(job)
                                                          : end;
}


json_t *
report_attribution(job_t *job, const json_t *about, job_end_e *end)
{
    json_t   *out, *list;
    paths_t  *a;

    out = list = NULL;
    a = calloc(1, sizeof(paths_t));
    if (a == NULL) {
        *end = JOB_AGAIN;
        return NULL;
    }

    a->contact = SCAN_NULL;
    a->since = json_integer_value(json_object_get(about, "since_us"));
    a->lookback = (int64_t) (ATTRIBUTION_DAY_US * (double)
        json_integer_value(json_object_get(about, "lookback")));

    *end = attribution_read(a, job, about, &list);
    *end = *end == JOB_GO ? job_step(job, 1, 3) : *end;
    if (*end == JOB_GO) {
        *end = paths_credit(a, job, about);
    }
    *end = *end == JOB_GO ? job_step(job, 3, 3) : *end;
    if (*end == JOB_GO) {
        out = paths_result(a, about);
    }

    free(a->path);
    free(a->touch);
    free(a->days);
    free(a->campaign);
    json_decref(a->index);
    json_decref(list);
    free(a);
    return out;
}
