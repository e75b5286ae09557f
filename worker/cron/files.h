/* Files without a row and rows without a file: the rounds of the role cron. */
#ifndef CRON_FILES_H
#define CRON_FILES_H

#include "worker/db.h"

/*
 * On this host: remove files whose time is over, forget rows whose file is
 * gone, remove what an upload or an import left behind an hour ago or more.
 * GW_EDB: the connection is lost; GW_ERROR, GW_ESYS: logged.
 */
int files_round(const worker_t *w, db_t *db, int host) GW_MUSTCHECK;

#endif
