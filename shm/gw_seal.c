/* Sealing, and the secrets that are made by chance. */
#include "shm/gw_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define GW_SEAL_FILE  128

static const char  gw_seal_purpose[] = "godwit seal 1";


/* Standard Webhooks: the key is what the base64 stands for. */
static int
gw_seal_whsec(gw_buf_t *plain)
{
    unsigned char  bytes[32];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return GW_ERROR;
    }

    gw_buf_cstr(plain, "whsec_");
    gw_b64_encode(plain, bytes, sizeof(bytes), 0);
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return plain->failed ? GW_EFULL : GW_OK;
}


/* 160 bits in base32 (RFC 4648), as authenticators take them. */
static int
gw_seal_totp(gw_buf_t *plain)
{
    unsigned char  *to, bytes[20];

    to = gw_buf_room(plain, GW_B32_LEN(sizeof(bytes)));
    if (to == NULL || RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return GW_ERROR;
    }

    plain->len += gw_b32_encode(to, bytes, sizeof(bytes));
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return plain->failed ? GW_EFULL : GW_OK;
}


const gw_seal_form_t  gw_seal_forms[] = {
    { "whsec", gw_seal_whsec },
    { "totp", gw_seal_totp },
    { NULL, NULL }
};


const gw_seal_form_t *
gw_seal_form(gw_str_t name)
{
    const gw_seal_form_t  *f;

    for (f = gw_seal_forms; f->name != NULL; f++) {
        if (gw_str_is(name, f->name)) {
            return f;
        }
    }

    return NULL;
}


int
gw_seal_public_path(const gw_conf_t *conf, char *out, size_t size)
{
    int              n;
    const gw_str_t  *s = &conf->secret_keys;

    if (s->len == 0) {
        return gw_conf_path(conf, "keys/secret.pub", out, size);
    }

    n = snprintf(out, size, "%.*s.pub", (int) s->len, (const char *) s->data);
    return n > 0 && (size_t) n < size ? GW_OK : GW_EFULL;
}


int
gw_seal_public_load(gw_seal_public_t *pub, const char *path, gw_buf_t *err)
{
    int             fd;
    char            text[GW_SEAL_FILE];
    ssize_t         n;
    gw_str_t        line;
    long long       version;
    unsigned char  *blank;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd == -1 ? -1 : read(fd, text, sizeof(text));

    if (n < 0) {
        gw_buf_fmt(err, "cannot read the public key %s: %s; make one with "
                   "\"godwit key secret init\"", path, strerror(errno));
    }

    if (fd != -1) {
        (void) close(fd);
    }

    if (n < 0) {
        return GW_ESYS;
    }

    line = gw_str_make(text, (size_t) (n > 0 && text[n - 1] == '\n' ? n - 1
                                                                    : n));
    blank = n > 0 ? memchr(line.data, ' ', line.len) : NULL;

    if (blank == NULL
        || gw_str_int(gw_str_make(line.data, (size_t) (blank - line.data)), 1,
                      INT32_MAX, &version) != GW_OK
        || gw_hex_decode(pub->key, sizeof(pub->key),
                         gw_str_make(blank + 1, line.len
                                     - (size_t) (blank + 1 - line.data)))
           != GW_OK)
    {
        gw_buf_fmt(err, "the public key %s is not one line \"VERSION HEX\"; "
                   "\"godwit key secret init\" writes it anew", path);
        return GW_EINVAL;
    }

    pub->version = (uint32_t) version;
    return GW_OK;
}


int
gw_seal_id(char id[GW_SEAL_ID + 1])
{
    unsigned       i, n;
    unsigned char  bytes[16], hex[32];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return GW_ERROR;
    }

    bytes[6] = (unsigned char) ((bytes[6] & 0x0f) | 0x40);  /* version 4 */
    bytes[8] = (unsigned char) ((bytes[8] & 0x3f) | 0x80);
    gw_hex_encode(hex, bytes, sizeof(bytes));

    for (i = 0, n = 0; i < sizeof(hex); i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            id[n++] = '-';
        }
        id[n++] = (char) hex[i];
    }

    id[n] = '\0';
    return GW_OK;
}


