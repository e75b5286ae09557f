/* What people have said on the page of preferences. */
#ifndef SAID_H
#define SAID_H

#include "shm/gw_buf.h"
#include "shm/gw_event.h"
#include "worker/db.h"

#define SAID_MAX  (128 * 1024 * 1024)

/*
 * Append what a form says, as godwit.preferences_said has it; at in unix us.
 * The buffer is one of SAID_MAX bytes; `failed` when there is no memory.
 */
void said_add(gw_buf_t *said, const gw_token_t *t, const gw_event_t *e,
    int64_t at);

/* Store all of it; nothing when it is empty. Codes as bulk_run. */
int said_store(db_t *db, gw_buf_t *said, int64_t now_us) GW_MUSTCHECK;

#endif
