/* Opening secrets and sealing them in the worker's envelope. */
#include "worker/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_codec.h"
#include "shm/gw_seal.h"

#define SECRET_HEAD    (6 + GW_CRYPT_NONCE)
#define SECRET_SEALED  (GW_SEAL_MAX + 128)

/* What an envelope is bound to. */
typedef struct {
    const char  *tenant, *table, *row, *column;
} secret_place_t;

/* The place of a workspace's key; its row is the version. */
#define SECRET_KEY_PLACE(tenant, version)                                     \
    { tenant, "godwit.secret_keys", version, "wrapped" }
#define SECRET_PLACE(row)                                                     \
    { (row)->tenant, "godwit.secret", (row)->id, "sealed" }


void
secret_wipe(gw_buf_t *b)
{
    if (b->cap > 0) {
        OPENSSL_cleanse(b->data, b->cap);
    }

    gw_buf_free(b);
}


/* \x and hex into out, which has room; GW_EINVAL. */
static int
secret_bytes(const char *text, unsigned char *out, size_t room, gw_str_t *bytes)
{
    size_t  n;

    n = text != NULL ? strlen(text) : 0;

    if (n < 2 || text[0] != '\\' || text[1] != 'x' || n % 2 != 0
        || (n - 2) / 2 > room
        || gw_hex_decode(out, (n - 2) / 2, gw_str_make(text + 2, n - 2))
           != GW_OK)
    {
        return GW_EINVAL;
    }

    *bytes = gw_str_make(out, (n - 2) / 2);
    return GW_OK;
}


static uint32_t
secret_version(gw_str_t sealed)
{
    return (uint32_t) sealed.data[1] << 24 | (uint32_t) sealed.data[2] << 16
           | (uint32_t) sealed.data[3] << 8 | sealed.data[4];
}


static gw_str_t
secret_aad(const secret_place_t *at, uint32_t version, char *mem, size_t size)
{
    int  n;

    n = snprintf(mem, size, "%s|%s|%s|%s|%u", at->tenant, at->table, at->row,
                 at->column, version);

    return gw_str_make(mem, n > 0 && (size_t) n < size ? (size_t) n : 0);
}


/* An envelope; NULL, or why it does not open. */
static const char *
secret_envelope_open(const secret_place_t *at, gw_str_t sealed,
    const unsigned char *key, unsigned char *plain)
{
    char      mem[128];
    gw_str_t  text;

    if (sealed.len < SECRET_HEAD + GW_CRYPT_TAG) {
        return "it is cut short";
    }

    if (sealed.data[5] != GW_CRYPT_NONCE) {
        return "its nonce has not 12 bytes";
    }

    text = gw_str_make(sealed.data + SECRET_HEAD, sealed.len - SECRET_HEAD);

    return gw_gcm_open(key, sealed.data + 6,
                       secret_aad(at, secret_version(sealed), mem,
                                  sizeof(mem)), text, plain) == GW_OK
           ? NULL : "it was changed or cut short, or belongs to another "
                    "secret, workspace or key file";
}


/* The same made: SECRET_HEAD + plain.len + GW_CRYPT_TAG bytes into out. */
static int
secret_envelope_make(const secret_place_t *at, uint32_t version,
    const unsigned char *key, gw_str_t plain, unsigned char *out)
{
    char  mem[128];

    out[0] = GW_SEAL_BOUND;
    out[1] = (unsigned char) (version >> 24);
    out[2] = (unsigned char) (version >> 16);
    out[3] = (unsigned char) (version >> 8);
    out[4] = (unsigned char) version;
    out[5] = GW_CRYPT_NONCE;

    return RAND_bytes(out + 6, GW_CRYPT_NONCE) == 1
           ? gw_gcm_seal(key, out + 6, secret_aad(at, version, mem,
                                                  sizeof(mem)),
                         plain, out + SECRET_HEAD) : GW_ERROR;
}


/* The key of a workspace; NULL, or why there is none. */
static const char *
secret_unwrap(const secret_key_t *k, const char *tenant, const char *wrapped,
    unsigned char dek[GW_CRYPT_KEY])
{
    char            row[16];
    gw_str_t        bytes;
    secret_place_t  at = SECRET_KEY_PLACE(tenant, row);
    unsigned char   mem[SECRET_HEAD + GW_CRYPT_KEY + GW_CRYPT_TAG];

    (void) snprintf(row, sizeof(row), "%u", k->version);

    if (secret_bytes(wrapped, mem, sizeof(mem), &bytes) != GW_OK
        || bytes.len != sizeof(mem) || secret_version(bytes) != k->version)
    {
        return "the key of its workspace is missing or damaged";
    }

    return secret_envelope_open(&at, bytes, k->wrap, dek) == NULL
           ? NULL : "the key of its workspace was changed, or belongs to "
                    "another workspace or key file";
}


static const char *
secret_open_bound(const secret_key_t *k, const secret_row_t *row,
    gw_str_t sealed, unsigned char *plain, size_t *n)
{
    const char      *why;
    unsigned char    dek[GW_CRYPT_KEY];
    secret_place_t   at = SECRET_PLACE(row);

    why = secret_unwrap(k, row->tenant, row->wrapped, dek);
    why = why ? why : secret_envelope_open(&at, sealed, dek, plain);
    *n = why ? 0 : sealed.len - SECRET_HEAD - GW_CRYPT_TAG;

    OPENSSL_cleanse(dek, sizeof(dek));
    return why;
}


