/* AES-256-GCM, HKDF and X25519 by OpenSSL's EVP. */
#include "shm/gw_crypt.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>


int
gw_gcm_seal(const unsigned char key[GW_CRYPT_KEY],
    const unsigned char nonce[GW_CRYPT_NONCE], gw_str_t aad, gw_str_t plain,
    unsigned char *out)
{
    int              n, rc;
    EVP_CIPHER_CTX  *ctx;

    if (aad.len > INT_MAX || plain.len > INT_MAX) {
        return GW_EFULL;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return GW_ENOMEM;
    }

    rc = EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1
         && EVP_EncryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len) == 1
         && EVP_EncryptUpdate(ctx, out, &n, plain.data, (int) plain.len) == 1
         && EVP_EncryptFinal_ex(ctx, out + plain.len, &n) == 1
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, GW_CRYPT_TAG,
                                out + plain.len) == 1
         ? GW_OK : GW_ERROR;

    EVP_CIPHER_CTX_free(ctx);
    return rc;
}


int
gw_gcm_open(const unsigned char key[GW_CRYPT_KEY],
    const unsigned char nonce[GW_CRYPT_NONCE], gw_str_t aad, gw_str_t sealed,
    unsigned char *out)
{
    int              n, rc;
    size_t           len;
    EVP_CIPHER_CTX  *ctx;

    if (sealed.len < GW_CRYPT_TAG || aad.len > INT_MAX
        || sealed.len > INT_MAX)
    {
        return GW_EINVAL;
    }

    ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL) {
        return GW_ENOMEM;
    }

    len = sealed.len - GW_CRYPT_TAG;
    rc = EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce) == 1
         && EVP_DecryptUpdate(ctx, NULL, &n, aad.data, (int) aad.len) == 1
         && EVP_DecryptUpdate(ctx, out, &n, sealed.data, (int) len) == 1
         && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, GW_CRYPT_TAG,
                                sealed.data + len) == 1
         && EVP_DecryptFinal_ex(ctx, out + len, &n) == 1
         ? GW_OK : GW_EINVAL;

    if (rc != GW_OK) {
        OPENSSL_cleanse(out, len);
    }

    EVP_CIPHER_CTX_free(ctx);
    return rc;
}


int
gw_hkdf(gw_str_t secret, gw_str_t salt, const char *info, unsigned char *out,
    size_t n)
{
    int          rc;
    char         digest[] = "SHA256";
    EVP_KDF     *kdf;
    EVP_KDF_CTX *ctx;
    OSSL_PARAM   params[5], *p = params;

    kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    EVP_KDF_free(kdf);

    if (ctx == NULL) {
        return GW_ENOMEM;
    }

    *p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data,
                                             secret.len);
    *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
                                             (char *) info, strlen(info));
    if (salt.len > 0) {
        *p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
                                                 salt.data, salt.len);
    }
    *p = OSSL_PARAM_construct_end();

    rc = EVP_KDF_derive(ctx, out, n, params) == 1 ? GW_OK : GW_ERROR;
    EVP_KDF_CTX_free(ctx);
    return rc;
}


static EVP_PKEY *
gw_x25519_private(const unsigned char private[GW_CRYPT_KEY])
{
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private,
                                        GW_CRYPT_KEY);
}


int
gw_x25519_public(const unsigned char private[GW_CRYPT_KEY],
    unsigned char public[GW_CRYPT_KEY])
{
    int        rc;
    size_t     n = GW_CRYPT_KEY;
    EVP_PKEY  *key;

    key = gw_x25519_private(private);
    rc = key != NULL && EVP_PKEY_get_raw_public_key(key, public, &n) == 1
         && n == GW_CRYPT_KEY ? GW_OK : GW_ERROR;
    EVP_PKEY_free(key);
    return rc;
}


int
gw_x25519_shared(const unsigned char private[GW_CRYPT_KEY],
    const unsigned char public[GW_CRYPT_KEY],
    unsigned char shared[GW_CRYPT_KEY])
{
    int            rc;
    size_t         n = GW_CRYPT_KEY;
    EVP_PKEY      *own, *other;
    EVP_PKEY_CTX  *ctx;

    own = gw_x25519_private(private);
    other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public,
                                        GW_CRYPT_KEY);
    ctx = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;

    /* a point of small order gives zeros, which derive refuses */

    rc = ctx != NULL && other != NULL && EVP_PKEY_derive_init(ctx) == 1
         && EVP_PKEY_derive_set_peer(ctx, other) == 1
         && EVP_PKEY_derive(ctx, shared, &n) == 1 && n == GW_CRYPT_KEY
         ? GW_OK : GW_EINVAL;

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(own);
    EVP_PKEY_free(other);
    return rc;
}
