/* Postgres for the worker: a blocking connection, and a pipeline in a loop. */
#ifndef DB_H
#define DB_H

#include <libpq-fe.h>

#include "shm/gw_str.h"
#include "worker/loop.h"
#include "worker/worker.h"

#define DB_PARAMS_MAX  24

/* A statement of sql/queries/, generated into build/queries.gen.c. */
typedef struct {
    const char  *name;
    const char  *text;
    int          params;
} db_query_t;

/* A parameter in text form; data == NULL is SQL NULL, else NUL-terminated. */
typedef struct {
    const char  *v[DB_PARAMS_MAX];
    int          n;
} db_args_t;

/* ---- blocking, for commands and for roles that do one thing at a time ---- */

typedef struct db_s  db_t;

/*
 * Connect as a database role (gw_worker, gw_edge, gw_owner) with
 * search_path godwit, statement and idle time-outs, TimeZone UTC. GW_EDB with
 * one sentence in err. The caller closes it.
 */
int db_open(db_t **db, const worker_t *w, const char *user, gw_buf_t *err)
    GW_MUSTCHECK;
void db_close(db_t *db);
PGconn *db_conn(db_t *db);

/*
 * Run a query, prepared at first use; *res belongs to the caller (PQclear).
 * GW_EDB: connection lost (db_open anew). GW_ERROR: refused; the SQLSTATE is
 * in *res, which must be cleared as well.
 */
int db_run(db_t *db, const db_query_t *q, const db_args_t *a, PGresult **res)
    GW_MUSTCHECK;

/* The same; a parameter with len > 0 is so many bytes of its binary form. */
int db_run_binary(db_t *db, const db_query_t *q, const db_args_t *a,
    const int *len, PGresult **res) GW_MUSTCHECK;

/*
 * The same in two steps, with parameters (v[i] of len[i] bytes) and results in
 * binary form: send, do something else, take the result; nothing else may be
 * asked in between. Codes as db_run.
 */
int db_send(db_t *db, const db_query_t *q, const char *const *v,
    const int *len, PGresult **res) GW_MUSTCHECK;
int db_take(db_t *db, PGresult **res) GW_MUSTCHECK;

/* begin, commit, rollback; or any text without parameters. */
int db_exec(db_t *db, const char *sql) GW_MUSTCHECK;

/* The SQLSTATE of a result ("" when none) and its message, one line. */
const char *db_state(const PGresult *res);
const char *db_message(const PGresult *res);

/* What was said against the last statement, one line; "" when it went well. */
void db_why(const db_t *db, char *out, size_t size);

/* ---- non-blocking: a pipeline of whole transactions in a loop ---- */

typedef struct dbpipe_s  dbpipe_t;

/*
 * Called once for each query of a unit in order, then once with res == NULL
 * and rc: GW_OK when the unit's implicit transaction committed, GW_ERROR when
 * it was refused, GW_EDB when the connection broke (unknown whether it
 * committed). The result may be kept: *res is then set to NULL. Calls may queue
 * further units.
 */
typedef void (*dbpipe_pt)(void *arg, int n, PGresult **res, int rc);

/*
 * A pipeline that connects by itself, again after a break with back-off
 * 100 ms .. 2 s; units queued meanwhile wait. The caller frees it.
 */
int dbpipe_create(dbpipe_t **p, loop_t *loop, const worker_t *w,
    const char *user) GW_MUSTCHECK;
void dbpipe_free(dbpipe_t *p);

/*
 * Queue a unit: `n` queries then one sync = one implicit transaction.
 * Arguments are copied.
 */
int dbpipe_send(dbpipe_t *p, const db_query_t *const *q, const db_args_t *a,
    int n, dbpipe_pt call, void *arg) GW_MUSTCHECK;

/* A unit of one query; a parameter with len > 0 is in its binary form. */
int dbpipe_send_binary(dbpipe_t *p, const db_query_t *q, const db_args_t *a,
    const int *len, dbpipe_pt call, void *arg) GW_MUSTCHECK;

/* Units sent or waiting. */
unsigned dbpipe_pending(const dbpipe_t *p);

#endif
