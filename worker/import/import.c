/*
 * `godwit import FILE [--list NAME|ID] [--map COLUMN=FIELD,...]
 * [--workspace N]`: contacts from CSV, batch by batch. A batch, its rejects
 * and the place in the file are one transaction: after a crash the same
 * command goes on where it stopped.
 *
 * Crash points: import_after_copy, import_before_commit, import_after_commit.
 */
#include "worker/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"

#define IMPORT_PRINT   (1024 * 1024)    /* bytes that the fingerprint reads */
#define IMPORT_COPY    (64 * 1024 * 1024)

static int
import_fail(import_t *i, int code, const char *fmt, const char *a)
{
    gw_buf_fmt(&i->why, fmt, a);
    return code;
}


static int
import_words(import_t *i)
{
    int    n;
    char **v;

    v = i->w->argv;
    i->workspace = 1;
    for (n = 0; n < i->w->argc; n++) {
        if (strcmp(v[n], "--list") == 0 && n + 1 < i->w->argc) {
            i->list = v[++n];
        } else if (strcmp(v[n], "--map") == 0 && n + 1 < i->w->argc) {
            i->map = v[++n];
        } else if (strcmp(v[n], "--workspace") == 0 && n + 1 < i->w->argc) {
            if (gw_str_int(gw_str_of(v[++n]), 1, INT32_MAX, &i->workspace)
                != GW_OK)
            {
                return import_fail(i, IMPORT_USAGE, "--workspace \"%s\" is "
                                   "no number", v[n]);
            }
        } else if (v[n][0] == '-' || i->file != NULL) {
            return import_fail(i, IMPORT_USAGE, "\"%s\" is not known; write "
                               "godwit import FILE [--list NAME] [--map "
                               "COLUMN=FIELD,...] [--workspace N]", v[n]);
        } else {
            i->file = v[n];
        }
    }

    return i->file != NULL ? IMPORT_OK
           : import_fail(i, IMPORT_USAGE, "%s", "no file is named");
}


