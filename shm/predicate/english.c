/* Predicates in English, and why one is true or false. */
#include "shm/predicate/node.h"

#include <stdio.h>
#include <stdlib.h>


static void
english_number(double v, gw_buf_t *out)
{
    char  text[40];

    (void) snprintf(text, sizeof(text), "%.15g", v);
    if (strtod(text, NULL) != v) {
        (void) snprintf(text, sizeof(text), "%.17g", v);
    }
    gw_buf_cstr(out, text);
}


static void
english_scalar(const json_t *v, gw_buf_t *out)
{
    gw_str_t  s;

    if (predicate_text(v, &s)) {
        gw_buf_json(out, s);

    } else if (json_is_integer(v)) {
        gw_buf_fmt(out, "%lld", (long long) json_integer_value(v));

    } else if (json_is_real(v)) {
        english_number(json_real_value(v), out);

    } else {
        gw_buf_cstr(out, json_is_true(v) ? "true" : "false");
    }
}


/* `30d` is 30 days, `1h` is hour: what stands behind `the last`. */
static void
english_span(gw_str_t s, gw_buf_t *out)
{
    size_t             i;
    static const struct {
        unsigned char  name;
        const char    *word;
    }                  units[] = { { 'm', "minute" }, { 'h', "hour" },
                                   { 'd', "day" }, { 'w', "week" } };

    for (i = 0; s.data[s.len - 1] != units[i].name; i++) {
        /* it is one of these */
    }

    gw_buf_put(out, s.data, s.len - 1);
    gw_buf_fmt(out, " %s%s", units[i].word,
               s.len == 2 && s.data[0] == '1' ? "" : "s");
}


static void
english_test(const predicate_test_t *t, gw_buf_t *out)
{
    size_t    i, n;
    gw_str_t  s;

    gw_buf_fmt(out, " %s", t->verb->english);

    switch (t->verb->takes) {
    case PREDICATE_NOTHING:
        break;
    case PREDICATE_SCALARS:
        n = json_array_size(t->value);
        for (i = 0; i < n; i++) {
            gw_buf_cstr(out, i == 0 ? "" : i + 1 < n ? ", " : " or ");
            english_scalar(json_array_get(t->value, i), out);
        }
        break;
    case PREDICATE_TIME:
        if (predicate_text(t->value, &s)) {
            gw_buf_str(out, s);
        }
        break;
    case PREDICATE_SPAN:
        if (predicate_text(t->value, &s)) {
            english_span(s, out);
        }
        break;
    case PREDICATE_DAYS:
        if (t->time > 1) {
            gw_buf_fmt(out, "in %lld days", (long long) t->time);
        } else {
            gw_buf_cstr(out, t->time == 0 ? "today" : "tomorrow");
        }
        break;
    default:
        english_scalar(t->value, out);
    }

    gw_buf_cstr(out, t->verb->behind);
}


/* first_name: first name */
static void
english_words(gw_str_t name, gw_buf_t *out)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        gw_buf_char(out, name.data[i] == '_' ? ' ' : name.data[i]);
    }
}


static void
english_event(const gw_predicate_t *p, unsigned i, gw_buf_t *out)
{
    unsigned                 at;
    const predicate_node_t  *n;

    n = &p->node[i];
    gw_buf_json(out, n->name);
    gw_buf_cstr(out, " happened ");
    english_words(gw_str_of(predicate_times[n->u.event.op]), out);
    gw_buf_fmt(out, " %lld %s", (long long) n->u.event.times,
               n->u.event.times == 1 ? "time" : "times");

    if (n->u.event.within_text.len != 0) {
        gw_buf_cstr(out, " within the last ");
        english_span(n->u.event.within_text, out);
    }

    if (n->u.event.since_text.len != 0) {
        gw_buf_cstr(out, " since ");
        gw_buf_str(out, n->u.event.since_text);
    }

    if (n->u.event.before_text.len != 0) {
        gw_buf_cstr(out, " before ");
        gw_buf_str(out, n->u.event.before_text);
    }

    for (at = i + 1; at < n->end; at++) {
        gw_buf_cstr(out, at == i + 1 ? " where " : " and ");
        predicate_phrase(p, at, out);
    }
}


static void
english_group(const gw_predicate_t *p, unsigned i, gw_buf_t *out)
{
    bool                     brackets;
    unsigned                 at;
    const predicate_node_t  *n;

    n = &p->node[i];

    if (n->end == i + 1) {
        gw_buf_cstr(out, n->kind == PREDICATE_ALL ? "everybody" : "nobody");
        return;
    }

    brackets = i > 0 && p->node[i + 1].end < n->end
               && p->node[n->parent].kind != PREDICATE_NOT;
    gw_buf_cstr(out, brackets ? "(" : "");

    for (at = i + 1; at < n->end; at = p->node[at].end) {
        gw_buf_cstr(out, at == i + 1 ? "" : n->kind == PREDICATE_ALL ? " and "
                                                                     : " or ");
        predicate_phrase(p, at, out);
    }

    gw_buf_cstr(out, brackets ? ")" : "");
}


