/* The run of a check: where it is, what it found, what it may still cost. */
#ifndef GW_SCHEMA_CHECK_H
#define GW_SCHEMA_CHECK_H

#include "shm/schema/node.h"

#define SCHEMA_STEPS  2000000   /* schemas applied and members looked at */
#define SCHEMA_DEPTH  1000      /* schemas applied inside one another    */

typedef struct {
    const char  *key;           /* NULL: an index */
    size_t       index;
} schema_step_t;

struct schema_run_s {
    const gw_schema_set_t    *set;
    gw_schema_error_t        *errors;
    size_t                    n, max;
    unsigned                  silent;   /* > 0: errors are not wanted       */
    bool                      gave_up;  /* the last error is of rule limit  */
    uint64_t                  steps;    /* left                             */
    unsigned                  depth;
    size_t                    path_n, scope_n;
    pcre2_match_data         *match;    /* both made by the first match     */
    pcre2_match_context      *limits;

    /*
     * What the rules of the values that are being judged have evaluated: one
     * stack of iterators (members) and indexes + 1 (items). A schema that
     * fails takes back what it pushed, so does a value that is finished.
     */
    bool                      track;    /* somebody above asks              */
    uintptr_t                *seen;
    size_t                    seen_n, seen_size;
    size_t                    mark;     /* the first of the present schema  */

    schema_step_t             path[SCHEMA_DEPTH];
    const schema_resource_t  *scope[SCHEMA_DEPTH];
};

#define SCHEMA_SEEN_ALL  UINTPTR_MAX

/* Note an error of that rule at the present place; returns false. */
bool schema_fail(schema_run_t *run, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The check ends here, invalid, whatever schema asked; returns false. */
bool schema_give_up(schema_run_t *run, const char *message);

/* Take n steps; false when there are none left. */
bool schema_charge(schema_run_t *run, size_t n);

/* Judge the value itself by another schema, met by that keyword. */
bool schema_apply(schema_run_t *run, const gw_schema_t *node,
    const json_t *value, const char *via);

/* The same without errors. */
bool schema_try(schema_run_t *run, const gw_schema_t *node,
    const json_t *value);

/* Judge a member or an item of the value that is being judged. */
bool schema_apply_at(schema_run_t *run, const gw_schema_t *node,
    const json_t *child, schema_step_t step, const char *via);

/* Member or item has been evaluated; false when there is no memory. */
bool schema_saw(schema_run_t *run, uintptr_t what);

/* What the present schema has seen; what is pushed later is not in it. */
typedef struct {
    const schema_run_t  *run;
    size_t               first, n;
} schema_seen_t;

schema_seen_t schema_seen(schema_run_t *run);
bool schema_seen_has(const schema_seen_t *s, uintptr_t what);

/* Does the pattern match? A match that costs too much gives up the check. */
bool schema_match(schema_run_t *run, const pcre2_code *regex, gw_str_t text);

/* May this go on to find more errors? */
static inline bool
schema_goes_on(const schema_run_t *run)
{
    return !run->gave_up && run->silent == 0 && run->n < run->max;
}

/* check_*.c: check functions of the keyword table. */
#define SCHEMA_CHECK(name)                                                    \
    bool schema_check_##name(schema_run_t *run, const schema_rule_t *rule,    \
        const json_t *value)

SCHEMA_CHECK(type);
SCHEMA_CHECK(enum);
SCHEMA_CHECK(const);
SCHEMA_CHECK(minimum);
SCHEMA_CHECK(maximum);
SCHEMA_CHECK(exclusive_minimum);
SCHEMA_CHECK(exclusive_maximum);
SCHEMA_CHECK(multiple);
SCHEMA_CHECK(min_length);
SCHEMA_CHECK(max_length);
SCHEMA_CHECK(pattern);
SCHEMA_CHECK(format);
SCHEMA_CHECK(min_items);
SCHEMA_CHECK(max_items);
SCHEMA_CHECK(unique);
SCHEMA_CHECK(prefix_items);
SCHEMA_CHECK(items);
SCHEMA_CHECK(contains);
SCHEMA_CHECK(unevaluated_items);
SCHEMA_CHECK(min_properties);
SCHEMA_CHECK(max_properties);
SCHEMA_CHECK(required);
SCHEMA_CHECK(dependent_required);
SCHEMA_CHECK(properties);
SCHEMA_CHECK(pattern_properties);
SCHEMA_CHECK(additional_properties);
SCHEMA_CHECK(property_names);
SCHEMA_CHECK(unevaluated_properties);
SCHEMA_CHECK(ref);
SCHEMA_CHECK(dynamic_ref);
SCHEMA_CHECK(all_of);
SCHEMA_CHECK(any_of);
SCHEMA_CHECK(one_of);
SCHEMA_CHECK(not);
SCHEMA_CHECK(if);
SCHEMA_CHECK(dependent_schemas);

#endif
