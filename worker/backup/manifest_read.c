/*
 * A manifest that somebody hands us. Nothing in it is believed before its mac
 * is that of a key of this house, and nothing outside the archive is named.
 */
#include "worker/backup/backup.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_codec.h"

static const char  *manifest_places[] = { "spool/", "journal/", "files/",
                                          NULL };


static int
manifest_wrong(const backup_t *b, const char *why, gw_buf_t *err)
{
    gw_buf_fmt(err, "%s/manifest %s", b->dir, why);
    return GW_ECORRUPT;
}


/* The next line without its end; false: there is none. One without an end, or
   too long, is returned as an empty one. */
static bool
manifest_next(backup_t *b, char line[BACKUP_LINE])
{
    size_t  n;

    if (fgets(line, BACKUP_LINE, b->list) == NULL) {
        return false;
    }

    n = strlen(line);
    line[n > 0 && line[n - 1] == '\n' ? n - 1 : 0] = '\0';
    return true;
}


/* The last line, `mac VERSION HEX`, of all lines before. */
static int
manifest_judge(backup_t *b, const secret_keys_t *keys, const char *line,
    gw_buf_t *err)
{
    long                 version;
    char                *end, mac[2 * BACKUP_SHA + 1];
    const secret_key_t  *key;

    version = strtol(line + strlen("mac "), &end, 10);
    if (version < 1 || *end != ' ' || strlen(end + 1) != 2 * BACKUP_SHA) {
        return manifest_wrong(b, "is damaged: its last line is no mac", err);
    }

    key = secret_keys_find(keys, (uint32_t) version);
    if (key == NULL) {
        gw_buf_fmt(err, "%s was taken with version %ld of the key file of "
                   "secrets, which this house does not have; put back the "
                   "folder keys that was kept with it", b->dir, version);
        return GW_EINVAL;
    }

    if (manifest_mac(b, key, mac) != GW_OK
        || CRYPTO_memcmp(mac, end + 1, 2 * BACKUP_SHA) != 0)
    {
        return manifest_wrong(b, "is not what a backup of this house wrote: it "
                              "is damaged, or the keys are another house's",
                              err);
    }

    memcpy(b->mac, mac, sizeof(mac));
    return GW_OK;
}


/* A path below the archive that is one of ours. */
static bool
manifest_path_ok(const char *path)
{
    const char   *p;
    const char  **place;

    if (strcmp(path, "database") == 0) {
        return true;
    }

    for (place = manifest_places; *place != NULL; place++) {
        if (strncmp(path, *place, strlen(*place)) == 0) {
            break;
        }
    }

    /* no folder or file whose name begins with a dot, none without a name */

    for (p = path; *place != NULL && *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20
            || (*p == '/' && (p[1] == '/' || p[1] == '.' || p[1] == '\0')))
        {
            return false;
        }
    }

    return *place != NULL;
}


/* `part SHA256 BYTES PATH` */
static bool
manifest_part(char *line, backup_part_t *part)
{
    char   *end;
    size_t  n = 2 * BACKUP_SHA;

    line += strlen("part ");
    if (strlen(line) < n + 2 || line[n] != ' '
        || gw_hex_decode(part->sha, BACKUP_SHA,
                         gw_str_make((unsigned char *) line, n)) != GW_OK)
    {
        return false;
    }

    errno = 0;
    part->bytes = strtoull(line + n + 1, &end, 10);
    part->path = end + 1;

    return errno == 0 && *end == ' ' && manifest_path_ok(part->path);
}


/* A line that tells of the whole. */
static void
manifest_fact(backup_t *b, const char *line)
{
    unsigned  i;

    const struct {
        const char  *name;
        char        *to;
    } facts[] = { { "taken ", b->taken }, { "host ", b->host },
                  { "token ", b->token } };

    for (i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        if (strncmp(line, facts[i].name, strlen(facts[i].name)) == 0) {
            (void) snprintf(facts[i].to, BACKUP_TIME, "%.*s", BACKUP_TIME - 1,
                            line + strlen(facts[i].name));
        }
    }

    if (strncmp(line, "migration ", 10) == 0) {
        b->migration = strtol(line + 10, NULL, 10);
    }
}


int
manifest_open(backup_t *b, const secret_keys_t *keys, gw_buf_t *err)
{
    char      path[2 * BACKUP_PATH], line[BACKUP_LINE];
    unsigned  n;

    (void) snprintf(path, sizeof(path), "%s/manifest", b->dir);
    b->list = fopen(path, "re");
    if (b->list == NULL) {
        gw_buf_fmt(err, "%s is no backup of godwit: cannot read %s: %s",
                   b->dir, path, strerror(errno));
        return GW_EINVAL;
    }

    if (manifest_digest(b) != GW_OK) {
        gw_buf_cstr(err, gw_strerror(GW_ENOMEM));
        return GW_ENOMEM;
    }

    for (n = 0; manifest_next(b, line); n++) {
        if (n == 0 && strcmp(line, BACKUP_FORMAT) != 0) {
            return manifest_wrong(b, "is not one of \"" BACKUP_FORMAT
                                  "\": another version wrote it, or something "
                                  "else did", err);
        }

        if (strncmp(line, "mac ", 4) == 0) {
            return manifest_judge(b, keys, line, err);
        }

        if (EVP_DigestUpdate(b->digest, line, strlen(line)) != 1
            || EVP_DigestUpdate(b->digest, "\n", 1) != 1)
        {
            return GW_ERROR;
        }
    }

    return manifest_wrong(b, "has no end: the backup was broken off, or it is "
                          "damaged", err);
}


int
manifest_each(backup_t *b, int (*call)(void *arg, const backup_part_t *p,
    gw_buf_t *err), void *arg, gw_buf_t *err)
{
    int            rc;
    char           line[BACKUP_LINE];
    backup_part_t  part;

    rewind(b->list);
    b->parts = 0;
    b->bytes = 0;
    for (rc = GW_OK; rc == GW_OK && manifest_next(b, line)
                     && strncmp(line, "mac ", 4) != 0; )
    {
        if (strncmp(line, "part ", 5) != 0) {
            manifest_fact(b, line);
            continue;
        }

        if (!manifest_part(line, &part)) {
            return manifest_wrong(b, "names a part that no backup has", err);
        }

        b->parts++;
        b->bytes += part.bytes;
        rc = call(arg, &part, err);
    }

    return rc;
}
