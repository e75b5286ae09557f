/*
 * Sealing a secret for the worker: X25519 with its public key, HKDF-SHA256,
 * AES-256-GCM. Who seals can open nothing, not even what he has sealed; what
 * opens is worker/secret.h.
 *
 *   byte 0        GW_SEAL_EDGE
 *   bytes 1-4     version of the worker's key, big-endian
 *   bytes 5-36    the public half of a key pair that is made for this one
 *   bytes 37-     the secret, encrypted, and the tag, which covers all of the
 *                 above and the id of the secret
 */
#ifndef GW_SEAL_H
#define GW_SEAL_H

#include <jansson.h>
#include <stdint.h>

#include "shm/gw_conf.h"
#include "shm/gw_crypt.h"

#define GW_SEAL_EDGE   1                /* as here                          */
#define GW_SEAL_BOUND  2                /* the worker's envelope            */
#define GW_SEAL_HEAD   (5 + GW_CRYPT_KEY)
#define GW_SEAL_ID     36               /* a UUID                           */
#define GW_SEAL_MAX    65536            /* bytes of a secret                */

typedef struct {
    uint32_t       version;
    unsigned char  key[GW_CRYPT_KEY];
} gw_seal_public_t;

/* A form in which the house makes a secret by chance; NULL name ends them. */
typedef struct {
    const char  *name;                  /* whsec, totp                      */
    int        (*make)(gw_buf_t *plain);
} gw_seal_form_t;

extern const gw_seal_form_t  gw_seal_forms[];

/* The form of that name, or NULL. */
const gw_seal_form_t *gw_seal_form(gw_str_t name);

/* The file with the worker's public key. */
int gw_seal_public_path(const gw_conf_t *conf, char *out, size_t size)
    GW_MUSTCHECK;

/*
 * Read the file that the worker has put beside its keys, one line `VERSION
 * HEX`. On an error one sentence is in err.
 */
int gw_seal_public_load(gw_seal_public_t *pub, const char *path, gw_buf_t *err)
    GW_MUSTCHECK;

/* A new id (a random UUID), with a NUL. */
int gw_seal_id(char id[GW_SEAL_ID + 1]) GW_MUSTCHECK;

/* Append plain, sealed as the secret `id`. */
int gw_seal(const gw_seal_public_t *pub, const char *id, gw_str_t plain,
    gw_buf_t *out) GW_MUSTCHECK;

/*
 * The key of a seal from what the two key pairs share, and its nonce behind;
 * the same for both sides.
 */
int gw_seal_key(const unsigned char shared[GW_CRYPT_KEY],
    const unsigned char head[GW_SEAL_HEAD],
    const unsigned char public[GW_CRYPT_KEY],
    unsigned char key[GW_CRYPT_KEY + GW_CRYPT_NONCE]) GW_MUSTCHECK;

/* What the tag covers beside the text; NULL-terminated id. */
#define GW_SEAL_AAD  (GW_SEAL_HEAD + GW_SEAL_ID)
void gw_seal_aad(const unsigned char head[GW_SEAL_HEAD], const char *id,
    unsigned char aad[GW_SEAL_AAD]);

/*
 * {"id","sealed"} as SQL takes it (godwit.secret_put), sealed in base64: a new
 * reference. NULL: no memory.
 */
json_t *gw_seal_json(const gw_seal_public_t *pub, gw_str_t plain);

#endif
