/* `godwit call`: what its parts share; nobody else includes it. */
#ifndef CALL_H
#define CALL_H

#include "shm/contract/handlers.h"
#include "worker/contract.h"
#include "worker/db.h"
#include "worker/worker.h"

#define CALL_INPUT_MAX  (32 * 1024 * 1024)

enum { CALL_OK = 0, CALL_INPUT = 1, CALL_USAGE = 2, CALL_DATABASE = 3 };

typedef struct {
    worker_t                *w;
    bool                     lines;     /* an operation a line        */
    gw_contract_t           *contract;
    db_t                    *db;        /* NULL: not yet, or lost     */

    /* of the one operation */
    long long                workspace;
    const char              *user;      /* address of who does it, or NULL */
    const char              *operation;
    gw_str_t                 input;     /* JSON, "-" or no data       */
    const gw_contract_op_t  *op;
    const gw_handler_t      *handler;   /* NULL: its SQL does all     */
    json_t                  *body;
    char                    *sent;      /* what goes to Postgres      */
    gw_buf_t                 made;      /* a secret that is told once */
    const char              *fields;    /* of body, or NULL: all      */
    gw_buf_t                 stdin_text;
    char                     why_mem[1024];
    gw_buf_t                 why;
} call_t;

/*
 * Print {"error":{"code","message","field"?}} and return code; name is the
 * code, field may be NULL. call_why takes the sentence of c->why.
 */
int call_fail(call_t *c, int code, const char *name, const char *message,
    const char *field);
int call_why(call_t *c, int code, const char *name, const char *field);

/* Print the document of an answer and return code. */
int call_say(const call_t *c, int code, const char *document);

/* One operation, by the words of c->w and c->input; CALL_OK or a code, told. */
int call_one(call_t *c);

/* call_lines.c: one operation for each line of standard input. */
int call_lines(call_t *c);

/* call_input.c: c->input into c->sent, checked; CALL_OK or a code, told. */
int call_input(call_t *c);

/*
 * call_password.c: the members of the body that are passwords into hashes, and
 * c->sent anew; CALL_OK or a code, told.
 */
int call_passwords(call_t *c);

/* call_send.c: run the operation, print its answer or why there is none. */
int call_database(call_t *c);

#endif
