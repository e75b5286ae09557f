/* The key file of secrets: reading it, adding a version, leaving some out. */
#include "worker/secret_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "shm/gw_seal.h"

#define SECRET_LINE  (12 + 2 * GW_CRYPT_KEY + 1)
#define SECRET_FILE  (SECRET_KEYS_MAX * SECRET_LINE)


static int
secret_keys_path(const gw_conf_t *conf, char path[SECRET_PATH_MAX])
{
    int              n;
    const gw_str_t  *s = &conf->secret_keys;

    if (s->len == 0) {
        return gw_conf_path(conf, "keys/secret", path, SECRET_PATH_MAX);
    }

    n = snprintf(path, SECRET_PATH_MAX, "%.*s", (int) s->len,
                 (const char *) s->data);
    return n > 0 && n < SECRET_PATH_MAX ? GW_OK : GW_EFULL;
}


const secret_key_t *
secret_keys_find(const secret_keys_t *keys, uint32_t version)
{
    unsigned  i;

    for (i = 0; i < keys->n; i++) {
        if (keys->key[i].version == version) {
            return &keys->key[i];
        }
    }

    return NULL;
}


const secret_key_t *
secret_keys_newest(const secret_keys_t *keys)
{
    return &keys->key[keys->n - 1];
}


/* What the secret of a version is used for. */
static int
secret_keys_derive(secret_key_t *k)
{
    int       rc;
    gw_str_t  secret = { sizeof(k->secret), k->secret };
    gw_str_t  none = gw_null_string;

    rc = gw_hkdf(secret, none, "godwit secret wrap", k->wrap,
                 sizeof(k->wrap));
    rc = rc == GW_OK ? gw_hkdf(secret, none, "godwit secret seal", k->private,
                               sizeof(k->private)) : rc;

    return rc == GW_OK ? gw_x25519_public(k->private, k->public) : rc;
}


/* One line `VERSION HEX`; NULL, or what is wrong with it. */
static const char *
secret_keys_line(secret_keys_t *keys, gw_str_t line)
{
    long long       version;
    secret_key_t   *k;
    unsigned char  *blank;

    if (keys->n == SECRET_KEYS_MAX) {
        return "there are more than 16 versions";
    }

    k = &keys->key[keys->n];
    blank = memchr(line.data, ' ', line.len);

    if (blank == NULL
        || gw_str_int(gw_str_make(line.data, (size_t) (blank - line.data)), 1,
                      INT32_MAX, &version) != GW_OK)
    {
        return "a line is \"VERSION HEX\" with a number from 1";
    }

    if (gw_hex_decode(k->secret, sizeof(k->secret),
                      gw_str_make(blank + 1, line.len
                                  - (size_t) (blank + 1 - line.data)))
        != GW_OK)
    {
        return "the key is not 64 hexadecimal digits";
    }

    if (keys->n > 0 && version <= k[-1].version) {
        return "versions ascend";
    }

    k->version = (uint32_t) version;
    if (secret_keys_derive(k) != GW_OK) {
        return "the key cannot be derived";
    }

    keys->n++;
    return NULL;
}


static int
secret_keys_parse(secret_keys_t *keys, gw_str_t text, gw_buf_t *err)
{
    size_t          len;
    unsigned        number;
    const char     *wrong;
    unsigned char  *nl;

    for (number = 1; text.len > 0; number++) {
        nl = memchr(text.data, '\n', text.len);
        len = nl ? (size_t) (nl - text.data) : text.len;

        wrong = secret_keys_line(keys, gw_str_make(text.data, len));
        if (wrong != NULL) {
            gw_buf_fmt(err, "%s in the key file of secrets %s:%u", wrong,
                       keys->path, number);
            return GW_EINVAL;
        }

        len += nl != NULL;
        text = gw_str_make(text.data + len, text.len - len);
    }

    if (keys->n == 0) {
        gw_buf_fmt(err, "the key file of secrets %s holds no key",
                   keys->path);
        return GW_EINVAL;
    }

    return GW_OK;
}


