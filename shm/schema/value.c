/* JSON values as a schema sees them: types, equality, order, length. */
#include "shm/schema/node.h"

#include <math.h>

#define VALUE_TYPES_DEPTH  16


unsigned
schema_type(const json_t *value)
{
    double  v;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return SCHEMA_OBJECT;
    case JSON_ARRAY:
        return SCHEMA_ARRAY;
    case JSON_STRING:
        return SCHEMA_STRING;
    case JSON_INTEGER:
        return SCHEMA_INTEGER;
    case JSON_REAL:
        v = json_real_value(value);
        return v == floor(v) ? SCHEMA_INTEGER : SCHEMA_FRACTION;
    case JSON_NULL:
        return SCHEMA_NULL;
    default:
        return SCHEMA_BOOLEAN;
    }
}


void
schema_type_words(gw_buf_t *out, unsigned types)
{
    bool    first;
    size_t  i;
    static const struct {
        unsigned     bits;
        const char  *words;
    } types_words[] = {
        { SCHEMA_NUMBER, "a number" },
        { SCHEMA_INTEGER, "an integer" },
        { SCHEMA_FRACTION, "a number" },
        { SCHEMA_STRING, "a string" },
        { SCHEMA_BOOLEAN, "true or false" },
        { SCHEMA_ARRAY, "an array" },
        { SCHEMA_OBJECT, "an object" },
        { SCHEMA_NULL, "null" }
    };

    first = true;

    for (i = 0; i < sizeof(types_words) / sizeof(types_words[0]); i++) {

        if ((types & types_words[i].bits) != types_words[i].bits) {
            continue;
        }

        types &= ~types_words[i].bits;
        gw_buf_cstr(out, first ? "" : types != 0 ? ", " : " or ");
        gw_buf_cstr(out, types_words[i].words);
        first = false;
    }
}


/* what one rule leaves of the types */
static unsigned
value_rule_types(const schema_rule_t *rule, unsigned depth)
{
    size_t       i;
    unsigned     types;
    const char  *name;

    name = rule->kw->name;

    if (strcmp(name, "type") == 0) {
        return rule->types;
    }

    if (strcmp(name, "const") == 0) {
        return schema_type(rule->value);
    }

    types = 0;

    if (strcmp(name, "enum") == 0) {

        for (i = 0; i < json_array_size(rule->value); i++) {
            types |= schema_type(json_array_get(rule->value, i));
        }

        return types;
    }

    if (strcmp(name, "$ref") == 0) {
        return schema_types(rule->members->node, depth);
    }

    if (strcmp(name, "anyOf") == 0 || strcmp(name, "oneOf") == 0) {

        for (i = 0; i < rule->n; i++) {
            types |= schema_types(rule->members[i].node, depth);
        }

        return types;
    }

    types = SCHEMA_ANY;

    if (strcmp(name, "allOf") == 0) {

        for (i = 0; i < rule->n; i++) {
            types &= schema_types(rule->members[i].node, depth);
        }
    }

    return types;
}


unsigned
schema_types(const gw_schema_t *node, unsigned depth)
{
    size_t    i;
    unsigned  types;

    types = node->state == NODE_FALSE ? 0 : SCHEMA_ANY;

    for (i = 0; i < node->n && depth < VALUE_TYPES_DEPTH; i++) {
        types &= value_rule_types(&node->rules[i], depth + 1);
    }

    return types;
}


/* an integer against a real, without rounding the integer */
static int
value_compare_mixed(json_int_t i, double d)
{
    double      whole;
    json_int_t  t;

    if (d >= 0x1p63) {
        return -1;
    }

    if (d < -0x1p63) {
        return 1;
    }

    whole = trunc(d);
    t = (json_int_t) whole;

    if (i != t) {
        return i < t ? -1 : 1;
    }

    return d > whole ? -1 : d < whole;
}


int
schema_compare(const json_t *a, const json_t *b)
{
    double      x, y;
    json_int_t  i, k;

    if (json_is_integer(a) && json_is_integer(b)) {
        i = json_integer_value(a);
        k = json_integer_value(b);
        return i < k ? -1 : i > k;
    }

    if (json_is_integer(a)) {
        return value_compare_mixed(json_integer_value(a), json_real_value(b));
    }

    if (json_is_integer(b)) {
        return -value_compare_mixed(json_integer_value(b), json_real_value(a));
    }

    x = json_real_value(a);
    y = json_real_value(b);
    return x < y ? -1 : x > y;
}


static bool
value_equal_objects(json_t *a, const json_t *b)
{
    void          *it;
    const json_t  *other;

    if (json_object_size(a) != json_object_size(b)) {
        return false;
    }

    for (it = json_object_iter(a); it != NULL;
         it = json_object_iter_next(a, it))
    {
        other = json_object_getn(b, json_object_iter_key(it),
                                 json_object_iter_key_len(it));
        if (other == NULL || !schema_equal(json_object_iter_value(it), other))
        {
            return false;
        }
    }

    return true;
}


bool
schema_equal(const json_t *a, const json_t *b)
{
    size_t  i;

    if (a == b) {
        return true;
    }

    if (json_is_number(a) && json_is_number(b)) {
        return schema_compare(a, b) == 0;
    }

    if (json_typeof(a) != json_typeof(b)) {
        return false;
    }

    switch (json_typeof(a)) {

    case JSON_STRING:
        return json_string_length(a) == json_string_length(b)
               && memcmp(json_string_value(a), json_string_value(b),
                         json_string_length(a)) == 0;

    case JSON_ARRAY:
        if (json_array_size(a) != json_array_size(b)) {
            return false;
        }

        for (i = 0; i < json_array_size(a); i++) {
            if (!schema_equal(json_array_get(a, i), json_array_get(b, i))) {
                return false;
            }
        }

        return true;

    case JSON_OBJECT:
        return value_equal_objects((json_t *) a, b);

    default:
        return true;            /* true, false and null have one value each */
    }
}


uint64_t
schema_length(const json_t *string)
{
    size_t       i, len;
    uint64_t     n;
    const char  *s;

    s = json_string_value(string);
    len = json_string_length(string);

    for (i = 0, n = 0; i < len; i++) {
        n += (s[i] & 0xc0) != 0x80;
    }

    return n;
}