void
predicate_phrase(const gw_predicate_t *p, unsigned i, gw_buf_t *out)
{
    const predicate_node_t  *n;

    n = &p->node[i];

    switch (n->kind) {
    case PREDICATE_ALL:
    case PREDICATE_ANY:
        english_group(p, i, out);
        return;
    case PREDICATE_NOT:
        gw_buf_cstr(out, "not (");
        predicate_phrase(p, i + 1, out);
        gw_buf_char(out, ')');
        return;
    case PREDICATE_FIELD:
        english_words(n->name, out);
        english_test(&n->u.test, out);
        return;
    case PREDICATE_ATTRIBUTE:
    case PREDICATE_PROPERTY:
        gw_buf_json(out, n->name);
        english_test(&n->u.test, out);
        return;
    case PREDICATE_COMPANY:
        if (gw_str_is(n->name, "id")
            && n->u.test.verb->takes == PREDICATE_NOTHING)
        {
            gw_buf_cstr(out, "has a company");
            return;
        }
        gw_buf_cstr(out, "the company's ");
        english_words(n->name, out);
        english_test(&n->u.test, out);
        return;
    case PREDICATE_COMPANY_ATTRIBUTE:
        gw_buf_cstr(out, "the company's ");
        gw_buf_json(out, n->name);
        english_test(&n->u.test, out);
        return;
    case PREDICATE_TAG:
        gw_buf_cstr(out, "has the tag ");
        gw_buf_json(out, n->name);
        return;
    case PREDICATE_LIST:
        gw_buf_fmt(out, "is on the list %.*s", (int) n->name.len,
                   n->name.data);
        return;
    case PREDICATE_CONSENT:
        gw_buf_fmt(out, "consent to %.*s is %.*s", (int) n->name.len,
                   n->name.data, (int) n->u.word.len, n->u.word.data);
        return;
    case PREDICATE_EVENT:
        english_event(p, i, out);
        return;
    case PREDICATE_CAMPAIGN:
        gw_buf_fmt(out, "campaign %.*s was %.*s", (int) n->name.len,
                   n->name.data, (int) n->u.word.len, n->u.word.data);
        return;
    case PREDICATE_NEAR:
        gw_buf_cstr(out, "is within ");
        english_number(n->u.near.kilometres, out);
        gw_buf_cstr(out, " km of latitude ");
        english_number(n->u.near.latitude, out);
        gw_buf_cstr(out, ", longitude ");
        english_number(n->u.near.longitude, out);
        return;
    case PREDICATE_BUCKET:
        gw_buf_fmt(out, "is in the random part %d %% to %d %% of ",
                   n->u.bucket.from, n->u.bucket.to);
        gw_buf_json(out, n->name);
        return;
    }
}


void
gw_predicate_english(const gw_predicate_t *p, gw_buf_t *out)
{
    predicate_phrase(p, 0, out);
}


/* The JSON pointer of a node, by way of the groups it stands in. */
static void
english_pointer(const gw_predicate_t *p, unsigned i, gw_buf_t *out)
{
    const predicate_node_t  *n, *parent;

    if (i == 0) {
        return;
    }

    n = &p->node[i];
    parent = &p->node[n->parent];
    english_pointer(p, n->parent, out);

    if (parent->kind == PREDICATE_NOT) {
        gw_buf_cstr(out, "/not");
    } else {
        gw_buf_fmt(out, "/%s/%u", parent->kind == PREDICATE_ALL ? "all"
                                                                : "any",
                   n->place);
    }
}


/* A condition in words, with its answer in a case; NULL: no memory. */
static json_t *
english_row(const gw_predicate_t *p, unsigned i, const gw_predicate_case_t *c,
    gw_buf_t *b)
{
    size_t   at;
    json_t  *row;

    gw_buf_reset(b);
    english_pointer(p, i, b);
    at = b->len;
    predicate_phrase(p, i, b);

    if (b->failed) {
        return NULL;
    }

    row = json_pack("{s:s%, s:s%}", "pointer", b->data, at, "english",
                    b->data + at, b->len - at);

    if (row != NULL && c != NULL
        && (json_object_set_new(row, "match",
                json_boolean(predicate_true(p, i, c))) != 0
            || (p->node[i].kind == PREDICATE_EVENT
                && json_object_set_new(row, "times",
                       json_integer(predicate_count(p, i, c))) != 0)))
    {
        json_decref(row);
        row = NULL;
    }

    return row;
}


json_t *
gw_predicate_why(const gw_predicate_t *p, const gw_predicate_case_t *c)
{
    json_t    *out;
    unsigned   i;
    gw_buf_t   b;

    out = json_array();
    gw_buf_init(&b, GW_PREDICATE_ENGLISH);

    for (i = 0; out != NULL && i < p->n; i++) {
        if (p->node[i].kind >= PREDICATE_FIELD
            && p->node[i].kind != PREDICATE_PROPERTY
            && json_array_append_new(out, english_row(p, i, c, &b)) != 0)
        {
            json_decref(out);
            out = NULL;
        }
    }

    gw_buf_free(&b);
    return out;
}


json_t *
gw_predicate_words(const gw_predicate_t *p)
{
    json_t    *out;
    gw_buf_t   b;

    gw_buf_init(&b, GW_PREDICATE_ENGLISH);
    gw_predicate_english(p, &b);
    out = b.failed ? NULL
          : json_pack("{s:s%, s:o}", "english", b.data, b.len, "phrases",
                      gw_predicate_why(p, NULL));
    gw_buf_free(&b);

    return out;
}
