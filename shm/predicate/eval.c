/* The truth of a predicate about one contact. Nothing is allocated. */
#include "shm/predicate/node.h"

#include <math.h>

#include "shm/gw_assign.h"

#define EVAL_RADIUS   6371.0088                 /* of the earth, in km */
#define EVAL_RADIANS  0.017453292519943295
#define EVAL_ID       100                       /* bytes, at most */
#define EVAL_PERCENT  (GW_ASSIGN_BUCKETS / 100)


static json_t *
eval_member(const json_t *object, gw_str_t name)
{
    return json_object_getn(object, (char *) name.data, name.len);
}


/* Does the array hold this text? */
static bool
eval_holds(const json_t *array, gw_str_t want, bool fold)
{
    size_t    i;
    json_t   *item;
    gw_str_t  s;

    json_array_foreach(array, i, item) {
        if (predicate_text(item, &s)
            && (fold ? predicate_same(s, want) : gw_str_eq(s, want)))
        {
            return true;
        }
    }

    return false;
}


static bool
eval_consent(const predicate_node_t *n, const json_t *contact)
{
    gw_str_t  s;

    if (!predicate_text(eval_member(json_object_get(contact, "consent"),
                                    n->name), &s))
    {
        s = gw_str_of("unknown");
    }

    return gw_str_eq(s, n->u.word);
}


static bool
eval_near(const predicate_node_t *n, const json_t *contact)
{
    double         lat, lon, a, b, s;
    const json_t  *attributes;

    attributes = json_object_get(contact, "attributes");

    if (!predicate_number(json_object_get(attributes, "latitude"), &lat)
        || !predicate_number(json_object_get(attributes, "longitude"), &lon)
        || fabs(lat) > 90 || fabs(lon) > 180)
    {
        return false;
    }

    a = sin((lat - n->u.near.latitude) * EVAL_RADIANS / 2);
    b = sin((lon - n->u.near.longitude) * EVAL_RADIANS / 2);
    s = sin(n->u.near.kilometres / (2 * EVAL_RADIUS));

    return a * a + cos(n->u.near.latitude * EVAL_RADIANS)
                   * cos(lat * EVAL_RADIANS) * b * b <= s * s;
}


static bool
eval_bucket(const predicate_node_t *n, const json_t *contact)
{
    int       bucket;
    gw_str_t  id;

    if (!predicate_text(json_object_get(contact, "id"), &id)
        || id.len > EVAL_ID)
    {
        return false;
    }

    bucket = (int) (gw_assign_bucket(n->name, id) / EVAL_PERCENT);

    return bucket >= n->u.bucket.from && bucket < n->u.bucket.to;
}


/* Is it an event that the node counts? */
static bool
eval_counts(const gw_predicate_t *p, unsigned i, const json_t *event,
    int64_t now)
{
    int64_t                  at;
    gw_str_t                 s;
    const json_t            *properties;
    const predicate_node_t  *n;

    n = &p->node[i];

    if (!predicate_text(json_object_get(event, "name"), &s)
        || !gw_str_eq(s, n->name)
        || !predicate_when(json_object_get(event, "at"), &at) || at > now
        || (n->u.event.within_text.len != 0 && at <= now - n->u.event.within)
        || (n->u.event.since_text.len != 0 && at < n->u.event.since)
        || (n->u.event.before_text.len != 0 && at >= n->u.event.before))
    {
        return false;
    }

    properties = json_object_get(event, "properties");

    for (i++; i < n->end; i++) {
        if (!predicate_test(&p->node[i].u.test,
                            eval_member(properties, p->node[i].name), now))
        {
            return false;
        }
    }

    return true;
}


int64_t
predicate_count(const gw_predicate_t *p, unsigned i,
    const gw_predicate_case_t *c)
{
    size_t    j;
    json_t   *event;
    int64_t   n;

    n = 0;
    json_array_foreach(c->events, j, event) {
        n += eval_counts(p, i, event, c->now);
    }

    return n;
}


static bool
eval_event(const gw_predicate_t *p, unsigned i, const gw_predicate_case_t *c)
{
    int64_t  n, times;

    n = predicate_count(p, i, c);
    times = p->node[i].u.event.times;

    switch (p->node[i].u.event.op) {
    case PREDICATE_TIMES_LEAST:
        return n >= times;
    case PREDICATE_TIMES_MOST:
        return n <= times;
    default:
        return n == times;
    }
}


/* all: not one is false; any: one is true. */
static bool
eval_group(const gw_predicate_t *p, unsigned i, const gw_predicate_case_t *c)
{
    bool      any;
    unsigned  end;

    any = p->node[i].kind == PREDICATE_ANY;
    end = p->node[i].end;

    for (i++; i < end; i = p->node[i].end) {
        if (predicate_true(p, i, c) == any) {
            return any;
        }
    }

    return !any;
}


bool
predicate_true(const gw_predicate_t *p, unsigned i,
    const gw_predicate_case_t *c)
{
    const json_t            *contact;
    const predicate_node_t  *n;

    n = &p->node[i];
    contact = c->contact;

    switch (n->kind) {
    case PREDICATE_ALL:
    case PREDICATE_ANY:
        return eval_group(p, i, c);
    case PREDICATE_NOT:
        return !predicate_true(p, i + 1, c);
    case PREDICATE_FIELD:
        return predicate_test(&n->u.test, eval_member(contact, n->name),
                              c->now);
    case PREDICATE_ATTRIBUTE:
        return predicate_test(&n->u.test,
            eval_member(json_object_get(contact, "attributes"), n->name),
            c->now);
    case PREDICATE_COMPANY:
        return predicate_test(&n->u.test,
            eval_member(json_object_get(contact, "company"), n->name), c->now);
    case PREDICATE_COMPANY_ATTRIBUTE:
        return predicate_test(&n->u.test,
            eval_member(json_object_get(json_object_get(contact, "company"),
                                        "attributes"), n->name), c->now);
    case PREDICATE_TAG:
        return eval_holds(json_object_get(contact, "tags"), n->name, true);
    case PREDICATE_LIST:
        return eval_holds(json_object_get(contact, "lists"), n->name, false);
    case PREDICATE_CONSENT:
        return eval_consent(n, contact);
    case PREDICATE_EVENT:
        return eval_event(p, i, c);
    case PREDICATE_CAMPAIGN:
        return eval_holds(eval_member(json_object_get(contact, "campaigns"),
                                      n->name), n->u.word, false);
    case PREDICATE_NEAR:
        return eval_near(n, contact);
    case PREDICATE_BUCKET:
        return eval_bucket(n, contact);
    case PREDICATE_PROPERTY:
        break;                          /* judged with its event */
    }

    return false;
}


bool
gw_predicate_match(const gw_predicate_t *p, const gw_predicate_case_t *c)
{
    return predicate_true(p, 0, c);
}
