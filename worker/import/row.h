/* A row that is being read; for row.c and row_several.c. */
#ifndef ROW_H
#define ROW_H

#include "worker/import/list.h"
#include "worker/import/value.h"

typedef struct {
    const import_map_t  *m;
    gw_str_t             value[IMPORT_FIELDS];
    unsigned             column[IMPORT_FIELDS]; /* from 1 */
    char                 phone[VALUE_PHONE];
    list_t               list;
} row_t;

/* Bytes of each; several texts are judged one by one. */
extern const unsigned  row_limits[IMPORT_FIELDS];

/*
 * Append the owner and the tags to the batch, further identities to its others.
 * NULL, or why they cannot be (static text), with the column.
 */
const char *row_several(row_t *r, import_batch_t *batch, unsigned *column);

#endif
