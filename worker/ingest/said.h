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

/* Append `,"name":` and a text of a request, or its address (IPv4 mapped). */
void said_text(gw_buf_t *said, const char *name, gw_str_t text);
void said_address(gw_buf_t *said, const char *name, const uint8_t ip[16]);

/*
 * Store all of a list that begins with [ by a statement that takes it and the
 * time; nothing when it is empty. Codes as bulk_run.
 */
int said_store(db_t *db, const db_query_t *q, gw_buf_t *said, int64_t now_us)
    GW_MUSTCHECK;

#endif
