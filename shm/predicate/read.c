/* Members of a predicate's objects, judged as the grammar says. */
#include "shm/predicate/read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "shm/gw_utf8.h"

#define READ_GREAT  1e300


int
predicate_wrong(predicate_read_t *r, const char *key, const char *fmt, ...)
{
    int                    n;
    va_list                args;
    gw_predicate_error_t  *err;

    err = r->err;
    (void) snprintf(err->pointer, sizeof(err->pointer), "%.*s%s%s",
                    (int) r->path.len, r->path.data, key != NULL ? "/" : "",
                    key != NULL ? key : "");

    va_start(args, fmt);
    n = vsnprintf(err->message, sizeof(err->message), fmt, args);
    va_end(args);

    if (n > 0) {                        /* a name may have been cut */
        gw_utf8_mend(err->message, strlen(err->message));
    }

    return GW_EINVAL;
}


/* These words with commas. */
static const char *
read_list(const char *const *words, gw_buf_t *list)
{
    int  i;

    for (i = 0; words[i] != NULL; i++) {
        gw_buf_fmt(list, "%s%s", i > 0 ? ", " : "", words[i]);
    }

    return gw_buf_c(list);
}


int
predicate_read_members(predicate_read_t *r, json_t *doc,
    const char *const *members)
{
    char         mem[400];
    json_t      *value;
    gw_buf_t     list;
    const char  *name;

    json_object_foreach(doc, name, value) {
        if (predicate_word(members, gw_str_of(name)) < 0) {
            gw_buf_fixed(&list, mem, sizeof(mem));
            return predicate_wrong(r, NULL, "there is no member \"%.40s\" "
                                   "here; the members are %s", name,
                                   read_list(members, &list));
        }
    }

    return GW_OK;
}


static size_t
read_characters(gw_str_t s)
{
    size_t  i, n;

    for (n = 0, i = 0; i < s.len; i++) {
        n += (s.data[i] & 0xc0) != 0x80;
    }

    return n;
}


int
predicate_read_text(predicate_read_t *r, const json_t *doc, const char *key,
    unsigned max, gw_str_t *out)
{
    size_t         n;
    const json_t  *v;

    v = json_object_get(doc, key);
    if (v == NULL) {
        return predicate_wrong(r, NULL, "\"%s\" is missing", key);
    }

    if (!predicate_text(v, out)) {
        return predicate_wrong(r, key, "\"%s\" is not a text", key);
    }

    n = read_characters(*out);
    if (n < 1 || n > max) {
        return predicate_wrong(r, key, "\"%s\" has %zu characters; 1 to %u "
                               "are allowed", key, n, max);
    }

    return GW_OK;
}


int
predicate_read_number(predicate_read_t *r, const json_t *doc, const char *key,
    double min, double max, double *out)
{
    const json_t  *v;

    v = json_object_get(doc, key);
    if (v == NULL) {
        return predicate_wrong(r, NULL, "\"%s\" is missing", key);
    }

    if (!json_is_number(v) || !predicate_number(v, out) || *out < min
        || *out > max)
    {
        return predicate_wrong(r, key, max == READ_GREAT
                               ? "\"%s\" is not a number of the size 0 or "
                                 "1e-300 to 1e300"
                               : "\"%s\" is not a number from %g to %g",
                               key, min, max);
    }

    return GW_OK;
}


int
predicate_read_int(predicate_read_t *r, const json_t *doc, const char *key,
    int64_t min, int64_t max, int64_t *out)
{
    double         d;
    const json_t  *v;

    v = json_object_get(doc, key);
    if (v == NULL) {
        return predicate_wrong(r, NULL, "\"%s\" is missing", key);
    }

    d = json_number_value(v);
    if (!json_is_number(v) || d != floor(d) || d < (double) min
        || d > (double) max)
    {
        return predicate_wrong(r, key, "\"%s\" is not a whole number from "
                               "%lld to %lld", key, (long long) min,
                               (long long) max);
    }

    *out = (int64_t) d;
    return GW_OK;
}


int
predicate_read_word(predicate_read_t *r, const json_t *doc, const char *key,
    const char *const *words, int *out)
{
    char           mem[400];
    gw_buf_t       list;
    gw_str_t       s;
    const json_t  *v;

    v = json_object_get(doc, key);
    if (v == NULL) {
        return predicate_wrong(r, NULL, "\"%s\" is missing", key);
    }

    *out = predicate_text(v, &s) ? predicate_word(words, s) : -1;
    if (*out >= 0) {
        return GW_OK;
    }

    gw_buf_fixed(&list, mem, sizeof(mem));

    return predicate_wrong(r, key, "\"%s\" is not one of %s", key,
                           read_list(words, &list));
}


