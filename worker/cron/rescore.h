/* Stored events are judged anew when the rules have another version. */
#ifndef RESCORE_H
#define RESCORE_H

#include "worker/db.h"
#include "worker/ingest/classify.h"

/*
 * One bounded step of it, if there is something to do; *more: there is more.
 * GW_OK, GW_EDB, GW_ERROR, GW_ENOMEM, GW_ESYS.
 */
int rescore_step(const worker_t *w, const classify_rules_t *r, db_t *db,
    bool *more) GW_MUSTCHECK;

#endif