static const char *
secret_open_edge(const secret_key_t *k, const secret_row_t *row,
    gw_str_t sealed, unsigned char *plain, size_t *n)
{
    int            rc;
    gw_str_t       text;
    unsigned char  shared[GW_CRYPT_KEY], key[GW_CRYPT_KEY + GW_CRYPT_NONCE],
                   aad[GW_SEAL_AAD];

    if (sealed.len < GW_SEAL_HEAD + GW_CRYPT_TAG
        || strlen(row->id) != GW_SEAL_ID)
    {
        return "it is cut short";
    }

    text = gw_str_make(sealed.data + GW_SEAL_HEAD, sealed.len - GW_SEAL_HEAD);
    gw_seal_aad(sealed.data, row->id, aad);

    rc = gw_x25519_shared(k->private, sealed.data + 5, shared);
    rc = rc == GW_OK ? gw_seal_key(shared, sealed.data, k->public, key) : rc;
    rc = rc == GW_OK ? gw_gcm_open(key, key + GW_CRYPT_KEY,
                                   gw_str_make(aad, sizeof(aad)), text, plain)
                     : rc;
    *n = rc == GW_OK ? text.len - GW_CRYPT_TAG : 0;

    OPENSSL_cleanse(shared, sizeof(shared));
    OPENSSL_cleanse(key, sizeof(key));
    return rc == GW_OK ? NULL : "it was changed or cut short, or belongs to "
                                "another secret or key file";
}


static int
secret_refused(const secret_row_t *row, gw_buf_t *err, const char *why)
{
    gw_buf_fmt(err, "the secret %s of workspace %s does not open: %s",
               row->id, row->tenant, why);
    return GW_EINVAL;
}


int
secret_unseal(secret_keys_t *keys, const secret_row_t *row, gw_buf_t *plain,
    gw_buf_t *err)
{
    char                 mem[128];
    size_t               n;
    gw_str_t             sealed;
    const char          *why;
    unsigned char       *out, *bytes;
    const secret_key_t  *k;

    bytes = malloc(SECRET_SEALED);
    out = bytes ? gw_buf_room(plain, strlen(row->sealed) / 2 + 1) : NULL;
    if (out == NULL) {
        free(bytes);
        return secret_refused(row, err, "it is too long");
    }

    if (secret_bytes(row->sealed, bytes, SECRET_SEALED, &sealed) != GW_OK
        || sealed.len < SECRET_HEAD)
    {
        why = "it is cut short";

    } else if (secret_keys_again(keys, err) != GW_OK) {
        free(bytes);
        return GW_ESYS;

    } else if ((k = secret_keys_find(keys, secret_version(sealed))) == NULL) {
        (void) snprintf(mem, sizeof(mem), "version %u is not in the key file",
                        secret_version(sealed));
        why = mem;

    } else if (sealed.data[0] == GW_SEAL_BOUND) {
        why = secret_open_bound(k, row, sealed, out, &n);

    } else if (sealed.data[0] == GW_SEAL_EDGE) {
        why = secret_open_edge(k, row, sealed, out, &n);

    } else {
        why = "it is of no form that is known";
    }

    free(bytes);

    if (why != NULL) {
        return secret_refused(row, err, why);
    }

    plain->len += n;
    return GW_OK;
}


/* n bytes as text behind \x. */
static int
secret_text(const unsigned char *bytes, size_t n, gw_buf_t *out)
{
    unsigned char  *p;

    gw_buf_cstr(out, "\\x");
    p = gw_buf_room(out, 2 * n + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    gw_hex_encode(p, bytes, n);
    out->len += 2 * n;
    p[2 * n] = '\0';
    return GW_OK;
}


int
secret_seal(secret_keys_t *keys, const secret_row_t *row, const char *wrapped,
    gw_str_t plain, gw_buf_t *out, gw_buf_t *err)
{
    int                  rc;
    size_t               n;
    const char          *why;
    unsigned char        dek[GW_CRYPT_KEY], *bytes;
    secret_place_t       at = SECRET_PLACE(row);
    const secret_key_t  *k;

    k = secret_keys_newest(keys);
    why = secret_unwrap(k, row->tenant, wrapped, dek);
    if (why != NULL) {
        return secret_refused(row, err, why);
    }

    n = SECRET_HEAD + plain.len + GW_CRYPT_TAG;
    bytes = malloc(n);
    rc = bytes == NULL ? GW_ENOMEM
         : secret_envelope_make(&at, k->version, dek, plain, bytes);
    rc = rc == GW_OK ? secret_text(bytes, n, out) : rc;
    OPENSSL_cleanse(dek, sizeof(dek));
    free(bytes);

    return rc == GW_OK ? GW_OK : secret_refused(row, err, gw_strerror(rc));
}


int
secret_new_key(secret_keys_t *keys, const char *tenant, gw_buf_t *out,
    gw_buf_t *err)
{
    int                  rc;
    char                 row[16];
    secret_place_t       at = SECRET_KEY_PLACE(tenant, row);
    unsigned char        dek[GW_CRYPT_KEY],
                         bytes[SECRET_HEAD + GW_CRYPT_KEY + GW_CRYPT_TAG];
    const secret_key_t  *k;

    k = secret_keys_newest(keys);
    (void) snprintf(row, sizeof(row), "%u", k->version);

    rc = RAND_bytes(dek, sizeof(dek)) == 1
         ? secret_envelope_make(&at, k->version, k->wrap,
                                gw_str_make(dek, sizeof(dek)), bytes)
         : GW_ERROR;
    OPENSSL_cleanse(dek, sizeof(dek));

    if (rc != GW_OK) {
        gw_buf_fmt(err, "no key for workspace %s can be made", tenant);
        return rc;
    }

    return secret_text(bytes, sizeof(bytes), out);
}
