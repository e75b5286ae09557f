/* The loaded key file; for the two token sources only. */
#ifndef GW_TOKEN_KEYS_H
#define GW_TOKEN_KEYS_H

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "shm/gw_token.h"

#define GW_TOKEN_KEYS_MAX  16

/*
 * One key: the SHA-256 states after the inner and the outer HMAC pad, which
 * makes a MAC eleven times cheaper than the one-shot call, and AES-128.
 */
typedef struct {
    uint8_t          id;
    SHA256_CTX       inner, outer;
    EVP_CIPHER_CTX  *aes;
} gw_token_key_t;

struct gw_token_keys_s {
    unsigned        n;
    gw_token_key_t  key[GW_TOKEN_KEYS_MAX];
};

/* The key with this id, or NULL. */
gw_token_key_t *gw_token_key_find(gw_token_keys_t *keys, uint8_t id);

#endif
