/* Array parameters of a statement, built row by row: {1,2}, {"a",NULL}. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "worker/db.h"

#define COLUMNS_MAX  12

typedef struct {
    gw_buf_t  text[COLUMNS_MAX];
    int       n, at;
    unsigned  rows;
} columns_t;

void columns_init(columns_t *c, int n);

/* The next column of the open row. */
void columns_number(columns_t *c, int64_t v);
void columns_time(columns_t *c, int64_t us);
void columns_text(columns_t *c, const char *s);     /* "" is NULL */
void columns_null(columns_t *c);

/* Close the row; every column must have got its value. */
void columns_end(columns_t *c);

/*
 * Run q with the n_first plain parameters and then the columns, which are
 * freed. As db_run; a refusal is logged.
 */
int columns_run(db_t *db, const db_query_t *q, columns_t *c,
    const char *const *first, int n_first, PGresult **res) GW_MUSTCHECK;

#endif
