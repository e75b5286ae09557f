/* The files of an archive: written, looked at, put back; hashed on the way. */
#include "worker/backup/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"

#define PARTS_BYTES  (256 * 1024)

typedef struct {
    int             fd;                 /* written; -1: only looked at       */
    EVP_MD_CTX     *md;
    uint64_t        bytes;
    unsigned char   p[PARTS_BYTES];
} parts_t;


static int
parts_why(gw_buf_t *err, const char *what, const char *dir, const char *path)
{
    gw_buf_fmt(err, "cannot %s %s/%s: %s", what, dir, path, strerror(errno));
    return GW_ESYS;
}


static int
parts_join(char out[2 * BACKUP_PATH], const char *dir, const char *path,
    gw_buf_t *err)
{
    int  n;

    n = snprintf(out, 2 * BACKUP_PATH, "%s/%s", dir, path);
    if (n < 0 || n >= 2 * BACKUP_PATH) {
        gw_buf_fmt(err, "the path %s is too long", path);
        return GW_EFULL;
    }

    return GW_OK;
}


static parts_t *
parts_new(int fd, gw_buf_t *err)
{
    parts_t  *t;

    t = calloc(1, sizeof(parts_t));
    if (t != NULL) {
        t->fd = fd;
        t->md = EVP_MD_CTX_new();
    }

    if (t == NULL || t->md == NULL
        || EVP_DigestInit_ex(t->md, EVP_sha256(), NULL) != 1)
    {
        gw_buf_cstr(err, gw_strerror(GW_ENOMEM));
        free(t);
        return NULL;
    }

    return t;
}


static void
parts_free(parts_t *t)
{
    EVP_MD_CTX_free(t->md);
    free(t);
}


/* Zeros take no room: most of a segment is what nobody has written yet. */
static int
parts_write(int fd, const unsigned char *p, size_t n)
{
    ssize_t  done;

    if (n > 0 && p[0] == 0 && memcmp(p, p + 1, n - 1) == 0) {
        return lseek(fd, (off_t) n, SEEK_CUR) != -1 ? GW_OK : GW_ESYS;
    }

    while (n > 0) {
        done = write(fd, p, n);
        if (done <= 0) {
            return GW_ESYS;
        }
        p += done;
        n -= (size_t) done;
    }

    return GW_OK;
}


/* All that `read` gives: hashed, and written where there is a file for it. */
static int
parts_run(parts_t *t, backup_read_pt read, void *arg,
    unsigned char sha[BACKUP_SHA])
{
    int     rc;
    size_t  n;

    do {
        rc = read(arg, t->p, sizeof(t->p), &n);
        if (rc == GW_OK && EVP_DigestUpdate(t->md, t->p, n) != 1) {
            rc = GW_ERROR;
        }
        if (rc == GW_OK && t->fd >= 0) {
            rc = parts_write(t->fd, t->p, n);
        }
        t->bytes += n;
    } while (rc == GW_OK && n > 0);

    if (rc == GW_OK && t->fd >= 0 && ftruncate(t->fd, (off_t) t->bytes) != 0) {
        rc = GW_ESYS;
    }

    return rc == GW_OK && EVP_DigestFinal_ex(t->md, sha, NULL) != 1
           ? GW_ERROR : rc;
}


static int
parts_read_fd(void *arg, unsigned char *p, size_t size, size_t *n)
{
    ssize_t  got;

    got = read(*(int *) arg, p, size);
    *n = got > 0 ? (size_t) got : 0;
    return got >= 0 ? GW_OK : GW_ESYS;
}


/* Zeros up to a size are hashed as well. */
typedef struct {
    backup_read_pt   read;
    void            *arg;
    uint64_t         got, size;
} parts_padded_t;


static int
parts_read_padded(void *arg, unsigned char *p, size_t size, size_t *n)
{
    int              rc;
    parts_padded_t  *d = arg;

    rc = d->read(d->arg, p, size, n);
    if (rc == GW_OK && *n == 0 && d->got < d->size) {
        *n = size < d->size - d->got ? size : (size_t) (d->size - d->got);
        memset(p, 0, *n);
    }

    d->got += *n;
    return rc;
}


