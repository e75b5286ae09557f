/* Tracking tokens: sign, check, pack. Loading keys is in gw_token_keys.c. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shm/gw_token.h"

#include <openssl/crypto.h>

#include "shm/gw_codec.h"
#include "shm/gw_token_keys.h"

#define GW_TOKEN_STREAM  128            /* bytes of it at a time */


/* HMAC-SHA256 from the two contexts that the key was loaded with. */
static void
gw_token_mac(const gw_token_key_t *key, const unsigned char *payload,
    gw_str_t url, unsigned char tag[GW_TOKEN_TAG])
{
    SHA256_CTX     ctx;
    unsigned char  digest[SHA256_DIGEST_LENGTH];

    ctx = key->inner;
    (void) SHA256_Update(&ctx, payload, GW_TOKEN_PAYLOAD);
    if (url.len > 0) {
        (void) SHA256_Update(&ctx, url.data, url.len);
    }
    (void) SHA256_Final(digest, &ctx);

    ctx = key->outer;
    (void) SHA256_Update(&ctx, digest, sizeof(digest));
    (void) SHA256_Final(digest, &ctx);
    memcpy(tag, digest, GW_TOKEN_TAG);
}


/* As much of the key stream as n > 0 bytes need, at most all of it. */
static int
gw_token_stream(gw_token_key_t *key, unsigned char counter[16],
    unsigned char stream[GW_TOKEN_STREAM], size_t n)
{
    int     i, len;
    size_t  at;

    n = n < GW_TOKEN_STREAM ? n : GW_TOKEN_STREAM;
    at = 0;
    do {
        memcpy(stream + at, counter, 16);
        for (i = 16; i > 0 && ++counter[i - 1] == 0; i--) { /* carry */ }
        at += 16;
    } while (at < n);

    /* one call: each costs more than the blocks of a token */
    return EVP_EncryptUpdate(key->aes, stream, &len, stream, (int) at) == 1
           ? GW_OK : GW_ERROR;
}


/*
 * AES-128-CTR in place over the raw bytes but the key id and the tag, which
 * is the first counter block: a second pass undoes it.
 */
static int
gw_token_crypt(gw_token_key_t *key, unsigned char *raw, size_t n)
{
    size_t         i, at;
    unsigned char  counter[16], stream[GW_TOKEN_STREAM];

    memcpy(counter, raw + GW_TOKEN_PAYLOAD, 16);
    i = GW_TOKEN_STREAM;

    for (at = 1; at < n; at++) {
        if (at == GW_TOKEN_PAYLOAD) {
            at = GW_TOKEN_RAW;
            if (at == n) {
                break;
            }
        }

        if (i == GW_TOKEN_STREAM) {
            if (gw_token_stream(key, counter, stream, at == 1
                                ? n - 1 - GW_TOKEN_TAG : n - at)
                != GW_OK)
            {
                return GW_ERROR;
            }
            i = 0;
        }

        raw[at] ^= stream[i++];
    }

    return GW_OK;
}


void
gw_token_pack(const gw_token_t *t, unsigned char *payload)
{
    int  i;

    payload[0] = t->key;
    payload[1] = (unsigned char) ((t->what & 15) | (t->kind & 1) << 4);
    payload[2] = (unsigned char) t->link;
    payload[3] = (unsigned char) (t->link >> 8);

    for (i = 0; i < 4; i++) {
        payload[4 + i] = (unsigned char) (t->tenant >> 8 * i);
        payload[16 + i] = (unsigned char) (t->id2 >> 8 * i);
        payload[20 + i] = (unsigned char) (t->time >> 8 * i);
    }

    for (i = 0; i < 8; i++) {
        payload[8 + i] = (unsigned char) (t->id >> 8 * i);
    }
}


void
gw_token_unpack(gw_token_t *t, const unsigned char *payload)
{
    int  i;

    memset(t, 0, sizeof(gw_token_t));
    t->key = payload[0];
    t->what = payload[1] & 15;
    t->kind = payload[1] >> 4 & 1;
    t->link = (uint16_t) (payload[2] | payload[3] << 8);

    for (i = 0; i < 4; i++) {
        t->tenant |= (uint32_t) payload[4 + i] << 8 * i;
        t->id2 |= (uint32_t) payload[16 + i] << 8 * i;
        t->time |= (uint32_t) payload[20 + i] << 8 * i;
    }

    for (i = 0; i < 8; i++) {
        t->id |= (uint64_t) payload[8 + i] << 8 * i;
    }
}


int
gw_token_sign(gw_token_keys_t *keys, const gw_token_t *t, gw_str_t url,
    gw_buf_t *out)
{
    gw_token_t       copy;
    gw_token_key_t  *key;
    unsigned char   *to, raw[GW_TOKEN_RAW + GW_TOKEN_URL_MAX];

    if (url.len > GW_TOKEN_URL_MAX) {
        return GW_EINVAL;
    }

    key = &keys->key[0];
    copy = *t;
    copy.key = key->id;

    gw_token_pack(&copy, raw);
    gw_token_mac(key, raw, url, raw + GW_TOKEN_PAYLOAD);
    if (url.len > 0) {
        memcpy(raw + GW_TOKEN_RAW, url.data, url.len);
    }

    if (gw_token_crypt(key, raw, GW_TOKEN_RAW + url.len) != GW_OK) {
        return GW_ERROR;
    }

    to = gw_buf_room(out, GW_B64URL_LEN(GW_TOKEN_RAW + url.len));
    if (to == NULL) {
        return GW_EFULL;
    }

    out->len += gw_b64url_encode(to, raw, GW_TOKEN_RAW + url.len);
    return GW_OK;
}


int
gw_token_open(gw_token_keys_t *keys, gw_str_t text, gw_token_t *t,
    unsigned char payload[GW_TOKEN_PAYLOAD], gw_buf_t *url)
{
    size_t           n;
    gw_str_t         tail;
    gw_token_key_t  *key;
    unsigned char    raw[GW_TOKEN_RAW + GW_TOKEN_URL_MAX], tag[GW_TOKEN_TAG];

    n = url ? sizeof(raw) : GW_TOKEN_RAW;
    if (text.len < GW_TOKEN_TEXT
        || gw_b64url_decode(raw, &n, text) != GW_OK)
    {
        return GW_EINVAL;
    }

    key = gw_token_key_find(keys, raw[0]);
    if (key == NULL || gw_token_crypt(key, raw, n) != GW_OK) {
        return GW_EINVAL;
    }

    tail = gw_str_make(raw + GW_TOKEN_RAW, n - GW_TOKEN_RAW);
    gw_token_mac(key, raw, tail, tag);
    if (CRYPTO_memcmp(tag, raw + GW_TOKEN_PAYLOAD, GW_TOKEN_TAG) != 0) {
        return GW_EINVAL;
    }

    gw_token_unpack(t, raw);
    if (payload != NULL) {
        memcpy(payload, raw, GW_TOKEN_PAYLOAD);
    }

    if (url != NULL) {
        gw_buf_str(url, tail);
        if (url->failed) {
            return GW_EINVAL;
        }
    }

    return GW_OK;
}
