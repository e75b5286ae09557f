/* The send journal: numbered files of checksummed records. */
#include "worker/mail/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define JOURNAL_OPEN_MAX  256           /* files with unsettled records */
#define JOURNAL_HEAD      40            /* bytes before the reply text  */
#define JOURNAL_FILL      (1024 * 1024)

typedef struct {
    uint32_t  n;
    uint32_t  unsettled;
} journal_file_t;

struct journal_s {
    char            dir[256];
    int             lock, fd;
    bool            sync;
    size_t          written, filled;    /* of the current file          */
    gw_buf_t        pending;
    journal_file_t  file[JOURNAL_OPEN_MAX];     /* the last is current  */
    unsigned        files;
};


static void
journal_path(const char *dir, uint32_t n, char *out, size_t size)
{
    (void) snprintf(out, size, "%s/%08x.log", dir, n);
}


/* The numbers of the files there are, ascending; the count or -1. */
static int
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


/* A power cut must not lose the name of a file that is synced. */
static int
journal_sync_dir(const journal_t *j)
{
    int  fd, rc;

    if (!j->sync) {
        return GW_OK;
    }

    fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd >= 0 && fsync(fd) == 0 ? GW_OK : GW_ESYS;
    if (fd >= 0) {
        (void) close(fd);
    }

    return rc;
}


static int
journal_begin(journal_t *j, uint32_t n)
{
    int   fd;
    char  path[300];

    if (j->files == JOURNAL_OPEN_MAX) {
        return GW_EFULL;
    }

    journal_path(j->dir, n, path, sizeof(path));
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0) {
        return GW_ESYS;
    }

    if (j->fd >= 0) {
        (void) close(j->fd);
    }

    j->fd = fd;
    j->written = j->filled = 0;
    j->file[j->files].n = n;
    j->file[j->files++].unsettled = 0;
    return journal_sync_dir(j);
}


int
journal_open(journal_t **out, const gw_conf_t *conf, gw_buf_t *err)
{
    int         n;
    char        path[300];
    uint32_t    numbers[4096];
    journal_t  *j;

    j = calloc(1, sizeof(journal_t));
    if (j == NULL) {
        return GW_ENOMEM;
    }

    j->fd = -1;
    j->sync = conf->journal_sync != 0;
    gw_buf_init(&j->pending, 64 * 1024 * 1024);

    if (gw_conf_path(conf, "journal", j->dir, sizeof(j->dir)) != GW_OK) {
        free(j);
        return GW_EFULL;
    }

    (void) snprintf(path, sizeof(path), "%s/lock", j->dir);
    j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (j->lock < 0 || flock(j->lock, LOCK_EX | LOCK_NB) != 0) {
        gw_buf_fmt(err, "the journal %s is %s", j->dir, j->lock < 0
                   ? strerror(errno) : "in use by another mail process");
        journal_close(j);
        return GW_EBUSY;
    }

    n = journal_list(j->dir, numbers, 4096);
    if (n < 0 || journal_begin(j, n > 0 ? numbers[n - 1] + 1 : 1) != GW_OK) {
        gw_buf_fmt(err, "the journal %s cannot be written: %s", j->dir,
                   strerror(errno));
        journal_close(j);
        return GW_ESYS;
    }

    *out = j;
    return GW_OK;
}


void
journal_close(journal_t *j)
{
    unsigned  i;
    char      path[300];

    if (j == NULL) {
        return;
    }

    for (i = 0; i < j->files; i++) {
        if (j->file[i].unsettled == 0 && j->pending.len == 0) {
            journal_path(j->dir, j->file[i].n, path, sizeof(path));
            (void) unlink(path);
        }
    }

    if (j->fd >= 0) {
        (void) close(j->fd);
    }
    if (j->lock >= 0) {
        (void) close(j->lock);
    }
    gw_buf_free(&j->pending);
    free(j);
}


uint32_t
journal_current(const journal_t *j)
{
    return j->file[j->files - 1].n;
}


/* A record: crc32c of the rest, then the fixed part, then the reply. */
uint32_t
journal_add(journal_t *j, const journal_record_t *r)
{
    uint32_t        crc;
    unsigned char  *p;

    p = gw_buf_room(&j->pending, JOURNAL_HEAD + JOURNAL_REPLY_MAX);
    if (p != NULL) {
        memset(p, 0, JOURNAL_HEAD);
        p[4] = r->kind;
        p[5] = r->attempt;
        memcpy(p + 6, &r->code, 2);
        memcpy(p + 8, &r->reply_len, 2);
        memcpy(p + 12, &r->key.tenant, 4);
        memcpy(p + 16, &r->key.campaign, 4);
        memcpy(p + 24, &r->key.contact, 8);
        memcpy(p + 32, &r->at_us, 8);
        memcpy(p + JOURNAL_HEAD, r->reply, r->reply_len);
        crc = gw_crc32c(0, p + 4, JOURNAL_HEAD - 4 + r->reply_len);
        memcpy(p, &crc, 4);
        j->pending.len += JOURNAL_HEAD + r->reply_len;
    }

    if (r->kind == JOURNAL_D) {
        j->file[j->files - 1].unsettled++;
    }

    return journal_current(j);
}


