/*
 * A funnel over what is stored: events stream in a week at a time in whatever
 * order they lie, are sorted by person and time, and walked one by one
 * (worker/stats/funnel.c). What is kept of a week is how far each person has
 * come.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "worker/analytics/analytics.h"
#include "worker/stats/stats.h"

#define FUNNEL_BUCKETS  64              /* people apart, for shorter sorts  */
#define FUNNEL_EVENTS   (32 * 1000 * 1000)      /* of a week                */
#define FUNNEL_NUMBERS  (2 * 1024 * 1024)   /* of people of a bucket        */
#define FUNNEL_CODES    64              /* what an event can be             */
#define FUNNEL_KINDS    5
#define FUNNEL_NAMES    32              /* the code of the first such event */

typedef struct {
    int64_t   contact, at;
    uint32_t  no;                       /* as it came: of two at once       */
    uint32_t  code;
} funnel_event_t;

typedef struct {
    funnel_event_t  *event;             /* of this week                     */
    size_t           n, room;
    int64_t         *person;            /* by their contacts, width each    */
    size_t           people, people_room;
} funnel_bucket_t;

/* of a person: then since and took of each step */
enum { PERSON_CONTACT, PERSON_REACHED, PERSON_OPEN, PERSON_STEPS };

typedef struct {
    stats_funnel_t   f;
    uint32_t         steps[FUNNEL_CODES];
    bool             ends[FUNNEL_CODES];
    size_t           width;             /* of a person, in numbers          */
    uint32_t         n;                 /* events of this week              */
    double           events;
    funnel_bucket_t  bucket[FUNNEL_BUCKETS];
} funnel_t;

/* what the kinds of events are called */
static const char *const  funnel_kinds[FUNNEL_KINDS] = {
    NULL, "open", "click", "unsubscribe", "unsubscribe"
};

static const char *const  funnel_modes[] = {
    [STATS_ORDERED] = "ordered",
    [STATS_STRICT] = "strict",
    [STATS_ANY_ORDER] = "any_order"
};


/* What of the steps and exclusions an event of this code is. */
static void
funnel_code(funnel_t *f, const json_t *about, size_t code, const char *word)
{
    size_t   i;
    json_t  *v;

    json_array_foreach(json_object_get(about, "steps"), i, v) {
        f->steps[code] |= strcmp(json_string_value(v), word) == 0 ? 1u << i
                                                                  : 0;
    }

    json_array_foreach(json_object_get(about, "exclude"), i, v) {
        f->ends[code] |= strcmp(json_string_value(v), word) == 0;
    }
}


static void
funnel_set(funnel_t *f, const json_t *about)
{
    size_t       i;
    json_t      *v;
    const char  *mode;

    mode = json_string_value(json_object_get(about, "mode"));
    for (i = 0; i < 2 && strcmp(funnel_modes[i], mode) != 0; i++) {
        /* void */
    }

    f->f.mode = (stats_mode_t) i;
    f->f.steps = (unsigned) json_array_size(json_object_get(about, "steps"));
    f->width = PERSON_STEPS + 2 * (size_t) f->f.steps;
    f->f.window = 1000000 * json_integer_value(json_object_get(about,
                                                               "window"));

    for (i = 1; i < FUNNEL_KINDS; i++) {
        funnel_code(f, about, i, funnel_kinds[i]);
    }

    funnel_code(f, about, 16, "sent");
    json_array_foreach(json_object_get(about, "names"), i, v) {
        funnel_code(f, about, FUNNEL_NAMES + i, json_string_value(v));
    }
}


static int
funnel_row(void *arg, const int64_t *v)
{
    void             *p;
    funnel_t         *f = arg;
    funnel_bucket_t  *b;

    b = &f->bucket[(uint64_t) v[0] * 0x9e3779b97f4a7c15u >> 58];
    if (f->n == FUNNEL_EVENTS) {
        return GW_EFULL;
    }

    if (b->n == b->room) {
        b->room = b->room + b->room / 2 + 1000;
        p = realloc(b->event, b->room * sizeof(funnel_event_t));
        if (p == NULL) {
            return GW_ENOMEM;
        }
        b->event = p;
    }

    b->event[b->n++] = (funnel_event_t) { v[0], v[1], f->n++,
                                          (uint32_t) v[2] % FUNNEL_CODES };
    return GW_OK;
}


static int
funnel_compare(const void *a, const void *b)
{
    const funnel_event_t  *x = a, *y = b;

    return x->contact != y->contact ? (x->contact > y->contact ? 1 : -1)
           : x->at != y->at ? (x->at > y->at ? 1 : -1)
           : (x->no > y->no) - (x->no < y->no);
}


static int
funnel_person_compare(const void *a, const void *b)
{
    int64_t  x = *(const int64_t *) a, y = *(const int64_t *) b;

    return (x > y) - (x < y);
}


/* Where he is among those of earlier weeks, or a new place; NULL: no room. */
static int64_t *
funnel_person(const funnel_t *f, funnel_bucket_t *b, size_t before,
    int64_t contact)
{
    void     *p;
    int64_t  *found;

    found = before > 0 ? bsearch(&contact, b->person, before,
                                 f->width * sizeof(int64_t),
                                 funnel_person_compare) : NULL;
    if (found != NULL) {
        return found;
    }

    if (b->people * f->width >= FUNNEL_NUMBERS) {
        return NULL;
    }

    if (b->people == b->people_room) {
        b->people_room = b->people_room + b->people_room / 2 + 100;
        p = realloc(b->person, b->people_room * f->width * sizeof(int64_t));
        if (p == NULL) {
            return NULL;
        }
        b->person = p;
    }

    found = &b->person[b->people++ * f->width];
    memset(found, 0, f->width * sizeof(int64_t));
    found[PERSON_CONTACT] = contact;
    return found;
}


