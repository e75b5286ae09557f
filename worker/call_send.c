/* The operation of `godwit call` as one transaction, and what came of it. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_problem.h"
#include "worker/call.h"
#include "worker/db_set.h"


static char *
call_context(const call_t *c)
{
    char    at[GW_RFC3339_LEN + 1], request[48];
    char   *text;
    json_t *j;

    gw_clock_print(gw_clock_us(), at);
    snprintf(request, sizeof(request), "cli-%d-%lld", (int) getpid(),
             (long long) gw_clock_us());

    j = json_pack("{s:o*, s:s*, s:s, s:s, s:[s], s:s, s:s, s:n}",
                  "tenant", c->op->tenantless ? NULL
                            : json_integer((json_int_t) c->workspace),
                  "email", c->user, "user", "cli", "role", "owner",
                  "scopes", "*", "request_id", request, "now", at, "address");

    text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);

    return text;
}


static int
call_refused(call_t *c, db_t *db, const PGresult *res)
{
    const char          *field;
    const gw_problem_t  *p;

    if (res == NULL || db_is_away(db_conn(db), res)) {
        return call_fail(CALL_DATABASE, "database",
                         "the connection to the database was lost", NULL);
    }

    if (strcmp(db_state(res), "42883") == 0) {
        gw_buf_fmt(&c->why, "%s; has `godwit migrate` been run?",
                   db_message(res));
        return call_why(c, CALL_DATABASE, "database", NULL);
    }

    p = gw_problem(gw_problem_of(db_state(res)));

    if (p->status >= 500) {
        return call_fail(CALL_DATABASE, "database", db_message(res), NULL);
    }

    field = PQresultErrorField(res, PG_DIAG_COLUMN_NAME);

    return call_fail(CALL_INPUT, p->code, db_message(res), field);
}


/* both statements and one sync: one implicit transaction */
static int
call_send(call_t *c, db_t *db, const char *context)
{
    int          n = c->fields ? 2 : 1;
    char         text[160];
    PGconn      *conn = db_conn(db);
    const char  *enter[1] = { context };
    const char  *body[2] = { c->sent, c->fields };

    /* the one statement that is not in sql/queries: its name is data */

    snprintf(text, sizeof(text), c->fields
             ? "select api.sparse(api.%s($1::jsonb), string_to_array($2, ','))"
             : "select api.%s($1::jsonb)", c->op->id.data);

    return PQenterPipelineMode(conn) == 1
           && PQsendQueryParams(conn, Q_CALL_ENTER.text, 1, NULL, enter, NULL,
                                NULL, 0) == 1
           && PQsendQueryParams(conn, text, n, NULL, body, NULL, NULL, 0) == 1
           && PQpipelineSync(conn) == 1 ? GW_OK : GW_EDB;
}


/*
 * The answer counts when the sync came without an error: a row can arrive
 * before its commit fails. *row is the last row, *bad the first error.
 */
static int
call_receive(PGconn *conn, PGresult **row, PGresult **bad)
{
    int        nulls;
    PGresult  *res;

    for (nulls = 0; nulls < 2; ) {
        res = PQgetResult(conn);

        if (res == NULL) {
            nulls++;                    /* two in a row: the connection ended */
            continue;
        }

        nulls = 0;

        switch (PQresultStatus(res)) {

        case PGRES_PIPELINE_SYNC:
            PQclear(res);
            return *bad ? GW_ERROR : GW_OK;

        case PGRES_TUPLES_OK:
            PQclear(*row);
            *row = res;
            break;

        case PGRES_FATAL_ERROR:

            if (*bad == NULL) {
                *bad = res;
                break;
            }

            PQclear(res);
            break;

        default:
            PQclear(res);
            break;
        }
    }

    return GW_EDB;
}


/* The answer; one that has made a secret tells it, this once. */
static int
call_print(call_t *c, const PGresult *row)
{
    char        *told;
    const char  *text;

    text = PQgetisnull(row, 0, 0) ? "null" : PQgetvalue(row, 0, 0);

    if (c->made.len == 0) {
        puts(text);
        return CALL_OK;
    }

    told = gw_contract_tell(c->op, gw_str_of(text), gw_buf_view(&c->made));
    if (told == NULL) {
        return call_fail(CALL_INPUT, "internal", "the secret that was made "
                         "cannot be told; replace it", NULL);
    }

    puts(told);
    OPENSSL_cleanse(told, strlen(told));
    free(told);
    return CALL_OK;
}


int
call_database(call_t *c)
{
    int        code, rc;
    db_t      *db = NULL;
    char      *context;
    PGresult  *row, *bad;

    row = NULL;
    bad = NULL;
    context = call_context(c);

    if (context == NULL) {
        return call_fail(CALL_INPUT, "invalid", "out of memory", NULL);
    }

    if (db_open(&db, c->w, "gw_edge", &c->why) != GW_OK) {
        free(context);
        return call_why(c, CALL_DATABASE, "database", NULL);
    }

    code = call_passwords(c, db);

    if (code != CALL_OK) {
        db_close(db);
        free(context);
        return code;
    }

    rc = call_send(c, db, context);

    if (rc == GW_OK) {
        rc = call_receive(db_conn(db), &row, &bad);
    }

    if (rc == GW_OK && row != NULL && PQntuples(row) == 1) {
        code = call_print(c, row);

    } else {
        code = call_refused(c, db, bad);
    }

    PQclear(row);
    PQclear(bad);
    db_close(db);
    free(context);

    return code;
}
