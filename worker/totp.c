/* One-time passwords: the code of a step, and whether a code is of one. */
#include "worker/totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "shm/gw_codec.h"

#define TOTP_SECRET  64                 /* bytes, at most */


int
totp_code(const unsigned char *secret, size_t n, int64_t step, unsigned *code)
{
    int             i;
    unsigned        at;
    unsigned char   count[8], mac[SHA_DIGEST_LENGTH];

    for (i = 0; i < 8; i++) {
        count[i] = (unsigned char) ((uint64_t) step >> (56 - 8 * i));
    }

    if (HMAC(EVP_sha1(), secret, (int) n, count, sizeof(count), mac, NULL)
        == NULL)
    {
        return GW_ERROR;
    }

    at = mac[SHA_DIGEST_LENGTH - 1] & 15;
    *code = ((unsigned) (mac[at] & 0x7f) << 24 | (unsigned) mac[at + 1] << 16
             | (unsigned) mac[at + 2] << 8 | mac[at + 3]) % 1000000;
    OPENSSL_cleanse(mac, sizeof(mac));
    return GW_OK;
}


int
totp_match(gw_str_t secret, gw_str_t code, int64_t us, int64_t last,
    int64_t *step)
{
    int            rc;
    char           want[TOTP_DIGITS + 1];
    size_t         n;
    int64_t        now, s;
    unsigned       value;
    unsigned char  key[TOTP_SECRET];

    n = sizeof(key);
    if (gw_b32_decode(key, &n, secret) != GW_OK || n == 0) {
        return GW_ECORRUPT;
    }

    rc = GW_ENOTFOUND;
    now = us / 1000000 / TOTP_STEP;

    for (s = now - 1; s <= now + 1; s++) {

        if (totp_code(key, n, s, &value) != GW_OK) {
            rc = GW_ERROR;
            break;
        }

        (void) snprintf(want, sizeof(want), "%06u", value);

        if (code.len == TOTP_DIGITS
            && CRYPTO_memcmp(want, code.data, TOTP_DIGITS) == 0 && s > last)
        {
            *step = s;
            rc = GW_OK;
        }
    }

    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(want, sizeof(want));
    return rc;
}
