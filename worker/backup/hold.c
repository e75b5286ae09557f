/* Segments and files of the journal, held open and then copied. */
#include "worker/backup/hold.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_codec.h"
#include "shm/gw_spool.h"

#define HOLD_NAME  64

typedef struct hold_file_s  hold_file_t;

struct hold_file_s {
    hold_file_t        *next;
    gw_spool_reader_t  *segment;        /* or NULL: of the journal, fd      */
    int                 fd;
    char                path[HOLD_NAME + 16];
};

struct hold_s {
    hold_file_t  *files;
    char          spool[256], journal[256];
};

/* The bytes of a segment up to its last record. */
typedef struct {
    const gw_spool_reader_t  *segment;
    uint64_t                  at, end;
} hold_bytes_t;


int
hold_create(hold_t **hold, const gw_conf_t *conf, gw_buf_t *err)
{
    hold_t         *h;
    struct rlimit   files;

    h = calloc(1, sizeof(hold_t));
    if (h == NULL
        || gw_conf_path(conf, "spool", h->spool, sizeof(h->spool)) != GW_OK
        || gw_conf_path(conf, "journal", h->journal, sizeof(h->journal))
           != GW_OK)
    {
        free(h);
        gw_buf_cstr(err, gw_strerror(GW_ENOMEM));
        return GW_ENOMEM;
    }

    /* a long backlog is many files */

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void) setrlimit(RLIMIT_NOFILE, &files);
    }

    *hold = h;
    return GW_OK;
}


void
hold_free(hold_t *h)
{
    hold_file_t  *f;

    while (h != NULL && (f = h->files) != NULL) {
        h->files = f->next;
        if (f->segment != NULL) {
            gw_spool_reader_close(f->segment);
        }
        if (f->fd != -1) {
            (void) close(f->fd);
        }
        free(f);
    }

    free(h);
}


static bool
hold_has(const hold_t *h, const char *path)
{
    const hold_file_t  *f;

    for (f = h->files; f != NULL; f = f->next) {
        if (strcmp(f->path, path) == 0) {
            return true;
        }
    }

    return false;
}


/* One that has gone since is drained, or settled: it is not wanted. */
static int
hold_open(hold_t *h, const char *dir, const char *name, bool segment,
    gw_buf_t *err)
{
    int           rc;
    char          path[512];
    hold_file_t  *f;

    f = calloc(1, sizeof(hold_file_t));
    if (f == NULL) {
        gw_buf_cstr(err, gw_strerror(GW_ENOMEM));
        return GW_ENOMEM;
    }

    f->fd = -1;
    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void) snprintf(f->path, sizeof(f->path), "%s/%s",
                    segment ? "spool" : "journal", name);

    if (hold_has(h, f->path)) {
        free(f);
        return GW_OK;
    }

    if (segment) {
        rc = gw_spool_reader_peek(&f->segment, path);
    } else {
        f->fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        rc = f->fd != -1 ? GW_OK : GW_ESYS;
    }

    if (rc == GW_OK) {
        f->next = h->files;
        h->files = f;
        return GW_OK;
    }

    free(f);

    /* no segment at all: the drain puts it aside */

    if (rc == GW_ECORRUPT || rc == GW_EVERSION
        || (rc == GW_ESYS && errno == ENOENT))
    {
        return GW_OK;
    }

    gw_buf_fmt(err, "cannot read %s: %s", path, rc == GW_ESYS
               ? strerror(errno) : gw_strerror(rc));
    return rc;
}


