/* The open batch of the durable class; for the spool's sources only. */
#ifndef GW_SPOOL_BATCH_H
#define GW_SPOOL_BATCH_H

#include "shm/gw_spool.h"

/* Free a batch that is nowhere else; NULL is fine. */
void gw_spool_batch_free(gw_spool_batch_t *batch);

#endif
