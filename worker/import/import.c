/*
 * `godwit import FILE [--list NAME|ID] [--map COLUMN=FIELD,...]
 * [--format csv|ndjson|vcard] [--workspace N]`: contacts from a file, batch by
 * batch. A batch, its rejects and the place in the file are one transaction:
 * after a crash the same command goes on where it stopped.
 *
 * Crash points: import_after_copy, import_before_commit, import_after_commit.
 */
#include "worker/import/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/db_set.h"

#define IMPORT_COPY    (64 * 1024 * 1024)
#define IMPORT_TRIES   10               /* of a batch that met another's */

/* how a binary COPY begins */
static const char  import_head[IMPORT_HEAD] =
    "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";


int
import_fail(import_t *i, int code, const char *fmt, const char *a)
{
    gw_buf_fmt(&i->why, fmt, a);
    return code;
}


int
import_away(import_t *i)
{
    gw_buf_reset(&i->why);
    return import_fail(i, IMPORT_AWAY, "the database went away%s",
                       i->job != NULL ? "" : "; run the same command again to "
                       "go on");
}


/* Somebody else wrote the same people meanwhile: unique, deadlock. */
static bool
import_met(const char *sqlstate)
{
    return strcmp(sqlstate, "23505") == 0 || strcmp(sqlstate, "40P01") == 0
           || strcmp(sqlstate, "40001") == 0;
}


/*
 * What a refusal means: tried again at once, later, or never. A batch that
 * takes too long is one of the tries of its operation, unless others before it
 * went through since this one began.
 */
static void
import_refused(import_t *i, const PGresult *res)
{
    i->met = import_met(db_state(res));
    i->passes = job_passes(db_state(res));
    if (i->job != NULL) {
        i->job->slow = !i->moved && job_counts(db_state(res));
    }

    gw_buf_cstr(&i->why, db_message(res));
}


/* Run for its effect or its first row; refusals are said. */
int
import_run(import_t *i, const db_query_t *q, const db_args_t *a,
    PGresult **res)
{
    int        rc;
    PGresult  *own;

    rc = db_run(i->db, q, a, &own);
    i->met = false;
    if (rc == GW_ERROR) {
        import_refused(i, own);
    }

    if (res != NULL && rc == GW_OK) {
        *res = own;
    } else {
        PQclear(own);
    }

    return rc == GW_OK ? IMPORT_OK : rc == GW_EDB ? import_away(i)
                                                  : IMPORT_INPUT;
}


int
import_exec(import_t *i, const db_query_t *q)
{
    return db_exec(i->db, q->text) == GW_OK ? IMPORT_OK : import_away(i);
}


long long
import_number(const PGresult *res, int column)
{
    long long  n;

    n = 0;
    (void) !gw_str_int(gw_str_of(PQgetvalue(res, 0, column)), 0, INT64_MAX,
                       &n);
    return n;
}


int
import_copy(import_t *i, const db_query_t *q, const gw_buf_t *rows)
{
    bool       good, away;
    PGconn    *conn;
    PGresult  *res;

    conn = db_conn(i->db);
    res = PQexec(conn, q->text);
    good = PQresultStatus(res) == PGRES_COPY_IN && !rows->failed;
    away = false;
    PQclear(res);

    good = good && PQputCopyData(conn, (char *) rows->data,
                                 (int) rows->len) == 1
           && PQputCopyEnd(conn, NULL) == 1;

    while ((res = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            good = false;
            away = away || db_is_away(conn, res);
            import_refused(i, res);
        }
        PQclear(res);
    }

    away = away || PQstatus(conn) == CONNECTION_BAD;
    return good ? IMPORT_OK : away ? import_away(i) : IMPORT_INPUT;
}


static int
import_progress(import_t *i)
{
    int   rc;
    char  n[7][24];

    (void) snprintf(n[0], 24, "%lld", i->pos);
    (void) snprintf(n[1], 24, "%llu", (unsigned long long) i->line);
    (void) snprintf(n[2], 24, "%lld", i->rows);
    (void) snprintf(n[3], 24, "%lld", i->created);
    (void) snprintf(n[4], 24, "%lld", i->updated);
    (void) snprintf(n[5], 24, "%lld", i->rejected);
    (void) snprintf(n[6], 24, "%lld", i->reject_bytes);
    rc = import_run(i, &Q_IMPORT_PROGRESS, &(db_args_t) {
                    { i->tenant, i->id, n[0], n[1], n[2], n[3], n[4], n[5],
                      n[6] }, 9 }, NULL);

    if (rc == IMPORT_OK && i->job != NULL) {
        i->end = job_step(i->job, i->pos, i->size);
        rc = i->end == JOB_LOST || i->end == JOB_AGAIN ? IMPORT_ENDED : rc;
    }

    return rc;
}


