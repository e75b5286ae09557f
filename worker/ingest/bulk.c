/* Many rows at once: COPY, and statements with an array a column. */
#include "worker/ingest/bulk.h"

#include <stdlib.h>
#include <string.h>

#define BULK_PIECE   (64 * 1024)
#define BULK_ARRAYS  (64 * 1024 * 1024)    /* bytes, at most */

/* By SQLSTATE or the start of it; the first that fits. */
static const struct {
    const char  *state;
    int          rc;
} bulk_refusals[] = {
    { "23505", GW_EAGAIN },             /* unique: made the same person     */
    { "40P01", GW_EAGAIN },             /* deadlock                         */
    { "40001", GW_EAGAIN },
    { "22", GW_ERROR },                 /* a value that no column holds     */
    { "23", GW_ERROR },                 /* a constraint                     */
    { "", GW_EDB }
};


int
bulk_refused(const PGresult *res)
{
    int          i;
    const char  *s;

    s = db_state(res);
    for (i = 0; strncmp(s, bulk_refusals[i].state,
                        strlen(bulk_refusals[i].state)) != 0; i++)
    {
        /* void */
    }

    return bulk_refusals[i].rc;
}


int
bulk_ask(db_t *db, const bulk_table_t *t, const void *item, unsigned n,
    PGresult **res)
{
    int          i, rc, len[BULK_COLUMNS];
    size_t       at[BULK_COLUMNS];
    gw_buf_t     arrays;
    const char  *v[BULK_COLUMNS];

    gw_buf_init(&arrays, BULK_ARRAYS);

    for (i = 0; i < t->query->params; i++) {
        at[i] = arrays.len;
        wire_array(&arrays, &t->column[i], item, t->size, n);
        len[i] = (int) (arrays.len - at[i]);
    }

    for (i = 0; i < t->query->params; i++) {
        v[i] = (const char *) arrays.data + at[i];
    }

    *res = NULL;
    rc = arrays.failed ? GW_ENOMEM : db_send(db, t->query, v, len, res);
    gw_buf_free(&arrays);
    rc = rc == GW_OK ? db_take(db, res) : rc;
    return rc == GW_ERROR ? bulk_refused(*res) : rc;
}


int
bulk_run(db_t *db, const bulk_table_t *t, const void *item, unsigned n,
    unsigned *rows)
{
    int        rc;
    PGresult  *res;

    if (n == 0) {
        return GW_OK;
    }

    rc = bulk_ask(db, t, item, n, &res);
    if (rc == GW_OK && rows != NULL) {
        *rows = (unsigned) strtoul(PQcmdTuples(res), NULL, 10);
    }

    PQclear(res);
    return rc;
}


/* The rows in pieces, so that Postgres works while the next is written. */
static int
bulk_rows(PGconn *conn, void (*write)(const void *, unsigned, gw_buf_t *),
    const void *arg, unsigned n, gw_buf_t *piece)
{
    unsigned  i;

    gw_buf_put(piece, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

    for (i = 0; i < n; i++) {
        write(arg, i, piece);

        if (piece->failed) {
            return GW_ENOMEM;
        }

        if (piece->len >= BULK_PIECE) {
            if (PQputCopyData(conn, (char *) piece->data, (int) piece->len)
                != 1)
            {
                return GW_EDB;
            }
            gw_buf_reset(piece);
        }
    }

    gw_buf_put(piece, "\xff\xff", 2);
    return PQputCopyData(conn, (char *) piece->data, (int) piece->len) == 1
           ? GW_OK : GW_EDB;
}


int
bulk_copy(db_t *db, const db_query_t *q,
    void (*write)(const void *, unsigned, gw_buf_t *), const void *arg,
    unsigned n)
{
    int        rc;
    PGconn    *conn;
    PGresult  *res;
    gw_buf_t   piece;

    conn = db_conn(db);
    res = PQexec(conn, q->text);
    rc = PQresultStatus(res) == PGRES_COPY_IN ? GW_OK : GW_ERROR;
    rc = rc == GW_ERROR ? bulk_refused(res) : rc;
    PQclear(res);

    if (rc == GW_OK) {
        gw_buf_init(&piece, 2 * BULK_PIECE);
        rc = bulk_rows(conn, write, arg, n, &piece);
        gw_buf_free(&piece);

        if (PQputCopyEnd(conn, rc == GW_OK ? NULL : "out of memory") != 1) {
            rc = GW_EDB;
        }
    }

    while ((res = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK && rc == GW_OK) {
            rc = bulk_refused(res);
        }
        PQclear(res);
    }

    return PQstatus(conn) == CONNECTION_BAD ? GW_EDB : rc;
}
