/*
 * `godwit call OPERATION [JSON|-] [--workspace ID]`: one operation of the API
 * from the command line, as the edge would send it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/contract/handlers.h"
#include "shm/gw_clock.h"
#include "shm/gw_json.h"
#include "shm/gw_near.h"
#include "shm/gw_problem.h"
#include "worker/contract.h"
#include "worker/db_set.h"

#define CALL_INPUT_MAX  (32 * 1024 * 1024)

enum { CALL_OK = 0, CALL_INPUT = 1, CALL_USAGE = 2, CALL_DATABASE = 3 };

typedef struct {
    worker_t                *w;
    long long                workspace;
    const char              *operation;
    const char              *input;     /* JSON, "-" or NULL          */
    gw_contract_t           *contract;
    const gw_contract_op_t  *op;
    json_t                  *body;
    char                    *sent;      /* what goes to Postgres      */
    gw_buf_t                 stdin_text;
    char                     why_mem[1024];
    gw_buf_t                 why;
} call_t;


static int
call_fail(int code, const char *name, const char *message, const char *field)
{
    json_t  *e;

    e = json_pack("{s:{s:s, s:s, s:s*}}", "error", "code", name, "message",
                  message, "field", field);

    if (e == NULL) {                    /* a message that is not UTF-8 */
        e = json_pack("{s:{s:s, s:s}}", "error", "code", name, "message",
                      "the error has no readable message");
    }

    (void) json_dumpf(e, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(e);

    return code;
}


static int
call_why(call_t *c, int code, const char *name, const char *field)
{
    return call_fail(code, name, gw_buf_c(&c->why), field);
}


static int
call_words(call_t *c)
{
    int          i;
    gw_str_t     id;
    const char  *arg;

    for (i = 0; i < c->w->argc; i++) {
        arg = c->w->argv[i];

        if (strncmp(arg, "--workspace", 11) == 0
            && (arg[11] == '=' || (arg[11] == '\0' && i + 1 < c->w->argc)))
        {
            id = gw_str_of(arg[11] ? arg + 12 : c->w->argv[++i]);

            if (gw_str_int(id, 1, 2147483647, &c->workspace) != GW_OK) {
                return call_fail(CALL_USAGE, "usage",
                                 "--workspace takes a number from 1", NULL);
            }

        } else if (strncmp(arg, "--", 2) == 0) {
            gw_buf_fmt(&c->why, "there is no option \"%s\"", arg);
            return call_why(c, CALL_USAGE, "usage", NULL);

        } else if (c->operation == NULL) {
            c->operation = arg;

        } else if (c->input == NULL) {
            c->input = arg;

        } else {
            gw_buf_fmt(&c->why, "one word too many: \"%.60s\"", arg);
            return call_why(c, CALL_USAGE, "usage", NULL);
        }
    }

    if (c->operation == NULL) {
        return call_fail(CALL_USAGE, "usage", "usage: godwit call OPERATION "
                         "[JSON|-] [--workspace ID]", NULL);
    }

    return CALL_OK;
}


/* the operation of the contract; near names when there is none */
static int
call_contract(call_t *c)
{
    unsigned   i;
    gw_str_t   name = gw_str_of(c->operation);
    gw_near_t  near;

    c->contract = contract_load(&c->why);
    if (c->contract == NULL) {
        return call_why(c, CALL_USAGE, "usage", NULL);
    }

    c->op = gw_contract_find(c->contract, name);
    if (c->op != NULL) {
        return CALL_OK;
    }

    gw_near_init(&near, name);

    for (i = 0; i < gw_contract_count(c->contract); i++) {
        gw_near_add(&near, gw_contract_op(c->contract, i)->id);
    }

    gw_buf_fmt(&c->why, "there is no operation \"%.64s\"", c->operation);

    if (near.n > 0) {
        gw_buf_cstr(&c->why, "; near it: ");
        gw_near_print(&near, &c->why);
    }

    return call_why(c, CALL_USAGE, "usage", NULL);
}


static int
call_stdin(call_t *c, gw_str_t *text)
{
    ssize_t         n;
    unsigned char  *p;

    do {
        p = gw_buf_room(&c->stdin_text, 65536);

        if (p == NULL) {
            return call_fail(CALL_INPUT, "invalid",
                             "the input is larger than 32 MiB", NULL);
        }

        n = read(STDIN_FILENO, p, 65536);

        if (n == -1) {
            gw_buf_fmt(&c->why, "can not read the input: %s", strerror(errno));
            return call_why(c, CALL_INPUT, "invalid", NULL);
        }

        c->stdin_text.len += (size_t) n;

    } while (n > 0);

    *text = gw_buf_view(&c->stdin_text);

    return CALL_OK;
}


/*
 * By the schema of the contract. One error is told; a field that nobody knows
 * goes before the one that is missing for it.
 */
static int
call_check(call_t *c)
{
    int                 rc;
    char                mem[1100], *p;
    size_t              i, n;
    gw_buf_t            pointer;
    const gw_schema_t  *schema;
    gw_schema_error_t   errors[GW_SCHEMA_ERRORS_MAX];

    schema = gw_contract_input(c->contract, c->op, &c->why);
    if (schema == NULL) {
        return call_why(c, CALL_USAGE, "usage", NULL);
    }

    rc = gw_schema_check(schema, c->body, errors, GW_SCHEMA_ERRORS_MAX, &n);
    if (rc == GW_OK) {
        return CALL_OK;
    }

    if (rc != GW_EINVAL) {
        return call_fail(CALL_INPUT, "invalid", gw_strerror(rc), NULL);
    }

    for (i = n - 1; i > 0
         && strcmp(errors[i].rule, "additionalProperties") != 0; i--)
    {
        /* the first when there is none */
    }

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_contract_explain(c->contract, c->op, &errors[i], &pointer, &c->why);
    p = (char *) gw_buf_c(&pointer);

    if (*p == '\0') {
        return call_why(c, CALL_INPUT, "invalid", NULL);
    }

    /* its first token, RFC 6901 undone in place */

    for (n = 0, p++; *p != '\0' && *p != '/'; n++) {
        mem[n] = *p == '~' ? "~/"[*++p == '1'] : *p;
        p++;
    }

    mem[n] = '\0';

    return call_why(c, CALL_INPUT, "invalid", mem);
}


/* the body, checked, and by the operation's handler in its final form */
static int
call_body(call_t *c)
{
    int                  code, rc;
    bool                 compiled;
    gw_str_t             text = gw_string("{}");
    const char          *field = NULL;
    gw_json_error_t      wrong;
    const gw_handler_t  *h;

    if (c->input != NULL) {
        text = gw_str_of(c->input);

        if (gw_str_is(text, "-")) {
            code = call_stdin(c, &text);
            if (code != CALL_OK) {
                return code;
            }
        }
    }

    if (gw_json_parse(text, GW_JSON_OBJECT, &c->body, &wrong) != GW_OK) {
        gw_buf_cstr(&c->why, wrong.message);
        return call_why(c, CALL_INPUT, "invalid", NULL);
    }

    code = call_check(c);
    if (code != CALL_OK) {
        return code;
    }

    h = gw_handler(c->op->handler);
    compiled = h != NULL && h->body != NULL;
    rc = compiled ? h->body(c->body, &field, &c->why) : GW_OK;

    if (rc != GW_OK) {

        if (c->why.len == 0) {
            gw_buf_cstr(&c->why, gw_strerror(rc));
        }

        return call_why(c, CALL_INPUT, "invalid", field);
    }

    c->sent = compiled ? json_dumps(c->body, JSON_COMPACT | JSON_ENCODE_ANY)
                       : strndup((char *) text.data, text.len);

    return c->sent ? CALL_OK
                   : call_fail(CALL_INPUT, "invalid", "out of memory", NULL);
}


static char *
call_context(const call_t *c)
{
    char    at[GW_RFC3339_LEN + 1], request[48];
    char   *text;
    json_t *j;

    gw_clock_print(gw_clock_us(), at);
    snprintf(request, sizeof(request), "cli-%d-%lld", (int) getpid(),
             (long long) gw_clock_us());

    j = json_pack("{s:I, s:s, s:s, s:[s], s:s, s:s, s:n}",
                  "tenant", (json_int_t) c->workspace, "user", "cli",
                  "role", "owner", "scopes", "*", "request_id", request,
                  "now", at, "address");

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
    char         text[128];
    PGconn      *conn = db_conn(db);
    const char  *enter[1] = { context };
    const char  *body[1] = { c->sent };

    /* the one statement that is not in sql/queries: its name is data */

    snprintf(text, sizeof(text), "select api.%s($1::jsonb)", c->op->id.data);

    return PQenterPipelineMode(conn) == 1
           && PQsendQueryParams(conn, Q_CALL_ENTER.text, 1, NULL, enter, NULL,
                                NULL, 0) == 1
           && PQsendQueryParams(conn, text, 1, NULL, body, NULL, NULL, 0) == 1
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


static int
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

    rc = call_send(c, db, context);

    if (rc == GW_OK) {
        rc = call_receive(db_conn(db), &row, &bad);
    }

    if (rc == GW_OK && row != NULL && PQntuples(row) == 1) {
        puts(PQgetisnull(row, 0, 0) ? "null" : PQgetvalue(row, 0, 0));
        code = CALL_OK;

    } else {
        code = call_refused(c, db, bad);
    }

    PQclear(row);
    PQclear(bad);
    db_close(db);
    free(context);

    return code;
}


int
call_command(worker_t *w)
{
    int      code;
    call_t  *c;

    c = calloc(1, sizeof(call_t));
    if (c == NULL) {
        return CALL_INPUT;
    }

    c->w = w;
    c->workspace = 1;
    gw_buf_fixed(&c->why, c->why_mem, sizeof(c->why_mem));
    gw_buf_init(&c->stdin_text, CALL_INPUT_MAX + 65536);

    code = call_words(c);

    if (code == CALL_OK) {
        code = call_contract(c);
    }

    if (code == CALL_OK) {
        code = call_body(c);
    }

    if (code == CALL_OK) {
        code = call_database(c);
    }

    gw_buf_free(&c->stdin_text);
    json_decref(c->body);
    free(c->sent);
    gw_contract_free(c->contract);
    free(c);

    return code;
}
