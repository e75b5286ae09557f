/* The secret of a tenant: key of his address hashes and message ids. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "worker/tenant_key.h"

#include "shm/gw_codec.h"


static int
tenant_key_pad(SHA256_CTX *ctx, const char *hex)
{
    unsigned char  pad[SHA256_CBLOCK];

    if (gw_hex_decode(pad, sizeof(pad), gw_str_of(hex)) != GW_OK) {
        return GW_EINVAL;
    }

    (void) SHA256_Init(ctx);
    (void) SHA256_Update(ctx, pad, sizeof(pad));
    return GW_OK;
}


int
tenant_key_load(tenant_key_t *k, const char *ipad, const char *opad)
{
    return tenant_key_pad(&k->inner, ipad) == GW_OK
           ? tenant_key_pad(&k->outer, opad) : GW_EINVAL;
}


void
tenant_key_mac(const tenant_key_t *k, const void *p, size_t n,
    unsigned char mac[32])
{
    SHA256_CTX  ctx;

    ctx = k->inner;
    (void) SHA256_Update(&ctx, p, n);
    (void) SHA256_Final(mac, &ctx);
    ctx = k->outer;
    (void) SHA256_Update(&ctx, mac, 32);
    (void) SHA256_Final(mac, &ctx);
}


void
tenant_key_address(const tenant_key_t *k, gw_str_t address,
    unsigned char hash[32])
{
    size_t         i;
    unsigned char  c, lower[320];

    while (address.len > 0 && *address.data == ' ') {
        address.data++;
        address.len--;
    }
    while (address.len > 0 && address.data[address.len - 1] == ' ') {
        address.len--;
    }

    for (i = 0; i < address.len && i < sizeof(lower); i++) {
        c = address.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    tenant_key_mac(k, lower, i, hash);
}
