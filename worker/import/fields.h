/* What columns of a file may hold where the workspace has given a type. */
#ifndef FIELDS_H
#define FIELDS_H

#include "worker/import/import.h"

/*
 * Append the cell s as the JSON that the type of column i has (a text when it
 * has none). NULL, or why it cannot be (static text); out may then have a part
 * of it.
 */
const char *field_put(const import_map_t *m, unsigned i, gw_str_t s,
    gw_buf_t *out);

#endif
