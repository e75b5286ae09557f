/* The rows of a batch on their way into `events`. */
#ifndef ROWS_H
#define ROWS_H

#include "worker/db.h"
#include "worker/ingest/batch.h"

/* COPY them all in the order of the batch, a closed one; codes as bulk_run. */
int rows_copy(db_t *db, const batch_t *b) GW_MUSTCHECK;

#endif
