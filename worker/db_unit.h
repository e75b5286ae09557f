/* Units of a pipeline and their queues; inside dbpipe only. */
#ifndef DB_UNIT_H
#define DB_UNIT_H

#include "worker/db.h"

typedef struct db_unit_s  db_unit_t;

struct db_unit_s {
    db_unit_t           *next;
    dbpipe_pt            call;          /* NULL: only prepares q[0]         */
    void                *arg;
    int                  n;
    int                  at;            /* the query whose result is next   */
    int                  rc;
    const db_query_t   **q;
    const char         **v;             /* params of all queries in a row   */
    int                 *len, *binary;
};

/* First in, first out. */
typedef struct {
    db_unit_t   *first;
    db_unit_t  **last;
} db_units_t;

/*
 * Copy n queries and their arguments (NULL: none); len (NULL: all are text)
 * has those of the first in bytes, 0 for text. free() gives it back.
 */
int db_unit_new(db_unit_t **unit, const db_query_t *const *q,
    const db_args_t *a, const int *len, int n) GW_MUSTCHECK;

void db_units_init(db_units_t *l);
void db_units_push(db_units_t *l, db_unit_t *u);

/* The first one, taken out; NULL when there is none. */
db_unit_t *db_units_shift(db_units_t *l);

#endif
