/* The token key file: making it, reading it, deriving the keys of a line. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shm/gw_token_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define GW_TOKEN_SECRET  32
#define GW_TOKEN_FILE_MAX  65536


gw_token_key_t *
gw_token_key_find(gw_token_keys_t *keys, uint8_t id)
{
    unsigned  i;

    for (i = 0; i < keys->n; i++) {
        if (keys->key[i].id == id) {
            return &keys->key[i];
        }
    }

    return NULL;
}


/* A new key into a file that is not there yet, safe on the disk. */
static int
gw_token_keys_write(const char *path)
{
    int             fd, n, rc;
    char            line[128];
    unsigned char   secret[GW_TOKEN_SECRET], hex[2 * GW_TOKEN_SECRET];

    if (RAND_bytes(secret, sizeof(secret)) != 1) {
        return GW_ERROR;
    }

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return GW_ESYS;
    }

    gw_hex_encode(hex, secret, sizeof(secret));
    n = snprintf(line, sizeof(line), "1 %.*s\n", (int) sizeof(hex), hex);
    rc = write(fd, line, n) == n && fdatasync(fd) == 0 ? GW_OK : GW_ESYS;
    OPENSSL_cleanse(secret, sizeof(secret));
    OPENSSL_cleanse(line, sizeof(line));

    return close(fd) == 0 ? rc : GW_ESYS;
}


static int
gw_token_keys_sync(const char *path)
{
    int          fd, rc;
    char         dir[PATH_MAX];
    const char  *slash;

    slash = strrchr(path, '/');
    (void) snprintf(dir, sizeof(dir), "%.*s",
                    slash ? (int) (slash - path) + 1 : 1, slash ? path : ".");

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return GW_ESYS;
    }

    rc = fsync(fd) == 0 ? GW_OK : GW_ESYS;
    (void) close(fd);
    return rc;
}


int
gw_token_keys_create(const char *path)
{
    int   n, rc;
    char  made[PATH_MAX];

    if (access(path, F_OK) == 0) {
        return GW_EBUSY;
    }

    /* whole before it has its name: half a key file would stay for ever */
    n = snprintf(made, sizeof(made), "%s.%ld.new", path, (long) getpid());
    if (n < 0 || (size_t) n >= sizeof(made)) {
        return GW_EINVAL;
    }

    (void) unlink(made);
    rc = gw_token_keys_write(made);
    if (rc == GW_OK && link(made, path) != 0) {
        rc = errno == EEXIST ? GW_EBUSY : GW_ESYS;
    }

    n = errno;
    (void) unlink(made);
    errno = n;

    return rc == GW_OK ? gw_token_keys_sync(path) : rc;
}


