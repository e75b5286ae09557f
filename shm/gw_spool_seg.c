/* Making and closing segment files. */
#include "shm/gw_spool_seg.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define GW_SPOOL_YOUNG  10          /* seconds */


static int
gw_spool_seg_header(gw_spool_seg_t *seg, int class, uint32_t generation)
{
    struct timespec     now;
    gw_spool_header_t   h;

    memset(&h, 0, sizeof(h));
    memcpy(h.magic, GW_SPOOL_MAGIC, sizeof(GW_SPOOL_MAGIC));

    /*
     * Of the kernel: this runs on a thread, and what libcrypto keeps for a
     * thread would be freed while a worker of nginx exits.
     */
    if (getrandom(h.id, sizeof(h.id), 0) != (ssize_t) sizeof(h.id)) {
        return GW_ESYS;
    }

    (void) clock_gettime(CLOCK_REALTIME, &now);
    h.version = GW_SPOOL_VERSION;
    h.class = (uint32_t) class;
    h.created_us = (uint64_t) now.tv_sec * 1000000
                   + (uint64_t) now.tv_nsec / 1000;
    h.size = seg->size;
    h.pid = (uint32_t) getpid();
    h.generation = generation;
    h.crc = gw_crc32c(0, &h, offsetof(gw_spool_header_t, crc));

    memcpy(seg->map, &h, sizeof(h));
    return GW_OK;
}


/*
 * Lock, reserve, map. Without the whole reservation a write to the map on a
 * full disk would be a SIGBUS.
 */
static int
gw_spool_seg_fill(gw_spool_t *spool, gw_spool_seg_t *seg, uint32_t generation)
{
    int           rc;
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    if (fcntl(seg->fd, F_OFD_SETLK, &lock) != 0) {
        return GW_ESYS;
    }

    rc = posix_fallocate(seg->fd, 0, (off_t) seg->size);
    if (rc != 0) {
        errno = rc;
        return GW_ESYS;
    }

    seg->mapped = spool->class == GW_SPOOL_EVENT ? seg->size
                                                 : GW_SPOOL_HEADER;
    seg->map = mmap(NULL, seg->mapped, PROT_READ | PROT_WRITE, MAP_SHARED,
                    seg->fd, 0);
    if (seg->map == MAP_FAILED) {
        seg->map = NULL;
        return GW_ESYS;
    }

    return gw_spool_seg_header(seg, spool->class, generation);
}


/* Is it half made, by a writer that is gone? Its lock went with it. */
static bool
gw_spool_seg_left(int fd)
{
    struct stat   st;
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;

    /* young ones may be about to take it */
    return fstat(fd, &st) == 0
           && time(NULL) - st.st_mtime > GW_SPOOL_YOUNG
           && fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}


void
gw_spool_seg_sweep(const char *dir)
{
    DIR            *d;
    int             at, fd;
    size_t          n;
    struct dirent  *e;

    d = opendir(dir);
    if (d == NULL) {
        return;
    }

    at = dirfd(d);

    while ((e = readdir(d)) != NULL) {
        n = strlen(e->d_name);
        if (e->d_name[0] != '.' || n < 4
            || strcmp(e->d_name + n - 4, ".seg") != 0)
        {
            continue;
        }

        fd = openat(at, e->d_name, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (gw_spool_seg_left(fd)) {
                (void) unlinkat(at, e->d_name, 0);
            }
            (void) close(fd);
        }
    }

    (void) closedir(d);
}


static int
gw_spool_sync_dir(const char *dir)
{
    int  fd, rc;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return GW_ESYS;
    }

    rc = fsync(fd) == 0 ? GW_OK : GW_ESYS;
    (void) close(fd);
    return rc;
}


int
gw_spool_prepare(gw_spool_t *spool, gw_spool_seg_t **out)
{
    int              rc, saved;
    char             temp[PATH_MAX];
    uint32_t         generation;
    struct timespec  now;
    gw_spool_seg_t  *seg;

    seg = calloc(1, sizeof(gw_spool_seg_t));
    if (seg == NULL) {
        return GW_ENOMEM;
    }

    generation = __atomic_add_fetch(&spool->generation, 1, __ATOMIC_RELAXED);
    (void) clock_gettime(CLOCK_REALTIME, &now);
    (void) snprintf(seg->path, sizeof(seg->path), "%s/%s-%lld%09ld-%d-%u.seg",
                    spool->dir, spool->class == GW_SPOOL_EVENT ? "event"
                                                               : "durable",
                    (long long) now.tv_sec, now.tv_nsec, (int) getpid(),
                    generation);
    /* a drainer passes over names that begin with a dot */
    (void) snprintf(temp, sizeof(temp), "%s/.%s", spool->dir,
                    strrchr(seg->path, '/') + 1);

    seg->size = spool->segment_size;
    seg->pos = GW_SPOOL_HEADER;
    seg->fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (seg->fd < 0) {
        free(seg);
        return GW_ESYS;
    }

    rc = gw_spool_seg_fill(spool, seg, generation);
    if (rc == GW_OK && rename(temp, seg->path) != 0) {
        rc = GW_ESYS;
    }

    if (rc != GW_OK) {
        saved = errno;
        (void) unlink(temp);
        if (seg->map != NULL) {
            (void) munmap(seg->map, seg->mapped);
        }
        (void) close(seg->fd);
        free(seg);
        errno = saved;
        return rc;
    }

    /* the name must outlive a power cut before a record is acknowledged */
    rc = gw_spool_sync_dir(spool->dir);
    if (rc != GW_OK) {
        gw_spool_seg_drop(seg);
        return rc;
    }

    *out = seg;
    return GW_OK;
}


size_t
gw_spool_rec_put(unsigned char *p, uint16_t type, uint16_t flags,
    uint64_t ts_us, uint64_t seq, gw_str_t body)
{
    gw_spool_rec_t  rec;

    memset(&rec, 0, sizeof(rec));
    rec.len = (uint32_t) (sizeof(rec) + body.len);
    rec.seq = seq;
    rec.ts_us = ts_us;
    rec.type = type;
    rec.flags = flags;

    rec.crc = gw_crc32c(0, &rec.seq,
                        sizeof(rec) - offsetof(gw_spool_rec_t, seq));
    rec.crc = gw_crc32c(rec.crc, body.data, body.len);

    /* all but the length word, which the caller stores last */
    memcpy(p + sizeof(rec.len), (unsigned char *) &rec + sizeof(rec.len),
           sizeof(rec) - sizeof(rec.len));
    if (body.len > 0) {
        memcpy(p + sizeof(rec), body.data, body.len);
    }

    return rec.len;
}


static void
gw_spool_seg_release(gw_spool_seg_t *seg)
{
    (void) munmap(seg->map, seg->mapped);
    (void) close(seg->fd);
    free(seg);
}


void
gw_spool_seg_close(gw_spool_seg_t *seg)
{
    gw_spool_header_t  *h;

    h = (gw_spool_header_t *) seg->map;
    __atomic_store_n(&h->end, seg->pos, __ATOMIC_RELEASE);
    gw_spool_seg_release(seg);
}


void
gw_spool_seg_drop(gw_spool_seg_t *seg)
{
    (void) unlink(seg->path);
    gw_spool_seg_release(seg);
}
