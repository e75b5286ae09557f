/* The list of an archive's parts, under a mac of this house. */
#include "worker/backup/backup.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "shm/gw_token.h"

#define MANIFEST_WHAT  15               /* of its token: nothing serves it */


int
manifest_digest(backup_t *b)
{
    b->digest = EVP_MD_CTX_new();

    return b->digest != NULL
           && EVP_DigestInit_ex(b->digest, EVP_sha256(), NULL) == 1
           ? GW_OK : GW_ENOMEM;
}


/* The mac of all lines so far, in hex. */
int
manifest_mac(backup_t *b, const secret_key_t *key,
    char out[2 * BACKUP_SHA + 1])
{
    int            rc;
    unsigned       n = BACKUP_SHA;
    gw_str_t       secret = { sizeof(key->secret),
                              (unsigned char *) key->secret };
    gw_str_t       none = gw_null_string;
    unsigned char  k[BACKUP_SHA], sha[BACKUP_SHA], mac[BACKUP_SHA];

    rc = gw_hkdf(secret, none, "godwit backup", k, sizeof(k));
    if (rc == GW_OK && (EVP_DigestFinal_ex(b->digest, sha, NULL) != 1
                        || HMAC(EVP_sha256(), k, sizeof(k), sha, sizeof(sha),
                                mac, &n) == NULL))
    {
        rc = GW_ERROR;
    }

    OPENSSL_cleanse(k, sizeof(k));
    if (rc == GW_OK) {
        gw_hex_encode((unsigned char *) out, mac, sizeof(mac));
        out[2 * BACKUP_SHA] = '\0';
    }

    return rc;
}


int
manifest_begin(backup_t *b, gw_buf_t *err)
{
    char  path[2 * BACKUP_PATH];

    (void) snprintf(path, sizeof(path), "%s/manifest", b->dir);
    b->list = fopen(path, "wxe");
    if (b->list == NULL) {
        gw_buf_fmt(err, "cannot make %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    if (manifest_digest(b) != GW_OK) {
        gw_buf_cstr(err, gw_strerror(GW_ENOMEM));
        return GW_ENOMEM;
    }

    manifest_line(b, BACKUP_FORMAT);
    if (fflush(b->list) != 0) {
        gw_buf_fmt(err, "cannot write %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    return GW_OK;
}


void
manifest_line(backup_t *b, const char *fmt, ...)
{
    int      n;
    char     line[BACKUP_LINE];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line) - 1, fmt, args);
    va_end(args);

    n = n < (int) sizeof(line) - 1 ? n : (int) sizeof(line) - 2;
    line[n++] = '\n';

    /* ferror is asked at the end */

    (void) fwrite(line, 1, (size_t) n, b->list);
    (void) EVP_DigestUpdate(b->digest, line, (size_t) n);
}


int
manifest_end(backup_t *b, gw_buf_t *err)
{
    int   rc;
    char  mac[2 * BACKUP_SHA + 1];

    rc = manifest_mac(b, b->key, mac);
    if (rc == GW_OK) {
        fprintf(b->list, "mac %u %s\n", b->key->version, mac);
        rc = fflush(b->list) == 0 && !ferror(b->list)
             && fdatasync(fileno(b->list)) == 0 ? GW_OK : GW_ESYS;
    }

    if (rc != GW_OK) {
        gw_buf_fmt(err, "cannot write %s/manifest: %s", b->dir,
                   strerror(errno));
    }

    return rc;
}


void
manifest_close(backup_t *b)
{
    if (b->list != NULL) {
        (void) fclose(b->list);
        b->list = NULL;
    }

    EVP_MD_CTX_free(b->digest);
    b->digest = NULL;
}


static int
manifest_keys(gw_token_keys_t **keys, const gw_conf_t *conf, gw_buf_t *err)
{
    char  path[SECRET_PATH_MAX];

    if (conf->token_keys.len > 0) {
        (void) snprintf(path, sizeof(path), "%.*s",
                        (int) conf->token_keys.len,
                        (const char *) conf->token_keys.data);

    } else if (gw_conf_path(conf, "keys/token", path, sizeof(path)) != GW_OK) {
        gw_buf_cstr(err, "the path of the token keys is too long");
        return GW_EFULL;
    }

    return gw_token_keys_load(keys, path, err);
}


int
manifest_token(backup_t *b, const gw_conf_t *conf, gw_buf_t *err)
{
    int               rc;
    char              mem[BACKUP_TIME + 1];
    gw_buf_t          text;
    gw_str_t          none = gw_null_string;
    gw_token_t        t = { .what = MANIFEST_WHAT };
    gw_token_keys_t  *keys;

    gw_buf_fixed(&text, mem, sizeof(mem));
    rc = manifest_keys(&keys, conf, err);
    if (rc != GW_OK) {
        return rc;
    }

    rc = gw_token_sign(keys, &t, none, &text);
    gw_token_keys_free(keys);
    if (rc != GW_OK) {
        gw_buf_cstr(err, "the key of links does not sign");
        return rc;
    }

    manifest_line(b, "token %s", gw_buf_c(&text));
    return GW_OK;
}


int
manifest_has_token(const backup_t *b, const gw_conf_t *conf, gw_buf_t *err)
{
    int               rc;
    gw_token_t        t;
    gw_token_keys_t  *keys;

    rc = manifest_keys(&keys, conf, err);
    if (rc != GW_OK) {
        return rc;
    }

    rc = gw_token_open(keys, gw_str_make((unsigned char *) b->token,
                                         strlen(b->token)), &t, NULL, NULL);
    gw_token_keys_free(keys);
    if (rc != GW_OK) {
        gw_buf_cstr(err, "the key of links of this house is another than that "
                    "of the backup, so links of old mail would not work; put "
                    "back the folder keys that was kept with it");
    }

    return rc;
}
