/* Cells that hold several texts: `a; b`, or the JSON array ["a", "b"]. */
#ifndef LIST_H
#define LIST_H

#include "shm/gw_buf.h"

#define LIST_MAX    100                 /* texts of a cell */
#define LIST_BYTES  32768

typedef struct {
    gw_buf_t  text;                     /* one behind the other */
    size_t    end[LIST_MAX];
    unsigned  n;
} list_t;

void list_init(list_t *l);
void list_free(list_t *l);

/* Read a cell; NULL, or why it is none (static text). Blank ones are left. */
const char *list_read(list_t *l, gw_str_t cell);

/* Text i, a view until the next call. */
gw_str_t list_item(const list_t *l, unsigned i);

/* Append s to a JSON array that is being written, whose bracket is open. */
void list_append(gw_buf_t *array, gw_str_t s);

#endif