/* The batch as contacts, within the quota of the workspace. */
static int
import_people(import_t *i, int64_t us, const char *now)
{
    int        rc;
    char       rows[24], created[24];
    long long  before;

    before = i->created;
    (void) snprintf(rows, sizeof(rows), "%u", i->batch);
    rc = import_fields_same(i);
    rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_QUOTA_LOCK, &(db_args_t) {
                           { i->tenant, rows, now }, 3 }, NULL) : rc;
    rc = rc == IMPORT_OK ? import_contacts(i, us, now) : rc;
    (void) snprintf(created, sizeof(created), "%lld", i->created - before);
    return rc == IMPORT_OK ? import_run(i, &Q_IMPORT_QUOTA, &(db_args_t) {
                             { i->tenant, created, now }, 3 }, NULL) : rc;
}


/*
 * One transaction: the rows, the list, the place in the file. The rejects are
 * on disk before it commits; what a crash leaves of them is cut off.
 */
static int
import_transaction(import_t *i)
{
    int      rc;
    char     now[GW_RFC3339_LEN + 1];
    int64_t  us;

    us = gw_clock_us();
    gw_clock_print(us, now);
    rc = import_exec(i, &Q_IMPORT_BEGIN);
    if (rc == IMPORT_OK && i->batch > 0) {
        rc = i->reason != NULL ? import_suppress(i, now)
                               : import_people(i, us, now);
    }

    rc = rc == IMPORT_OK ? import_write_rejects(i) : rc;
    rc = rc == IMPORT_OK ? import_progress(i) : rc;
    worker_crash_point("import_before_commit");
    rc = rc == IMPORT_OK ? import_exec(i, &Q_IMPORT_COMMIT) : rc;
    worker_crash_point("import_after_commit");
    i->moved = i->moved || rc == IMPORT_OK;
    return rc == IMPORT_OK && i->end != JOB_GO ? IMPORT_ENDED : rc;
}


/* The batch; again when somebody else wrote the same people meanwhile. */
int
import_commit(import_t *i)
{
    int        rc, tries;
    size_t     rejects;
    long long  created, updated, rejected, bytes;

    rejects = i->reject.len;
    bytes = i->reject_bytes;
    created = i->created;
    updated = i->updated;
    rejected = i->rejected;
    gw_buf_put(&i->made.copy, "\xff\xff", 2);
    i->met = false;
    rc = import_transaction(i);

    for (tries = 1; i->met && tries < IMPORT_TRIES; tries++) {
        gw_buf_reset(&i->why);
        i->reject.len = rejects;
        i->reject_bytes = bytes;
        i->created = created;
        i->updated = updated;
        i->rejected = rejected;
        rc = import_exec(i, &Q_IMPORT_ROLLBACK);
        rc = rc == IMPORT_OK ? import_transaction(i) : rc;
    }

    i->batch = 0;
    seen_reset(&i->made.seen);
    gw_buf_reset(&i->made.copy);
    gw_buf_put(&i->made.copy, import_head, sizeof(import_head));
    gw_buf_reset(&i->made.others);
    if (i->job == NULL && isatty(STDERR_FILENO)) {
        fprintf(stderr, "\rimport: %lld rows, %lld rejected", i->rows,
                i->rejected);
    }

    return rc;
}


import_t *
import_new(const worker_t *w)
{
    import_t  *i;

    i = calloc(1, sizeof(import_t));
    if (i == NULL) {
        return NULL;
    }

    i->w = w;
    i->fd = i->reject_fd = -1;
    gw_buf_init(&i->made.copy, IMPORT_COPY);
    gw_buf_init(&i->made.others, IMPORT_COPY);
    gw_buf_put(&i->made.copy, import_head, sizeof(import_head));
    gw_buf_init(&i->contacts, IMPORT_COPY);
    gw_buf_init(&i->members, IMPORT_COPY);
    gw_buf_init(&i->reject, IMPORT_COPY);
    gw_buf_init(&i->why, 2048);
    return i;
}


void
import_free(import_t *i)
{
    reader_free(&i->reader);
    import_map_free(&i->columns);
    gw_buf_free(&i->made.copy);
    gw_buf_free(&i->made.others);
    gw_buf_free(&i->contacts);
    gw_buf_free(&i->members);
    gw_buf_free(&i->reject);
    gw_buf_free(&i->why);
    if (i->fd >= 0) {
        (void) close(i->fd);
    }
    if (i->reject_fd >= 0) {
        (void) close(i->reject_fd);
    }
    free(i);
}


/* The end of it in Postgres, and its document on stdout. */
static int
import_finish(import_t *i)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), now);
    rc = import_run(i, &Q_IMPORT_END, &(db_args_t) { { i->tenant, i->id,
                    now, i->reject_path }, 4 }, &res);
    if (rc == IMPORT_OK) {
        puts(PQgetvalue(res, 0, 0));
        PQclear(res);
    }

    return rc;
}


int
import_command(worker_t *w)
{
    int        rc;
    import_t  *i;

    i = import_new(w);
    if (i == NULL) {
        return IMPORT_INPUT;
    }

    rc = import_open(i);
    rc = rc == IMPORT_OK ? import_read(i) : rc;
    rc = rc == IMPORT_OK ? import_finish(i) : rc;

    if (rc != IMPORT_OK) {
        fprintf(stderr, "import: %s\n", gw_buf_c(&i->why));
    }

    db_close(i->db);
    import_free(i);
    return rc;
}
