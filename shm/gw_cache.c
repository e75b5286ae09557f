/* The reading half of the cache, and its keys. */
#include "shm/gw_cache.h"

#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/gw_cache_env.h"

struct gw_cache_s {
    char       dir[PATH_MAX - 256];
    char       target[256];         /* what `current` pointed to at the open */
    char       boot[GW_CACHE_BOOT];
    const char  *why;               /* the last refresh failed               */
    MDB_env   *env;                 /* NULL: no cache yet                    */
    MDB_txn   *txn;
    MDB_dbi    dbi;
    unsigned   live:1;              /* txn is renewed; release resets it     */
};


static void
gw_cache_key_number(gw_cache_key_t *key, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0) {
        key->data[key->len++] = (unsigned char) (v >> 8 * bytes);
    }
}


gw_cache_key_t
gw_cache_key_link(uint32_t tenant, uint32_t campaign, uint16_t link)
{
    gw_cache_key_t  key = { 1, { 'l' } };

    gw_cache_key_number(&key, tenant, 4);
    gw_cache_key_number(&key, campaign, 4);
    gw_cache_key_number(&key, link, 2);
    return key;
}


gw_cache_key_t
gw_cache_key_suppression(uint32_t tenant, const unsigned char hash[32])
{
    gw_cache_key_t  key = { 1, { 's' } };

    gw_cache_key_number(&key, tenant, 4);
    memcpy(key.data + key.len, hash, 32);
    key.len += 32;
    return key;
}


gw_cache_key_t
gw_cache_key_apikey(uint64_t id)
{
    gw_cache_key_t  key = { 1, { 'k' } };

    gw_cache_key_number(&key, id, 8);
    return key;
}


gw_cache_key_t
gw_cache_key_source(uint32_t tenant, uint64_t id)
{
    gw_cache_key_t  key = { 1, { 'w' } };

    gw_cache_key_number(&key, tenant, 4);
    gw_cache_key_number(&key, id, 8);
    return key;
}


gw_cache_key_t
gw_cache_key_flags(uint32_t tenant)
{
    gw_cache_key_t  key = { 1, { 'f' } };

    gw_cache_key_number(&key, tenant, 4);
    return key;
}


gw_cache_key_t
gw_cache_key_quota(uint32_t tenant)
{
    gw_cache_key_t  key = { 1, { 'q' } };

    gw_cache_key_number(&key, tenant, 4);
    return key;
}


static void
gw_cache_leave(gw_cache_t *c)
{
    if (c->txn != NULL) {
        mdb_txn_abort(c->txn);
        c->txn = NULL;
    }

    if (c->env != NULL) {
        mdb_env_close(c->env);
        c->env = NULL;
    }

    c->live = 0;
    c->target[0] = '\0';
}


void
gw_cache_boot(char out[GW_CACHE_BOOT])
{
    FILE  *f;

    (void) snprintf(out, GW_CACHE_BOOT, "boot");
    f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f != NULL) {
        if (fgets(out, 37, f) == NULL) {
            (void) snprintf(out, GW_CACHE_BOOT, "boot");
        }
        (void) fclose(f);
    }
}


/* Open the generation `target` beside the one that is read; an LMDB code. */
static int
gw_cache_enter(gw_cache_t *c, const char *target)
{
    int       rc;
    char      path[PATH_MAX];
    MDB_dbi   dbi;
    MDB_env  *env;
    MDB_txn  *txn;

    (void) snprintf(path, sizeof(path), "%s/%s", c->dir, target);

    rc = mdb_env_create(&env);
    if (rc != 0) {
        return rc;
    }

    txn = NULL;
    rc = mdb_env_set_maxreaders(env, GW_CACHE_READERS);
    rc = rc != 0 ? rc : mdb_env_open(env, path,
                                     MDB_RDONLY | MDB_NOTLS | MDB_NORDAHEAD,
                                     0640);
    rc = rc != 0 ? rc : mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    rc = rc != 0 ? rc : mdb_dbi_open(txn, NULL, 0, &dbi);

    if (rc != 0) {
        if (txn != NULL) {
            mdb_txn_abort(txn);
        }
        mdb_env_close(env);
        return rc;
    }

    mdb_txn_reset(txn);
    gw_cache_leave(c);
    c->env = env;
    c->txn = txn;
    c->dbi = dbi;
    (void) snprintf(c->target, sizeof(c->target), "%s", target);
    return 0;
}


