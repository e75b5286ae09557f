/* Signatures of Standard Webhooks over HMAC-SHA256. */
#include "worker/http/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "shm/gw_codec.h"

#define SIGN_PREFIX   "whsec_"
#define SIGN_KEY_MIN  24


int
sign_key(gw_str_t secret, sign_key_t *key)
{
    int            n, pad;
    size_t         prefix = sizeof(SIGN_PREFIX) - 1;
    unsigned char  raw[SIGN_KEY_MAX + 3];

    if (secret.len <= prefix
        || memcmp(secret.data, SIGN_PREFIX, prefix) != 0
        || (secret.len - prefix) % 4 != 0
        || (secret.len - prefix) / 4 * 3 > sizeof(raw))
    {
        return GW_EINVAL;
    }

    /* it counts the padding as zero bytes */

    n = EVP_DecodeBlock(raw, secret.data + prefix,
                        (int) (secret.len - prefix));
    pad = (secret.data[secret.len - 1] == '=')
          + (secret.data[secret.len - 2] == '=');

    if (n - pad < SIGN_KEY_MIN || n - pad > SIGN_KEY_MAX) {
        return GW_EINVAL;
    }

    key->len = (size_t) (n - pad);
    memcpy(key->key, raw, key->len);
    OPENSSL_cleanse(raw, sizeof(raw));
    return GW_OK;
}


int
sign_append(gw_buf_t *out, const sign_key_t *key, const char *id,
    const char *time, gw_str_t body)
{
    gw_buf_t        text;
    unsigned char   tag[EVP_MAX_MD_SIZE], *done = NULL;

    gw_buf_init(&text, body.len + 256);
    gw_buf_fmt(&text, "%s.%s.", id, time);
    gw_buf_str(&text, body);
    if (!text.failed) {
        done = HMAC(EVP_sha256(), key->key, (int) key->len, text.data,
                    text.len, tag, NULL);
    }
    gw_buf_free(&text);

    if (done == NULL) {
        return GW_ERROR;
    }

    gw_buf_cstr(out, out->len > 0 ? " v1," : "v1,");
    gw_b64_encode(out, tag, 32, 0);
    return GW_OK;
}
