/*
 * API keys: `gw_live_<id>_<32 random characters><6-character checksum>`, or
 * `gw_test_...`: what such a key starts is a test, which Postgres sees to. The
 * id is a decimal number, the rest base62; the checksum is the CRC-32C of all
 * before it, so that garbage is refused without a look at anything. Postgres
 * and the cache hold the SHA-256 of the whole text, never the text, which
 * godwit.credential_text in SQL makes.
 */
#ifndef GW_APIKEY_H
#define GW_APIKEY_H

#include <stdint.h>

#include "shm/gw_net.h"

#define GW_APIKEY_MAX         80        /* characters of the longest key    */
#define GW_APIKEY_HASH        32
#define GW_APIKEY_SCOPES_MAX  1400      /* bytes of the scopes of one key   */
#define GW_APIKEY_NETS_MAX    4600      /* and of its networks              */
#define GW_APIKEY_RECORD_MAX  (46 + GW_APIKEY_SCOPES_MAX + GW_APIKEY_NETS_MAX)

/*
 * The id of a key's text. GW_EINVAL when it has not the form of a key or its
 * checksum differs. No allocation.
 */
int gw_apikey_parse(gw_str_t text, int64_t *id) GW_MUSTCHECK;

/* The same of a session, whose text begins with `gw_sess_`. */
int gw_apikey_session(gw_str_t text, int64_t *id) GW_MUSTCHECK;

/*
 * The same of the write key of a source, `gw_write_<workspace>_<id>_...`, which
 * stands in pages for everybody to read: it is no secret. _says looks at the
 * numbers alone: enough for who knows the whole text.
 */
int gw_apikey_write(gw_str_t text, uint32_t *tenant, int64_t *id)
    GW_MUSTCHECK;
int gw_apikey_write_says(gw_str_t text, uint32_t *tenant, int64_t *id)
    GW_MUSTCHECK;

/* SHA-256 of the whole text. No allocation. */
void gw_apikey_hash(gw_str_t text, unsigned char hash[GW_APIKEY_HASH]);

/*
 * Does a list of scopes apart by blanks cover one scope? `*` covers all,
 * `noun:*` all of a noun, `noun:write` also `noun:read`. An empty scope is
 * covered by any list. The same rule as auth.covers in SQL.
 */
bool gw_apikey_covers(gw_str_t scopes, gw_str_t scope);

/* ---- what the cache holds of a key, under gw_cache_key_apikey ---- */

typedef struct {
    uint32_t       tenant;
    bool           revoked;
    bool           bound;               /* to networks                      */
    int64_t        expires;             /* microseconds of 1970; 0: never   */
    unsigned char  hash[GW_APIKEY_HASH];
    gw_str_t       scopes;              /* apart by blanks                  */
    gw_str_t       nets;                /* the same; empty also when a bound
                                           key is not known whole           */
} gw_apikey_record_t;

/* Write r to out (GW_APIKEY_RECORD_MAX bytes): its length; 0: does not fit. */
size_t gw_apikey_pack(unsigned char *out, const gw_apikey_record_t *r);

/* Read a record; r->scopes and r->nets point into value. GW_ECORRUPT. */
int gw_apikey_unpack(gw_apikey_record_t *r, gw_str_t value) GW_MUSTCHECK;

/*
 * Is what the cache holds a reason to refuse? GW_OK: none is known (Postgres
 * has the last word). GW_EINVAL: wrong text, revoked or expired at now_us: 401.
 * GW_EFULL: the key is right but has no such scope: 403.
 */
int gw_apikey_refuse(const gw_apikey_record_t *r,
    const unsigned char hash[GW_APIKEY_HASH], gw_str_t scope, int64_t now_us)
    GW_MUSTCHECK;

/* May it be used from there? */
bool gw_apikey_lets(const gw_apikey_record_t *r, const struct sockaddr *from);

#endif
