/* Signatures are made by threads: the loop never waits for one. */
#ifndef DKIM_POOL_H
#define DKIM_POOL_H

#include "worker/mail/dkim.h"

typedef struct dkim_pool_s  dkim_pool_t;
typedef struct dkim_task_s  dkim_task_t;

/* Keys that sign together, in the order of their headers; all of one loop. */
typedef struct {
    unsigned     refs;          /* who made it, and tasks                    */
    unsigned     n;
    int64_t      id[DKIM_KEYS];             /* of the keys, for their owner  */
    dkim_key_t  *key[DKIM_KEYS];
} dkim_identity_t;

/* Let go of it; the last one frees it. May be NULL. */
void dkim_identity_free(dkim_identity_t *identity);

/* So many threads, at most DKIM_SLOTS. GW_ENOMEM, GW_ESYS. */
int dkim_pool_create(dkim_pool_t **out, unsigned threads) GW_MUSTCHECK;

/* What is being signed is waited for; nothing is asked any more. */
void dkim_pool_free(dkim_pool_t *pool);

/* Readable when a signature is there; dkim_pool_heard empties it. */
int dkim_pool_event(const dkim_pool_t *pool);
void dkim_pool_heard(dkim_pool_t *pool);

/*
 * Begin to sign a message, which stays where it is until the task is dropped,
 * and so does what it shares with others.
 * NULL: no memory.
 */
dkim_task_t *dkim_pool_ask(dkim_pool_t *pool, dkim_identity_t *identity,
    gw_str_t message, const pieces_t *shared, int64_t seconds) GW_MUSTCHECK;

/*
 * GW_EAGAIN: it is not there; GW_OK: text has the headers, until the task is
 * dropped; or as dkim_sign.
 */
int dkim_pool_take(dkim_pool_t *pool, const dkim_task_t *task,
    gw_str_t *text) GW_MUSTCHECK;

/* It is done with, signed or not: whoever signs it just now is waited for. */
void dkim_pool_drop(dkim_pool_t *pool, dkim_task_t *task);

#endif
