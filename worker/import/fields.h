/* What columns of a file may hold where the workspace has given a type. */
#ifndef FIELDS_H
#define FIELDS_H

#include "worker/import/import.h"

/*
 * Append the cell s as the JSON that the field of that key has: a text when the
 * workspace has no such field. NULL, or why it cannot be (static text); out may
 * then have a part of it.
 */
const char *field_put(const import_map_t *m, gw_str_t key, gw_str_t s,
    gw_buf_t *out);

/* The same by the row of the field in m->fields; -1: there is none. */
const char *field_put_row(const import_map_t *m, int row, gw_str_t s,
    gw_buf_t *out);

/* Its type: 0 is a text, or none. */
unsigned field_type(const import_map_t *m, int row);

/*
 * The same for the members of a JSON object: append `"name":value,...` without
 * its braces. Null says nothing.
 */
const char *field_put_object(const import_map_t *m, gw_str_t s, gw_buf_t *out);

#endif
