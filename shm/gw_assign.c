/* Who gets what of an experiment. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shm/gw_assign.h"

#include <stdint.h>

#include <openssl/sha.h>


static unsigned
gw_assign_hash(gw_str_t salt, const char *what, gw_str_t unit)
{
    uint64_t       v;
    SHA256_CTX     ctx;
    unsigned char  sum[SHA256_DIGEST_LENGTH];

    (void) SHA256_Init(&ctx);
    (void) SHA256_Update(&ctx, salt.data, salt.len);
    (void) SHA256_Update(&ctx, what, strlen(what));
    (void) SHA256_Update(&ctx, unit.data, unit.len);
    (void) SHA256_Final(sum, &ctx);

    v = (uint64_t) sum[0] << 24 | (uint64_t) sum[1] << 16
        | (uint64_t) sum[2] << 8 | sum[3];
    return (unsigned) (v * GW_ASSIGN_BUCKETS >> 32);
}


unsigned
gw_assign_bucket(gw_str_t salt, gw_str_t unit)
{
    return gw_assign_hash(salt, ":", unit);
}


int
gw_assign(const gw_assign_t *e, gw_str_t unit)
{
    unsigned  i, at, all, sum;

    at = gw_assign_hash(e->salt, ":part:", unit);
    if (at < e->hold_out) {
        return GW_ASSIGN_HELD;
    }

    if (at < GW_ASSIGN_BUCKETS - e->test) {
        return GW_ASSIGN_REST;
    }

    for (i = 0, all = 0; i < e->n; i++) {
        all += e->weight[i];
    }

    at = gw_assign_hash(e->salt, ":variant:", unit) * all;
    for (i = 0, sum = 0; i + 1 < e->n; i++) {
        sum += e->weight[i];
        if (at < sum * GW_ASSIGN_BUCKETS) {
            break;
        }
    }

    return (int) i;
}
