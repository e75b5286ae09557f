/* Which statements a connection has prepared: a small set of pointers. */
#ifndef DB_SET_H
#define DB_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/db.h"

#define DB_SET_SLOTS  1024          /* well above the number of statements */

typedef struct {
    const db_query_t  *slot[DB_SET_SLOTS];
} db_set_t;

/* Where q is, or where it goes; the set is never full. */
static inline const db_query_t **
db_set_find(db_set_t *set, const db_query_t *q)
{
    unsigned  i;

    i = (unsigned) (((uintptr_t) q >> 3) % DB_SET_SLOTS);

    while (set->slot[i] != NULL && set->slot[i] != q) {
        i = (i + 1) % DB_SET_SLOTS;
    }

    return &set->slot[i];
}

/*
 * Start a connection as `user` with the settings of every connection of ours:
 * blocking (db_open) or by PQconnectPoll (dbpipe). NULL: no memory.
 */
PGconn *db_connect_start(const worker_t *w, const char *user, bool wait);

/* Is the connection gone, judged by its state and the result's SQLSTATE? */
bool db_is_away(PGconn *conn, const PGresult *res);

#endif