int
backup_put(backup_t *b, const char *path, backup_read_pt read, void *arg,
    uint64_t size, gw_buf_t *err)
{
    int             fd, rc;
    char            to[2 * BACKUP_PATH];
    parts_t        *t;
    unsigned char   sha[BACKUP_SHA], hex[2 * BACKUP_SHA];
    parts_padded_t  padded = { read, arg, 0, size };

    rc = parts_join(to, b->dir, path, err);
    rc = rc == GW_OK ? backup_folders(b->dir, path, err) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    t = fd >= 0 ? parts_new(fd, err) : NULL;
    if (t == NULL) {
        return fd < 0 ? parts_why(err, "make", b->dir, path) : GW_ENOMEM;
    }

    rc = parts_run(t, parts_read_padded, &padded, sha);
    rc = rc == GW_OK && fdatasync(fd) != 0 ? GW_ESYS : rc;
    if (rc != GW_OK) {
        (void) parts_why(err, "copy to", b->dir, path);
    }

    if (rc == GW_OK) {
        gw_hex_encode(hex, sha, sizeof(sha));
        manifest_line(b, "part %.*s %llu %s", (int) sizeof(hex), hex,
                      (unsigned long long) t->bytes, path);
        b->bytes += t->bytes;
        b->parts++;
    }

    (void) close(fd);
    parts_free(t);
    return rc;
}


int
backup_put_fd(backup_t *b, const char *path, int fd, gw_buf_t *err)
{
    int          rc;
    char         to[2 * BACKUP_PATH];
    struct stat  st;

    rc = backup_put(b, path, parts_read_fd, &fd, 0, err);
    rc = rc == GW_OK ? parts_join(to, b->dir, path, err) : rc;

    /* whoever puts a key back finds who may read it */

    if (rc == GW_OK
        && (fstat(fd, &st) == -1 || chmod(to, st.st_mode & 0777) == -1))
    {
        rc = parts_why(err, "set the mode of", b->dir, path);
    }

    return rc;
}


int
backup_put_tree(backup_t *b, const char *state, const char *path,
    gw_buf_t *err)
{
    int             rc, fd;
    char            from[2 * BACKUP_PATH], below[BACKUP_NAME];
    DIR            *d;
    struct stat     st;
    struct dirent  *e;

    rc = parts_join(from, state, path, err);
    d = rc == GW_OK ? opendir(from) : NULL;
    if (d == NULL) {
        return rc != GW_OK || errno == ENOENT ? rc
               : parts_why(err, "read", state, path);
    }

    while (rc == GW_OK && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.') {
            continue;
        }

        /* it would be another line of the manifest */

        if (strpbrk(e->d_name, "\n\r") != NULL) {
            gw_buf_fmt(err, "a name in %s/%s has a line end; rename that file",
                       state, path);
            rc = GW_EINVAL;
            break;
        }

        if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name)
            >= (int) sizeof(below))
        {
            errno = ENAMETOOLONG;
            rc = parts_why(err, "take", state, path);
            break;
        }

        /* what was removed since is not wanted; links and pipes are not ours */

        fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK
                    | O_CLOEXEC);
        if (fd == -1 || fstat(fd, &st) == -1) {
            rc = errno == ENOENT || errno == ELOOP
                 ? GW_OK : parts_why(err, "read", state, below);

        } else if (S_ISDIR(st.st_mode)) {
            rc = backup_put_tree(b, state, below, err);

        } else if (S_ISREG(st.st_mode)) {
            rc = backup_put_fd(b, below, fd, err);
        }

        if (fd != -1) {
            (void) close(fd);
        }
    }

    (void) closedir(d);
    return rc;
}


/* What a file has, as a part. */
static int
parts_look(const char *dir, backup_part_t *part, gw_buf_t *err)
{
    int       fd, rc;
    char      from[2 * BACKUP_PATH];
    parts_t  *t;

    rc = parts_join(from, dir, part->path, err);
    if (rc != GW_OK) {
        return rc;
    }

    fd = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1) {
        return parts_why(err, "read", dir, part->path);
    }

    t = parts_new(-1, err);
    rc = t != NULL ? parts_run(t, parts_read_fd, &fd, part->sha) : GW_ENOMEM;
    if (t != NULL) {
        part->bytes = t->bytes;
        parts_free(t);
    }

    (void) close(fd);
    return rc == GW_ESYS ? parts_why(err, "read", dir, part->path) : rc;
}


int
backup_note(backup_t *b, const char *path, gw_buf_t *err)
{
    int            rc;
    backup_part_t  part = { path, 0, { 0 } };
    unsigned char  hex[2 * BACKUP_SHA];

    rc = parts_look(b->dir, &part, err);
    if (rc == GW_OK) {
        gw_hex_encode(hex, part.sha, sizeof(part.sha));
        manifest_line(b, "part %.*s %llu %s", (int) sizeof(hex), hex,
                      (unsigned long long) part.bytes, path);
        b->bytes += part.bytes;
        b->parts++;
    }

    return rc;
}


