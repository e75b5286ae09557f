/* What the cache holds, read from Postgres. */
#ifndef LOAD_H
#define LOAD_H

#include "shm/gw_cache.h"
#include "worker/feed.h"

typedef struct {
    uint64_t  links, suppressions, keys;
} load_count_t;

/*
 * Put the links, suppressions and API keys of every tenant into a generation,
 * in pages, each committed. GW_EDB, GW_ERROR (logged), GW_ESYS with errno (the
 * disk), GW_ENOMEM.
 */
int load_all(gw_cache_writer_t *w, db_t *db, load_count_t *count)
    GW_MUSTCHECK;

/*
 * Read what the changes name again and put or delete it, committed. Changes
 * that the cache does not hold are passed over. Returns as load_all.
 */
int load_changes(gw_cache_writer_t *w, db_t *db, const feed_change_t *change,
    unsigned n) GW_MUSTCHECK;

#endif
