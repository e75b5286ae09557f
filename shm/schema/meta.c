/*
 * The metaschema of JSON Schema 2020-12 as one document: it judges what the
 * published one with its seven vocabularies does, except their own URIs.
 */
#include "shm/schema/node.h"

/* JSON with ' for " */
static const char  meta_text[] =
    "{'$schema': '" SCHEMA_META_URI "', '$id': '" SCHEMA_META_URI "',"
    " '$dynamicAnchor': 'meta', 'type': ['object', 'boolean'],"
    " 'properties': {"

    "'$id': {'type': 'string', 'format': 'uri-reference',"
    "        'pattern': '^[^#]*#?$'},"
    "'$schema': {'type': 'string', 'format': 'uri'},"
    "'$ref': {'$ref': '#/$defs/reference'},"
    "'$anchor': {'$ref': '#/$defs/anchor'},"
    "'$dynamicRef': {'$ref': '#/$defs/reference'},"
    "'$dynamicAnchor': {'$ref': '#/$defs/anchor'},"
    "'$vocabulary': {'type': 'object',"
    "    'propertyNames': {'type': 'string', 'format': 'uri'},"
    "    'additionalProperties': {'type': 'boolean'}},"
    "'$comment': {'type': 'string'},"
    "'$defs': {'$ref': '#/$defs/schemas'},"

    "'prefixItems': {'$ref': '#/$defs/list'},"
    "'items': {'$dynamicRef': '#meta'},"
    "'contains': {'$dynamicRef': '#meta'},"
    "'additionalProperties': {'$dynamicRef': '#meta'},"
    "'properties': {'$ref': '#/$defs/schemas'},"
    "'patternProperties': {'$ref': '#/$defs/schemas',"
    "    'propertyNames': {'format': 'regex'}},"
    "'dependentSchemas': {'$ref': '#/$defs/schemas'},"
    "'propertyNames': {'$dynamicRef': '#meta'},"
    "'if': {'$dynamicRef': '#meta'},"
    "'then': {'$dynamicRef': '#meta'},"
    "'else': {'$dynamicRef': '#meta'},"
    "'allOf': {'$ref': '#/$defs/list'},"
    "'anyOf': {'$ref': '#/$defs/list'},"
    "'oneOf': {'$ref': '#/$defs/list'},"
    "'not': {'$dynamicRef': '#meta'},"
    "'unevaluatedItems': {'$dynamicRef': '#meta'},"
    "'unevaluatedProperties': {'$dynamicRef': '#meta'},"

    "'type': {'anyOf': [{'$ref': '#/$defs/type'},"
    "    {'type': 'array', 'items': {'$ref': '#/$defs/type'},"
    "     'minItems': 1, 'uniqueItems': true}]},"
    "'const': true,"
    "'enum': {'type': 'array'},"
    "'multipleOf': {'type': 'number', 'exclusiveMinimum': 0},"
    "'maximum': {'type': 'number'},"
    "'exclusiveMaximum': {'type': 'number'},"
    "'minimum': {'type': 'number'},"
    "'exclusiveMinimum': {'type': 'number'},"
    "'maxLength': {'$ref': '#/$defs/count'},"
    "'minLength': {'$ref': '#/$defs/count'},"
    "'pattern': {'type': 'string', 'format': 'regex'},"
    "'maxItems': {'$ref': '#/$defs/count'},"
    "'minItems': {'$ref': '#/$defs/count'},"
    "'uniqueItems': {'type': 'boolean'},"
    "'maxContains': {'$ref': '#/$defs/count'},"
    "'minContains': {'$ref': '#/$defs/count'},"
    "'maxProperties': {'$ref': '#/$defs/count'},"
    "'minProperties': {'$ref': '#/$defs/count'},"
    "'required': {'$ref': '#/$defs/names'},"
    "'dependentRequired': {'type': 'object',"
    "    'additionalProperties': {'$ref': '#/$defs/names'}},"

    "'title': {'type': 'string'},"
    "'description': {'type': 'string'},"
    "'default': true,"
    "'deprecated': {'type': 'boolean'},"
    "'readOnly': {'type': 'boolean'},"
    "'writeOnly': {'type': 'boolean'},"
    "'examples': {'type': 'array'},"
    "'format': {'type': 'string'},"
    "'contentEncoding': {'type': 'string'},"
    "'contentMediaType': {'type': 'string'},"
    "'contentSchema': {'$dynamicRef': '#meta'},"

    "'definitions': {'$ref': '#/$defs/schemas'},"
    "'dependencies': {'type': 'object', 'additionalProperties':"
    "    {'anyOf': [{'$dynamicRef': '#meta'}, {'$ref': '#/$defs/names'}]}}},"

    "'$defs': {"
    "'schemas': {'type': 'object',"
    "            'additionalProperties': {'$dynamicRef': '#meta'}},"
    "'list': {'type': 'array', 'minItems': 1,"
    "         'items': {'$dynamicRef': '#meta'}},"
    "'count': {'type': 'integer', 'minimum': 0},"
    "'names': {'type': 'array', 'items': {'type': 'string'},"
    "          'uniqueItems': true},"
    "'type': {'enum': ['array', 'boolean', 'integer', 'null', 'number',"
    "                  'object', 'string']},"
    "'anchor': {'type': 'string', 'pattern': '^[A-Za-z_][-A-Za-z0-9._]*$'},"
    "'reference': {'type': 'string', 'format': 'uri-reference'}}}";


json_t *
schema_meta(void)
{
    char    text[sizeof(meta_text)], *p;

    memcpy(text, meta_text, sizeof(text));
    for (p = text; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    return json_loads(text, 0, NULL);
}