int
gw_seal_key(const unsigned char shared[GW_CRYPT_KEY],
    const unsigned char head[GW_SEAL_HEAD],
    const unsigned char public[GW_CRYPT_KEY],
    unsigned char key[GW_CRYPT_KEY + GW_CRYPT_NONCE])
{
    unsigned char  salt[2 * GW_CRYPT_KEY];

    memcpy(salt, head + 5, GW_CRYPT_KEY);
    memcpy(salt + GW_CRYPT_KEY, public, GW_CRYPT_KEY);

    return gw_hkdf(gw_str_make(shared, GW_CRYPT_KEY),
                   gw_str_make(salt, sizeof(salt)), gw_seal_purpose, key,
                   GW_CRYPT_KEY + GW_CRYPT_NONCE);
}


void
gw_seal_aad(const unsigned char head[GW_SEAL_HEAD], const char *id,
    unsigned char aad[GW_SEAL_AAD])
{
    memcpy(aad, head, GW_SEAL_HEAD);
    memcpy(aad + GW_SEAL_HEAD, id, GW_SEAL_ID);
}


int
gw_seal(const gw_seal_public_t *pub, const char *id, gw_str_t plain,
    gw_buf_t *out)
{
    int             rc;
    unsigned char   pair[GW_CRYPT_KEY], shared[GW_CRYPT_KEY],
                    key[GW_CRYPT_KEY + GW_CRYPT_NONCE], aad[GW_SEAL_AAD],
                    *head;

    head = gw_buf_room(out, GW_SEAL_HEAD + plain.len + GW_CRYPT_TAG);

    if (head == NULL || plain.len > GW_SEAL_MAX) {
        return GW_EFULL;
    }

    head[0] = GW_SEAL_EDGE;
    head[1] = (unsigned char) (pub->version >> 24);
    head[2] = (unsigned char) (pub->version >> 16);
    head[3] = (unsigned char) (pub->version >> 8);
    head[4] = (unsigned char) pub->version;

    rc = RAND_bytes(pair, sizeof(pair)) == 1 ? GW_OK : GW_ERROR;
    rc = rc == GW_OK ? gw_x25519_public(pair, head + 5) : rc;
    rc = rc == GW_OK ? gw_x25519_shared(pair, pub->key, shared) : rc;
    rc = rc == GW_OK ? gw_seal_key(shared, head, pub->key, key) : rc;

    if (rc == GW_OK) {
        gw_seal_aad(head, id, aad);
        rc = gw_gcm_seal(key, key + GW_CRYPT_KEY,
                         gw_str_make(aad, sizeof(aad)), plain,
                         head + GW_SEAL_HEAD);
    }

    if (rc == GW_OK) {
        out->len += GW_SEAL_HEAD + plain.len + GW_CRYPT_TAG;
    }

    OPENSSL_cleanse(pair, sizeof(pair));
    OPENSSL_cleanse(shared, sizeof(shared));
    OPENSSL_cleanse(key, sizeof(key));
    return rc;
}


json_t *
gw_seal_json(const gw_seal_public_t *pub, gw_str_t plain)
{
    char      id[GW_SEAL_ID + 1];
    json_t   *made;
    gw_buf_t  sealed, text;

    made = NULL;
    gw_buf_init(&sealed, 2 * GW_SEAL_MAX);
    gw_buf_init(&text, 4 * GW_SEAL_MAX);

    if (gw_seal_id(id) == GW_OK
        && gw_seal(pub, id, plain, &sealed) == GW_OK)
    {
        gw_b64_encode(&text, sealed.data, sealed.len, 0);
        made = text.failed ? NULL
               : json_pack("{s:s, s:s%}", "id", id, "sealed", text.data,
                           text.len);
    }

    gw_buf_free(&sealed);
    gw_buf_free(&text);
    return made;
}
