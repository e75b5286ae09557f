/*
 * What the commands share that change the directory: keys, users. Each talks
 * to its user by standard error, as "WORD: sentence".
 */
#ifndef DESK_H
#define DESK_H

#include "worker/db.h"

enum { DESK_INPUT = 1, DESK_USAGE = 2, DESK_DATABASE = 3 };

typedef struct {
    worker_t    *w;
    const char  *word;                  /* of the command         */
    db_t        *db;                    /* NULL until it is open  */
} desk_t;

/* Say it; returns code. */
int desk_say(const desk_t *d, int code, const char *sentence);

/* Connect as gw_worker; 0 or a code, said. The caller closes d->db. */
int desk_open(desk_t *d) GW_MUSTCHECK;

/*
 * Run a statement: 0, and *res is the caller's; or a code, its sentence said,
 * and *res is cleared.
 */
int desk_run(desk_t *d, const db_query_t *q, const db_args_t *a,
    PGresult **res) GW_MUSTCHECK;

/* The same and print the first column, a row a line. */
int desk_print(desk_t *d, const db_query_t *q, const db_args_t *a)
    GW_MUSTCHECK;

/* Who does it, for the audit: the context of auth.enter but the workspace. */
void desk_context(char *out, size_t size);

#endif
