/* Array parameters of a statement in their binary form, built row by row. */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "worker/db.h"

#define COLUMNS_MAX  12

typedef struct {
    gw_buf_t     text[COLUMNS_MAX];
    const char  *types;
    int          n, at;
    unsigned     rows;
} columns_t;

/*
 * One column a letter: '2', '4', '8' an integer of so many bytes, 't' a time,
 * 's' a text.
 */
void columns_init(columns_t *c, const char *types);
void columns_free(columns_t *c);

/* The next column of the open row. */
void columns_number(columns_t *c, int64_t v);
void columns_time(columns_t *c, int64_t us);
void columns_text(columns_t *c, const char *s);     /* "" is NULL */
void columns_null(columns_t *c);

/* Close the row; every column must have got its value. */
void columns_end(columns_t *c);

/*
 * The n_first plain parameters and then the columns, which args points into:
 * they live as long as it. len has the lengths of all. GW_ENOMEM.
 */
int columns_args(columns_t *c, const char *const *first, int n_first,
    db_args_t *args, int *len) GW_MUSTCHECK;

/* Run q with them and free the columns. As db_run; a refusal is logged. */
int columns_run(db_t *db, const db_query_t *q, columns_t *c,
    const char *const *first, int n_first, PGresult **res) GW_MUSTCHECK;

#endif
