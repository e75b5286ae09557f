/* Who wants mail again, and who no more. */
#ifndef WISHES_H
#define WISHES_H

#include "worker/db.h"
#include "worker/ingest/batch.h"

/*
 * Store the last word on subscription of each contact among the persons (of
 * batch_person_t), whatever campaign it came by; now_us is the drain's time.
 * One that is older than what is stored changes nothing. Codes as bulk_run.
 */
int wishes_store(db_t *db, const tally_t *persons, int64_t now_us)
    GW_MUSTCHECK;

#endif
