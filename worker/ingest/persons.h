/* The persons of a batch and their rows in engagement. */
#ifndef PERSONS_H
#define PERSONS_H

#include "worker/db.h"
#include "worker/ingest/batch.h"

/*
 * Make and change their rows, and add to b->campaigns who opened, clicked or
 * unsubscribed for the first time; when b->told webhooks are told of the
 * first two, at now_us. Codes as bulk_run; GW_EAGAIN also when
 * another drainer has changed one of them meanwhile.
 */
int persons_store(db_t *db, batch_t *b, int64_t now_us) GW_MUSTCHECK;

#endif
