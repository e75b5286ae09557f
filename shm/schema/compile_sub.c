/* Keywords whose value holds schemas, or names one. */
#include "shm/schema/node.h"

#include <stdio.h>


/* the node of a schema that is the rule's value, or lies at token in it */
static int
sub_member(schema_compile_t *c, const schema_rule_t *rule, const char *token,
    const json_t *json, schema_member_t *m)
{
    char         *pointer;
    gw_schema_t  *node;

    if (json_is_boolean(json)) {
        m->node = json_is_true(json) ? &c->set->yes : &c->set->no;
        return GW_OK;
    }

    node = json_is_object(json) ? schema_find(c->set, json) : NULL;
    if (node != NULL) {
        m->node = schema_want(node);
        return GW_OK;
    }

    pointer = schema_pointer(c->set, c->node->pointer, rule->kw->name);
    if (pointer != NULL && token != NULL) {
        pointer = schema_pointer(c->set, pointer, token);
    }

    return pointer == NULL ? GW_ENOMEM
           : schema_wrong_at(c, pointer, NULL,
                             "must be a schema: an object, true or false");
}


static int
sub_room(schema_compile_t *c, schema_rule_t *rule, size_t n)
{
    rule->n = n;
    rule->members = schema_alloc(c->set, n * sizeof(rule->members[0]));
    return rule->members != NULL ? GW_OK : GW_ENOMEM;
}


static int
sub_list(schema_compile_t *c, schema_rule_t *rule)
{
    int     rc;
    char    token[24];
    size_t  i;

    if (json_array_size(rule->value) == 0) {
        return schema_wrong(c, rule, "must be an array of schemas");
    }

    rc = sub_room(c, rule, json_array_size(rule->value));
    for (i = 0; i < rule->n && rc == GW_OK; i++) {
        (void) snprintf(token, sizeof(token), "%zu", i);
        rc = sub_member(c, rule, token, json_array_get(rule->value, i),
                        &rule->members[i]);
    }

    return rc;
}


static bool
sub_constant(const json_t *json)
{
    return json_object_get(json, "const") != NULL
           || json_object_get(json, "enum") != NULL;
}


static void
sub_reverse(schema_member_t *m, schema_member_t *end)
{
    schema_member_t  other;

    for ( /* void */ ; end - m > 1; m++) {
        other = *m;
        *m = *--end;
        *end = other;
    }
}


/*
 * In the order of the map, but constants before what may be deep: of many
 * forms that differ in one, the wrong ones are left at once.
 */
static int
sub_map(schema_compile_t *c, schema_rule_t *rule)
{
    int              rc;
    void            *it;
    json_t          *map = (json_t *) rule->value;
    schema_member_t *m, *first, *last;

    if (!json_is_object(map)) {
        return schema_wrong(c, rule, "must be an object of schemas");
    }

    rc = sub_room(c, rule, json_object_size(map));
    first = rule->members;
    last = first + rule->n;

    for (it = json_object_iter(map); it != NULL && rc == GW_OK;
         it = json_object_iter_next(map, it))
    {
        m = sub_constant(json_object_iter_value(it)) ? first++ : --last;
        m->name = gw_str_of(json_object_iter_key(it));
        rc = sub_member(c, rule, json_object_iter_key(it),
                        json_object_iter_value(it), m);
    }

    if (rc == GW_OK) {
        sub_reverse(last, rule->members + rule->n);
    }

    return rc;
}


int
schema_compile_members(schema_compile_t *c, schema_rule_t *rule)
{
    int  rc;

    if (rule->kw->shape == SHAPE_LIST) {
        return sub_list(c, rule);
    }

    if (rule->kw->shape == SHAPE_MAP) {
        return sub_map(c, rule);
    }

    rc = sub_room(c, rule, 1);
    return rc != GW_OK ? rc
           : sub_member(c, rule, NULL, rule->value, rule->members);
}


