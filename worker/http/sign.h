/* Signatures of Standard Webhooks, symmetric (v1). */
#ifndef SIGN_H
#define SIGN_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define SIGN_KEY_MAX  64

typedef struct {
    unsigned char  key[SIGN_KEY_MAX];
    size_t         len;
} sign_key_t;

/* The key of a secret: whsec_ and base64 of 24 to 64 bytes. GW_EINVAL. */
int sign_key(gw_str_t secret, sign_key_t *key) GW_MUSTCHECK;

/* Append `v1,` and base64 of the HMAC-SHA256 of `id.time.body`. */
int sign_append(gw_buf_t *out, const sign_key_t *key, const char *id,
    const char *time, gw_str_t body) GW_MUSTCHECK;

#endif
