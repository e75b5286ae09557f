/* A thread that syncs the journal's file, so that the loop never waits. */
#ifndef JOURNAL_SYNC_H
#define JOURNAL_SYNC_H

#include <stdint.h>

#include "shm/gw_err.h"

typedef struct journal_sync_s  journal_sync_t;

/* GW_ENOMEM, GW_ESYS. */
int journal_sync_create(journal_sync_t **out) GW_MUSTCHECK;

/* Lets a sync that runs come to its end; s may be NULL. */
void journal_sync_free(journal_sync_t *s);

/* Sync fd, which holds the records up to the nth. One sync for all that is
 * asked for while another runs. */
void journal_sync_ask(journal_sync_t *s, int fd, uint64_t n);

/* Wait until all that was asked for is done; GW_ESYS with errno: it failed. */
int journal_sync_wait(journal_sync_t *s) GW_MUSTCHECK;

/* So many records are on disk; GW_ESYS with errno: a sync failed. */
int journal_sync_done(journal_sync_t *s, uint64_t *n) GW_MUSTCHECK;

/* Readable when a sync has ended; journal_sync_heard empties it. */
int journal_sync_fd(const journal_sync_t *s);
void journal_sync_heard(journal_sync_t *s);

#endif
