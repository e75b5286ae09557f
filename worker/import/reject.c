/* The reject file: refused rows with line, column and reason. */
#include "worker/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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


/* The reject file is cut to what is committed. */
int
import_open_rejects(import_t *i)
{
    char  tail[64];

    (void) snprintf(tail, sizeof(tail), "files/import-%lld-%s-rejects.csv",
                    i->workspace, i->id);
    if (gw_conf_path(&i->w->conf, tail, i->reject_path,
                     sizeof(i->reject_path)) != GW_OK)
    {
        return IMPORT_INPUT;
    }

    i->reject_fd = open(i->reject_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (i->reject_fd < 0 || ftruncate(i->reject_fd, i->reject_bytes) != 0) {
        return import_no_rejects(i);
    }

    if (i->reject_bytes == 0) {
        gw_buf_cstr(&i->reject, "line,column,reason,original\r\n");
    }

    return IMPORT_OK;
}


/* A field of the reject file: quoted, and no formula for a spreadsheet. */
static void
import_cell(gw_buf_t *out, gw_str_t s)
{
    size_t  n;

    gw_buf_char(out, '"');
    if (s.len > 0 && memchr("=+-@\t\r", s.data[0], 6) != NULL) {
        gw_buf_char(out, '\'');
    }
    for (n = 0; n < s.len; n++) {
        if (s.data[n] == '"') {
            gw_buf_char(out, '"');
        }
        gw_buf_char(out, s.data[n]);
    }
    gw_buf_char(out, '"');
}


void
import_reject_line(import_t *i, long long line, unsigned column,
    const char *why, gw_str_t original)
{
    gw_buf_fmt(&i->reject, "%lld,%u,", line, column);
    import_cell(&i->reject, gw_str_of(why));
    gw_buf_char(&i->reject, ',');
    import_cell(&i->reject, original);
    gw_buf_cstr(&i->reject, "\r\n");
    i->rejected++;
}


void
import_reject(import_t *i, const char *why, unsigned column)
{
    unsigned  n;
    gw_str_t  s;
    gw_buf_t  row;

    gw_buf_init(&row, 4096);
    for (n = 0; n < i->csv.n && !row.failed; n++) {
        s = csv_field(&i->csv, n);
        gw_buf_cstr(&row, n > 0 ? "," : "");
        gw_buf_put(&row, s.data, s.len < 1000 ? s.len : 1000);
    }

    import_reject_line(i, (long long) i->csv.line, column, why,
                       gw_buf_view(&row));
    gw_buf_free(&row);
}


/* Rejects reach the disk before the transaction that counts them. */
int
import_write_rejects(import_t *i)
{
    size_t   done;
    ssize_t  n;

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