/* SHA-256 over the size and the first bytes: the same file, or not. */
static int
import_fingerprint(import_t *i)
{
    char            size[32];
    ssize_t         n;
    struct stat     st;
    EVP_MD_CTX     *ctx;
    unsigned char  *head, md[32];

    i->fd = open(i->file, O_RDONLY | O_CLOEXEC);
    if (i->fd < 0 || fstat(i->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        gw_buf_fmt(&i->why, "%s cannot be opened: %s", i->file,
                   i->fd < 0 ? strerror(errno) : "it is no file");
        return IMPORT_INPUT;
    }

    head = malloc(IMPORT_PRINT);
    n = head != NULL ? pread(i->fd, head, IMPORT_PRINT, 0) : -1;
    ctx = EVP_MD_CTX_new();
    (void) snprintf(size, sizeof(size), "%lld:", (long long) st.st_size);

    if (n < 0 || ctx == NULL
        || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1
        || EVP_DigestUpdate(ctx, size, strlen(size)) != 1
        || EVP_DigestUpdate(ctx, head, (size_t) n) != 1
        || EVP_DigestFinal_ex(ctx, md, NULL) != 1)
    {
        n = -1;
    }

    if (n >= 2 && ((head[0] == 0xff && head[1] == 0xfe)
                   || (head[0] == 0xfe && head[1] == 0xff)))
    {
        n = -2;
    }

    EVP_MD_CTX_free(ctx);
    free(head);
    if (n < 0) {
        return import_fail(i, IMPORT_INPUT, n == -2
                           ? "%s is UTF-16; save it as UTF-8"
                           : "%s cannot be read", i->file);
    }

    gw_hex_encode((unsigned char *) i->print, md, 32);
    return IMPORT_OK;
}


/* Run for its effect or its first row; refusals are said. */
int
import_run(import_t *i, const db_query_t *q, const db_args_t *a,
    PGresult **res)
{
    int        rc;
    PGresult  *own;

    rc = db_run(i->db, q, a, &own);
    if (rc != GW_OK) {
        gw_buf_fmt(&i->why, "%s", rc == GW_EDB ? "the database went away; "
                   "run the same command again to go on"
                   : db_message(own));
    }

    if (res != NULL && rc == GW_OK) {
        *res = own;
    } else {
        PQclear(own);
    }

    return rc == GW_OK ? IMPORT_OK : rc == GW_EDB ? IMPORT_AWAY
                                                  : IMPORT_INPUT;
}


static long long
import_number(const PGresult *res, int column)
{
    long long  n;

    n = 0;
    (void) !gw_str_int(gw_str_of(PQgetvalue(res, 0, column)), 0, INT64_MAX,
                       &n);
    return n;
}


static int
import_find_list(import_t *i)
{
    int        rc;
    PGresult  *res;

    if (i->list == NULL) {
        return IMPORT_OK;
    }

    rc = import_run(i, &Q_IMPORT_LIST, &(db_args_t) {
                    { i->tenant, i->list }, 2 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    if (PQntuples(res) == 0) {
        PQclear(res);
        return import_fail(i, IMPORT_INPUT, "there is no list \"%s\"; make "
                           "it with godwit call lists_create", i->list);
    }

    (void) snprintf(i->list_id, sizeof(i->list_id), "%s",
                    PQgetvalue(res, 0, 0));
    PQclear(res);
    return IMPORT_OK;
}


/* Go on with an import of the same content that was cut off. */
static int
import_resume(import_t *i)
{
    int        rc;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_FIND, &(db_args_t) { { i->tenant, i->print,
                    i->list_id[0] ? i->list_id : NULL }, 3 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    if (PQntuples(res) == 1) {
        (void) snprintf(i->id, sizeof(i->id), "%s", PQgetvalue(res, 0, 0));
        i->pos = import_number(res, 1);
        i->line = (uint64_t) import_number(res, 2);
        i->rows = import_number(res, 3);
        i->created = import_number(res, 4);
        i->updated = import_number(res, 5);
        i->rejected = import_number(res, 6);
        i->reject_bytes = import_number(res, 8);
        fprintf(stderr, "import: going on after line %llu\n",
                (unsigned long long) i->line);
    }

    PQclear(res);
    return IMPORT_OK;
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
        gw_buf_fmt(&i->why, "%s cannot be written: %s", i->reject_path,
                   strerror(errno));
        return IMPORT_INPUT;
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

    gw_buf_fmt(&i->reject, "%llu,%u,", (unsigned long long) i->csv.line,
               column);
    import_cell(&i->reject, gw_str_of(why));
    gw_buf_char(&i->reject, ',');
    import_cell(&i->reject, gw_buf_view(&row));
    gw_buf_cstr(&i->reject, "\r\n");
    gw_buf_free(&row);
    i->rejected++;
}


/* Rejects reach the disk before the transaction that counts them. */
static int
import_write_rejects(import_t *i)
{
    ssize_t  n;

    if (i->reject.len == 0) {
        return IMPORT_OK;
    }

    n = pwrite(i->reject_fd, i->reject.data, i->reject.len, i->reject_bytes);
    if (n != (ssize_t) i->reject.len || fdatasync(i->reject_fd) != 0) {
        gw_buf_fmt(&i->why, "%s cannot be written: %s", i->reject_path,
                   strerror(errno));
        return IMPORT_INPUT;
    }

    i->reject_bytes += n;
    gw_buf_reset(&i->reject);
    return IMPORT_OK;
}


static int
import_copy(import_t *i)
{
    bool       good;
    PGconn    *conn;
    PGresult  *res;

    conn = db_conn(i->db);
    gw_buf_put(&i->copy, "\xff\xff", 2);
    res = PQexec(conn, Q_IMPORT_COPY.text);
    good = PQresultStatus(res) == PGRES_COPY_IN && !i->copy.failed;
    PQclear(res);

    good = good && PQputCopyData(conn, (char *) i->copy.data,
                                 (int) i->copy.len) == 1
           && PQputCopyEnd(conn, NULL) == 1;

    while ((res = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            good = false;
            gw_buf_cstr(&i->why, db_message(res));
        }
        PQclear(res);
    }

    return good ? IMPORT_OK : PQstatus(conn) == CONNECTION_BAD ? IMPORT_AWAY
                                                               : IMPORT_INPUT;
}


static int
import_progress(import_t *i)
{
    char  n[7][24];

    (void) snprintf(n[0], 24, "%lld", i->pos);
    (void) snprintf(n[1], 24, "%llu", (unsigned long long) i->line);
    (void) snprintf(n[2], 24, "%lld", i->rows);
    (void) snprintf(n[3], 24, "%lld", i->created);
    (void) snprintf(n[4], 24, "%lld", i->updated);
    (void) snprintf(n[5], 24, "%lld", i->rejected);
    (void) snprintf(n[6], 24, "%lld", i->reject_bytes);
    return import_run(i, &Q_IMPORT_PROGRESS, &(db_args_t) {
                      { i->tenant, i->id, n[0], n[1], n[2], n[3], n[4], n[5],
                        n[6] }, 9 }, NULL);
}


/* One transaction: the rows, the list, the place in the file. */
int
import_commit(import_t *i)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), now);
    rc = import_write_rejects(i);
    if (rc == IMPORT_OK && db_exec(i->db, Q_IMPORT_BEGIN.text) != GW_OK) {
        rc = import_fail(i, IMPORT_AWAY, "%s", "the database went away; run "
                         "the same command again to go on");
    }

    if (rc == IMPORT_OK && i->batch > 0) {
        rc = import_run(i, &Q_IMPORT_CLEAR, &(db_args_t) { { NULL }, 0 },
                        NULL);
        rc = rc == IMPORT_OK ? import_copy(i) : rc;
        worker_crash_point("import_after_copy");
        rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_DEDUPE, &(db_args_t) {
                               { NULL }, 0 }, NULL) : rc;
        rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_ANALYZE,
                               &(db_args_t) { { NULL }, 0 }, NULL) : rc;
        rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_UPSERT, &(db_args_t) {
                               { i->tenant, i->list_id[0] ? i->list_id : NULL,
                                 now }, 3 }, &res) : rc;
        if (rc == IMPORT_OK) {
            i->created += import_number(res, 0);
            i->updated += import_number(res, 1);
            PQclear(res);
        }
    }

    rc = rc == IMPORT_OK ? import_progress(i) : rc;
    worker_crash_point("import_before_commit");
    if (rc == IMPORT_OK && db_exec(i->db, Q_IMPORT_COMMIT.text) != GW_OK) {
        rc = import_fail(i, IMPORT_AWAY, "%s", "the database went away; run "
                         "the same command again to go on");
    }
    worker_crash_point("import_after_commit");

    i->batch = 0;
    gw_buf_reset(&i->copy);
    gw_buf_put(&i->copy, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\rimport: %lld rows, %lld rejected", i->rows,
                i->rejected);
    }

    return rc;
}


