/* `godwit cache get KIND KEY...|stat`: look into the cache as the edge does. */
#include <stdio.h>
#include <string.h>

#include "shm/gw_apikey.h"
#include "shm/gw_cache.h"
#include "shm/gw_codec.h"
#include "shm/gw_token.h"
#include "worker/worker.h"


static int
show_usage(void)
{
    fputs("cache: expected `cache stat`, `cache get link TENANT CAMPAIGN "
          "INDEX`, `cache get suppression TENANT HASH`, the hash as 64 hex "
          "digits, or `cache get key ID`\n", stderr);
    return 2;
}


static int
show_stat(gw_cache_t *c)
{
    gw_cache_stat_t  s;

    if (gw_cache_stat(c, &s) != GW_OK) {
        fprintf(stderr, "cache: %s; the role cache makes it\n",
                gw_cache_why(c) ? gw_cache_why(c) : "there is none yet");
        return 1;
    }

    printf("{\"generation\":\"%s\",\"entries\":%llu,\"used\":%llu,"
           "\"map\":%llu,\"readers\":%u}\n", s.generation,
           (unsigned long long) s.entries, (unsigned long long) s.used,
           (unsigned long long) s.map, s.readers);
    return 0;
}


/* The words of a key; not GW_OK: they are none. */
static int
show_key(gw_cache_key_t *key, const worker_t *w)
{
    int            i, want;
    long long      v[3];
    unsigned char  hash[32];

    if (w->argc < 2) {
        return GW_EINVAL;
    }

    if (strcmp(w->argv[1], "key") == 0) {
        if (w->argc != 3 || gw_str_int(gw_str_of(w->argv[2]), 1, INT64_MAX,
                                       &v[0]) != GW_OK)
        {
            return GW_EINVAL;
        }

        *key = gw_cache_key_apikey((uint64_t) v[0]);
        return GW_OK;
    }

    want = strcmp(w->argv[1], "link") == 0 ? 3
           : strcmp(w->argv[1], "suppression") == 0 ? 1 : 0;
    if (want == 0 || w->argc != (want == 3 ? 5 : 4)) {
        return GW_EINVAL;
    }

    for (i = 0; i < want; i++) {
        if (gw_str_int(gw_str_of(w->argv[2 + i]), 0,
                       i == 2 ? UINT16_MAX : UINT32_MAX, &v[i]) != GW_OK)
        {
            return GW_EINVAL;
        }
    }

    if (want == 3) {
        *key = gw_cache_key_link((uint32_t) v[0], (uint32_t) v[1],
                                 (uint16_t) v[2]);
        return GW_OK;
    }

    if (strlen(w->argv[3]) != 64
        || gw_hex_decode(hash, 32, gw_str_of(w->argv[3])) != GW_OK)
    {
        return GW_EINVAL;
    }

    *key = gw_cache_key_suppression((uint32_t) v[0], hash);
    return GW_OK;
}


static int
show_get(gw_cache_t *c, const gw_cache_key_t *key)
{
    size_t              n;
    unsigned char       value[GW_TOKEN_URL_MAX];
    gw_apikey_record_t  r;

    n = sizeof(value);
    if (gw_cache_get(c, key, value, &n) != GW_OK) {
        fputs("cache: it holds no such key\n", stderr);
        return 1;
    }

    if (key->data[0] != 'k') {
        printf("%.*s\n", (int) n, (char *) value);

    } else if (gw_apikey_unpack(&r, gw_str_make(value, n)) == GW_OK) {
        printf("{\"workspace\":%u,\"revoked\":%s,\"expires\":%lld,"
               "\"scopes\":\"%.*s\"}\n", r.tenant,
               r.revoked ? "true" : "false", (long long) r.expires,
               (int) r.scopes.len, (char *) r.scopes.data);
    }

    return 0;
}


int
cache_command(worker_t *w)
{
    int             rc;
    char            dir[256];
    bool            stat;
    gw_cache_t     *c;
    gw_cache_key_t  key;

    stat = w->argc == 1 && strcmp(w->argv[0], "stat") == 0;
    if (!stat && (w->argc == 0 || strcmp(w->argv[0], "get") != 0
                  || show_key(&key, w) != GW_OK))
    {
        return show_usage();
    }

    if (gw_conf_path(&w->conf, "cache", dir, sizeof(dir)) != GW_OK
        || gw_cache_open(&c, dir) != GW_OK)
    {
        fputs("cache: out of memory\n", stderr);
        return 1;
    }

    rc = stat ? show_stat(c) : show_get(c, &key);
    gw_cache_close(c);
    return rc;
}
