/* The funnels of `godwit stats`: events of people in, people a step out. */
#include "worker/stats/methods.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE_EVENTS  1000000

typedef struct {
    const char  *who;
    int64_t      at;
    size_t       no;                /* as it came: of two at once the first */
    uint32_t     steps;
    int          ends;
} people_event_t;

static const char *const  people_modes[] = {
    [STATS_ORDERED] = "ordered",
    [STATS_STRICT] = "strict",
    [STATS_ANY_ORDER] = "any_order"
};


/* A bit for each member of doc.name that is this word. */
static uint32_t
people_bits(const input_t *in, const char *name, const char *word)
{
    size_t         i;
    uint32_t       bits;
    const char    *s;
    const json_t  *list;

    list = json_object_get(in->doc, name);
    for (i = 0, bits = 0; i < json_array_size(list); i++) {
        s = json_string_value(json_array_get(list, i));
        bits |= s != NULL && strcmp(s, word) == 0 ? 1u << i : 0;
    }

    return bits;
}


static void
people_funnel(input_t *in, stats_funnel_t *f)
{
    size_t         i;
    uint32_t       bits;
    const char    *mode, *s;
    const json_t  *steps;

    steps = json_object_get(in->doc, "steps");
    f->steps = (unsigned) json_array_size(steps);
    f->window = (int64_t) input_number(in, in->doc, NULL, "window", 0, 1e15,
                                       1e15);

    if (f->steps == 0 || json_array_size(steps) > STATS_STEPS_MAX
        || json_array_size(json_object_get(in->doc, "exclude"))
           > STATS_STEPS_MAX)
    {
        input_wrong(in, "\"steps\" is a list of 1 to %d names, \"exclude\" of "
                    "no more", STATS_STEPS_MAX);
        return;
    }

    mode = json_string_value(json_object_get(in->doc, "mode"));
    mode = mode != NULL ? mode : people_modes[STATS_ORDERED];
    for (i = 0; i < 3 && strcmp(people_modes[i], mode) != 0; i++) {
        /* void */
    }

    f->mode = (stats_mode_t) i;
    if (i == 3) {
        input_wrong(in, "\"mode\" is one of ordered, strict, any_order");
        return;
    }

    for (i = 0; i < f->steps; i++) {
        s = json_string_value(json_array_get(steps, i));
        bits = s != NULL ? people_bits(in, "steps", s) : 0;
        if (bits == 0 || (f->mode == STATS_ANY_ORDER
                          && (bits & (bits - 1)) != 0))
        {
            input_wrong(in, "\"steps\" are names; in any order each of them "
                        "is another");
        }
    }
}


static int
people_compare(const void *a, const void *b)
{
    int                    c;
    const people_event_t  *x = a, *y = b;

    c = strcmp(x->who, y->who);
    c = c != 0 ? c : (x->at > y->at) - (x->at < y->at);
    return c != 0 ? c : (x->no > y->no) - (x->no < y->no);
}


/* Its events by person and time, for free(); how many. */
static size_t
people_events(input_t *in, people_event_t **out)
{
    size_t           i, n;
    const char      *name;
    const json_t    *list, *o;
    people_event_t  *e;

    list = json_object_get(in->doc, "events");
    n = json_array_size(list);
    if (n == 0 || n > PEOPLE_EVENTS) {
        input_wrong(in, "\"events\" is a list of 1 to %d", PEOPLE_EVENTS);
        return 0;
    }

    e = calloc(n, sizeof(people_event_t));
    if (e == NULL) {
        input_wrong(in, "out of memory");
        return 0;
    }

    for (i = 0; i < n; i++) {
        o = json_array_get(list, i);
        name = json_string_value(json_object_get(o, "name"));
        e[i].who = json_string_value(json_object_get(o, "who"));
        e[i].at = (int64_t) input_number(in, o, "events", "at", -1e15, 1e15,
                                         NAN);
        if (name == NULL || e[i].who == NULL) {
            input_wrong(in, "an event has \"who\" and \"name\", which are "
                        "texts, and \"at\"");
            break;
        }

        e[i].no = i;
        e[i].steps = people_bits(in, "steps", name);
        e[i].ends = people_bits(in, "exclude", name) != 0;
    }

    *out = e;
    qsort(e, i, sizeof(people_event_t), people_compare);
    return i;
}


static int
people_number(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* How many came to each step, and how long it took those at the median. */
static json_t *
people_answer(const stats_funnel_t *f, const stats_walk_t *walks, size_t n)
{
    size_t    i, m;
    double   *took;
    json_t   *steps;
    unsigned  k;

    took = calloc(n, sizeof(double));
    steps = json_array();

    for (k = 0; took != NULL && k < f->steps; k++) {
        for (i = 0, m = 0; i < n; i++) {
            if (walks[i].reached > k) {
                took[m++] = (double) walks[i].took[k];
            }
        }

        qsort(took, m, sizeof(double), people_number);
        (void) json_array_append_new(steps, json_pack("{s:i, s:o}", "people",
            (int) m, "median", m > 0 ? json_real((took[(m - 1) / 2]
                                                  + took[m / 2]) / 2)
                                     : json_null()));
    }

    free(took);
    return json_pack("{s:i, s:o}", "people", (int) n, "steps", steps);
}


json_t *
method_funnel(input_t *in)
{
    size_t           i, n, people;
    json_t          *out;
    stats_walk_t    *walks;
    stats_funnel_t   f;
    people_event_t  *e;

    e = NULL;
    out = NULL;
    people_funnel(in, &f);
    n = in->why[0] == '\0' ? people_events(in, &e) : 0;
    walks = n > 0 ? calloc(n, sizeof(stats_walk_t)) : NULL;

    if (walks != NULL && in->why[0] == '\0') {
        for (i = 0, people = 0; i < n; i++) {
            people += i == 0 || strcmp(e[i].who, e[i - 1].who) != 0;
            stats_walk(&f, &walks[people - 1], e[i].at, e[i].steps,
                       e[i].ends);
        }

        out = people_answer(&f, walks, people);
    }

    free(walks);
    free(e);
    return out;
}
