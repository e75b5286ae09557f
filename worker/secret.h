/*
 * Secrets at rest, opened: only the worker does that.
 *
 * A row of godwit.secret is as an edge has sealed it (shm/gw_seal.h), or the
 * worker's envelope, sealed with a key of its workspace:
 *
 *   byte 0        GW_SEAL_BOUND
 *   bytes 1-4     version of the key file, big-endian
 *   byte 5        bytes of the nonce: 12
 *   bytes 6-17    the nonce, by chance
 *   bytes 18-     encrypted by AES-256-GCM, and the tag, which also covers
 *                 tenant, table, row, column and version
 *
 * In the same form the keys of workspaces lie in godwit.secret_keys, wrapped by
 * the key of their version in the file.
 */
#ifndef SECRET_H
#define SECRET_H

#include "worker/db.h"
#include "worker/secret_keys.h"

/* As Postgres prints it: bytea as \x and hex; wrapped NULL or "" for none. */
typedef struct {
    const char  *tenant;
    const char  *id;
    const char  *sealed;
    const char  *wrapped;           /* of the version that sealed is of     */
} secret_row_t;

/*
 * Open it into plain, a buffer with room for it that the caller wipes. The key
 * file is read again when it has changed. GW_EINVAL: it does not open, err has
 * one sentence that names it.
 */
int secret_unseal(secret_keys_t *keys, const secret_row_t *row,
    gw_buf_t *plain, gw_buf_t *err) GW_MUSTCHECK;

/*
 * The same of the secret with this id, read by a blocking connection.
 * GW_ENOTFOUND: there is none; GW_EDB, GW_ERROR: of the database.
 */
int secret_open(secret_keys_t *keys, db_t *db, const char *tenant,
    const char *id, gw_buf_t *plain, gw_buf_t *err) GW_MUSTCHECK;

/*
 * Seal plain as the row's (its tenant and id) under the newest version, whose
 * key of the workspace is `wrapped`: the bytes behind \x, as text, into out.
 */
int secret_seal(secret_keys_t *keys, const secret_row_t *row,
    const char *wrapped, gw_str_t plain, gw_buf_t *out, gw_buf_t *err)
    GW_MUSTCHECK;

/* A key for a workspace by chance, wrapped by the newest version. */
int secret_new_key(secret_keys_t *keys, const char *tenant, gw_buf_t *out,
    gw_buf_t *err) GW_MUSTCHECK;

/* Overwrite what a buffer holds, then free it. */
void secret_wipe(gw_buf_t *b);

#endif
