/* The text of a parameter as a value of the type that its schema wants. */
#include "shm/schema/node.h"

#include <stdio.h>

#include "shm/gw_codec.h"
#include "shm/gw_json.h"


static int
coerce_wrong(gw_schema_error_t *err, size_t item, const char *rule,
    const char *fmt, const char *word)
{
    err->rule = rule;
    err->pointer[0] = '\0';
    if (item != SIZE_MAX) {
        (void) snprintf(err->pointer, sizeof(err->pointer), "/%zu", item);
    }

    (void) snprintf(err->message, sizeof(err->message), fmt, word);
    return GW_EINVAL;
}


/* number, true, false or null when the types allow what the text is */
static json_t *
coerce_literal(gw_str_t text, unsigned types)
{
    json_t           *j;
    unsigned          type;
    gw_json_error_t   err;

    if (text.len == 0 || text.data[0] == '"' || text.data[0] <= ' '
        || text.data[text.len - 1] <= ' ' || text.data[0] == '{'
        || text.data[0] == '['
        || gw_json_parse(text, 0, &j, &err) != GW_OK)
    {
        return NULL;
    }

    type = schema_type(j);
    if (types & type) {
        return j;
    }

    json_decref(j);
    return NULL;
}


static int
coerce_one(unsigned types, gw_str_t text, size_t item, json_t **out,
    gw_schema_error_t *err)
{
    char      mem[160];
    gw_buf_t  words;

    if (!gw_utf8_valid(text)) {
        return coerce_wrong(err, item, "utf8", "must be %s", "UTF-8");
    }

    if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL) {
        return coerce_wrong(err, item, "nul", "must not hold %s",
                            "a NUL byte");
    }

    *out = coerce_literal(text, types & ~(SCHEMA_STRING | SCHEMA_ARRAY
                                          | SCHEMA_OBJECT));
    if (*out != NULL) {
        return GW_OK;
    }

    if (types & SCHEMA_STRING) {
        *out = json_stringn_nocheck((char *) text.data, text.len);
        return *out != NULL ? GW_OK : GW_ENOMEM;
    }

    gw_buf_fixed(&words, mem, sizeof(mem));
    schema_type_words(&words, types & ~(SCHEMA_ARRAY | SCHEMA_OBJECT));
    return words.len > 0
           ? coerce_wrong(err, item, "type", "must be %s", gw_buf_c(&words))
           : coerce_wrong(err, item, "type", "cannot be given %s", "as text");
}


/* the types of the items of a schema, through the references to it */
static unsigned
coerce_item_types(const gw_schema_t *node, unsigned depth)
{
    size_t       i;
    unsigned     types;
    const char  *name;

    types = SCHEMA_ANY;

    for (i = 0; i < node->n && depth < 16; i++) {
        name = node->rules[i].kw->name;

        if (strcmp(name, "items") == 0) {
            types &= schema_types(node->rules[i].members->node, 0);

        } else if (strcmp(name, "$ref") == 0) {
            types &= coerce_item_types(node->rules[i].members->node,
                                       depth + 1);
        }
    }

    return types;
}


static int
coerce_item(json_t *array, unsigned types, gw_str_t text,
    gw_schema_error_t *err)
{
    int      rc;
    json_t  *item;

    rc = coerce_one(types, text, json_array_size(array), &item, err);
    if (rc == GW_OK && json_array_append_new(array, item) != 0) {
        rc = GW_ENOMEM;
    }

    return rc;
}


static int
coerce_array(const gw_schema_t *s, const gw_str_t *texts, size_t count,
    json_t **out, gw_schema_error_t *err)
{
    int                   rc;
    size_t                i;
    json_t               *array;
    gw_str_t              rest;
    unsigned              types;
    const unsigned char  *comma;

    rc = GW_OK;
    array = json_array();
    types = coerce_item_types(s, 0);
    types = types == SCHEMA_ANY ? SCHEMA_STRING : types;

    for (i = 0; i < count && count > 1 && rc == GW_OK; i++) {
        rc = coerce_item(array, types, texts[i], err);
    }

    rest = count == 1 ? texts[0] : gw_str_make(NULL, 0);

    while (rest.len > 0 && rc == GW_OK) {
        comma = memchr(rest.data, ',', rest.len);
        i = comma != NULL ? (size_t) (comma - rest.data) : rest.len;
        rc = coerce_item(array, types, gw_str_make(rest.data, i), err);

        if (comma == NULL) {
            break;
        }

        rest = gw_str_make(comma + 1, rest.len - i - 1);
        if (rest.len == 0 && rc == GW_OK) {
            rc = coerce_item(array, types, rest, err);
        }
    }

    if (rc != GW_OK || array == NULL) {
        json_decref(array);
        return rc != GW_OK ? rc : GW_ENOMEM;
    }

    *out = array;
    return GW_OK;
}


int
gw_schema_coerce(const gw_schema_t *s, const gw_str_t *texts, size_t count,
    json_t **out, gw_schema_error_t *err)
{
    unsigned  types;

    types = schema_types(s, 0);
    if (types == SCHEMA_ANY) {
        types = SCHEMA_STRING;
    }

    if ((types & SCHEMA_ARRAY) && !(types & SCHEMA_STRING)) {
        return coerce_array(s, texts, count, out, err);
    }

    if (count != 1) {
        return coerce_wrong(err, SIZE_MAX, "type", "must be given %s",
                            "once, not repeated");
    }

    return coerce_one(types, texts[0], SIZE_MAX, out, err);
}
