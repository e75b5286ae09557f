/* The operation of `godwit call` as one transaction, and what came of it. */
#include <openssl/crypto.h>
#include <poll.h>
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
call_refused(call_t *c, const PGresult *res)
{
    const char          *field;
    const gw_problem_t  *p;

    if (res == NULL || db_is_away(db_conn(c->db), res)) {
        return call_fail(c, CALL_DATABASE, "database",
                         "the connection to the database was lost", NULL);
    }

    if (strcmp(db_state(res), "42883") == 0) {
        gw_buf_fmt(&c->why, "%s; has `godwit migrate` been run?",
                   db_message(res));
        return call_why(c, CALL_DATABASE, "database", NULL);
    }

    p = gw_problem(gw_problem_of(db_state(res)));

    if (p->status >= 500) {
        return call_fail(c, CALL_DATABASE, "database", db_message(res), NULL);
    }

    field = PQresultErrorField(res, PG_DIAG_COLUMN_NAME);

    return call_fail(c, CALL_INPUT, p->code, db_message(res), field);
}


/*
 * The connection of the line before, or a new one. What comes unasked is its
 * end, or not worth a look.
 */
static int
call_connect(call_t *c)
{
    struct pollfd  p;

    if (c->db != NULL) {
        p = (struct pollfd) { PQsocket(db_conn(c->db)), POLLIN, 0 };

        if (poll(&p, 1, 0) == 0) {
            return CALL_OK;
        }

        db_close(c->db);
        c->db = NULL;
    }

    return db_open(&c->db, c->w, "gw_edge", &c->why) == GW_OK
           ? CALL_OK : call_why(c, CALL_DATABASE, "database", NULL);
}


/* both statements and one sync: one implicit transaction */
static int
call_send(call_t *c, const char *context)
{
    int          n = c->fields ? 2 : 1;
    char         text[160];
    PGconn      *conn = db_conn(c->db);
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
        return call_say(c, CALL_OK, text);
    }

    told = gw_contract_tell(c->op, gw_str_of(text), gw_buf_view(&c->made));
    if (told == NULL) {
        return call_fail(c, CALL_INPUT, "internal", "the secret that was made "
                         "cannot be told; replace it", NULL);
    }

    (void) call_say(c, CALL_OK, told);
    OPENSSL_cleanse(told, strlen(told));
    free(told);
    return CALL_OK;
}


/* the operation as Postgres sees it, and its end */
static int
call_ask(call_t *c, const char *context)
{
    int        code, rc;
    PGresult  *row = NULL, *bad = NULL;

    rc = call_send(c, context);

    if (rc == GW_OK) {
        rc = call_receive(db_conn(c->db), &row, &bad);
    }

    if (rc == GW_OK && row != NULL && PQntuples(row) == 1) {
        code = call_print(c, row);

    } else {
        code = call_refused(c, bad);
    }

    PQclear(row);
    PQclear(bad);

    if (PQexitPipelineMode(db_conn(c->db)) != 1) {
        db_close(c->db);
        c->db = NULL;
    }

    return code;
}


int
call_database(call_t *c)
{
    int    code;
    char  *context;

    context = call_context(c);

    if (context == NULL) {
        return call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
    }

    code = call_connect(c);

    if (code == CALL_OK) {
        code = call_passwords(c);
    }

    if (code == CALL_OK) {
        code = call_ask(c, context);
    }

    free(context);

    return code;
}
