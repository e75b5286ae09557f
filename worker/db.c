/* A blocking connection to Postgres that prepares a statement at first use. */
#include "worker/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/db_set.h"

#define DB_CONNINFO_MAX  1024

/* a killed client must not leave its query running (check_interval) */
static const char  db_options[] =
    "-c search_path=godwit -c TimeZone=UTC -c DateStyle=ISO -c jit=off "
    "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s "
    "-c client_connection_check_interval=1s";

struct db_s {
    PGconn    *conn;
    db_set_t   prepared;
};


static void
db_notice(void *arg, const PGresult *res)
{
    const char  *severity;

    severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);

    if (severity != NULL && strcmp(severity, "WARNING") == 0) {
        log_warn("database: %s", db_message(res));
    } else {
        log_debug("database: %s", db_message(res));
    }
}


PGconn *
db_connect_start(const worker_t *w, const char *user, bool wait)
{
    char      info[DB_CONNINFO_MAX], name[64];
    PGconn   *conn;
    gw_str_t  d = w->conf.database;

    const char  *keys[] = { "dbname", "user", "application_name", "options",
                            "client_encoding", "connect_timeout", NULL };
    const char  *values[] = { info, user, name, db_options, "UTF8", "5", NULL };

    snprintf(info, sizeof(info), "%.*s", (int) d.len, (const char *) d.data);
    snprintf(name, sizeof(name), "godwit-%s%s%s", w->role ? w->role : "command",
             *log_request() != '\0' ? " " : "", log_request());

    conn = wait ? PQconnectdbParams(keys, values, 1)
                : PQconnectStartParams(keys, values, 1);

    if (conn != NULL) {
        PQsetNoticeReceiver(conn, db_notice, NULL);
    }

    return conn;
}


/* the first line of a message of libpq, without its end */
static int
db_line(const char *text)
{
    return (int) strcspn(text, "\n");
}


int
db_open(db_t **db, const worker_t *w, const char *user, gw_buf_t *err)
{
    db_t        *d;
    const char  *m;

    d = calloc(1, sizeof(db_t));
    if (d == NULL) {
        return GW_ENOMEM;
    }

    d->conn = db_connect_start(w, user, true);

    if (d->conn == NULL) {
        free(d);
        return GW_ENOMEM;
    }

    if (PQstatus(d->conn) != CONNECTION_OK) {
        m = PQerrorMessage(d->conn);
        gw_buf_fmt(err, "can not connect to the database as %s: %.*s", user,
                   db_line(m), m);
        db_close(d);
        return GW_EDB;
    }

    *db = d;

    return GW_OK;
}


void
db_close(db_t *db)
{
    if (db != NULL) {
        PQfinish(db->conn);
        free(db);
    }
}


PGconn *
db_conn(db_t *db)
{
    return db->conn;
}


bool
db_is_away(PGconn *conn, const PGresult *res)
{
    const char  *s;

    if (PQstatus(conn) == CONNECTION_BAD) {
        return true;
    }

    s = db_state(res);

    /* 57P01..57P03: shutting down or starting up; class 08: connection */

    return strncmp(s, "57P0", 4) == 0 || strncmp(s, "08", 2) == 0;
}


/* GW_OK keeps the result; the other codes as db_run says */
static int
db_judge(db_t *db, PGresult **res)
{
    switch (PQresultStatus(*res)) {

    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
        return GW_OK;

    default:
        break;
    }

    if (*res == NULL || db_is_away(db->conn, *res)) {
        PQclear(*res);
        *res = NULL;
        return GW_EDB;
    }

    return GW_ERROR;
}


static int
db_prepare(db_t *db, const db_query_t *q, PGresult **res)
{
    int                 rc;
    const db_query_t  **slot;

    slot = db_set_find(&db->prepared, q);
    *res = NULL;

    if (*slot != NULL) {
        return GW_OK;
    }

    *res = PQprepare(db->conn, q->name, q->text, 0, NULL);

    rc = db_judge(db, res);
    if (rc == GW_OK) {
        PQclear(*res);
        *res = NULL;
        *slot = q;
    }

    return rc;
}


int
db_run(db_t *db, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    return db_run_binary(db, q, a, NULL, res);
}


int
db_run_binary(db_t *db, const db_query_t *q, const db_args_t *a,
    const int *len, PGresult **res)
{
    int  i, rc, binary[DB_PARAMS_MAX];

    rc = db_prepare(db, q, res);
    if (rc != GW_OK) {
        return rc;
    }

    for (i = 0; len != NULL && i < q->params; i++) {
        binary[i] = len[i] > 0;
    }

    *res = PQexecPrepared(db->conn, q->name, q->params, a ? a->v : NULL,
                          len, len ? binary : NULL, 0);

    return db_judge(db, res);
}


int
db_send(db_t *db, const db_query_t *q, const char *const *v, const int *len,
    PGresult **res)
{
    int  i, rc, format[DB_PARAMS_MAX];

    rc = db_prepare(db, q, res);
    if (rc != GW_OK) {
        return rc;
    }

    for (i = 0; i < q->params; i++) {
        format[i] = 1;
    }

    return PQsendQueryPrepared(db->conn, q->name, q->params, v, len, format, 1)
           == 1 ? GW_OK : GW_EDB;
}


int
db_take(db_t *db, PGresult **res)
{
    PGresult  *more;

    *res = PQgetResult(db->conn);

    while ((more = PQgetResult(db->conn)) != NULL) {
        PQclear(more);
    }

    return db_judge(db, res);
}


int
db_exec(db_t *db, const char *sql)
{
    int        rc;
    PGresult  *res;

    res = PQexec(db->conn, sql);
    rc = db_judge(db, &res);

    if (rc == GW_ERROR) {
        log_error("the database refused \"%.60s\": %s", sql, db_message(res));
    }

    PQclear(res);

    return rc;
}


const char *
db_state(const PGresult *res)
{
    const char  *s;

    s = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;

    return s ? s : "";
}


const char *
db_message(const PGresult *res)
{
    const char  *s;

    s = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;

    if (s == NULL && res != NULL) {
        s = PQresultErrorMessage(res);
    }

    return s ? s : "";
}


void
db_why(const db_t *db, char *out, size_t size)
{
    int          n;
    const char  *m, *text;

    m = PQerrorMessage(db->conn);
    n = db_line(m);
    text = strstr(m, ":  ");            /* after the severity of a refusal */

    if (text != NULL && text < m + n) {
        n -= (int) (text + 3 - m);
        m = text + 3;
    }

    (void) snprintf(out, size, "%.*s", n, m);
}
