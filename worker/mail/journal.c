/* The send journal: numbered files of checksummed records. */
#include "worker/mail/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/mail/journal_sync.h"

#define JOURNAL_OPEN_MAX  256           /* files with unsettled records */
#define JOURNAL_FILL      (1024 * 1024)

typedef struct {
    uint32_t  n;
    uint32_t  unsettled;
} journal_file_t;

struct journal_s {
    char            dir[256];
    int             lock, fd;
    uint32_t        life;               /* its first file               */
    journal_sync_t *sync;               /* NULL: journal_sync is off    */
    uint64_t        added, flushed;     /* records, ever                */
    uint64_t        wanted, asked;      /* to be synced: up to this one */
    size_t          written, filled;    /* of the current file          */
    gw_buf_t        pending;
    journal_file_t  file[JOURNAL_OPEN_MAX];     /* the last is current  */
    unsigned        files;
};


/* A power cut must not lose the name of a file that is synced. */
static int
journal_sync_dir(const journal_t *j)
{
    int  fd, rc;

    if (j->sync == NULL) {
        return GW_OK;
    }

    fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd >= 0 && fsync(fd) == 0 ? GW_OK : GW_ESYS;
    if (fd >= 0) {
        (void) close(fd);
    }

    return rc;
}


uint32_t
journal_current(const journal_t *j)
{
    return j->file[j->files - 1].n;
}


/* A record: crc32c of the rest, then the fixed part, then the reply. */
journal_place_t
journal_add(journal_t *j, const journal_record_t *r)
{
    uint32_t        crc;
    unsigned char  *p;

    p = gw_buf_room(&j->pending, JOURNAL_FIXED + JOURNAL_REPLY_MAX);
    if (p != NULL) {
        memset(p, 0, JOURNAL_FIXED);
        p[4] = r->kind;
        p[5] = r->attempt;
        memcpy(p + 6, &r->code, 2);
        memcpy(p + 8, &r->reply_len, 2);
        p[10] = r->stage;
        memcpy(p + 12, &r->key.tenant, 4);
        memcpy(p + 16, &r->key.campaign, 4);
        memcpy(p + 24, &r->key.contact, 8);
        memcpy(p + 32, &r->at_us, 8);
        memcpy(p + JOURNAL_FIXED, r->reply, r->reply_len);
        crc = gw_crc32c(0, p + 4, JOURNAL_FIXED - 4 + r->reply_len);
        memcpy(p, &crc, 4);
        j->pending.len += JOURNAL_FIXED + r->reply_len;
    }

    j->added++;
    if (r->kind == JOURNAL_D) {
        j->file[j->files - 1].unsettled++;
        j->wanted = j->added;
    }

    return (journal_place_t) { journal_current(j), j->added };
}


/* The first record of a file: the boot that it is written in. */
static void
journal_add_head(journal_t *j)
{
    char              boot[JOURNAL_BOOT + 1];
    journal_record_t  r;

    memset(&r, 0, sizeof(r));
    journal_boot(boot);
    r.kind = JOURNAL_B;
    r.at_us = gw_clock_us();
    r.key.contact = j->life;
    r.reply_len = (uint16_t) strlen(boot);
    memcpy(r.reply, boot, r.reply_len);
    (void) journal_add(j, &r);
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
    journal_add_head(j);
    return journal_sync_dir(j);
}


int
journal_open(journal_t **out, const gw_conf_t *conf, gw_buf_t *err)
{
    int         n, rc;
    char        path[300];
    uint32_t    numbers[JOURNAL_LIST_MAX];
    journal_t  *j;

    j = calloc(1, sizeof(journal_t));
    if (j == NULL) {
        return GW_ENOMEM;
    }

    j->fd = -1;
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

    n = journal_list(j->dir, numbers, JOURNAL_LIST_MAX);
    rc = n >= 0 ? GW_OK : GW_ESYS;
    if (rc == GW_OK && conf->journal_sync) {
        rc = journal_sync_create(&j->sync);
    }

    if (rc == GW_OK) {
        j->life = n > 0 ? numbers[n - 1] + 1 : 1;
        rc = journal_begin(j, j->life);
    }

    if (rc != GW_OK) {
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

    journal_sync_free(j->sync);

    for (i = 0; i < j->files; i++) {
        if (j->file[i].unsettled == 0) {
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
    if (j->sync != NULL && j->written + j->pending.len > j->filled
        && pwrite(j->fd, zeros, sizeof(zeros), (off_t) j->filled)
           == (ssize_t) sizeof(zeros))
    {
        j->filled += sizeof(zeros);
    }
}


void
journal_kick(journal_t *j)
{
    if (j->sync != NULL && j->asked < j->wanted) {
        j->asked = j->flushed;
        journal_sync_ask(j->sync, j->fd, j->asked);
    }
}


/*
 * The next file, when all of this one is on disk: what can be read of the
 * journal is its beginning without a gap, whenever the power is cut.
 */
static int
journal_turn(journal_t *j)
{
    int  rc;

    j->wanted = j->flushed;
    journal_kick(j);
    rc = j->sync != NULL ? journal_sync_wait(j->sync) : GW_OK;
    return rc == GW_OK ? journal_begin(j, journal_current(j) + 1) : rc;
}


int
journal_flush(journal_t *j)
{
    size_t    done;
    ssize_t   n;
    uint64_t  synced;

    if (j->sync != NULL && journal_sync_done(j->sync, &synced) != GW_OK) {
        return GW_ESYS;
    }

    if (j->pending.len == 0 || j->pending.failed) {
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

    j->written += j->pending.len;
    j->flushed = j->added;
    gw_buf_reset(&j->pending);

    return j->written < JOURNAL_FILE_MAX ? GW_OK : journal_turn(j);
}


bool
journal_is_safe(journal_t *j, uint64_t record)
{
    uint64_t  done;

    return j->sync == NULL || (journal_sync_done(j->sync, &done) == GW_OK
                               && record <= done);
}


int
journal_event(const journal_t *j)
{
    return j->sync != NULL ? journal_sync_fd(j->sync) : -1;
}


int
journal_heard(journal_t *j)
{
    uint64_t  done;

    journal_sync_heard(j->sync);
    return journal_sync_done(j->sync, &done);
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
