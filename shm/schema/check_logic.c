/* Checks that hand the same value to other schemas. */
#include "shm/schema/check.h"

#define LOGIC_FOLLOW  16        /* references that lead to a candidate */


SCHEMA_CHECK(ref)
{
    return schema_apply(run, rule->members->node, value, rule->kw->name);
}


/* the outermost resource of the run that has the anchor; else as $ref */
SCHEMA_CHECK(dynamic_ref)
{
    size_t                  i;
    gw_str_t                name;
    const gw_schema_t      *node;
    const schema_anchor_t  *a;

    node = rule->members->node;
    name = rule->members->name;

    for (i = 0; i < run->scope_n && name.len > 0; i++) {

        for (a = run->set->anchors; a != NULL; a = a->next) {

            if (a->dynamic && a->resource == run->scope[i]
                && gw_str_is(name, a->name))
            {
                return schema_apply(run, a->node, value, rule->kw->name);
            }
        }
    }

    return schema_apply(run, node, value, rule->kw->name);
}


SCHEMA_CHECK(all_of)
{
    bool    valid;
    size_t  i;

    valid = true;

    for (i = 0; i < rule->n; i++) {
        valid &= schema_apply(run, rule->members[i].node, value,
                              rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}


/* a member that must be a constant is another one: a form not meant */
static bool
logic_other_kind(const gw_schema_t *node, const json_t *value)
{
    size_t                  i, k;
    const json_t           *have;
    const schema_rule_t    *rule;
    const schema_member_t  *m;

    for (i = 0; i < node->n; i++) {
        rule = &node->rules[i];

        if (strcmp(rule->kw->name, "properties") != 0) {
            continue;
        }

        for (m = rule->members; m < rule->members + rule->n; m++) {
            have = json_object_getn(value, (char *) m->name.data,
                                    m->name.len);

            for (k = 0; k < m->node->n && have != NULL; k++) {
                if (strcmp(m->node->rules[k].kw->name, "const") == 0
                    && !schema_equal(have, m->node->rules[k].value))
                {
                    return true;
                }
            }
        }
    }

    return false;
}


/* by type and constants, can the value be meant for this schema? */
static bool
logic_candidate(const gw_schema_t *node, const json_t *value)
{
    size_t  i, depth;

    if (!(schema_types(node, 0) & schema_type(value))) {
        return false;
    }

    for (depth = 0; depth < LOGIC_FOLLOW; depth++) {

        if (logic_other_kind(node, value)) {
            return false;
        }

        for (i = 0; i < node->n; i++) {
            if (strcmp(node->rules[i].kw->name, "$ref") == 0) {
                break;
            }
        }

        if (i == node->n) {
            break;
        }

        node = node->rules[i].members->node;
    }

    return true;
}


/*
 * No form fits. When only one can be meant its errors say more than this
 * sentence does.
 */
static bool
logic_no_form(schema_run_t *run, const schema_rule_t *rule,
    const json_t *value)
{
    size_t              i, found, before;
    const gw_schema_t  *meant;

    if (!schema_goes_on(run)) {
        return false;
    }

    meant = NULL;
    found = 0;

    for (i = 0; i < rule->n; i++) {
        if (logic_candidate(rule->members[i].node, value)) {
            meant = rule->members[i].node;
            found++;
        }
    }

    before = run->n;
    if (found == 1) {
        (void) schema_apply(run, meant, value, rule->kw->name);
    }

    return run->n > before ? false
           : schema_fail(run, rule->kw->name, "must have one of the %zu forms "
                         "that are allowed here", rule->n);
}


SCHEMA_CHECK(any_of)
{
    bool    found;
    size_t  i;

    found = false;

    for (i = 0; i < rule->n && !(found && !run->track); i++) {
        found |= schema_try(run, rule->members[i].node, value);
    }

    return found || logic_no_form(run, rule, value);
}


SCHEMA_CHECK(one_of)
{
    size_t  i, mark, first, second;

    first = second = rule->n;
    mark = run->seen_n;

    for (i = 0; i < rule->n && second == rule->n; i++) {

        if (!schema_try(run, rule->members[i].node, value)) {
            continue;
        }

        if (first == rule->n) {
            first = i;
        } else {
            second = i;
        }
    }

    if (second < rule->n) {
        run->seen_n = mark;
        return schema_fail(run, rule->kw->name, "must have only one of the "
                           "forms that are allowed here, has those of %zu and "
                           "%zu", first, second);
    }

    return first < rule->n || logic_no_form(run, rule, value);
}


SCHEMA_CHECK(not)
{
    size_t  mark;

    mark = run->seen_n;

    if (!schema_try(run, rule->members->node, value)) {
        return !run->gave_up;
    }

    run->seen_n = mark;
    return schema_fail(run, rule->kw->name,
                       "has a form that is not allowed here");
}


SCHEMA_CHECK(if)
{
    const gw_schema_t      *node;
    const schema_member_t  *m = rule->members;

    node = schema_try(run, m[0].node, value) ? m[1].node : m[2].node;
    return node == NULL || schema_apply(run, node, value,
                                        node == m[1].node ? "then" : "else");
}


SCHEMA_CHECK(dependent_schemas)
{
    bool                    valid;
    const schema_member_t  *m;

    valid = true;

    for (m = rule->members; m < rule->members + rule->n; m++) {

        if (json_object_getn(value, (char *) m->name.data, m->name.len)
            == NULL)
        {
            continue;
        }

        valid &= schema_apply(run, m->node, value, rule->kw->name);
        if (!valid && !schema_goes_on(run)) {
            break;
        }
    }

    return valid;
}