int
predicate_read_time(predicate_read_t *r, const json_t *doc, const char *key,
    int64_t *out)
{
    return predicate_when(json_object_get(doc, key), out) ? GW_OK
           : predicate_wrong(r, key, "\"%s\" is not a date like 2026-01-31 or "
                             "an instant like 2026-01-31T12:00:00Z", key);
}


int
predicate_read_span(predicate_read_t *r, const json_t *doc, const char *key,
    int64_t *out)
{
    gw_str_t  s;

    return predicate_text(json_object_get(doc, key), &s)
           && predicate_span(s, out) == GW_OK ? GW_OK
           : predicate_wrong(r, key, "\"%s\" is not a span like 30m, 12h, 30d "
                             "or 4w", key);
}


/* Scalars of `is` and `in`. */
static int
read_scalar(predicate_read_t *r, const json_t *v)
{
    double    d;
    size_t    n;
    gw_str_t  s;

    if (predicate_text(v, &s)) {
        n = read_characters(s);
        return n >= 1 && n <= 500 ? GW_OK
               : predicate_wrong(r, "value", "\"value\" has a text of %zu "
                                 "characters; 1 to 500 are allowed", n);
    }

    return json_is_boolean(v) || (json_is_number(v) && predicate_number(v, &d))
           ? GW_OK : predicate_wrong(r, "value", "\"value\" is not a text, "
                                     "number, true or false");
}


static int
read_scalars(predicate_read_t *r, const json_t *v)
{
    int      rc;
    size_t   i;
    json_t  *item;

    if (json_array_size(v) < 1 || json_array_size(v) > 1000) {
        return predicate_wrong(r, "value", "\"value\" is not an array of 1 to "
                               "1000 values");
    }

    rc = GW_OK;
    json_array_foreach(v, i, item) {
        rc = rc == GW_OK ? read_scalar(r, item) : rc;
    }

    return rc;
}


/* The operator that "op" names. */
static int
read_verb(predicate_read_t *r, const json_t *doc, bool times,
    const predicate_verb_t **out)
{
    char                     mem[400];
    gw_buf_t                 list;
    gw_str_t                 s;
    const predicate_verb_t  *v;

    s = gw_str_of(json_string_value(json_object_get(doc, "op")));
    gw_buf_fixed(&list, mem, sizeof(mem));

    for (v = predicate_verbs; v->name != NULL; v++) {
        if (times && v->takes != PREDICATE_NOTHING
            && v->takes < PREDICATE_TIME)
        {
            continue;
        }
        if (gw_str_is(s, v->name)) {
            *out = v;
            return GW_OK;
        }
        gw_buf_fmt(&list, "%s%s", list.len > 0 ? ", " : "", v->name);
    }

    return json_object_get(doc, "op") == NULL
           ? predicate_wrong(r, NULL, "\"op\" is missing")
           : predicate_wrong(r, "op", "\"op\" is not one of %s",
                             gw_buf_c(&list));
}


int
predicate_read_test(predicate_read_t *r, const json_t *doc, bool times,
    predicate_test_t *t)
{
    int       rc;
    gw_str_t  s;

    rc = read_verb(r, doc, times, &t->verb);
    if (rc != GW_OK) {
        return rc;
    }

    t->value = json_object_get(doc, "value");
    if (t->verb->takes == PREDICATE_NOTHING) {
        return t->value == NULL ? GW_OK
               : predicate_wrong(r, "value", "\"%s\" takes no \"value\"",
                                 t->verb->name);
    }

    if (t->value == NULL) {
        return predicate_wrong(r, NULL, "\"value\" is missing");
    }

    switch (t->verb->takes) {
    case PREDICATE_SCALAR:
        return read_scalar(r, t->value);
    case PREDICATE_SCALARS:
        return read_scalars(r, t->value);
    case PREDICATE_TEXT:
        return predicate_read_text(r, doc, "value", 500, &s);
    case PREDICATE_NUMBER:
        return predicate_read_number(r, doc, "value", -READ_GREAT, READ_GREAT,
                                     &t->number);
    case PREDICATE_TIME:
        return predicate_read_time(r, doc, "value", &t->time);
    case PREDICATE_SPAN:
        return predicate_read_span(r, doc, "value", &t->time);
    default:
        return predicate_read_int(r, doc, "value", 0, 366, &t->time);
    }
}
