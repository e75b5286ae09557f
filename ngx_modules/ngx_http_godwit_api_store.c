/*
 * Files that are sent in: written below <state>/files/tmp, brought to the disk
 * by a thread and named below files/up. A row follows or an hour later cron
 * removes the file.
 */
#include "ngx_http_godwit_api_store.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "shm/gw_codec.h"

#define NGX_HTTP_GODWIT_STORE_CHUNK  65536

typedef struct {
    ngx_http_godwit_store_file_t  *file;
    ngx_http_godwit_store_pt       handler;
} ngx_http_godwit_store_task_t;


ngx_str_t
ngx_http_godwit_store_host(ngx_http_request_t *r)
{
    char         path[NGX_HTTP_GODWIT_STORE_PATH];
    ssize_t      n;
    ngx_fd_t     fd;
    ngx_str_t    host;
    gw_conf_t   *conf;

    static u_char  name[NGX_HTTP_GODWIT_STORE_HOST];
    static size_t  known;

    conf = &ngx_http_godwit_process->conf->conf;

    if (known == 0
        && gw_conf_path(conf, "journal/host", path, sizeof(path)) == GW_OK)
    {
        fd = ngx_open_file(path, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

        if (fd != NGX_INVALID_FILE) {
            n = ngx_read_fd(fd, name, sizeof(name));
            known = n == sizeof(name) ? sizeof(name) : 0;
            (void) ngx_close_file(fd);
        }
    }

    host.data = name;
    host.len = known;

    return host;
}


ngx_int_t
ngx_http_godwit_store_path(u_char *out, const char *dir, ngx_str_t *tail)
{
    u_char  *p, *last;

    last = out + NGX_HTTP_GODWIT_STORE_PATH;
    p = ngx_slprintf(out, last, "%*s/files/%s%V",
                     ngx_http_godwit_process->conf->conf.state.len,
                     ngx_http_godwit_process->conf->conf.state.data, dir,
                     tail);
    if (p == last) {
        return NGX_ERROR;
    }

    *p = '\0';

    return NGX_OK;
}


/* 16 bytes of chance in hex. */
static ngx_int_t
ngx_http_godwit_store_chance(u_char name[NGX_HTTP_GODWIT_STORE_NAME + 1])
{
    u_char  bytes[NGX_HTTP_GODWIT_STORE_NAME / 2];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return NGX_ERROR;
    }

    gw_hex_encode(name, bytes, sizeof(bytes));
    name[NGX_HTTP_GODWIT_STORE_NAME] = '\0';

    return NGX_OK;
}


/* The folders are made when the first file comes. */
static ngx_fd_t
ngx_http_godwit_store_create(u_char *path)
{
    ngx_fd_t    fd;
    ngx_uint_t  n;
    u_char      dir[NGX_HTTP_GODWIT_STORE_PATH];

    static ngx_str_t   none = ngx_null_string;
    static const char *dirs[] = { "tmp", "up", NULL };

    fd = open((char *) path, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0640);

    if (fd != NGX_INVALID_FILE || ngx_errno != NGX_ENOENT) {
        return fd;
    }

    for (n = 0; dirs[n] != NULL; n++) {
        if (ngx_http_godwit_store_path(dir, dirs[n], &none) == NGX_OK) {
            (void) ngx_create_dir(dir, 0750);
        }
    }

    return open((char *) path, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0640);
}


ngx_http_godwit_store_file_t *
ngx_http_godwit_store_open(ngx_http_request_t *r)
{
    ngx_str_t                      name;
    ngx_pool_cleanup_t            *cln;
    ngx_http_godwit_store_file_t  *f;

    f = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_store_file_t));
    if (f == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pool_cleanup_file_t));
    if (cln == NULL || ngx_http_godwit_store_chance(f->name) != NGX_OK) {
        return NULL;
    }

    name.data = f->name;
    name.len = NGX_HTTP_GODWIT_STORE_NAME;
    if (ngx_http_godwit_store_path(f->path, "tmp/", &name) != NGX_OK) {
        return NULL;
    }

    f->file.name.data = ngx_pnalloc(r->pool, sizeof(f->path));
    if (f->file.name.data == NULL) {
        return NULL;
    }

    ngx_memcpy(f->file.name.data, f->path, sizeof(f->path));
    f->file.name.len = ngx_strlen(f->path);
    f->file.log = r->connection->log;
    f->file.fd = ngx_http_godwit_store_create(f->file.name.data);

    if (f->file.fd == NGX_INVALID_FILE) {
        f->err = ngx_errno;
        ngx_log_error(NGX_LOG_ERR, r->connection->log, f->err,
                      "cannot make \"%V\"", &f->file.name);
        return f;
    }

    f->temp = cln->data;
    f->temp->fd = f->file.fd;
    f->temp->name = f->file.name.data;
    f->temp->log = r->pool->log;
    cln->handler = ngx_pool_delete_file;

    return f;
}


