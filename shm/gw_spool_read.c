/* The reading half of the spool. */
#include "shm/gw_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define GW_SPOOL_BEHIND  (1024 * 1024)

struct gw_spool_reader_s {
    int                       fd;
    const unsigned char      *map;
    size_t                    size;     /* of the file as it is       */
    size_t                    pos;
    size_t                    forgot;   /* pos when memory was given back */
    uint64_t                  seq;      /* of the last record, 0 = none */
    const gw_spool_header_t  *header;
};


static int
gw_spool_reader_check(const gw_spool_reader_t *r)
{
    const gw_spool_header_t  *h;

    h = r->header;

    if (memcmp(h->magic, GW_SPOOL_MAGIC, sizeof(GW_SPOOL_MAGIC)) != 0) {
        return GW_ECORRUPT;
    }

    if (h->version != GW_SPOOL_VERSION) {
        return GW_EVERSION;
    }

    if (gw_crc32c(0, h, offsetof(gw_spool_header_t, crc)) != h->crc
        || h->class > GW_SPOOL_DURABLE)
    {
        return GW_ECORRUPT;
    }

    return GW_OK;
}


static int
gw_spool_reader_make(gw_spool_reader_t **out, const char *path, bool drain)
{
    int                 rc;
    struct stat         st;
    gw_spool_reader_t  *r;

    r = calloc(1, sizeof(gw_spool_reader_t));
    if (r == NULL) {
        return GW_ENOMEM;
    }

    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) {
        free(r);
        return GW_ESYS;
    }

    rc = GW_OK;
    if (drain && flock(r->fd, LOCK_EX | LOCK_NB) != 0) {
        rc = errno == EWOULDBLOCK ? GW_EBUSY : GW_ESYS;
    } else if (fstat(r->fd, &st) != 0) {
        rc = GW_ESYS;
    } else if (st.st_size < GW_SPOOL_HEADER) {
        rc = GW_ECORRUPT;
    }

    if (rc == GW_OK) {
        r->size = (size_t) st.st_size;
        r->map = mmap(NULL, r->size, PROT_READ, MAP_SHARED, r->fd, 0);
        if (r->map == MAP_FAILED) {
            r->map = NULL;
            rc = GW_ESYS;
        }
    }

    if (rc == GW_OK) {
        r->header = (const gw_spool_header_t *) (const void *) r->map;
        r->pos = GW_SPOOL_HEADER;
        rc = gw_spool_reader_check(r);
    }

    if (rc != GW_OK) {
        gw_spool_reader_close(r);
        return rc;
    }

    *out = r;
    return GW_OK;
}


int
gw_spool_reader_open(gw_spool_reader_t **out, const char *path)
{
    return gw_spool_reader_make(out, path, true);
}


int
gw_spool_reader_peek(gw_spool_reader_t **out, const char *path)
{
    return gw_spool_reader_make(out, path, false);
}


const gw_spool_header_t *
gw_spool_reader_header(const gw_spool_reader_t *r)
{
    return r->header;
}


int
gw_spool_reader_seek(gw_spool_reader_t *r, uint64_t pos)
{
    if (pos == 0) {
        pos = GW_SPOOL_HEADER;
    }

    if (pos < GW_SPOOL_HEADER || pos % 8 != 0 || pos > r->header->size) {
        return GW_EINVAL;
    }

    r->pos = pos;
    r->seq = 0;
    return GW_OK;
}


/*
 * Bytes that are no record: an end for now when the writer may still be at
 * work on them, damage otherwise.
 */
static int
gw_spool_reader_wrong(gw_spool_reader_t *r)
{
    return gw_spool_reader_state(r) == GW_SPOOL_OPEN
           && r->header->class == GW_SPOOL_DURABLE ? GW_EAGAIN : GW_ECORRUPT;
}


int
gw_spool_reader_next(gw_spool_reader_t *r, const gw_spool_rec_t **rec,
    gw_str_t *body)
{
    size_t                 limit;
    uint32_t               len;
    const unsigned char   *p;
    const gw_spool_rec_t  *head;

    if (r->pos - r->forgot > GW_SPOOL_BEHIND) {
        gw_spool_reader_forget(r, 0, r->size);
        r->forgot = r->pos;             /* also when pos went back */
    }

    limit = __atomic_load_n(&r->header->end, __ATOMIC_ACQUIRE);
    if (limit == 0 || limit > r->size) {
        limit = r->size;
    }

    if (r->pos + sizeof(gw_spool_rec_t) > limit) {
        return GW_EAGAIN;
    }

    p = r->map + r->pos;
    head = (const gw_spool_rec_t *) (const void *) p;
    len = __atomic_load_n(&head->len, __ATOMIC_ACQUIRE);
    if (len == 0) {
        return GW_EAGAIN;
    }

    if (len < sizeof(gw_spool_rec_t) || len > GW_SPOOL_REC_MAX
        || r->pos + len > limit
        || gw_crc32c(0, &head->seq, len - offsetof(gw_spool_rec_t, seq))
           != head->crc
        || (r->seq != 0 && head->seq != r->seq + 1))
    {
        return gw_spool_reader_wrong(r);
    }

    *rec = head;
    *body = gw_str_make(p + sizeof(gw_spool_rec_t),
                        len - sizeof(gw_spool_rec_t));
    r->seq = head->seq;
    r->pos += (len + 7) & ~(size_t) 7;
    return GW_OK;
}


gw_str_t
gw_spool_reader_at(const gw_spool_reader_t *r, uint64_t pos, size_t len)
{
    return pos > r->size || len > r->size - pos
           ? gw_str_make(NULL, 0) : gw_str_make(r->map + pos, len);
}


uint64_t
gw_spool_reader_pos(const gw_spool_reader_t *r)
{
    return r->pos;
}


int
gw_spool_reader_state(gw_spool_reader_t *r)
{
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;

    if (fcntl(r->fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK) {
        return GW_SPOOL_OPEN;
    }

    return __atomic_load_n(&r->header->end, __ATOMIC_ACQUIRE) != 0
           ? GW_SPOOL_CLOSED : GW_SPOOL_ORPHAN;
}


int
gw_spool_reader_sync(gw_spool_reader_t *r)
{
    return fdatasync(r->fd) == 0 ? GW_OK : GW_ESYS;
}


void
gw_spool_reader_forget(const gw_spool_reader_t *r, uint64_t pos, size_t len)
{
    size_t  into;

    if (pos >= r->size) {
        return;
    }

    /* what lies behind the map is not ours to forget */
    into = pos % (size_t) sysconf(_SC_PAGESIZE);
    len = len < r->size - pos ? len : r->size - pos;
    (void) madvise((void *) (r->map + pos - into), len + into, MADV_DONTNEED);
}


void
gw_spool_reader_close(gw_spool_reader_t *r)
{
    if (r == NULL) {
        return;
    }

    if (r->map != NULL) {
        (void) munmap((void *) r->map, r->size);
    }

    (void) close(r->fd);
    free(r);
}
