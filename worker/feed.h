/* A reader of the change feed, godwit.change_log. */
#ifndef FEED_H
#define FEED_H

#include "worker/db.h"

#define FEED_POLL_MS  200
#define FEED_PAGE     1000

typedef struct {
    int64_t      id;
    int          tenant;
    const char  *kind;
    const char  *key;
} feed_change_t;

typedef struct feed_s  feed_t;

/*
 * Changes to apply, 1 to FEED_PAGE of them; their texts live as long as the
 * call. Applying means reading the row they name again: a change may be told
 * twice. Not GW_OK: they are told again by the next poll.
 */
typedef int (*feed_pt)(void *arg, const feed_change_t *change, unsigned n);

/* A reader that has seen nothing; the caller frees it. */
int feed_create(feed_t **f) GW_MUSTCHECK;
void feed_free(feed_t *f);

/*
 * Take what is committed now as seen; what is read from the tables after
 * this call holds all of it. GW_EDB, GW_ERROR (logged), GW_ENOMEM.
 */
int feed_start(feed_t *f, db_t *db) GW_MUSTCHECK;

/*
 * Tell what has come since: rows with a new id, and rows of transactions that
 * took their id early and committed late (10 minutes are waited for them).
 * The place is kept when the connection breaks: go on with another. GW_OK: no
 * more now; GW_EAGAIN: more waits; GW_EDB, GW_ERROR (logged), GW_ENOMEM, or
 * what `call` answered.
 */
int feed_poll(feed_t *f, db_t *db, feed_pt call, void *arg) GW_MUSTCHECK;

#endif
