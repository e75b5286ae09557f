/* Events of sites and apps in a batch. */
#ifndef TRACKED_H
#define TRACKED_H

#include "shm/gw_buf.h"
#include "shm/gw_spool.h"
#include "worker/ingest/privacy.h"

/*
 * Append what a record says, as godwit.tracked_store has it, to the list in a
 * buffer; received in unix us. Nothing of who asks not to be tracked. `failed`
 * of the buffer when there is no memory. GW_ECORRUPT: the body is none that we
 * write.
 */
int tracked_add(gw_buf_t *list, const gw_spool_rec_t *rec, gw_str_t body,
    const privacy_t *privacy, int64_t received) GW_MUSTCHECK;

#endif
