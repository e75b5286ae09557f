/* What secrets are sealed with, of OpenSSL: AES-256-GCM, HKDF, X25519. */
#ifndef GW_CRYPT_H
#define GW_CRYPT_H

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_CRYPT_KEY    32
#define GW_CRYPT_NONCE  12
#define GW_CRYPT_TAG    16

/*
 * AES-256-GCM. out has room for plain.len + GW_CRYPT_TAG bytes: the tag stands
 * behind what is encrypted. A key and a nonce are used together once.
 */
int gw_gcm_seal(const unsigned char key[GW_CRYPT_KEY],
    const unsigned char nonce[GW_CRYPT_NONCE], gw_str_t aad, gw_str_t plain,
    unsigned char *out) GW_MUSTCHECK;

/*
 * out has room for sealed.len - GW_CRYPT_TAG bytes, which are wiped unless all
 * is as it was sealed; GW_EINVAL: it is not.
 */
int gw_gcm_open(const unsigned char key[GW_CRYPT_KEY],
    const unsigned char nonce[GW_CRYPT_NONCE], gw_str_t aad, gw_str_t sealed,
    unsigned char *out) GW_MUSTCHECK;

/* HKDF-SHA256 (RFC 5869): n bytes for the purpose `info` from a secret. */
int gw_hkdf(gw_str_t secret, gw_str_t salt, const char *info,
    unsigned char *out, size_t n) GW_MUSTCHECK;

/* X25519: the public key of a private one; what two of them share. */
int gw_x25519_public(const unsigned char private[GW_CRYPT_KEY],
    unsigned char public[GW_CRYPT_KEY]) GW_MUSTCHECK;
int gw_x25519_shared(const unsigned char private[GW_CRYPT_KEY],
    const unsigned char public[GW_CRYPT_KEY],
    unsigned char shared[GW_CRYPT_KEY]) GW_MUSTCHECK;

#endif
