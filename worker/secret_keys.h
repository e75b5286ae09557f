/*
 * The file that secrets are opened with: <state>/keys/secret (the directive
 * secret_keys), mode 0400, a line `VERSION HEX` for each version, the newest
 * last. From the 32 bytes of a version come two keys: one that wraps the keys
 * of workspaces, and the private half of the pair whose public half lies beside
 * the file for the edges (`.pub`, mode 0444, the newest version alone).
 */
#ifndef SECRET_KEYS_H
#define SECRET_KEYS_H

#include <sys/types.h>
#include <time.h>

#include "shm/gw_conf.h"
#include "shm/gw_crypt.h"

#define SECRET_KEYS_MAX   16
#define SECRET_PATH_MAX   512

typedef struct {
    uint32_t       version;
    unsigned char  secret[GW_CRYPT_KEY];    /* as it stands in the file     */
    unsigned char  wrap[GW_CRYPT_KEY];      /* of the keys of workspaces    */
    unsigned char  private[GW_CRYPT_KEY];   /* X25519, of the edges' seals  */
    unsigned char  public[GW_CRYPT_KEY];
} secret_key_t;

typedef struct {
    char             path[SECRET_PATH_MAX];
    ino_t            inode;                 /* of what was read             */
    struct timespec  changed;
    unsigned         n;
    secret_key_t     key[SECRET_KEYS_MAX];  /* versions ascend              */
} secret_keys_t;

/*
 * Read the file; the caller frees it. On an error one sentence is in err:
 * GW_ENOTFOUND when there is no file.
 */
int secret_keys_open(secret_keys_t **keys, const gw_conf_t *conf,
    gw_buf_t *err) GW_MUSTCHECK;
void secret_keys_free(secret_keys_t *keys);

/* Read it again if it has changed; on an error what was read stays. */
int secret_keys_again(secret_keys_t *keys, gw_buf_t *err) GW_MUSTCHECK;

/* That version, or NULL; there is always a newest. */
const secret_key_t *secret_keys_find(const secret_keys_t *keys,
    uint32_t version);
const secret_key_t *secret_keys_newest(const secret_keys_t *keys);

/*
 * Make the file with version 1 unless it is there, and write its public half;
 * GW_EBUSY: the file was there. path gets its name.
 */
int secret_keys_create(const gw_conf_t *conf, char path[SECRET_PATH_MAX],
    gw_buf_t *err) GW_MUSTCHECK;

/* Add one by chance; on the disk when this returns, its public half too. */
int secret_keys_add(secret_keys_t *keys, gw_buf_t *err) GW_MUSTCHECK;

/* Write the file without those whose `gone` is set; the newest stays. */
int secret_keys_drop(secret_keys_t *keys, const bool gone[SECRET_KEYS_MAX],
    gw_buf_t *err) GW_MUSTCHECK;

/* Since when the newest is the newest: the time of the public half, seconds. */
int64_t secret_keys_since(const secret_keys_t *keys);

#endif
