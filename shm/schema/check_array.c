/* Checks of arrays. */
#include "shm/schema/check.h"

#define ITEM(i)  ((schema_step_t) { NULL, (i) })


SCHEMA_CHECK(min_items)
{
    size_t  n = json_array_size(value);

    return n >= rule->least
           || schema_fail(run, rule->kw->name,
                          "must have at least %llu items, has %zu",
                          (unsigned long long) rule->least, n);
}


SCHEMA_CHECK(max_items)
{
    size_t  n = json_array_size(value);

    return n <= rule->least
           || schema_fail(run, rule->kw->name,
                          "must have at most %llu items, has %zu",
                          (unsigned long long) rule->least, n);
}


SCHEMA_CHECK(unique)
{
    int     rc;
    size_t  a, b;

    if (!schema_charge(run, json_array_size(value))) {
        return false;
    }

    rc = schema_twins(value, &a, &b);
    if (rc == GW_ENOTFOUND) {
        return true;
    }

    if (rc != GW_OK) {
        return schema_give_up(run, "takes more memory to check than there is");
    }

    return schema_fail(run, rule->kw->name, "must not have an item twice; "
                       "items %zu and %zu are equal", a, b);
}


SCHEMA_CHECK(prefix_items)
{
    bool    valid;
    size_t  i, n;

    valid = true;
    n = json_array_size(value);

    for (i = 0; i < n && i < rule->n; i++) {
        valid &= schema_saw(run, i + 1)
                 && schema_apply_at(run, rule->members[i].node,
                                    json_array_get(value, i), ITEM(i),
                                    rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(items)
{
    bool    valid;
    size_t  i, n;

    valid = schema_saw(run, SCHEMA_SEEN_ALL);
    n = json_array_size(value);

    for (i = rule->least; i < n; i++) {
        valid &= schema_apply_at(run, rule->members->node,
                                 json_array_get(value, i), ITEM(i),
                                 rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


SCHEMA_CHECK(contains)
{
    size_t    i, n;
    uint64_t  found;

    found = 0;
    n = json_array_size(value);

    for (i = 0; i < n; i++) {
        run->silent++;
        found += schema_apply_at(run, rule->members->node,
                                 json_array_get(value, i), ITEM(i), "")
                 && schema_saw(run, i + 1);
        run->silent -= run->silent > 0;

        if (run->gave_up) {
            return false;
        }

        if (!run->track && found >= rule->least && rule->most == UINT64_MAX) {
            return true;
        }
    }

    if (found < rule->least) {
        return schema_fail(run, rule->least > 1 ? "minContains"
                           : rule->kw->name, "must have at least %llu items "
                           "of the form that is asked for, has %llu",
                           (unsigned long long) rule->least,
                           (unsigned long long) found);
    }

    return found <= rule->most
           || schema_fail(run, "maxContains", "must have at most %llu items "
                          "of the form that is asked for, has %llu",
                          (unsigned long long) rule->most,
                          (unsigned long long) found);
}


SCHEMA_CHECK(unevaluated_items)
{
    bool            valid;
    size_t          i, n;
    schema_seen_t   seen = schema_seen(run);

    valid = true;
    n = json_array_size(value);

    for (i = 0; i < n && !schema_seen_has(&seen, SCHEMA_SEEN_ALL); i++) {

        if (schema_seen_has(&seen, i + 1)) {
            continue;
        }

        valid &= schema_apply_at(run, rule->members->node,
                                 json_array_get(value, i), ITEM(i),
                                 rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            return false;
        }
    }

    return valid && schema_saw(run, SCHEMA_SEEN_ALL);
}
