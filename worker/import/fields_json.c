/* Typed fields: what members of a JSON object become. */
#include "worker/import/fields.h"

#include <string.h>

#include "shm/gw_json_pick.h"

#define FIELD_CELL  65536               /* bytes of a set */


/* A set as an array: as the cell that it would be. */
static const char *
field_array(const json_t *array, gw_buf_t *cell)
{
    size_t         n;
    const json_t  *one;

    for (n = 0; n < json_array_size(array); n++) {
        one = json_array_get(array, n);
        if (!json_is_string(one)
            || memchr(json_string_value(one), ';', json_string_length(one)))
        {
            return "this is none of the options of the field";
        }
        gw_buf_put(cell, json_string_value(one), json_string_length(one));
        gw_buf_char(cell, ';');
    }

    return NULL;
}


/* A member for a field: text is how it is written, value what it is. */
static const char *
field_member(const import_map_t *m, int row, const json_t *value,
    gw_str_t text, gw_buf_t *out)
{
    gw_buf_t     cell;
    const char  *why;

    if (json_is_string(value)) {
        return field_put_row(m, row, gw_str_make(json_string_value(value),
                             json_string_length(value)), out);
    }

    if (json_is_object(value) || field_type(m, row) == 0) {
        return "this is not what the field may be";
    }

    if (!json_is_array(value)) {
        return field_put_row(m, row, text, out);
    }

    if (strcmp(PQgetvalue(m->fields, row, 1), "set") != 0) {
        return "this is not what the field may be";
    }

    gw_buf_init(&cell, FIELD_CELL);
    why = field_array(value, &cell);
    why = why != NULL ? why : cell.failed ? "the set is longer than 64 KiB"
          : field_put_row(m, row, gw_buf_view(&cell), out);
    gw_buf_free(&cell);
    return why;
}


const char *
field_put_object(const import_map_t *m, gw_str_t s, gw_buf_t *out)
{
    int               row;
    bool              first;
    size_t            at, len;
    void             *i;
    json_t           *tree;
    gw_str_t          name, text;
    const char       *why, *key;
    gw_json_error_t   err;

    if (gw_json_parse(s, GW_JSON_OBJECT, &tree, &err) != GW_OK) {
        return "attributes is no JSON object";
    }

    why = NULL;
    first = true;
    at = 0;
    /* a tree keeps the order of its text */
    for (i = json_object_iter(tree); why == NULL && i != NULL
             && gw_json_member(s, &at, &name, &text);
         i = json_object_iter_next(tree, i))
    {
        if (json_is_null(json_object_iter_value(i))) {
            continue;
        }

        key = json_object_iter_key(i);
        len = json_object_iter_key_len(i);
        row = import_find(m->fields, gw_str_make(key, len));
        gw_buf_cstr(out, first ? "" : ",");
        gw_buf_json(out, gw_str_make(key, len));
        gw_buf_char(out, ':');
        first = false;
        if (row < 0) {
            gw_buf_str(out, text);
        } else {
            why = field_member(m, row, json_object_iter_value(i), text, out);
        }
    }

    json_decref(tree);
    return why;
}
