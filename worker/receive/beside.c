/*
 * What came beside an answer: each file goes below <state>/files/up, under a
 * name that the same mail has again, before the database is told of it. One
 * without a row goes when it is an hour old, as one of an upload does.
 */
#include "worker/receive/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "worker/host.h"

typedef struct {
    receive_t   *r;
    const char  *name;                  /* of the mail                       */
    int          folder;                /* the descriptor of <state>/files   */
    int          rc;
} beside_t;


/* The file store of this host; its folders are made when the first comes. */
static int
beside_folder(receive_t *r)
{
    int     fd;
    size_t  i;
    char    path[4096];

    static const char  *folders[] = { "tmp", "up", NULL };

    if (gw_conf_path(&r->w->conf, "files", path, sizeof(path)) != GW_OK) {
        return -1;
    }

    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (i = 0; fd >= 0 && folders[i] != NULL; i++) {
        (void) mkdirat(fd, folders[i], 0750);
    }

    return fd;
}


static int
beside_write(const beside_t *b, const char *temp, const char *path,
    gw_str_t bytes)
{
    int      fd, rc;
    ssize_t  n;

    fd = openat(b->folder, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                0640);
    if (fd < 0) {
        return GW_ESYS;
    }

    for ( /* void */ ; bytes.len > 0; bytes.data += n, bytes.len -= (size_t) n)
    {
        n = write(fd, bytes.data, bytes.len);
        if (n <= 0) {
            break;
        }
    }

    rc = bytes.len == 0 && fdatasync(fd) == 0
         && renameat(b->folder, temp, b->folder, path) == 0 ? GW_OK : GW_ESYS;
    (void) close(fd);
    return rc;
}


static void
beside_keep(void *arg, unsigned n, gw_str_t bytes, gw_buf_t *json)
{
    char           temp[100], path[100], hex[65];
    beside_t      *b = arg;
    unsigned char  digest[32];

    (void) snprintf(temp, sizeof(temp), "tmp/%s-%u", b->name, n);
    (void) snprintf(path, sizeof(path), "up/%s-%u", b->name, n);
    if (b->rc != GW_OK || bytes.len == 0) {
        return;
    }

    b->rc = EVP_Digest(bytes.data, bytes.len, digest, NULL, EVP_sha256(), NULL)
            == 1 ? beside_write(b, temp, path, bytes) : GW_ERROR;
    gw_hex_encode((unsigned char *) hex, digest, sizeof(digest));
    hex[64] = '\0';
    gw_buf_fmt(json, ",\"host\":%d,\"path\":\"%s\",\"sha256\":\"%s\","
               "\"quota\":%lld", b->r->host, path, hex,
               (long long) b->r->w->conf.files_quota);
}


int
beside_read(receive_t *r, const char *name)
{
    int        up;
    beside_t   b = { r, name, -1, GW_OK };
    letter_t  *l;

    b.rc = r->host == 0 ? host_enter(r->w, r->db, &r->host) : GW_OK;
    if (b.rc != GW_OK) {
        r->host = 0;
        return b.rc == GW_EDB ? GW_EDB : GW_EAGAIN;
    }

    b.folder = beside_folder(r);
    if (b.folder < 0) {
        b.rc = GW_ESYS;
    }

    l = &r->letter;
    l->keep = beside_keep;
    l->arg = &b;
    letter_read(l, judge_parsed(r->judge));
    l->keep = NULL;

    up = b.rc == GW_OK ? openat(b.folder, "up", O_RDONLY | O_DIRECTORY
                                                | O_CLOEXEC) : -1;
    if (b.rc == GW_OK && (up < 0 || fsync(up) != 0)) {
        b.rc = GW_ESYS;
    }

    if (b.rc != GW_OK) {
        log_error("what came beside %s can not be kept: %s; it is told again",
                  name, strerror(errno));
    }

    if (up >= 0) {
        (void) close(up);
    }
    if (b.folder >= 0) {
        (void) close(b.folder);
    }
    return b.rc == GW_OK ? GW_OK : GW_EAGAIN;
}
