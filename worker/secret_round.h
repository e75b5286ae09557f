/* Sealing anew: what edges have sealed, and what is of an older version. */
#ifndef SECRET_ROUND_H
#define SECRET_ROUND_H

#include "worker/secret.h"

/*
 * Seal up to a hundred secrets with the keys of their workspaces in the newest
 * version: those that edges have sealed, or `old`: of other versions. *n gets
 * how many were looked at, 0: none is left. One that does not open is logged
 * and left for ten minutes. GW_EDB: the connection is lost; else what failed is
 * logged.
 */
int secret_round(secret_keys_t *keys, db_t *db, bool old, unsigned *n)
    GW_MUSTCHECK;

/*
 * The words of `godwit key secret init` and `godwit key rotate`: 0, 1 with a
 * sentence said, 3 database away.
 */
int secret_init(worker_t *w);
int secret_rotate(worker_t *w);

#endif
