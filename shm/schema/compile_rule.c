/* Keywords whose value is a number, a text, a list of values or of names. */
#include "shm/schema/node.h"

#include <math.h>


int
schema_compile_any(schema_compile_t *c, schema_rule_t *rule)
{
    return GW_OK;
}


int
schema_count(schema_compile_t *c, const char *keyword, uint64_t missing,
    uint64_t *out)
{
    double         v;
    const json_t  *value;

    value = json_object_get(c->node->json, keyword);
    if (value == NULL) {
        *out = missing;
        return GW_OK;
    }

    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = (uint64_t) json_integer_value(value);
        return GW_OK;
    }

    v = json_is_real(value) ? json_real_value(value) : -1;
    if (v >= 0 && v < 0x1p63 && v == floor(v)) {
        *out = (uint64_t) v;
        return GW_OK;
    }

    return schema_wrong_at(c, c->node->pointer, keyword,
                           "must be a whole number from 0");
}


int
schema_compile_count(schema_compile_t *c, schema_rule_t *rule)
{
    return schema_count(c, rule->kw->name, 0, &rule->least);
}


int
schema_compile_number(schema_compile_t *c, schema_rule_t *rule)
{
    return json_is_number(rule->value)
           ? GW_OK : schema_wrong(c, rule, "must be a number");
}


int
schema_compile_divisor(schema_compile_t *c, schema_rule_t *rule)
{
    return json_is_number(rule->value) && json_number_value(rule->value) > 0
           ? GW_OK : schema_wrong(c, rule, "must be a number above 0");
}


int
schema_compile_unique(schema_compile_t *c, schema_rule_t *rule)
{
    if (!json_is_boolean(rule->value)) {
        return schema_wrong(c, rule, "must be true or false");
    }

    return json_is_true(rule->value) ? GW_OK : GW_ENOTFOUND;
}


int
schema_compile_enum(schema_compile_t *c, schema_rule_t *rule)
{
    return json_is_array(rule->value)
           ? GW_OK : schema_wrong(c, rule, "must be an array");
}


static bool
rule_names(const json_t *list)
{
    size_t  i;

    if (!json_is_array(list)) {
        return false;
    }

    for (i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return false;
        }
    }

    return true;
}


int
schema_compile_names(schema_compile_t *c, schema_rule_t *rule)
{
    return rule_names(rule->value)
           ? GW_OK : schema_wrong(c, rule, "must be an array of names");
}


int
schema_compile_name_map(schema_compile_t *c, schema_rule_t *rule)
{
    void    *it;
    json_t  *map = (json_t *) rule->value;

    if (!json_is_object(map)) {
        return schema_wrong(c, rule, "must be an object");
    }

    for (it = json_object_iter(map); it != NULL;
         it = json_object_iter_next(map, it))
    {
        if (!rule_names(json_object_iter_value(it))) {
            return schema_wrong(c, rule, "needs an array of names for \"%s\"",
                                json_object_iter_key(it));
        }
    }

    return GW_OK;
}


static unsigned
rule_type(const json_t *name)
{
    size_t  i;
    static const struct {
        const char  *name;
        unsigned     bits;
    } types[] = {
        { "null", SCHEMA_NULL },
        { "boolean", SCHEMA_BOOLEAN },
        { "integer", SCHEMA_INTEGER },
        { "number", SCHEMA_NUMBER },
        { "string", SCHEMA_STRING },
        { "array", SCHEMA_ARRAY },
        { "object", SCHEMA_OBJECT }
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (json_is_string(name)
            && strcmp(json_string_value(name), types[i].name) == 0)
        {
            return types[i].bits;
        }
    }

    return 0;
}


int
schema_compile_type(schema_compile_t *c, schema_rule_t *rule)
{
    size_t    i;
    unsigned  bits;

    rule->types = rule_type(rule->value);

    for (i = 0; i < json_array_size(rule->value); i++) {
        bits = rule_type(json_array_get(rule->value, i));
        if (bits == 0) {
            rule->types = 0;
            break;
        }

        rule->types |= bits;
    }

    return rule->types != 0 ? GW_OK
           : schema_wrong(c, rule, "must be null, boolean, integer, number, "
                          "string, array, object or a list of these");
}


int
schema_compile_format(schema_compile_t *c, schema_rule_t *rule)
{
    const char             *name;
    const schema_format_t  *f;

    name = json_string_value(rule->value);
    if (name == NULL) {
        return schema_wrong(c, rule, "must be a string");
    }

    f = schema_format(name);
    if (f == NULL && (c->set->flags & GW_SCHEMA_CLOSED)) {
        return schema_wrong(c, rule, "is \"%s\", which is no known format",
                            name);
    }

    if (f == NULL || f->check == NULL
        || !(c->set->flags & GW_SCHEMA_FORMAT))
    {
        return GW_ENOTFOUND;
    }

    rule->format = f;
    return GW_OK;
}


int
schema_compile_pattern(schema_compile_t *c, schema_rule_t *rule)
{
    char      mem[256];
    gw_buf_t  why;

    if (!json_is_string(rule->value)) {
        return schema_wrong(c, rule, "must be a string");
    }

    rule->members = schema_alloc(c->set, sizeof(rule->members[0]));
    if (rule->members == NULL) {
        return GW_ENOMEM;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    rule->n = 1;
    rule->members->name = gw_str_make(json_string_value(rule->value),
                                      json_string_length(rule->value));
    rule->members->regex = schema_regex(c->set, rule->members->name, &why);

    return rule->members->regex != NULL ? GW_OK
           : schema_wrong(c, rule, "is no pattern: %s", gw_buf_c(&why));
}