/* The file into keys, whose path is set. */
static int
secret_keys_read(secret_keys_t *keys, gw_buf_t *err)
{
    int          fd, rc;
    char         text[SECRET_FILE + 1];
    ssize_t      n;
    struct stat  st;

    fd = open(keys->path, O_RDONLY | O_CLOEXEC);

    if (fd == -1 || fstat(fd, &st) == -1
        || (n = read(fd, text, sizeof(text))) == -1)
    {
        rc = errno == ENOENT ? GW_ENOTFOUND : GW_ESYS;
        gw_buf_fmt(err, "cannot read the key file of secrets %s: %s%s",
                   keys->path, strerror(errno), rc == GW_ENOTFOUND
                   ? "; put back that of this house, or make one for a new "
                     "house with \"godwit key secret init\"" : "");

    } else {
        keys->inode = st.st_ino;
        keys->changed = st.st_mtim;
        rc = secret_keys_parse(keys, gw_str_make(text, (size_t) n), err);
    }

    OPENSSL_cleanse(text, sizeof(text));
    if (fd != -1) {
        (void) close(fd);
    }

    return rc;
}


int
secret_keys_open(secret_keys_t **keys, const gw_conf_t *conf, gw_buf_t *err)
{
    int             rc;
    secret_keys_t  *k;

    *keys = NULL;
    k = calloc(1, sizeof(secret_keys_t));
    if (k == NULL || secret_keys_path(conf, k->path) != GW_OK) {
        free(k);
        gw_buf_cstr(err, "the path of the key file of secrets is too long");
        return GW_ENOMEM;
    }

    rc = secret_keys_read(k, err);
    if (rc != GW_OK) {
        secret_keys_free(k);
        return rc;
    }

    *keys = k;
    return GW_OK;
}


void
secret_keys_free(secret_keys_t *keys)
{
    if (keys != NULL) {
        OPENSSL_cleanse(keys, sizeof(secret_keys_t));
        free(keys);
    }
}


int
secret_keys_again(secret_keys_t *keys, gw_buf_t *err)
{
    int             rc;
    struct stat     st;
    secret_keys_t  *k;

    if (stat(keys->path, &st) == 0 && st.st_ino == keys->inode
        && st.st_mtim.tv_sec == keys->changed.tv_sec
        && st.st_mtim.tv_nsec == keys->changed.tv_nsec)
    {
        return GW_OK;
    }

    k = calloc(1, sizeof(secret_keys_t));
    if (k == NULL) {
        return GW_ENOMEM;
    }

    memcpy(k->path, keys->path, sizeof(k->path));
    rc = secret_keys_read(k, err);

    if (rc == GW_OK) {
        memcpy(keys, k, sizeof(secret_keys_t));
    }

    secret_keys_free(k);
    return rc;
}


/*
 * Whole and on the disk before it has its name; `name` gives it: rename, or
 * link, which takes the place of no other.
 */
static int
secret_keys_put(const char *path, mode_t mode, gw_str_t text,
    int (*name)(const char *from, const char *to), gw_buf_t *err)
{
    int    fd, rc;
    char   made[SECRET_PATH_MAX + 32], dir[SECRET_PATH_MAX], *slash;

    (void) snprintf(made, sizeof(made), "%s.%ld.new", path, (long) getpid());
    (void) snprintf(dir, sizeof(dir), "%s", path);
    slash = strrchr(dir, '/');
    *(slash ? slash + 1 : dir) = '\0';

    (void) unlink(made);
    fd = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    rc = fd != -1 && fchmod(fd, mode) == 0
         && write(fd, text.data, text.len) == (ssize_t) text.len
         && fdatasync(fd) == 0 && name(made, path) == 0 ? GW_OK : GW_ESYS;
    if (fd != -1) {
        (void) close(fd);
    }

    fd = rc == GW_OK ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    rc = fd != -1 && fsync(fd) == 0 ? GW_OK : GW_ESYS;

    if (rc != GW_OK) {
        gw_buf_fmt(err, "cannot write %s: %s", path, strerror(errno));
    }

    (void) unlink(made);
    if (fd != -1) {
        (void) close(fd);
    }

    return rc;
}


static void
secret_keys_print(gw_buf_t *out, uint32_t version,
    const unsigned char key[GW_CRYPT_KEY])
{
    unsigned char  hex[2 * GW_CRYPT_KEY];

    gw_hex_encode(hex, key, GW_CRYPT_KEY);
    gw_buf_fmt(out, "%u %.*s\n", version, (int) sizeof(hex), hex);
    OPENSSL_cleanse(hex, sizeof(hex));
}