/*
 * Zeros ahead of what is written: then a sync writes one block of data and
 * nothing of the file's size. Where there is no room for them it is as slow as
 * it was; zeros are no record, so a reader ends there.
 */
static void
journal_fill(journal_t *j)
{
    static const unsigned char  zeros[JOURNAL_FILL];

    j->filled = j->filled > j->written ? j->filled : j->written;
    if (j->sync && j->written + j->pending.len > j->filled
        && pwrite(j->fd, zeros, sizeof(zeros), (off_t) j->filled)
           == (ssize_t) sizeof(zeros))
    {
        j->filled += sizeof(zeros);
    }
}


int
journal_flush(journal_t *j)
{
    size_t   done;
    ssize_t  n;

    if (j->pending.len == 0) {
        return j->pending.failed ? GW_ENOMEM : GW_OK;
    }

    journal_fill(j);
    for (done = 0; done < j->pending.len; done += (size_t) n) {
        n = pwrite(j->fd, j->pending.data + done, j->pending.len - done,
                   (off_t) (j->written + done));
        if (n <= 0) {
            return GW_ESYS;
        }
    }

    if (j->sync && fdatasync(j->fd) != 0) {
        return GW_ESYS;
    }

    j->written += j->pending.len;
    gw_buf_reset(&j->pending);

    return j->written < JOURNAL_FILE_MAX ? GW_OK
           : journal_begin(j, journal_current(j) + 1);
}


void
journal_settled(journal_t *j, uint32_t n)
{
    char      path[300];
    unsigned  i;

    for (i = 0; i < j->files; i++) {
        if (j->file[i].n != n) {
            continue;
        }

        j->file[i].unsettled--;
        if (j->file[i].unsettled == 0 && i + 1 < j->files) {
            journal_path(j->dir, n, path, sizeof(path));
            (void) unlink(path);
            memmove(&j->file[i], &j->file[i + 1],
                    (j->files - i - 1) * sizeof(journal_file_t));
            j->files--;
        }
        return;
    }
}


static int
journal_read(const char *path, int (*call)(void *, const journal_record_t *),
    void *arg)
{
    int                rc;
    FILE              *f;
    uint32_t           crc;
    unsigned char      p[JOURNAL_HEAD + JOURNAL_REPLY_MAX];
    journal_record_t   r;

    f = fopen(path, "re");
    if (f == NULL) {
        return GW_ESYS;
    }

    rc = GW_OK;
    while (rc == GW_OK && fread(p, 1, JOURNAL_HEAD, f) == JOURNAL_HEAD) {
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
            || fread(p + JOURNAL_HEAD, 1, r.reply_len, f) != r.reply_len
            || gw_crc32c(0, p + 4, JOURNAL_HEAD - 4 + r.reply_len) != crc)
        {
            break;              /* a torn end: its dot was never written */
        }

        memcpy(r.reply, p + JOURNAL_HEAD, r.reply_len);
        rc = call(arg, &r);
    }

    (void) fclose(f);
    return rc;
}


int
journal_replay(const gw_conf_t *conf, uint32_t before,
    int (*call)(void *arg, const journal_record_t *r), void *arg)
{
    int       i, n, rc;
    char      dir[256], path[300];
    uint32_t  numbers[4096];

    rc = gw_conf_path(conf, "journal", dir, sizeof(dir));
    n = rc == GW_OK ? journal_list(dir, numbers, 4096) : -1;

    for (i = 0; rc == GW_OK && i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            rc = journal_read(path, call, arg);
        }
    }

    return n < 0 ? GW_ESYS : rc;
}


void
journal_forget(const gw_conf_t *conf, uint32_t before)
{
    int       i, n;
    char      dir[256], path[300];
    uint32_t  numbers[4096];

    if (gw_conf_path(conf, "journal", dir, sizeof(dir)) != GW_OK) {
        return;
    }

    n = journal_list(dir, numbers, 4096);
    for (i = 0; i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            (void) unlink(path);
        }
    }
}
