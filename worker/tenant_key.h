/* The secret of a tenant: key of his address hashes and message ids. */
#ifndef TENANT_KEY_H
#define TENANT_KEY_H

#include <openssl/sha.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

/* HMAC-SHA256 (RFC 2104) with its two pads hashed in advance. */
typedef struct {
    SHA256_CTX  inner, outer;
} tenant_key_t;

/* From auth.tenants.hash_ipad and hash_opad in hex; GW_EINVAL. */
int tenant_key_load(tenant_key_t *k, const char *ipad, const char *opad)
    GW_MUSTCHECK;

void tenant_key_mac(const tenant_key_t *k, const void *p, size_t n,
    unsigned char mac[32]);

/*
 * The key of an address in suppressions, as godwit.address_hash has it: blanks
 * around it and the case of ASCII letters do not count.
 */
void tenant_key_address(const tenant_key_t *k, gw_str_t address,
    unsigned char hash[32]);

#endif
