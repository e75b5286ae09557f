/* Keys of DKIM: made, loaded, used. */
#include "worker/mail/dkim_key.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_codec.h"

static const dkim_algorithm_t  dkim_algorithms[] = {
    { "rsa-sha256", EVP_PKEY_RSA },
    { "ed25519-sha256", EVP_PKEY_ED25519 },
    { NULL, 0 }
};


void
dkim_key_free(dkim_key_t *key)
{
    unsigned  i;

    if (key == NULL) {
        return;
    }

    for (i = 0; i < DKIM_SLOTS; i++) {
        EVP_PKEY_CTX_free(key->rsa[i]);
    }
    EVP_PKEY_free(key->pkey);
    free(key);
}


/* What RSA signs with, made once for each thread. */
static int
dkim_key_ready(dkim_key_t *key)
{
    unsigned  i;

    for (i = 0; i < DKIM_SLOTS; i++) {
        key->rsa[i] = EVP_PKEY_CTX_new(key->pkey, NULL);
        if (key->rsa[i] == NULL
            || EVP_PKEY_sign_init(key->rsa[i]) != 1
            || EVP_PKEY_CTX_set_rsa_padding(key->rsa[i], RSA_PKCS1_PADDING)
               != 1
            || EVP_PKEY_CTX_set_signature_md(key->rsa[i], EVP_sha256()) != 1)
        {
            return GW_ERROR;
        }
    }

    return GW_OK;
}


int
dkim_key_create(dkim_key_t **out, const char *domain, const char *selector,
    gw_str_t private, gw_buf_t *err)
{
    dkim_key_t              *key;
    const unsigned char     *p;
    const dkim_algorithm_t  *a;

    key = calloc(1, sizeof(dkim_key_t));
    if (key == NULL) {
        return GW_ENOMEM;
    }

    p = private.data;
    key->pkey = d2i_AutoPrivateKey(NULL, &p, (long) private.len);
    for (a = dkim_algorithms; key->pkey != NULL && a->name != NULL; a++) {
        if (EVP_PKEY_get_base_id(key->pkey) == a->type) {
            key->algorithm = a;
        }
    }

    if (key->algorithm == NULL
        || EVP_PKEY_get_size(key->pkey) > DKIM_SIGNATURE_MAX
        || (key->algorithm->type == EVP_PKEY_RSA
            && dkim_key_ready(key) != GW_OK)
        || (size_t) snprintf(key->domain, sizeof(key->domain), "%s", domain)
           >= sizeof(key->domain)
        || (size_t) snprintf(key->selector, sizeof(key->selector), "%s",
                             selector) >= sizeof(key->selector))
    {
        gw_buf_cstr(err, "it is no key of RSA (4096 bits at most) or Ed25519");
        dkim_key_free(key);
        return GW_EINVAL;
    }

    *out = key;
    return GW_OK;
}


int
dkim_key_sign(dkim_key_t *key, unsigned slot, EVP_MD_CTX *ctx,
    const unsigned char hash[DKIM_HASH], unsigned char *out, size_t *n)
{
    if (key->algorithm->type == EVP_PKEY_RSA) {
        return EVP_PKEY_sign(key->rsa[slot], out, n, hash, DKIM_HASH) == 1
               ? GW_OK : GW_ERROR;
    }

    /* RFC 8463: Ed25519 of the hash, not of what was hashed */
    return EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1
           && EVP_DigestSign(ctx, out, n, hash, DKIM_HASH) == 1
           ? GW_OK : GW_ERROR;
}


static EVP_PKEY *
dkim_key_generate(const char *algorithm)
{
    const dkim_algorithm_t  *a;

    for (a = dkim_algorithms; a->name != NULL; a++) {
        if (strcmp(a->name, algorithm) == 0) {
            return a->type == EVP_PKEY_RSA
                   ? EVP_RSA_gen((unsigned) DKIM_RSA_BITS)
                   : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        }
    }

    return NULL;
}


/* RSA: all of SubjectPublicKeyInfo; Ed25519: the 32 bytes alone. */
static int
dkim_key_public(EVP_PKEY *pkey, gw_buf_t *out)
{
    int             n;
    size_t          len;
    unsigned char  *der, raw[32];

    if (EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519) {
        len = sizeof(raw);
        if (EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1) {
            return GW_ERROR;
        }
        gw_b64_encode(out, raw, len, 0);
        return GW_OK;
    }

    der = NULL;
    n = i2d_PUBKEY(pkey, &der);
    if (n <= 0) {
        return GW_ERROR;
    }

    gw_b64_encode(out, der, (size_t) n, 0);
    OPENSSL_free(der);
    return GW_OK;
}


int
dkim_key_make(const char *algorithm, gw_buf_t *private, gw_buf_t *public)
{
    int                   n, rc;
    EVP_PKEY             *pkey;
    unsigned char        *der;
    PKCS8_PRIV_KEY_INFO  *info;

    pkey = dkim_key_generate(algorithm);
    info = pkey != NULL ? EVP_PKEY2PKCS8(pkey) : NULL;
    der = NULL;
    n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
    rc = n > 0 ? dkim_key_public(pkey, public) : GW_ERROR;

    if (n > 0) {
        gw_buf_put(private, der, (size_t) n);
        OPENSSL_clear_free(der, (size_t) n);
    }

    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(pkey);
    return rc == GW_OK && (private->failed || public->failed) ? GW_EFULL : rc;
}
