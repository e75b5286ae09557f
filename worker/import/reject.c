/*
 * The reject file: refused rows behind line, column and reason, under their
 * own header. Who mends it imports it as it is: header.c knows it by its
 * first three columns.
 */
#include "worker/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


static int
import_no_rejects(import_t *i)
{
    i->passes = true;
    gw_buf_fmt(&i->why, "%s cannot be written: %s", i->reject_path,
               strerror(errno));
    gw_buf_cstr(&i->why, i->job != NULL ? "" : "; make it writable and run the "
                "same command again");
    return IMPORT_INPUT;
}


/* What root makes is the folder's owner's: the roles read and erase in it. */
static int
import_give_rejects(const import_t *i)
{
    char         folder[sizeof(i->reject_path)];
    struct stat  st;

    if (geteuid() != 0) {
        return 0;
    }

    return gw_conf_path(&i->w->conf, "files", folder, sizeof(folder)) == GW_OK
           && stat(folder, &st) == 0
           ? fchown(i->reject_fd, st.st_uid, st.st_gid) : -1;
}


/* The reject file is cut to what is committed. */
int
import_open_rejects(import_t *i)
{
    char      tail[64];
    unsigned  n;

    (void) snprintf(tail, sizeof(tail), "files/import-%lld-%s-rejects.csv",
                    i->workspace, i->id);
    if (gw_conf_path(&i->w->conf, tail, i->reject_path,
                     sizeof(i->reject_path)) != GW_OK)
    {
        return IMPORT_INPUT;
    }

    i->reject_fd = open(i->reject_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (i->reject_fd < 0 || ftruncate(i->reject_fd, i->reject_bytes) != 0
        || import_give_rejects(i) != 0)
    {
        return import_no_rejects(i);
    }

    if (i->reject_bytes == 0) {
        gw_buf_cstr(&i->reject, "line,column,reason");
        for (n = i->columns.own; n < i->columns.n; n++) {
            gw_buf_char(&i->reject, ',');
            csv_put_cell(&i->reject, gw_str_of(i->columns.name[n]));
        }
        gw_buf_cstr(&i->reject, "\r\n");
    }

    return IMPORT_OK;
}


/* Its own cells follow the reason as they were: to be mended and sent again. */
static void
import_reject_row(import_t *i, const csv_t *row, const char *why,
    unsigned column)
{
    unsigned  n;

    gw_buf_fmt(&i->reject, "%lld,%u,", (long long) row->line, column);
    csv_put_cell(&i->reject, gw_str_of(why));
    for (n = i->columns.own; n < row->n; n++) {
        gw_buf_char(&i->reject, ',');
        csv_put_cell(&i->reject, import_field(&i->columns, row, n));
    }
    gw_buf_cstr(&i->reject, "\r\n");
    i->rejected++;
}


void
import_reject(import_t *i, const char *why, unsigned column)
{
    import_reject_row(i, &i->reader.row, why, column);
}


static int
import_place_cmp(const void *a, const void *b)
{
    const import_place_t  *x = a, *y = b;

    return x->line < y->line ? -1 : x->line > y->line;
}


/* Its cells are read from the file once more. */
static void
import_reject_line(import_t *i, uint64_t line, const char *why)
{
    int              rc;
    size_t           used;
    ssize_t          n;
    reader_t         reader;
    long long        at;
    unsigned char    chunk[16384];
    import_place_t  *place, key;

    reader_init(&reader, i->kind, i->map);
    reader_at(&reader, line);
    key = (import_place_t) { .line = line };
    place = bsearch(&key, i->place, i->batch, sizeof(key), import_place_cmp);
    at = place != NULL ? place->at : i->size;

    do {
        n = pread(i->fd, chunk, sizeof(chunk), at);
        rc = n < 0 ? GW_ESYS
             : reader_feed(&reader, gw_str_make(chunk, (size_t) n), n == 0,
                           &used);
        at += n;
    } while (rc == GW_EAGAIN && n > 0);

    reader.row.line = line;             /* blank lines may stand before it */
    import_reject_row(i, &reader.row, why, 1);
    reader_free(&reader);
}


void
import_reject_lines(import_t *i, const char *list, const char *why)
{
    size_t   n;
    json_t  *lines;

    lines = json_loads(list, 0, NULL);
    for (n = 0; n < json_array_size(lines); n++) {
        import_reject_line(i, (uint64_t) json_integer_value(
                                  json_array_get(lines, n)), why);
    }

    json_decref(lines);
}


/* Rejects reach the disk before the transaction that counts them. */
int
import_write_rejects(import_t *i)
{
    size_t   done;
    ssize_t  n;

    if (i->reject.failed) {
        errno = ENOMEM;
        return import_no_rejects(i);
    }

    done = 0;
    while (done < i->reject.len) {
        n = pwrite(i->reject_fd, i->reject.data + done, i->reject.len - done,
                   i->reject_bytes + (long long) done);
        if (n <= 0) {
            break;
        }
        done += (size_t) n;
    }

    if (done < i->reject.len || (done > 0 && fdatasync(i->reject_fd) != 0)) {
        return import_no_rejects(i);
    }

    i->reject_bytes += (long long) done;
    gw_buf_reset(&i->reject);
    return IMPORT_OK;
}
