/* Checks of objects. */
#include "shm/schema/check.h"

#include <stdio.h>

#define MEMBER(key)  ((schema_step_t) { (key), 0 })


SCHEMA_CHECK(min_properties)
{
    size_t  n = json_object_size(value);

    return n >= rule->least
           || schema_fail(run, rule->kw->name,
                          "must have at least %llu members, has %zu",
                          (unsigned long long) rule->least, n);
}


SCHEMA_CHECK(max_properties)
{
    size_t  n = json_object_size(value);

    return n <= rule->least
           || schema_fail(run, rule->kw->name,
                          "must have at most %llu members, has %zu",
                          (unsigned long long) rule->least, n);
}


/* every name of the list is a member; because: NULL, or the one that asks */
static bool
object_has(schema_run_t *run, const schema_rule_t *rule, const json_t *value,
    const json_t *list, const char *because)
{
    bool         valid;
    size_t       i;
    const char  *name;

    valid = true;

    for (i = 0; i < json_array_size(list); i++) {
        name = json_string_value(json_array_get(list, i));
        if (json_object_get(value, name) != NULL) {
            continue;
        }

        valid = because == NULL
                ? schema_fail(run, rule->kw->name, "\"%.200s\" is missing",
                              name)
                : schema_fail(run, rule->kw->name, "\"%.200s\" is missing; "
                              "\"%.200s\" needs it", name, because);

        if (!schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(required)
{
    return object_has(run, rule, value, rule->value, NULL);
}


SCHEMA_CHECK(dependent_required)
{
    bool     valid;
    void    *it;
    json_t  *map = (json_t *) rule->value;

    valid = true;

    for (it = json_object_iter(map); it != NULL;
         it = json_object_iter_next(map, it))
    {
        if (json_object_get(value, json_object_iter_key(it)) != NULL) {
            valid &= object_has(run, rule, value, json_object_iter_value(it),
                                json_object_iter_key(it));
        }
    }

    return valid;
}


/* the first error of a name, told of the member that has it */
static void
object_retell(const schema_rule_t *rule, gw_schema_error_t *e)
{
    char  name[sizeof(e->message)];

    memcpy(name, e->message, sizeof(name));
    (void) snprintf(e->message, sizeof(e->message), "has a name that %.480s",
                    name);
    e->rule = rule->kw->name;
}


/* a name is judged as a string */
SCHEMA_CHECK(property_names)
{
    bool         valid;
    size_t       n, max;
    void        *it;
    json_t      *name, *object = (json_t *) value;
    const char  *key;

    valid = true;
    n = run->n;
    max = run->max;

    for (it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
    {
        key = json_object_iter_key(it);
        name = json_stringn_nocheck(key, json_object_iter_key_len(it));
        if (name == NULL) {
            return schema_give_up(run, "takes more memory to check than there "
                                  "is");
        }

        run->max = n < max ? n + 1 : max;
        valid &= schema_apply_at(run, rule->members->node, name, MEMBER(key),
                                 rule->kw->name);
        run->max = max;
        json_decref(name);

        if (run->n > n && !run->gave_up) {
            object_retell(rule, &run->errors[n]);
            n = run->n;
        }

        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(properties)
{
    bool                    valid;
    size_t                  i;
    const char             *key;
    const json_t           *child;
    const schema_member_t  *m;

    valid = true;

    for (i = 0; i < rule->n; i++) {
        m = &rule->members[i];
        key = (const char *) m->name.data;
        child = json_object_getn(value, key, m->name.len);
        if (child == NULL) {
            continue;
        }

        valid &= schema_saw(run, (uintptr_t) json_object_iter_at(
                                     (json_t *) value, key))
                 && schema_apply_at(run, m->node, child, MEMBER(key),
                                    rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(pattern_properties)
{
    bool                    valid;
    void                   *it;
    json_t                 *object = (json_t *) value;
    gw_str_t                key;
    const schema_member_t  *m;

    valid = true;

    for (it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
    {
        key = gw_str_make(json_object_iter_key(it),
                          json_object_iter_key_len(it));

        for (m = rule->members; m < rule->members + rule->n; m++) {

            if (!schema_match(run, m->regex, key)) {
                continue;
            }

            valid &= schema_saw(run, (uintptr_t) it)
                     && schema_apply_at(run, m->node,
                                        json_object_iter_value(it),
                                        MEMBER((const char *) key.data),
                                        rule->kw->name);
            if (!valid && !schema_goes_on(run)) {
                return false;
            }
        }
    }

    return valid;
}


/* is it one that `properties` or `patternProperties` beside the rule take? */
static bool
object_known(schema_run_t *run, const schema_rule_t *rule, gw_str_t key)
{
    size_t  i;

    if (json_object_getn(rule->known, (char *) key.data, key.len) != NULL) {
        return true;
    }

    for (i = 0; rule->peer != NULL && i < rule->peer->n; i++) {
        if (schema_match(run, rule->peer->members[i].regex, key)) {
            return true;
        }
    }

    return false;
}


/* a member that no other keyword has judged */
static bool
object_rest(schema_run_t *run, const schema_rule_t *rule, void *it)
{
    const char         *key;
    const gw_schema_t  *node;

    key = json_object_iter_key(it);
    node = rule->members->node;

    if (!schema_saw(run, (uintptr_t) it)) {
        return false;
    }

    if (node->state != NODE_FALSE) {
        return schema_apply_at(run, node, json_object_iter_value(it),
                               MEMBER(key), rule->kw->name);
    }

    if (schema_goes_on(run) && run->path_n < SCHEMA_DEPTH) {
        run->path[run->path_n++] = MEMBER(key);
        (void) schema_fail(run, rule->kw->name, "is not a member that is "
                           "known here");
        run->path_n--;
    }

    return false;
}


SCHEMA_CHECK(additional_properties)
{
    bool      valid;
    void     *it;
    json_t   *object = (json_t *) value;

    valid = true;

    if (rule->members->node->state == NODE_TRUE && !run->track) {
        return true;
    }

    for (it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
    {
        if (object_known(run, rule, gw_str_make(json_object_iter_key(it),
                                        json_object_iter_key_len(it))))
        {
            continue;
        }

        valid &= object_rest(run, rule, it);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(unevaluated_properties)
{
    bool            valid;
    void           *it;
    json_t         *object = (json_t *) value;
    schema_seen_t   seen = schema_seen(run);

    valid = true;

    for (it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
    {
        if (schema_seen_has(&seen, (uintptr_t) it)) {
            continue;
        }

        valid &= object_rest(run, rule, it);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}
