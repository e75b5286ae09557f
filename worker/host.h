/* Which host this is: a name on its disk and a row in godwit.hosts. */
#ifndef HOST_H
#define HOST_H

#include "worker/db.h"

#define HOST_NAME_LEN  36               /* a UUID */

/*
 * Read <state>/journal/host, made at first use, and note it with the boot id
 * and the time in godwit.hosts; *id is its row. GW_ESYS (the file), logged;
 * GW_EDB, GW_ERROR: db_why says why.
 */
int host_enter(const worker_t *w, db_t *db, int *id) GW_MUSTCHECK;

#endif
