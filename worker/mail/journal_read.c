/* The send journal's files, and reading what an earlier life left in them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "worker/mail/journal_file.h"


void
journal_path(const char *dir, uint32_t n, char *out, size_t size)
{
    (void) snprintf(out, size, "%s/%08x.log", dir, n);
}


int
journal_list(const char *dir, uint32_t *out, int max)
{
    int              i, n, count;
    char            *end;
    struct dirent  **e;

    count = scandir(dir, &e, NULL, alphasort);
    n = 0;
    for (i = 0; i < count; i++) {
        if (n < max && strlen(e[i]->d_name) == 12) {
            out[n] = (uint32_t) strtoul(e[i]->d_name, &end, 16);
            n += strcmp(end, ".log") == 0;
        }
        free(e[i]);
    }

    if (count >= 0) {
        free(e);
    }

    return count < 0 ? -1 : n;
}


void
journal_boot(char out[JOURNAL_BOOT + 1])
{
    FILE  *f;

    out[0] = '\0';
    f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f != NULL) {
        if (fgets(out, JOURNAL_BOOT + 1, f) == NULL) {
            out[0] = '\0';
        }
        (void) fclose(f);
    }
}


/*
 * Is it the head of a file of this boot? What was written to that is there
 * whole, though it was not synced: the machine has not gone down since.
 */
static bool
journal_is_here(const journal_record_t *r, const char *boot)
{
    return r->kind == JOURNAL_B && r->reply_len == JOURNAL_BOOT
           && memcmp(r->reply, boot, JOURNAL_BOOT) == 0;
}


static int
journal_read(const char *path, const char *boot,
    int (*call)(void *, const journal_record_t *), void *arg)
{
    int                rc;
    bool               here;
    FILE              *f;
    uint32_t           crc;
    unsigned char      p[JOURNAL_FIXED + JOURNAL_REPLY_MAX];
    journal_record_t   r;

    f = fopen(path, "re");
    if (f == NULL) {
        return GW_ESYS;
    }

    rc = GW_OK;
    here = false;
    while (rc == GW_OK && fread(p, 1, JOURNAL_FIXED, f) == JOURNAL_FIXED) {
        memset(&r, 0, sizeof(r));
        memcpy(&crc, p, 4);
        r.kind = p[4];
        r.attempt = p[5];
        memcpy(&r.code, p + 6, 2);
        memcpy(&r.reply_len, p + 8, 2);
        memcpy(&r.key.tenant, p + 12, 4);
        memcpy(&r.key.campaign, p + 16, 4);
        memcpy(&r.key.contact, p + 24, 8);
        memcpy(&r.at_us, p + 32, 8);

        if (r.reply_len > JOURNAL_REPLY_MAX
            || fread(p + JOURNAL_FIXED, 1, r.reply_len, f) != r.reply_len
            || gw_crc32c(0, p + 4, JOURNAL_FIXED - 4 + r.reply_len) != crc)
        {
            break;              /* a torn end: its dot was never written */
        }

        memcpy(r.reply, p + JOURNAL_FIXED, r.reply_len);
        here = here || journal_is_here(&r, boot);
        r.here = here;
        rc = call(arg, &r);
    }

    /* what cannot be read is not the end: who was sent to is not known */
    if (rc == GW_OK && ferror(f)) {
        rc = GW_ESYS;
    }

    (void) fclose(f);
    return rc;
}


int
journal_replay(const gw_conf_t *conf, uint32_t before,
    int (*call)(void *arg, const journal_record_t *r), void *arg)
{
    int       i, n, rc;
    char      dir[256], path[300], boot[JOURNAL_BOOT + 1];
    uint32_t  numbers[JOURNAL_LIST_MAX];

    journal_boot(boot);
    rc = gw_conf_path(conf, "journal", dir, sizeof(dir));
    n = rc == GW_OK ? journal_list(dir, numbers, JOURNAL_LIST_MAX) : -1;

    for (i = 0; rc == GW_OK && i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            rc = journal_read(path, boot, call, arg);
        }
    }

    return n < 0 ? GW_ESYS : rc;
}


void
journal_forget(const gw_conf_t *conf, uint32_t before)
{
    int       i, n;
    char      dir[256], path[300];
    uint32_t  numbers[JOURNAL_LIST_MAX];

    if (gw_conf_path(conf, "journal", dir, sizeof(dir)) != GW_OK) {
        return;
    }

    n = journal_list(dir, numbers, JOURNAL_LIST_MAX);
    for (i = 0; i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            (void) unlink(path);
        }
    }
}
