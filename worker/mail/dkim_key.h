/* A key as dkim.c signs with it. */
#ifndef DKIM_KEY_H
#define DKIM_KEY_H

#include <openssl/evp.h>

#include "worker/mail/dkim.h"

#define DKIM_HASH           32
#define DKIM_SIGNATURE_MAX  512         /* RSA-4096 */

typedef struct {
    const char  *name;          /* as in a= */
    int          type;          /* EVP_PKEY_... */
} dkim_algorithm_t;

struct dkim_key_s {
    const dkim_algorithm_t  *algorithm;
    char                     domain[256], selector[64];
    EVP_PKEY                *pkey;
    EVP_PKEY_CTX            *rsa[DKIM_SLOTS];
};

/*
 * Sign a hash; *n is the room at out and becomes the length. ctx is the
 * thread's own.
 */
int dkim_key_sign(dkim_key_t *key, unsigned slot, EVP_MD_CTX *ctx,
    const unsigned char hash[DKIM_HASH], unsigned char *out, size_t *n)
    GW_MUSTCHECK;

#endif