/* The events of one person, from the first of n; how many they are. */
static size_t
funnel_one(const funnel_t *f, const funnel_event_t *e, size_t n, int64_t *p)
{
    size_t        i, bytes;
    stats_walk_t  w;

    memset(&w, 0, sizeof(w));
    bytes = f->f.steps * sizeof(int64_t);
    w.reached = (unsigned) p[PERSON_REACHED];
    w.open = (uint32_t) p[PERSON_OPEN];
    memcpy(w.since, p + PERSON_STEPS, bytes);
    memcpy(w.took, p + PERSON_STEPS + f->f.steps, bytes);

    for (i = 0; i < n && e[i].contact == e[0].contact; i++) {
        stats_walk(&f->f, &w, e[i].at, f->steps[e[i].code],
                   f->ends[e[i].code]);
    }

    p[PERSON_REACHED] = w.reached;
    p[PERSON_OPEN] = w.open;
    memcpy(p + PERSON_STEPS, w.since, bytes);
    memcpy(p + PERSON_STEPS + f->f.steps, w.took, bytes);
    return i;
}


/* The week of a bucket. */
static int
funnel_walk(funnel_t *f, funnel_bucket_t *b)
{
    size_t    i, before;
    int64_t  *p;

    if (b->n == 0) {
        return GW_OK;
    }

    qsort(b->event, b->n, sizeof(funnel_event_t), funnel_compare);

    before = b->people;
    for (i = 0; i < b->n; ) {
        p = funnel_person(f, b, before, b->event[i].contact);
        if (p == NULL) {
            return GW_ENOMEM;
        }
        i += funnel_one(f, &b->event[i], b->n - i, p);
    }

    f->events += (double) b->n;
    b->n = 0;
    if (b->people > before) {
        qsort(b->person, b->people, f->width * sizeof(int64_t),
              funnel_person_compare);
    }

    return GW_OK;
}


static int
funnel_number(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


/* One step: how many came to it, and in how many seconds at the median. */
static json_t *
funnel_step(const funnel_t *f, unsigned k, json_t *name, double *took,
    double *first)
{
    size_t             i, j, n;
    const int64_t     *p;
    stats_interval_t   w;

    for (i = 0, n = 0; i < FUNNEL_BUCKETS; i++) {
        for (j = 0; j < f->bucket[i].people; j++) {
            p = f->bucket[i].person + j * f->width;
            if (p[PERSON_REACHED] > k) {
                took[n++] = (double) p[PERSON_STEPS + f->f.steps + k] / 1e6;
            }
        }
    }

    qsort(took, n, sizeof(double), funnel_number);
    *first = k == 0 ? (double) n : *first;
    w = stats_wilson((double) n, fmax(1, *first), .05);

    return json_pack("{s:O, s:i, s:o, s:o, s:o}", "name", name,
                     "people", (int) n,
                     "share", *first > 0 ? json_real((double) n / *first)
                                         : json_null(),
                     "interval", *first > 0 ? json_pack("[f, f]", w.low,
                                                        w.high) : json_null(),
                     "median", n > 0 ? json_real((took[(n - 1) / 2]
                                                  + took[n / 2]) / 2)
                                     : json_null());
}


static json_t *
funnel_result(const funnel_t *f, const json_t *about)
{
    size_t    i, people;
    double   *took, first;
    json_t   *steps, *name;

    for (i = 0, people = 0; i < FUNNEL_BUCKETS; i++) {
        people += f->bucket[i].people;
    }

    took = calloc(people + 1, sizeof(double));
    steps = json_array();
    first = 0;
    json_array_foreach(json_object_get(about, "steps"), i, name) {
        if (took != NULL) {
            (void) json_array_append_new(steps, funnel_step(f, (unsigned) i,
                                                            name, took,
                                                            &first));
        }
    }
    free(took);

    return json_pack("{s:i, s:f, s:o, s:O, s:O, s:O, s:O}", "people",
                     (int) people, "events", f->events, "steps", steps,
                     "mode", json_object_get(about, "mode"),
                     "since", json_object_get(about, "since"),
                     "until", json_object_get(about, "until"),
                     "as_of", json_object_get(about, "as_of"));
}


/* The weeks, one after the other. */
static job_end_e
funnel_read(funnel_t *f, job_t *job, const json_t *about)
{
    int        row, n, rc;
    size_t     i;
    PGresult  *res;
    job_end_e  end;

    res = report_ask(job, &Q_REPORT_MOMENTS, about, &end);
    n = res != NULL ? PQntuples(res) : 0;

    for (row = 0; end == JOB_GO && row < n; row++) {
        end = job_step(job, row, n);
        f->n = 0;
        end = end == JOB_GO ? scan_copy(job, PQgetvalue(res, row, 0),
                                        funnel_row, f) : end;
        for (i = 0, rc = GW_OK; end == JOB_GO && i < FUNNEL_BUCKETS; i++) {
            rc = rc == GW_OK ? funnel_walk(f, &f->bucket[i]) : rc;
        }

        end = rc != GW_OK ? report_full(job) : end;
    }

    PQclear(res);
    return end;
}


json_t *
report_funnel(job_t *job, const json_t *about, job_end_e *end)
{
    size_t     i;
    json_t    *out;
    funnel_t  *f;

    f = calloc(1, sizeof(funnel_t));
    if (f == NULL) {
        *end = JOB_AGAIN;
        return NULL;
    }

    funnel_set(f, about);
    *end = funnel_read(f, job, about);
    out = *end == JOB_GO ? funnel_result(f, about) : NULL;

    for (i = 0; i < FUNNEL_BUCKETS; i++) {
        free(f->bucket[i].event);
        free(f->bucket[i].person);
    }
    free(f);
    return out;
}