int
schema_compile_patterns(schema_compile_t *c, schema_rule_t *rule)
{
    int       rc;
    char      mem[256];
    size_t    i;
    gw_buf_t  why;

    rc = schema_compile_members(c, rule);

    for (i = 0; i < rule->n && rc == GW_OK; i++) {
        gw_buf_fixed(&why, mem, sizeof(mem));
        rule->members[i].regex = schema_regex(c->set, rule->members[i].name,
                                              &why);
        if (rule->members[i].regex == NULL) {
            rc = schema_wrong(c, rule, "has the key \"%s\", which is no "
                              "pattern: %s", rule->members[i].name.data,
                              gw_buf_c(&why));
        }
    }

    return rc;
}


/* a closed dialect wants every definition right, used or not */
int
schema_compile_defs(schema_compile_t *c, schema_rule_t *rule)
{
    return c->set->flags & GW_SCHEMA_CLOSED ? schema_compile_members(c, rule)
                                            : GW_OK;
}


/* additionalProperties: what `properties` and `patternProperties` leave */
int
schema_compile_rest(schema_compile_t *c, schema_rule_t *rule)
{
    size_t  i;

    rule->known = json_object_get(c->node->json, "properties");

    for (i = 0; i < c->node->n; i++) {
        if (strcmp(c->node->rules[i].kw->name, "patternProperties") == 0) {
            rule->peer = &c->node->rules[i];
        }
    }

    return schema_compile_members(c, rule);
}


int
schema_compile_items(schema_compile_t *c, schema_rule_t *rule)
{
    rule->least = json_array_size(json_object_get(c->node->json,
                                                  "prefixItems"));
    return schema_compile_members(c, rule);
}


int
schema_compile_contains(schema_compile_t *c, schema_rule_t *rule)
{
    int  rc;

    rc = schema_count(c, "minContains", 1, &rule->least);
    if (rc == GW_OK) {
        rc = schema_count(c, "maxContains", UINT64_MAX, &rule->most);
    }

    return rc == GW_OK ? schema_compile_members(c, rule) : rc;
}


/* members: if, then, else; a missing one has no node */
int
schema_compile_if(schema_compile_t *c, schema_rule_t *rule)
{
    int           rc;
    size_t        i;
    const json_t *value;
    static const char *const  names[] = { "if", "then", "else" };

    rc = sub_room(c, rule, 3);

    for (i = 0; i < rule->n && rc == GW_OK; i++) {
        value = json_object_get(c->node->json, names[i]);
        if (value != NULL) {
            rc = sub_member(c, rule, NULL, value, &rule->members[i]);
        }
    }

    return rc;
}


int
schema_compile_late(schema_compile_t *c, schema_rule_t *rule)
{
    c->node->unevaluated = true;
    return schema_compile_members(c, rule);
}


int
schema_compile_ref(schema_compile_t *c, schema_rule_t *rule)
{
    int           rc;
    const char   *ref;
    gw_schema_t  *node;

    ref = json_string_value(rule->value);
    if (ref == NULL) {
        return schema_wrong(c, rule, "must be a string");
    }

    rc = sub_room(c, rule, 1);
    if (rc == GW_OK) {
        rc = schema_refer(c, c->node->resource, ref, &node);
    }

    if (rc == GW_ENOTFOUND) {
        return schema_wrong(c, rule, "is \"%s\", which is not in this "
                            "document (nothing is fetched)", ref);
    }

    if (rc == GW_OK) {
        rule->members->node = schema_want(node);
    }

    return rc;
}


/* it looks through the run's resources only when it first met such an anchor */
int
schema_compile_dynamic(schema_compile_t *c, schema_rule_t *rule)
{
    int                     rc;
    const char             *name;
    const schema_anchor_t  *a;

    rc = schema_compile_ref(c, rule);
    name = json_string_value(rule->value);
    name = name != NULL ? strchr(name, '#') : NULL;

    for (a = c->set->anchors; a != NULL && rc == GW_OK && name != NULL;
         a = a->next)
    {
        if (a->dynamic && a->node == rule->members->node
            && strcmp(a->name, name + 1) == 0)
        {
            rule->members->name = gw_str_of(a->name);
            c->set->dynamic = true;
        }
    }

    return rc;
}
