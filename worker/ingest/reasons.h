/* The names of rules, and their numbers in Postgres. */
#ifndef REASONS_H
#define REASONS_H

#include "worker/db.h"
#include "worker/ingest/classify.h"

/*
 * Fill memo->id: each rule has its number, the same for ever and on every
 * host; GW_OK, GW_ENOMEM, GW_EDB or GW_ERROR.
 */
int reasons_learn(db_t *db, classify_memo_t *memo) GW_MUSTCHECK;

#endif