int
import_command(worker_t *w)
{
    int        rc;
    import_t  *i;

    i = calloc(1, sizeof(import_t));
    if (i == NULL) {
        return IMPORT_INPUT;
    }

    i->w = w;
    i->fd = i->reject_fd = -1;
    csv_init(&i->csv);
    gw_buf_init(&i->copy, IMPORT_COPY);
    gw_buf_put(&i->copy, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    gw_buf_init(&i->reject, IMPORT_COPY);
    gw_buf_init(&i->why, 2048);

    rc = import_words(i);
    rc = rc == IMPORT_OK ? import_fingerprint(i) : rc;
    (void) snprintf(i->tenant, sizeof(i->tenant), "%lld", i->workspace);
    if (rc == IMPORT_OK
        && db_open(&i->db, w, "gw_worker", &i->why) != GW_OK)
    {
        rc = IMPORT_AWAY;
    }

    rc = rc == IMPORT_OK ? import_find_list(i) : rc;
    rc = rc == IMPORT_OK ? import_resume(i) : rc;
    rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_TABLE, &(db_args_t) {
                           { NULL }, 0 }, NULL) : rc;
    rc = rc == IMPORT_OK ? import_read(i) : rc;
    rc = rc == IMPORT_OK ? import_finish(i) : rc;

    if (rc != IMPORT_OK) {
        fprintf(stderr, "import: %s\n", gw_buf_c(&i->why));
    }

    db_close(i->db);
    csv_free(&i->csv);
    import_map_free(&i->columns);
    gw_buf_free(&i->copy);
    gw_buf_free(&i->reject);
    gw_buf_free(&i->why);
    if (i->fd >= 0) {
        (void) close(i->fd);
    }
    if (i->reject_fd >= 0) {
        (void) close(i->reject_fd);
    }
    free(i);
    return rc;
}
