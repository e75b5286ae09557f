/*
 * The LMDB cache that the worker writes and the edge reads. A generation is
 * a folder `<dir>/<boot id>-<n>/` behind the symlink `<dir>/current`; it can
 * be thrown away at any time. Keys are bytes: a kind, then big-endian numbers.
 *
 *   'l' tenant u32 campaign u32 link u16        -> URL
 *   's' tenant u32 address hash (32)            -> reason, its first letter
 *   'k' id u64 of an API key                    -> gw_apikey_record_t, packed
 *   'w' tenant u32 id u64 of a source          -> gw_source_t, packed
 *   'f' tenant u32                              -> its feature flags, packed by
 *                                                  gw_flags_pack
 *   'q' tenant u32                              -> what of its quotas is not
 *                                                  free, see godwit.quota_text
 */
#ifndef GW_CACHE_H
#define GW_CACHE_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_CACHE_KEY_MAX  64

typedef struct {
    size_t         len;
    unsigned char  data[GW_CACHE_KEY_MAX];
} gw_cache_key_t;

gw_cache_key_t gw_cache_key_link(uint32_t tenant, uint32_t campaign,
    uint16_t link);
gw_cache_key_t gw_cache_key_suppression(uint32_t tenant,
    const unsigned char hash[32]);
gw_cache_key_t gw_cache_key_apikey(uint64_t id);
gw_cache_key_t gw_cache_key_source(uint32_t tenant, uint64_t id);
gw_cache_key_t gw_cache_key_flags(uint32_t tenant);
gw_cache_key_t gw_cache_key_quota(uint32_t tenant);

/* ---- reading ---- */

typedef struct gw_cache_s  gw_cache_t;

/*
 * A reader of `<dir>/current`; GW_OK also when there is no cache yet (each
 * get then answers GW_ENOTFOUND until refresh finds one). Never before a
 * fork. The caller closes it.
 */
int gw_cache_open(gw_cache_t **out, const char *dir) GW_MUSTCHECK;

/*
 * Look whether `current` points elsewhere now and move over; once a second.
 * Nothing changes when that can not be opened or is of another boot: a power
 * cut may have torn it.
 */
void gw_cache_refresh(gw_cache_t *c);

/* Why the last refresh could not move, a static text; NULL: it could. */
const char *gw_cache_why(const gw_cache_t *c);

/*
 * Copy the value of key to out (*n: room, then length). GW_ENOTFOUND,
 * GW_EFULL. The read transaction is renewed at first use and stays until
 * gw_cache_release, which belongs at the end of the loop turn. No allocation.
 */
int gw_cache_get(gw_cache_t *c, const gw_cache_key_t *key,
    unsigned char *out, size_t *n) GW_MUSTCHECK;

/* The same without a copy: *value is there until gw_cache_release. */
int gw_cache_peek(gw_cache_t *c, const gw_cache_key_t *key, gw_str_t *value)
    GW_MUSTCHECK;
void gw_cache_release(gw_cache_t *c);
void gw_cache_close(gw_cache_t *c);

typedef struct {
    char      generation[128];  /* its folder                 */
    uint64_t  entries;
    uint64_t  used, map;        /* bytes in use, bytes mapped */
    unsigned  readers;          /* slots ever taken           */
} gw_cache_stat_t;

/* What the generation that is read now holds; GW_ENOTFOUND: there is none. */
int gw_cache_stat(gw_cache_t *c, gw_cache_stat_t *stat) GW_MUSTCHECK;

/* ---- writing: the cache role only ---- */

typedef struct gw_cache_writer_s  gw_cache_writer_t;

/*
 * Start a new generation; readers do not see it before publish. map_size is
 * the first size of the map; it grows by itself.
 */
int gw_cache_writer_create(gw_cache_writer_t **out, const char *dir,
    size_t map_size) GW_MUSTCHECK;

/* Put or (val.data == NULL) delete; collected into one transaction. */
int gw_cache_put(gw_cache_writer_t *w, const gw_cache_key_t *key,
    gw_str_t val) GW_MUSTCHECK;

/* Commit what was put; the map grows when it is full. */
int gw_cache_commit(gw_cache_writer_t *w) GW_MUSTCHECK;

/* Point `current` here by rename and remove older generations. */
int gw_cache_publish(gw_cache_writer_t *w) GW_MUSTCHECK;

/* Clear reader slots of dead processes; every few seconds. */
void gw_cache_check(gw_cache_writer_t *w);

/* A generation that was never published is removed. */
void gw_cache_writer_close(gw_cache_writer_t *w);

#endif