static int
hold_folder(hold_t *h, const char *dir, bool segments, gw_buf_t *err)
{
    int             rc;
    DIR            *d;
    size_t          n;
    const char     *tail = segments ? ".seg" : ".log";
    struct dirent  *e;

    d = opendir(dir);
    if (d == NULL && errno == ENOENT) {
        return GW_OK;                   /* it is not there yet */
    }

    if (d == NULL) {
        gw_buf_fmt(err, "cannot read the folder %s: %s", dir, strerror(errno));
        return GW_ESYS;
    }

    for (rc = GW_OK; rc == GW_OK && (e = readdir(d)) != NULL; ) {
        n = strlen(e->d_name);
        if (e->d_name[0] != '.' && n >= 4 && n < HOLD_NAME
            && (strcmp(e->d_name + n - 4, tail) == 0
                || (!segments && strcmp(e->d_name, "host") == 0)))
        {
            rc = hold_open(h, dir, e->d_name, segments, err);
        }
    }

    (void) closedir(d);
    return rc;
}


int
hold_look(hold_t *h, gw_buf_t *err)
{
    int  rc;

    rc = hold_folder(h, h->journal, false, err);

    return rc == GW_OK ? hold_folder(h, h->spool, true, err) : rc;
}


static int
hold_read(void *arg, unsigned char *p, size_t size, size_t *n)
{
    gw_str_t       bytes;
    hold_bytes_t  *b = arg;

    *n = size < b->end - b->at ? size : (size_t) (b->end - b->at);
    bytes = gw_spool_reader_at(b->segment, b->at, *n);
    if (bytes.len != *n) {
        return GW_ECORRUPT;
    }

    if (*n > 0) {
        memcpy(p, bytes.data, *n);

        /* its writer may have closed it since, behind more than is copied */

        if (b->at == 0) {
            memset(p + offsetof(gw_spool_header_t, end), 0, sizeof(uint64_t));
        }

        gw_spool_reader_forget(b->segment, b->at, *n);
    }

    b->at += *n;
    return GW_OK;
}


/* Is all of it in Postgres, as the backup sees that? */
static int
hold_is_drained(const hold_file_t *f, db_t *db, bool *drained, gw_buf_t *err)
{
    int            rc;
    char           id[33];
    PGresult      *res;

    gw_hex_encode((unsigned char *) id, gw_spool_reader_header(f->segment)->id,
                  16);
    id[32] = '\0';
    rc = db_run(db, &Q_INGEST_POS, &(db_args_t) { { id }, 1 }, &res);
    *drained = rc == GW_OK && PQntuples(res) == 1
               && strcmp(PQgetvalue(res, 0, 1), "drained") == 0;
    if (rc != GW_OK) {
        gw_buf_fmt(err, "cannot ask how far the spool is drained: %s",
                   db_message(res));
    }

    PQclear(res);
    return rc;
}


/*
 * Up to its last whole record: its writer may be adding one. Where it is
 * damaged all of it is taken, for the drain to put aside.
 */
static int
hold_segment(const hold_file_t *f, backup_t *b, db_t *db, gw_buf_t *err)
{
    int                    rc;
    bool                   drained;
    gw_str_t               body;
    hold_bytes_t           bytes = { f->segment, 0, 0 };
    const gw_spool_rec_t  *rec;

    rc = hold_is_drained(f, db, &drained, err);
    if (rc != GW_OK || drained) {
        return rc;
    }

    do {
        rc = gw_spool_reader_next(f->segment, &rec, &body);
    } while (rc == GW_OK);

    bytes.end = rc == GW_ECORRUPT
                && gw_spool_reader_state(f->segment) != GW_SPOOL_OPEN
                ? gw_spool_reader_header(f->segment)->size
                : gw_spool_reader_pos(f->segment);
    if (bytes.end < GW_SPOOL_HEADER) {
        bytes.end = GW_SPOOL_HEADER;
    }

    return backup_put(b, f->path, hold_read, &bytes,
                      gw_spool_reader_header(f->segment)->size, err);
}


int
hold_put(hold_t *h, backup_t *b, db_t *db, gw_buf_t *err)
{
    int                 rc;
    const hold_file_t  *f;

    for (f = h->files, rc = GW_OK; rc == GW_OK && f != NULL; f = f->next) {
        rc = f->segment != NULL ? hold_segment(f, b, db, err)
                                : backup_put_fd(b, f->path, f->fd, err);
    }

    return rc;
}
