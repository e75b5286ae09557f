/* Messages on disk: one file each, and a line of index.jsonl before the 250. */
#include "worker/sink/store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_clock.h"

#define STORE_TAIL  65536       /* a line of the index is shorter */


/* Find the last whole line, cut what follows it, read its number. */
static int
store_resume(store_t *s)
{
    off_t         size, from;
    json_t       *line;
    ssize_t       n, end, start;
    static char   tail[STORE_TAIL];

    size = lseek(s->index_fd, 0, SEEK_END);
    if (size < 0) {
        return GW_ESYS;
    }

    from = size > STORE_TAIL ? size - STORE_TAIL : 0;
    n = pread(s->index_fd, tail, sizeof(tail), from);
    if (n < 0) {
        return GW_ESYS;
    }

    for (end = n; end > 0 && tail[end - 1] != '\n'; end--) { /* void */ }
    if (end < n && ftruncate(s->index_fd, from + end) != 0) {
        return GW_ESYS;
    }

    if (end == 0) {
        return from == 0 ? GW_OK : GW_ECORRUPT;
    }

    for (start = end - 1; start > 0 && tail[start - 1] != '\n'; start--) {
        /* void */
    }

    line = json_loadb(tail + start, end - start, 0, NULL);
    s->n = json_integer_value(json_object_get(line, "n"));
    json_decref(line);

    return s->n > 0 ? GW_OK : GW_ECORRUPT;
}


/*
 * Ask ext4 to lay each numbered folder in a part of the disk of its own. It
 * steps one by one over inodes deleted in the last minutes: beside a folder
 * that was cleared a file costs several times as much. Elsewhere no matter.
 */
static void
store_spread(const char *dir)
{
    int  fd, flags;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_TOPDIR_FL;
        (void) ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }

    (void) close(fd);
}


int
store_open(store_t *s, const char *dir, gw_buf_t *err)
{
    char  path[PATH_MAX];

    memset(s, 0, sizeof(store_t));
    s->folder = -1;
    gw_buf_init(&s->lines, 64 * 1024 * 1024);

    if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
        gw_buf_fmt(err, "sink: cannot make the folder %s: %s", dir,
                   strerror(errno));
        return GW_ESYS;
    }

    if (realpath(dir, path) == NULL || strlen(path) >= sizeof(s->dir)) {
        gw_buf_fmt(err, "sink: the folder %s cannot be used", dir);
        return GW_ESYS;
    }

    snprintf(s->dir, sizeof(s->dir), "%s", path);
    store_spread(s->dir);
    snprintf(path, sizeof(path), "%s/index.jsonl", s->dir);

    s->index_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (s->index_fd < 0) {
        gw_buf_fmt(err, "sink: cannot open %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    if (store_resume(s) != GW_OK) {
        gw_buf_fmt(err, "sink: the end of %s is no index line; move the file "
                   "away", path);
        return GW_ECORRUPT;
    }

    return GW_OK;
}


static int
store_write(const char *path, gw_str_t raw)
{
    int      fd;
    size_t   done;
    ssize_t  n;

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return GW_ESYS;
    }

    for (done = 0; done < raw.len; done += n) {
        n = write(fd, raw.data + done, raw.len - done);
        if (n < 0) {
            (void) close(fd);
            (void) unlink(path);
            return GW_ESYS;
        }
    }

    return close(fd) == 0 ? GW_OK : GW_ESYS;
}


static void
store_line(store_t *s, long long n, gw_str_t mail_from, gw_str_t rcpts,
    gw_str_t raw, const char *path)
{
    char       at[GW_RFC3339_LEN + 1];
    size_t     i, len;
    gw_buf_t   value, *b;

    b = &s->lines;
    gw_clock_print(gw_clock_us(), at);
    gw_buf_fmt(b, "{\"n\":%lld,\"at\":\"%s\",\"mail_from\":", n, at);
    gw_buf_json(b, mail_from);
    gw_buf_cstr(b, ",\"rcpt\":[");

    for (i = 0; i < rcpts.len; i += len + 1) {
        len = strlen((char *) rcpts.data + i);
        if (i > 0) {
            gw_buf_char(b, ',');
        }
        gw_buf_json(b, gw_str_make(rcpts.data + i, len));
    }

    gw_buf_init(&value, 65536);
    store_header(raw, "message-id", false, &value);
    gw_buf_cstr(b, "],\"message_id\":");
    gw_buf_json(b, gw_buf_view(&value));

    gw_buf_reset(&value);
    store_header(raw, "subject", true, &value);
    gw_buf_cstr(b, ",\"subject\":");
    gw_buf_json(b, gw_buf_view(&value));
    gw_buf_free(&value);

    gw_buf_fmt(b, ",\"size\":%zu,\"file\":", raw.len);
    gw_buf_json(b, gw_str_of(path));
    gw_buf_cstr(b, "}\n");
}


int
store_put(store_t *s, gw_str_t mail_from, gw_str_t rcpts, gw_str_t raw)
{
    char       path[600];
    long long  n;

    n = s->n + 1;

    if (n / 1000 != s->folder) {
        snprintf(path, sizeof(path), "%s/%lld", s->dir, n / 1000);
        if (mkdir(path, 0755) != 0 && errno != EEXIST) {
            return GW_ESYS;
        }
        s->folder = n / 1000;
    }

    snprintf(path, sizeof(path), "%s/%lld/%lld.eml", s->dir, n / 1000, n);
    if (store_write(path, raw) != GW_OK) {
        return GW_ESYS;
    }

    store_line(s, n, mail_from, rcpts, raw, path);
    s->n = n;
    return GW_OK;
}


int
store_flush(store_t *s)
{
    size_t   done;
    ssize_t  n;

    if (s->lines.failed) {
        return GW_EFULL;
    }

    for (done = 0; done < s->lines.len; done += n) {
        n = write(s->index_fd, s->lines.data + done, s->lines.len - done);
        if (n < 0) {
            return GW_ESYS;
        }
    }

    gw_buf_reset(&s->lines);
    return GW_OK;
}


void
store_close(store_t *s)
{
    if (s->index_fd > 0) {
        (void) close(s->index_fd);
    }

    gw_buf_free(&s->lines);
}