int
backup_check(const char *dir, const backup_part_t *part, gw_buf_t *err)
{
    int            rc;
    backup_part_t  is = { part->path, 0, { 0 } };

    rc = parts_look(dir, &is, err);
    if (rc == GW_OK && (is.bytes != part->bytes
                        || memcmp(is.sha, part->sha, sizeof(is.sha)) != 0))
    {
        gw_buf_fmt(err, "%s/%s is damaged: it is not what the backup wrote; "
                   "take another backup", dir, part->path);
        rc = GW_ECORRUPT;
    }

    return rc;
}


int
backup_own(const char *dir, const char *path)
{
    struct stat  st;

    if (stat(dir, &st) != 0) {
        return GW_ESYS;
    }

    return st.st_uid == geteuid()
           || lchown(path, st.st_uid, st.st_gid) == 0 ? GW_OK : GW_ESYS;
}


int
backup_folders(const char *dir, const char *path, gw_buf_t *err)
{
    char         to[2 * BACKUP_PATH];
    const char  *slash;

    for (slash = strchr(path, '/'); slash != NULL;
         slash = strchr(slash + 1, '/'))
    {
        (void) snprintf(to, sizeof(to), "%s/%.*s", dir, (int) (slash - path),
                        path);
        if (mkdir(to, 0750) == 0 ? backup_own(dir, to) != GW_OK
                                 : errno != EEXIST)
        {
            return parts_why(err, "make the folder of", dir, path);
        }
    }

    return GW_OK;
}


int
backup_sync(const char *dir, gw_buf_t *err)
{
    int  fd, rc;

    fd = open(*dir != '\0' ? dir : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rc = fd != -1 && syncfs(fd) == 0 ? GW_OK : GW_ESYS;
    if (rc != GW_OK) {
        gw_buf_fmt(err, "cannot sync the file system of %s: %s", dir,
                   strerror(errno));
    }

    if (fd != -1) {
        (void) close(fd);
    }

    return rc;
}


/* A file of its own beside where it goes; a name that no role looks at. */
static void
parts_made(char made[2 * BACKUP_PATH], const char *path)
{
    const char  *name;

    name = strrchr(path, '/') + 1;
    (void) snprintf(made, 2 * BACKUP_PATH, "%.*s.restored",
                    (int) (name - path), path);
}


int
backup_copy(const char *dir, const backup_part_t *part, const char *to,
    gw_buf_t *err)
{
    int            from, fd, rc;
    char           path[2 * BACKUP_PATH], made[2 * BACKUP_PATH];
    parts_t       *t;
    unsigned char  sha[BACKUP_SHA];

    rc = parts_join(path, dir, part->path, err);
    from = rc == GW_OK ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
    rc = rc == GW_OK ? parts_join(path, to, part->path, err) : rc;
    rc = rc == GW_OK ? backup_folders(to, part->path, err) : rc;
    parts_made(made, path);
    (void) unlink(made);

    /* the edge, which may be another user, reads the name of the host */

    fd = rc == GW_OK ? open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                            strcmp(part->path, "journal/host") == 0 ? 0644
                                                                    : 0640)
                     : -1;
    t = fd != -1 ? parts_new(fd, err) : NULL;
    rc = rc == GW_OK && (from == -1 || t == NULL) ? GW_ESYS : rc;

    if (rc == GW_OK) {
        rc = parts_run(t, parts_read_fd, &from, sha);
        rc = rc == GW_OK && memcmp(sha, part->sha, sizeof(sha)) != 0
             ? GW_ECORRUPT : rc;
        rc = rc == GW_OK && fdatasync(fd) != 0 ? GW_ESYS : rc;
        rc = rc == GW_OK ? backup_own(to, made) : rc;
        rc = rc == GW_OK && link(made, path) != 0 && errno != EEXIST
             ? GW_ESYS : rc;
    }

    if (rc != GW_OK && err->len == 0) {
        (void) parts_why(err, "put back", to, part->path);
    }

    (void) unlink(made);
    if (t != NULL) {
        parts_free(t);
    }
    if (fd != -1) {
        (void) close(fd);
    }
    if (from != -1) {
        (void) close(from);
    }

    return rc;
}