void
gw_cache_refresh(gw_cache_t *c)
{
    int      rc;
    char     link[PATH_MAX], target[256];
    size_t   boot;
    ssize_t  n;

    (void) snprintf(link, sizeof(link), "%s/" GW_CACHE_CURRENT, c->dir);
    n = readlink(link, target, sizeof(target) - 1);
    if (n <= 0) {
        return;
    }

    target[n] = '\0';
    if (c->env != NULL && strcmp(target, c->target) == 0) {
        c->why = NULL;
        return;
    }

    boot = strlen(c->boot);
    if (strncmp(target, c->boot, boot) != 0 || target[boot] != '-') {
        c->why = "there is only that of another boot";
        return;
    }

    rc = gw_cache_enter(c, target);
    c->why = rc == 0 ? NULL : mdb_strerror(rc);
}


const char *
gw_cache_why(const gw_cache_t *c)
{
    return c->why;
}


int
gw_cache_open(gw_cache_t **out, const char *dir)
{
    gw_cache_t  *c;

    c = calloc(1, sizeof(gw_cache_t));
    if (c == NULL) {
        return GW_ENOMEM;
    }

    if (strlen(dir) >= sizeof(c->dir)) {
        free(c);
        return GW_EINVAL;
    }

    memcpy(c->dir, dir, strlen(dir));
    gw_cache_boot(c->boot);
    gw_cache_refresh(c);
    *out = c;
    return GW_OK;
}


/* Renew the read transaction; the writer may have grown the map meanwhile. */
static int
gw_cache_renew(gw_cache_t *c)
{
    int  rc;

    if (c->live) {
        return GW_OK;
    }

    rc = mdb_txn_renew(c->txn);
    if (rc == MDB_MAP_RESIZED && mdb_env_set_mapsize(c->env, 0) == 0) {
        rc = mdb_txn_renew(c->txn);
    }

    if (rc != 0) {
        return GW_ERROR;
    }

    c->live = 1;
    return GW_OK;
}


int
gw_cache_peek(gw_cache_t *c, const gw_cache_key_t *key, gw_str_t *value)
{
    MDB_val  k, v;

    if (c->env == NULL || gw_cache_renew(c) != GW_OK) {
        return GW_ENOTFOUND;
    }

    k.mv_size = key->len;
    k.mv_data = (void *) key->data;
    if (mdb_get(c->txn, c->dbi, &k, &v) != 0) {
        return GW_ENOTFOUND;
    }

    *value = gw_str_make(v.mv_data, v.mv_size);
    return GW_OK;
}


int
gw_cache_get(gw_cache_t *c, const gw_cache_key_t *key, unsigned char *out,
    size_t *n)
{
    int       rc;
    gw_str_t  value;

    rc = gw_cache_peek(c, key, &value);
    if (rc != GW_OK) {
        return rc;
    }

    if (value.len > *n) {
        return GW_EFULL;
    }

    memcpy(out, value.data, value.len);
    *n = value.len;
    return GW_OK;
}


int
gw_cache_stat(gw_cache_t *c, gw_cache_stat_t *stat)
{
    MDB_stat     st;
    MDB_envinfo  info;

    if (c->env == NULL || gw_cache_renew(c) != GW_OK
        || mdb_stat(c->txn, c->dbi, &st) != 0
        || mdb_env_info(c->env, &info) != 0)
    {
        return GW_ENOTFOUND;
    }

    (void) snprintf(stat->generation, sizeof(stat->generation), "%.127s",
                    c->target);
    stat->entries = st.ms_entries;
    stat->used = (info.me_last_pgno + 1) * st.ms_psize;
    stat->map = info.me_mapsize;
    stat->readers = info.me_numreaders;
    gw_cache_release(c);
    return GW_OK;
}


void
gw_cache_release(gw_cache_t *c)
{
    if (c->live) {
        mdb_txn_reset(c->txn);
        c->live = 0;
    }
}


void
gw_cache_close(gw_cache_t *c)
{
    if (c != NULL) {
        gw_cache_leave(c);
        free(c);
    }
}
