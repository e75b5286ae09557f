/* The names of rules, and their numbers in Postgres. */
#ifndef REASONS_H
#define REASONS_H

#include "worker/db.h"
#include "worker/ingest/classify.h"

/*
 * Each reason has its number, the same for ever and on every host. Fill id of
 * the rules (from 1 on) and timed, either may be NULL; GW_OK, GW_EDB or
 * GW_ERROR.
 */
int reasons_learn(db_t *db, const classify_rules_t *r,
    int16_t id[CLASSIFY_RULES + 1], int16_t timed[TIMED]) GW_MUSTCHECK;

#endif
