/* Many rows at once: COPY, and statements with an array a column. */
#ifndef BULK_H
#define BULK_H

#include "worker/db.h"
#include "worker/ingest/wire.h"

#define BULK_COLUMNS  14

/* A statement whose parameters are columns of an array of structs. */
typedef struct {
    const db_query_t  *query;
    size_t             size;            /* of a struct */
    wire_column_t      column[BULK_COLUMNS];
} bulk_table_t;

/*
 * Run it with n items (nothing when there are none); *rows, when not NULL,
 * gets how many rows it touched. GW_OK, GW_EDB, GW_ENOMEM, or as
 * bulk_refused says.
 */
int bulk_run(db_t *db, const bulk_table_t *t, const void *item, unsigned n,
    unsigned *rows) GW_MUSTCHECK;

/* The same for its result, which is the caller's; n > 0. */
int bulk_ask(db_t *db, const bulk_table_t *t, const void *item, unsigned n,
    PGresult **res) GW_MUSTCHECK;

/* COPY n rows, each appended by `write` in binary form; codes as bulk_run. */
int bulk_copy(db_t *db, const db_query_t *q,
    void (*write)(const void *arg, unsigned i, gw_buf_t *out),
    const void *arg, unsigned n) GW_MUSTCHECK;

/*
 * What a refusal means: GW_EAGAIN: another drainer was at the same rows, the
 * same may succeed now; GW_ERROR: a row says what no table can hold; GW_EDB:
 * it is not the rows (a full disk, a right that is missing, read only, a
 * time-out): to be treated as a Postgres that is away.
 */
int bulk_refused(const PGresult *res);

#endif
