/* Every keyword, one row each, in the order in which they are checked. */
#include "shm/schema/check.h"

#define ANY     SCHEMA_ANY
#define NUMBER  SCHEMA_NUMBER
#define STRING  SCHEMA_STRING
#define ARRAY   SCHEMA_ARRAY
#define OBJECT  SCHEMA_OBJECT

#define compile(name)  schema_compile_##name
#define check(name)    schema_check_##name
#define describes      ANY, SHAPE_NONE, 0, NULL, NULL

const schema_keyword_t  schema_keywords[] = {

    { "type", ANY, SHAPE_NONE, 0, compile(type), check(type) },
    { "const", ANY, SHAPE_NONE, 0, compile(any), check(const) },
    { "enum", ANY, SHAPE_NONE, 0, compile(enum), check(enum) },

    { "minimum", NUMBER, SHAPE_NONE, 0, compile(number), check(minimum) },
    { "maximum", NUMBER, SHAPE_NONE, 0, compile(number), check(maximum) },
    { "exclusiveMinimum", NUMBER, SHAPE_NONE, 0, compile(number),
      check(exclusive_minimum) },
    { "exclusiveMaximum", NUMBER, SHAPE_NONE, 0, compile(number),
      check(exclusive_maximum) },
    { "multipleOf", NUMBER, SHAPE_NONE, 0, compile(divisor),
      check(multiple) },

    { "minLength", STRING, SHAPE_NONE, 0, compile(count), check(min_length) },
    { "maxLength", STRING, SHAPE_NONE, 0, compile(count), check(max_length) },
    { "pattern", STRING, SHAPE_NONE, 0, compile(pattern), check(pattern) },
    { "format", STRING, SHAPE_NONE, 0, compile(format), check(format) },

    { "minItems", ARRAY, SHAPE_NONE, 0, compile(count), check(min_items) },
    { "maxItems", ARRAY, SHAPE_NONE, 0, compile(count), check(max_items) },
    { "prefixItems", ARRAY, SHAPE_LIST, 0, compile(members),
      check(prefix_items) },
    { "items", ARRAY, SHAPE_SCHEMA, 0, compile(items), check(items) },
    { "contains", ARRAY, SHAPE_SCHEMA, 0, compile(contains),
      check(contains) },
    { "minContains", ARRAY, SHAPE_NONE, 0, compile(count), NULL },
    { "maxContains", ARRAY, SHAPE_NONE, 0, compile(count), NULL },
    { "uniqueItems", ARRAY, SHAPE_NONE, 0, compile(unique), check(unique) },

    { "minProperties", OBJECT, SHAPE_NONE, 0, compile(count),
      check(min_properties) },
    { "maxProperties", OBJECT, SHAPE_NONE, 0, compile(count),
      check(max_properties) },
    { "required", OBJECT, SHAPE_NONE, 0, compile(names), check(required) },
    { "dependentRequired", OBJECT, SHAPE_NONE, 0, compile(name_map),
      check(dependent_required) },
    { "propertyNames", OBJECT, SHAPE_SCHEMA, 0, compile(members),
      check(property_names) },
    { "properties", OBJECT, SHAPE_MAP, 0, compile(members),
      check(properties) },
    { "patternProperties", OBJECT, SHAPE_MAP, 0, compile(patterns),
      check(pattern_properties) },
    { "additionalProperties", OBJECT, SHAPE_SCHEMA, 0, compile(rest),
      check(additional_properties) },

    { "$ref", ANY, SHAPE_NONE, KEYWORD_HERE, compile(ref), check(ref) },
    { "$dynamicRef", ANY, SHAPE_NONE, KEYWORD_HERE, compile(dynamic),
      check(dynamic_ref) },
    { "allOf", ANY, SHAPE_LIST, KEYWORD_HERE, compile(members),
      check(all_of) },
    { "anyOf", ANY, SHAPE_LIST, KEYWORD_HERE, compile(members),
      check(any_of) },
    { "oneOf", ANY, SHAPE_LIST, KEYWORD_HERE, compile(members),
      check(one_of) },
    { "not", ANY, SHAPE_SCHEMA, KEYWORD_HERE, compile(members), check(not) },
    { "if", ANY, SHAPE_SCHEMA, KEYWORD_HERE, compile(if), check(if) },
    { "then", ANY, SHAPE_SCHEMA, 0, compile(members), NULL },
    { "else", ANY, SHAPE_SCHEMA, 0, compile(members), NULL },
    { "dependentSchemas", OBJECT, SHAPE_MAP, KEYWORD_HERE, compile(members),
      check(dependent_schemas) },

    { "unevaluatedItems", ARRAY, SHAPE_SCHEMA, KEYWORD_LATE, compile(late),
      check(unevaluated_items) },
    { "unevaluatedProperties", OBJECT, SHAPE_SCHEMA, KEYWORD_LATE,
      compile(late), check(unevaluated_properties) },

    /* of these only what lies in them can matter */
    { "$defs", ANY, SHAPE_MAP, 0, compile(defs), NULL },
    { "contentSchema", ANY, SHAPE_SCHEMA, 0, NULL, NULL },

    { "$anchor", describes },
    { "$comment", describes },
    { "$dynamicAnchor", describes },
    { "$id", describes },
    { "$schema", describes },
    { "$vocabulary", describes },
    { "contentEncoding", describes },
    { "contentMediaType", describes },
    { "default", describes },
    { "deprecated", describes },
    { "description", describes },
    { "discriminator", describes },
    { "example", describes },
    { "examples", describes },
    { "externalDocs", describes },
    { "readOnly", describes },
    { "title", describes },
    { "writeOnly", describes },
    { "xml", describes },

    { NULL, describes }
};


bool
schema_keyword_known(const char *name)
{
    const schema_keyword_t  *kw;

    if (strncmp(name, "x-", 2) == 0) {
        return true;
    }

    for (kw = schema_keywords; kw->name != NULL; kw++) {
        if (strcmp(kw->name, name) == 0) {
            return true;
        }
    }

    return false;
}