static int
secret_keys_public(const char *path, const secret_key_t *k, gw_buf_t *err)
{
    char              pub[SECRET_PATH_MAX + 4], mem[SECRET_LINE + 1];
    gw_buf_t          line;
    gw_seal_public_t  was;

    gw_buf_fixed(&line, mem, sizeof(mem));
    (void) snprintf(pub, sizeof(pub), "%s.pub", path);

    if (gw_seal_public_load(&was, pub, &line) == GW_OK
        && was.version == k->version
        && memcmp(was.key, k->public, sizeof(was.key)) == 0)
    {
        return GW_OK;
    }

    gw_buf_fixed(&line, mem, sizeof(mem));
    secret_keys_print(&line, k->version, k->public);

    return secret_keys_put(pub, 0444, gw_buf_view(&line), rename, err);
}


/* All versions but those that are gone. */
static int
secret_keys_write(const secret_keys_t *keys, const bool *gone, gw_buf_t *err)
{
    int       rc;
    char      mem[SECRET_FILE + 1];
    gw_buf_t  text;
    unsigned  i;

    gw_buf_fixed(&text, mem, sizeof(mem));

    for (i = 0; i < keys->n; i++) {
        if (gone == NULL || !gone[i]) {
            secret_keys_print(&text, keys->key[i].version,
                              keys->key[i].secret);
        }
    }

    rc = secret_keys_put(keys->path, 0400, gw_buf_view(&text),
                         keys->inode == 0 ? link : rename, err);
    OPENSSL_cleanse(mem, sizeof(mem));
    return rc;
}


int
secret_keys_add(secret_keys_t *keys, gw_buf_t *err)
{
    int            rc;
    secret_key_t  *k;

    if (keys->n == SECRET_KEYS_MAX) {
        gw_buf_fmt(err, "the key file of secrets %s has 16 versions, all in "
                   "use", keys->path);
        return GW_EFULL;
    }

    k = &keys->key[keys->n];
    k->version = keys->n > 0 ? k[-1].version + 1 : 1;

    if (RAND_bytes(k->secret, sizeof(k->secret)) != 1
        || secret_keys_derive(k) != GW_OK)
    {
        gw_buf_cstr(err, "no key can be made by chance");
        return GW_ERROR;
    }

    keys->n++;

    /* the worker can open it before anybody seals with it */

    rc = secret_keys_write(keys, NULL, err);
    rc = rc == GW_OK ? secret_keys_public(keys->path, k, err) : rc;

    return rc == GW_OK ? secret_keys_again(keys, err) : rc;
}


int
secret_keys_drop(secret_keys_t *keys, const bool gone[SECRET_KEYS_MAX],
    gw_buf_t *err)
{
    int  rc;

    rc = secret_keys_write(keys, gone, err);

    return rc == GW_OK ? secret_keys_again(keys, err) : rc;
}


int
secret_keys_create(const gw_conf_t *conf, char path[SECRET_PATH_MAX],
    gw_buf_t *err)
{
    int             rc;
    secret_keys_t  *k;

    if (secret_keys_path(conf, path) != GW_OK) {
        gw_buf_cstr(err, "the path of the key file of secrets is too long");
        return GW_EFULL;
    }

    rc = secret_keys_open(&k, conf, err);

    if (rc == GW_OK) {                  /* the public half can be made anew */
        rc = secret_keys_public(path, secret_keys_newest(k), err);
        secret_keys_free(k);
        return rc == GW_OK ? GW_EBUSY : rc;
    }

    if (rc != GW_ENOTFOUND) {
        return rc;
    }

    gw_buf_reset(err);
    k = calloc(1, sizeof(secret_keys_t));       /* no inode: there is no file */
    if (k == NULL) {
        return GW_ENOMEM;
    }

    (void) snprintf(k->path, sizeof(k->path), "%s", path);
    rc = secret_keys_add(k, err);
    secret_keys_free(k);
    return rc;
}


int64_t
secret_keys_since(const secret_keys_t *keys)
{
    char         pub[SECRET_PATH_MAX + 4];
    struct stat  st;

    (void) snprintf(pub, sizeof(pub), "%s.pub", keys->path);

    return stat(pub, &st) == 0 ? (int64_t) st.st_mtim.tv_sec : INT64_MAX;
}