ngx_int_t
ngx_http_godwit_store_write(ngx_http_godwit_store_file_t *f, u_char *data,
    size_t len)
{
    ssize_t  n;

    while (len > 0) {
        n = pwrite(f->file.fd, data, len, f->size);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n <= 0) {
            f->err = n == 0 ? NGX_ENOSPC : ngx_errno;
            ngx_log_error(NGX_LOG_ERR, f->file.log, f->err,
                          "cannot write \"%V\"", &f->file.name);
            return NGX_ERROR;
        }

        f->size += n;
        data += n;
        len -= n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_store_failed(ngx_http_godwit_store_file_t *f,
    const char *what)
{
    f->err = ngx_errno;
    f->failed = what;

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_godwit_store_hash(ngx_http_godwit_store_file_t *f)
{
    off_t       at;
    u_char      chunk[NGX_HTTP_GODWIT_STORE_CHUNK];
    ssize_t     n;
    SHA256_CTX  sha;

    SHA256_Init(&sha);

    for (at = 0; at < f->size; at += n) {
        n = pread(f->file.fd, chunk, sizeof(chunk), at);
        if (n <= 0) {
            return ngx_http_godwit_store_failed(f, "read");
        }
        SHA256_Update(&sha, chunk, n);
    }

    SHA256_Final(f->hash, &sha);

    return NGX_OK;
}


/* The names in a folder below files. */
static ngx_int_t
ngx_http_godwit_store_sync(ngx_http_godwit_store_file_t *f, const char *dir)
{
    u_char     path[NGX_HTTP_GODWIT_STORE_PATH];
    ngx_fd_t   fd;
    ngx_int_t  rc;

    static ngx_str_t  none = ngx_null_string;

    if (ngx_http_godwit_store_path(path, dir, &none) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = open((char *) path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    rc = fd == -1 || fsync(fd) == -1
         ? ngx_http_godwit_store_failed(f, "sync the folder of") : NGX_OK;
    if (fd != -1) {
        (void) close(fd);
    }

    return rc;
}


static ngx_int_t
ngx_http_godwit_store_settle(ngx_http_godwit_store_file_t *f)
{
    ngx_str_t  name;

    if (ngx_http_godwit_store_hash(f) != NGX_OK) {
        return NGX_ERROR;
    }

    name.data = f->name;
    name.len = NGX_HTTP_GODWIT_STORE_NAME;

    if (ngx_http_godwit_store_path(f->path, "up/", &name) != NGX_OK) {
        return NGX_ERROR;
    }

    if (fdatasync(f->file.fd) == -1) {
        return ngx_http_godwit_store_failed(f, "sync");
    }

    if (rename((char *) f->file.name.data, (char *) f->path) == -1) {
        return ngx_http_godwit_store_failed(f, "rename");
    }

    /* the folder itself may be new, made by this process or by another */
    return ngx_http_godwit_store_sync(f, "up") == NGX_OK
           ? ngx_http_godwit_store_sync(f, "") : NGX_ERROR;
}


static void
ngx_http_godwit_store_work(void *data)
{
    ngx_http_godwit_store_task_t  *t = data;

    if (ngx_http_godwit_store_settle(t->file) != NGX_OK
        && t->file->failed == NULL)
    {
        t->file->failed = "name";
    }
}


static void
ngx_http_godwit_store_worked(ngx_http_request_t *r, void *data)
{
    ngx_int_t                      rc;
    ngx_http_godwit_store_task_t  *t = data;

    rc = NGX_OK;

    if (t->file->failed != NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, t->file->err,
                      "cannot %s \"%V\"", t->file->failed,
                      &t->file->file.name);
        rc = NGX_ERROR;
    }

    t->handler(r, rc);
}


ngx_int_t
ngx_http_godwit_store_keep(ngx_http_request_t *r,
    ngx_http_godwit_store_file_t *f, ngx_http_godwit_store_pt handler)
{
    ngx_http_godwit_api_ctx_t     *ctx;
    ngx_http_godwit_store_task_t  *t;

    /* a file that has come in is not refused: how many come is bounded */
    static ngx_http_godwit_turns_t  turns = {
        .at_once = 2,
        .room = NGX_MAX_UINT32_VALUE,
        .each = NGX_MAX_UINT32_VALUE
    };

    t = ngx_palloc(r->pool, sizeof(ngx_http_godwit_store_task_t));
    if (t == NULL) {
        return NGX_ERROR;
    }

    t->file = f;
    t->handler = handler;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    return ngx_http_godwit_thread(r, &turns, ctx->tenant,
                                  ngx_http_godwit_store_work,
                                  ngx_http_godwit_store_worked, t);
}