/* HMAC contexts of a 32-byte key: the pads are one block each. */
static void
gw_token_key_pads(gw_token_key_t *key, const unsigned char mac[32])
{
    int            i;
    unsigned char  pad[64];

    for (i = 0; i < 64; i++) {
        pad[i] = (i < 32 ? mac[i] : 0) ^ 0x36;
    }
    (void) SHA256_Init(&key->inner);
    (void) SHA256_Update(&key->inner, pad, sizeof(pad));

    for (i = 0; i < 64; i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    (void) SHA256_Init(&key->outer);
    (void) SHA256_Update(&key->outer, pad, sizeof(pad));
    OPENSSL_cleanse(pad, sizeof(pad));
}


/* From the secret of the file come two independent keys, one a purpose. */
static int
gw_token_key_derive(gw_token_key_t *key, const unsigned char *secret)
{
    int                   rc;
    unsigned char         mac[32], aes[32];
    static const char     for_mac[] = "godwit token mac";
    static const char     for_aes[] = "godwit token aes";

    if (HMAC(EVP_sha256(), secret, GW_TOKEN_SECRET,
             (const unsigned char *) for_mac, sizeof(for_mac) - 1, mac, NULL)
        == NULL
        || HMAC(EVP_sha256(), secret, GW_TOKEN_SECRET,
                (const unsigned char *) for_aes, sizeof(for_aes) - 1, aes,
                NULL) == NULL)
    {
        return GW_ERROR;
    }

    gw_token_key_pads(key, mac);

    key->aes = EVP_CIPHER_CTX_new();
    rc = key->aes != NULL
         && EVP_EncryptInit_ex(key->aes, EVP_aes_128_ecb(), NULL, aes, NULL)
            == 1
         && EVP_CIPHER_CTX_set_padding(key->aes, 0) == 1
         ? GW_OK : GW_ENOMEM;

    OPENSSL_cleanse(mac, sizeof(mac));
    OPENSSL_cleanse(aes, sizeof(aes));
    return rc;
}


/* One line `ID HEX`; NULL, or what is wrong with it. */
static const char *
gw_token_keys_line(gw_token_keys_t *keys, gw_str_t line)
{
    long long       id;
    gw_str_t        hex;
    unsigned char  *blank, secret[GW_TOKEN_SECRET];

    blank = memchr(line.data, ' ', line.len);
    if (blank == NULL
        || gw_str_int(gw_str_make(line.data, blank - line.data), 1, 255, &id)
           != GW_OK)
    {
        return "a line is \"ID HEX\" with an id from 1 to 255";
    }

    hex = gw_str_make(blank + 1, line.data + line.len - blank - 1);
    if (gw_hex_decode(secret, sizeof(secret), hex) != GW_OK) {
        return "the key is not 64 hexadecimal digits";
    }

    if (gw_token_key_find(keys, (uint8_t) id) != NULL) {
        return "the id stands twice";
    }

    if (keys->n == GW_TOKEN_KEYS_MAX) {
        return "there are more than 16 keys";
    }

    keys->key[keys->n].id = (uint8_t) id;
    if (gw_token_key_derive(&keys->key[keys->n], secret) != GW_OK) {
        return "the key cannot be derived";
    }

    keys->n++;
    OPENSSL_cleanse(secret, sizeof(secret));
    return NULL;
}


static int
gw_token_keys_parse(gw_token_keys_t *keys, gw_str_t text, const char *path,
    gw_buf_t *err)
{
    gw_str_t        line;
    unsigned        number;
    const char     *wrong;
    unsigned char  *nl;

    for (number = 1; text.len > 0; number++) {
        nl = memchr(text.data, '\n', text.len);
        line = gw_str_make(text.data, nl ? (size_t) (nl - text.data)
                                         : text.len);
        text.data += line.len + (nl != NULL);
        text.len -= line.len + (nl != NULL);

        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }

        wrong = gw_token_keys_line(keys, line);
        if (wrong != NULL) {
            gw_buf_fmt(err, "%s in the token key file %s:%u", wrong, path,
                       number);
            return GW_EINVAL;
        }
    }

    if (keys->n == 0) {
        gw_buf_fmt(err, "the token key file %s holds no key; make one with "
                   "\"godwit key token init\"", path);
        return GW_EINVAL;
    }

    return GW_OK;
}


int
gw_token_keys_load(gw_token_keys_t **keys, const char *path, gw_buf_t *err)
{
    int               fd, rc;
    ssize_t           n;
    gw_token_keys_t  *k;
    unsigned char    *text;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        gw_buf_fmt(err, "cannot open the token key file %s: %s", path,
                   strerror(errno));
        return GW_ESYS;
    }

    k = calloc(1, sizeof(gw_token_keys_t));
    text = malloc(GW_TOKEN_FILE_MAX);
    n = text ? read(fd, text, GW_TOKEN_FILE_MAX) : -1;
    (void) close(fd);

    if (k == NULL || n < 0) {
        free(k);
        free(text);
        gw_buf_fmt(err, "cannot read the token key file %s", path);
        return GW_ESYS;
    }

    rc = gw_token_keys_parse(k, gw_str_make(text, n), path, err);
    OPENSSL_cleanse(text, GW_TOKEN_FILE_MAX);
    free(text);

    if (rc != GW_OK) {
        gw_token_keys_free(k);
        return rc;
    }

    *keys = k;
    return GW_OK;
}


void
gw_token_keys_free(gw_token_keys_t *keys)
{
    unsigned  i;

    if (keys == NULL) {
        return;
    }

    for (i = 0; i < keys->n; i++) {
        EVP_CIPHER_CTX_free(keys->key[i].aes);
    }

    OPENSSL_cleanse(keys, sizeof(gw_token_keys_t));
    free(keys);
}
