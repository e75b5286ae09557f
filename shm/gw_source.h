/* What the cache holds of a source, under gw_cache_key_source. */
#ifndef GW_SOURCE_H
#define GW_SOURCE_H

#include "shm/gw_apikey.h"

#define GW_SOURCE_ORIGINS_MAX  4400     /* bytes of all origins of a source */
#define GW_SOURCE_MAX          (2 + GW_APIKEY_MAX + GW_SOURCE_ORIGINS_MAX)

typedef struct {
    bool      gone;             /* it takes nothing                       */
    gw_str_t  key;              /* its write key                          */
    gw_str_t  origins;          /* of browsers, apart by blanks; "": any  */
} gw_source_t;

/* Write s to out (GW_SOURCE_MAX bytes): its length; 0: it does not fit. */
size_t gw_source_pack(unsigned char *out, const gw_source_t *s);

/* Read a record; key and origins point into value. GW_ECORRUPT. */
int gw_source_unpack(gw_source_t *s, gw_str_t value) GW_MUSTCHECK;

/*
 * Is what the cache holds a reason to refuse who has this key, and comes from
 * this origin (empty: from no browser)? GW_OK: none. GW_EINVAL: another key,
 * or one that takes nothing: 401. GW_EFULL: not from there: 403.
 */
int gw_source_refuse(const gw_source_t *s, gw_str_t key, gw_str_t origin)
    GW_MUSTCHECK;

#endif
