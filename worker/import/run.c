/* The way through the file: header, rows, batches, the end. */
#include "worker/import/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"


/* The header row, and the import's row in Postgres when it is a new one. */
static int
import_header(import_t *i)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    gw_buf_t   mapping;
    PGresult  *res;

    gw_buf_init(&mapping, 4 * 1024 * 1024);
    gw_buf_fmt(&i->why, "%s:1: ", i->file);
    rc = IMPORT_OK;
    if (i->reader.row.wrong != NULL) {
        gw_buf_cstr(&i->why, i->reader.row.wrong);
        rc = IMPORT_INPUT;
    } else if (import_map_read(&i->columns, &i->reader.row, i->map,
                               i->job != NULL ? "the parameter columns"
                               : "--map", i->kind->headed, &mapping, &i->why)
               != GW_OK)
    {
        rc = IMPORT_INPUT;
    } else {
        gw_buf_reset(&i->why);
    }

    if (rc == IMPORT_OK && i->id[0] == '\0') {
        gw_clock_print(gw_clock_us(), now);
        rc = import_run(i, &Q_IMPORT_NEW, &(db_args_t) { { i->tenant,
                        i->list_id[0] ? i->list_id : NULL, i->source, i->print,
                        gw_buf_c(&mapping), now, i->kind->name }, 7 }, &res);
        if (rc == IMPORT_OK) {
            (void) snprintf(i->id, sizeof(i->id), "%s",
                            PQgetvalue(res, 0, 0));
            PQclear(res);
        }
    }

    rc = rc == IMPORT_OK && i->reason == NULL ? import_fields(i) : rc;
    rc = rc == IMPORT_OK ? import_open_rejects(i) : rc;
    rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_HEADER, &(db_args_t) {
                           { i->tenant, i->id, i->reject_path,
                             gw_buf_c(&mapping), i->host }, 5 }, NULL) : rc;
    gw_buf_free(&mapping);
    i->started = true;
    return rc;
}


static void
import_take_row(import_t *i)
{
    unsigned     column;
    const char  *why;

    i->line = i->reader.row.at_line - 1;
    if (i->reader.row.n == 1 && csv_field(&i->reader.row, 0).len == 0
        && i->reader.row.wrong == NULL)
    {
        return;                         /* an empty line */
    }

    i->rows++;
    why = i->reader.row.wrong;
    column = i->reader.row.wrong_column;
    if (why == NULL) {
        why = import_row(&i->columns, &i->key, &i->reader.row, &i->made,
                         &column);
    }

    if (why != NULL) {
        import_reject(i, why, column);
        return;
    }

    i->place[i->batch].line = i->reader.row.line;
    i->place[i->batch].at = i->pos;
    i->batch++;
}


/* A chunk at file offset `at`; i->pos follows the rows that are done. */
static int
import_chunk(import_t *i, gw_str_t in, long long at, bool last)
{
    int     rc;
    size_t  used;

    if (at == 0 && in.len >= 3 && memcmp(in.data, "\xef\xbb\xbf", 3) == 0) {
        in.data += 3;
        in.len -= 3;
        at += 3;
        i->pos = i->started ? at : i->pos;
    }

    for ( ;; ) {
        rc = reader_feed(&i->reader, in, last, &used);
        in.data += used;
        in.len -= used;
        at += (long long) used;
        if (rc != GW_OK) {
            return IMPORT_OK;
        }

        if (!i->started) {
            rc = import_header(i);
            if (rc != IMPORT_OK || i->pos > at) {
                i->resume = i->pos > at;
                return rc;
            }
            i->pos = at;
            continue;
        }

        import_take_row(i);
        i->pos = at;
        if (i->batch == IMPORT_BATCH || i->made.copy.len > IMPORT_BYTES
            || i->made.others.len > IMPORT_BYTES
            || i->reject.len > IMPORT_BYTES)
        {
            rc = import_commit(i);
            if (rc != IMPORT_OK) {
                return rc;
            }
            import_pace(i);
        }
    }
}


/* A file without a header row: its fields are ours, it goes on at once. */
static int
import_headless(import_t *i)
{
    int       rc;
    uint64_t  line;

    line = i->line;
    if (i->map != NULL && !i->kind->mapped) {
        return import_fail(i, IMPORT_INPUT, "%s names columns; a vCard has "
                           "none", i->job != NULL ? "the parameter columns"
                                                  : "--map");
    }

    reader_header(&i->reader);
    rc = import_header(i);
    reader_at(&i->reader, line + 1);
    return rc;
}


int
import_read(import_t *i)
{
    int        rc;
    ssize_t    n;
    uint64_t   line;
    long long  at;

    at = i->kind->headed ? 0 : i->pos;
    line = i->line;
    reader_init(&i->reader, i->kind, i->map);
    i->since = gw_clock_ms();
    rc = import_run(i, &Q_IMPORT_TABLE, &(db_args_t) { { NULL }, 0 }, NULL);
    if (rc == IMPORT_OK && !i->kind->headed) {
        rc = import_headless(i);
    }
    if (rc != IMPORT_OK) {
        return rc;
    }

    do {
        n = pread(i->fd, i->chunk, IMPORT_CHUNK, at);
        if (n < 0) {
            gw_buf_fmt(&i->why, "%s cannot be read", i->file);
            return IMPORT_INPUT;
        }

        rc = import_chunk(i, gw_str_make(i->chunk, (size_t) n), at, n == 0);
        at += n;

        if (i->resume) {                /* the header is known: jump */
            i->resume = false;
            at = i->pos;
            reader_at(&i->reader, line + 1);
        }
    } while (rc == IMPORT_OK && n > 0);

    if (rc == IMPORT_OK && !i->started) {
        gw_buf_fmt(&i->why, "%s is empty", i->file);
        return IMPORT_INPUT;
    }

    return rc == IMPORT_OK ? import_commit(i) : rc;
}
