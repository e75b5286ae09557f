/* The paths of `godwit stats`: touches by name in, credit by name out. */
#include "worker/stats/methods.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_str.h"

#define TOUCHES_CHANNELS  100
#define TOUCHES_PATHS     100000
#define TOUCHES_ALL       1000000

typedef struct {
    input_t       *in;
    const char    *channel[TOUCHES_CHANNELS];
    size_t         n_channels;
    stats_path_t  *path;            /* of n                                 */
    size_t         n;
    unsigned      *touch;           /* of all paths                         */
    double        *days;
    size_t         used;
} touches_t;


static unsigned
touches_channel(touches_t *t, const char *name)
{
    size_t  i;

    for (i = 0; i < t->n_channels; i++) {
        if (strcmp(t->channel[i], name) == 0) {
            return (unsigned) i;
        }
    }

    if (t->n_channels == TOUCHES_CHANNELS) {
        input_wrong(t->in, "there are more than %d channels",
                    TOUCHES_CHANNELS);
        return 0;
    }

    t->channel[t->n_channels] = name;
    return (unsigned) t->n_channels++;
}


static void
touches_path(touches_t *t, const json_t *o, stats_path_t *p)
{
    size_t         i;
    const char    *name;
    const json_t  *touches, *days, *v;

    touches = json_object_get(o, "touches");
    days = json_object_get(o, "days");
    p->touches = json_array_size(touches);
    p->converts = json_is_true(json_object_get(o, "converts"));
    p->count = input_number(t->in, o, "paths", "count", 1e-9, 1e12, 1);
    p->channel = t->touch + t->used;
    p->days = days != NULL ? t->days + t->used : NULL;

    if (p->touches == 0 || p->touches > STATS_TOUCHES_MAX
        || t->used + p->touches > TOUCHES_ALL
        || (days != NULL && json_array_size(days) != p->touches))
    {
        input_wrong(t->in, "a path has 1 to %d \"touches\", all of them %d "
                    "together, and as many \"days\" or none",
                    STATS_TOUCHES_MAX, TOUCHES_ALL);
        return;
    }

    for (i = 0; i < p->touches; i++) {
        name = json_string_value(json_array_get(touches, i));
        v = json_array_get(days, i);
        if (name == NULL || (days != NULL && !json_is_number(v))) {
            input_wrong(t->in, "\"touches\" are names, \"days\" numbers");
            return;
        }

        t->touch[t->used] = touches_channel(t, name);
        t->days[t->used++] = fmin(1e9, fmax(0, json_number_value(v)));
    }
}


static json_t *
touches_credit(const touches_t *t, const double *v)
{
    size_t   i;
    json_t  *j;

    j = json_object();
    for (i = 0; i < t->n_channels; i++) {
        (void) json_object_set_new(j, t->channel[i], json_real(v[i]));
    }

    return j;
}


static json_t *
touches_markov(touches_t *t)
{
    int       rc;
    double    base, credit[TOUCHES_CHANNELS], effect[TOUCHES_CHANNELS];
    unsigned  order;

    order = (unsigned) input_number(t->in, t->in->doc, NULL, "order", 1, 3,
                                    1);
    if (t->in->why[0] != '\0') {
        return NULL;
    }

    rc = stats_markov(t->path, t->n, t->n_channels, order, &base, effect,
                      credit);
    if (rc != GW_OK) {
        input_wrong(t->in, rc == GW_EBUSY ? "the chain takes too long; choose "
                    "a lower \"order\"" : "out of memory");
        return NULL;
    }

    return json_pack("{s:o, s:f, s:o}", "credit", touches_credit(t, credit),
                     "base", base, "effect", touches_credit(t, effect));
}


static json_t *
touches_model(touches_t *t)
{
    int          rc;
    double       half_life, credit[TOUCHES_CHANNELS];
    size_t       direct;
    const char  *model, *name;

    model = json_string_value(json_object_get(t->in->doc, "model"));
    name = json_string_value(json_object_get(t->in->doc, "direct"));
    half_life = input_number(t->in, t->in->doc, NULL, "half_life", 1e-3, 1e6,
                             7);

    if (model != NULL && strcmp(model, "markov") == 0) {
        return touches_markov(t);
    }

    for (direct = 0; direct < t->n_channels; direct++) {
        if (name != NULL && strcmp(t->channel[direct], name) == 0) {
            break;
        }
    }

    rc = stats_attribute(model != NULL ? model : "", t->path, t->n,
                         t->n_channels, direct, half_life, credit);
    if (rc != GW_OK) {
        input_wrong(t->in, rc == GW_EINVAL ? "time_decay needs the \"days\" "
                    "of each path" : "\"model\" is one of first, last, "
                    "linear, time_decay, position, markov, shapley");
    }

    return t->in->why[0] == '\0'
           ? json_pack("{s:o}", "credit", touches_credit(t, credit)) : NULL;
}


json_t *
method_attribution(input_t *in)
{
    size_t         i, all;
    json_t        *out;
    touches_t      t;
    const json_t  *paths;

    memset(&t, 0, sizeof(t));
    t.in = in;
    paths = json_object_get(in->doc, "paths");
    t.n = json_array_size(paths);
    if (t.n == 0 || t.n > TOUCHES_PATHS) {
        input_wrong(in, "\"paths\" is a list of 1 to %d", TOUCHES_PATHS);
        return NULL;
    }

    for (i = 0, all = 1; i < t.n; i++) {
        all += json_array_size(json_object_get(json_array_get(paths, i),
                                               "touches"));
    }

    t.path = calloc(t.n, sizeof(stats_path_t));
    t.touch = calloc(all, sizeof(unsigned));
    t.days = calloc(all, sizeof(double));
    out = NULL;

    if (t.path != NULL && t.touch != NULL && t.days != NULL) {
        for (i = 0; in->why[0] == '\0' && i < t.n; i++) {
            touches_path(&t, json_array_get(paths, i), &t.path[i]);
        }
        out = in->why[0] == '\0' ? touches_model(&t) : NULL;

    } else {
        input_wrong(in, "out of memory");
    }

    free(t.path);
    free(t.touch);
    free(t.days);
    return out;
}
