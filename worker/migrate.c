/*
 * `godwit migrate`: numbered migrations once, functions and API when their
 * text changed, all under one advisory lock, one transaction a file.
 *
 * Crash points: migrate_before_commit.
 */
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/db.h"
#include "worker/sql_files.h"

#define MIGRATE_TRIES     50
#define MIGRATE_PAUSE_MS  200
#define MIGRATE_NAME_MAX  128
#define MIGRATE_SHA_LEN   64

typedef struct {
    db_t      *db;
    PGresult  *done;                    /* rows of schema_version or _files */
} migrate_t;


static void
migrate_sha(const sql_file_t *f, char out[MIGRATE_SHA_LEN + 1])
{
    unsigned char  md[EVP_MAX_MD_SIZE];

    if (EVP_Digest(f->text, f->len, md, NULL, EVP_sha256(), NULL) != 1) {
        abort();
    }

    gw_hex_encode((unsigned char *) out, md, MIGRATE_SHA_LEN / 2);
    out[MIGRATE_SHA_LEN] = '\0';
}


/* a statement whose rows nobody reads; says why it was refused */
static int
migrate_run(migrate_t *m, const db_query_t *q, const db_args_t *a)
{
    int        rc;
    PGresult  *res;

    rc = db_run(m->db, q, a, &res);

    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(res));
    }

    PQclear(res);

    return rc;
}


/* `-- owner: ROLE` in the first line, else what is usual for the folder */
static void
migrate_owner(const sql_file_t *f, const char *usual, char *set, size_t size)
{
    size_t       n;
    const char  *p;

    static const char  mark[] = "-- owner: ";

    p = usual;
    n = strlen(usual);

    if (strncmp(f->text, mark, sizeof(mark) - 1) == 0) {
        p = f->text + sizeof(mark) - 1;
        n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
    }

    snprintf(set, size, "set local role %.*s", (int) n, p);
}


/* line and column of a 1-based character offset in the text */
static void
migrate_refused(const char *path, const sql_file_t *f, const PGresult *res)
{
    int          line;
    long         left;
    const char  *p, *pos, *hint;

    pos = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
    hint = PQresultErrorField(res, PG_DIAG_CONTEXT);
    line = 1;

    if (pos != NULL) {
        left = strtol(pos, NULL, 10) - 1;

        for (p = f->text; *p != '\0' && left > 0; p++) {
            line += *p == '\n';
            left -= (*p & 0xc0) != 0x80;
        }

        log_error("sql/%s line %d: %s", path, line, db_message(res));
        return;
    }

    log_error("sql/%s: %s%s%s", path, db_message(res), hint ? "; " : "",
              hint ? hint : "");
}


/* begin; as the owner of the file, who may make things until its end only */
static int
migrate_begin(migrate_t *m, const sql_file_t *f, const char *owner)
{
    int   rc;
    char  set[64];

    rc = db_exec(m->db, "begin");

    if (rc != GW_OK || owner == NULL) {
        return rc;
    }

    rc = migrate_run(m, &Q_MIGRATE_ALLOW, NULL);

    if (rc == GW_OK) {
        migrate_owner(f, owner, set, sizeof(set));
        rc = db_exec(m->db, set);
    }

    return rc;
}


static int
migrate_end(migrate_t *m, const char *owner)
{
    int  rc;

    if (owner == NULL) {
        return GW_OK;
    }

    rc = db_exec(m->db, "reset role");

    return rc == GW_OK ? migrate_run(m, &Q_MIGRATE_FORBID, NULL) : rc;
}


/* GW_EAGAIN: a lock was not free */
static int
migrate_text(migrate_t *m, const char *path, const sql_file_t *f, bool quiet)
{
    int        rc;
    PGresult  *res;

    rc = GW_OK;
    res = PQexec(db_conn(m->db), f->text);

    switch (PQresultStatus(res)) {

    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        break;

    default:
        rc = PQstatus(db_conn(m->db)) == CONNECTION_BAD ? GW_EDB
             : strcmp(db_state(res), "55P03") == 0      ? GW_EAGAIN
                                                        : GW_ERROR;

        if (rc == GW_ERROR && !quiet) {
            migrate_refused(path, f, res);
        }
    }

    PQclear(res);

    return rc;
}


/* the text and its row in one transaction; GW_EAGAIN: a lock was not free */
static int
migrate_try(migrate_t *m, const char *path, const sql_file_t *f,
    const char *owner, const db_query_t *q, const db_args_t *a, bool quiet)
{
    int  rc;

    rc = migrate_begin(m, f, owner);

    if (rc == GW_OK) {
        rc = migrate_text(m, path, f, quiet);
    }

    if (rc == GW_OK) {
        rc = migrate_end(m, owner);
    }

    if (rc == GW_OK) {
        rc = migrate_run(m, q, a);
    }

    if (rc == GW_OK) {
        worker_crash_point("migrate_before_commit");
        rc = db_exec(m->db, "commit");

    } else if (rc != GW_EDB) {
        (void) !db_exec(m->db, "rollback");
    }

    return rc;
}


static int
migrate_apply(migrate_t *m, const char *path, const sql_file_t *f,
    const char *owner, const db_query_t *q, const db_args_t *a, bool quiet)
{
    int  rc, n;

    for (n = 0; n < MIGRATE_TRIES; n++) {
        rc = migrate_try(m, path, f, owner, q, a, quiet);

        if (rc != GW_EAGAIN) {

            if (rc == GW_OK) {
                printf("applied %s\n", path);
                fflush(stdout);
            }

            return rc;
        }

        (void) poll(NULL, 0, MIGRATE_PAUSE_MS);
    }

    log_error("sql/%s: a lock was not free in %d attempts; is a long "
              "transaction open?", path, MIGRATE_TRIES);

    return GW_ERROR;
}


/* the recorded sha256 of a key in column 0, or NULL */
static const char *
migrate_known(const migrate_t *m, const char *key, int column)
{
    int  i;

    for (i = 0; i < PQntuples(m->done); i++) {
        if (strcmp(PQgetvalue(m->done, i, 0), key) == 0) {
            return PQgetvalue(m->done, i, column);
        }
    }

    return NULL;
}


static int
migrate_rows(migrate_t *m, const db_query_t *q)
{
    int  rc;

    PQclear(m->done);
    m->done = NULL;

    rc = db_run(m->db, q, NULL, &m->done);

    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(m->done));
    }

    return rc;
}


/* a database that is newer than the program is left alone */
static int
migrate_check_newer(migrate_t *m)
{
    int                i;
    long               n;
    const sql_file_t  *f;

    for (i = 0; i < PQntuples(m->done); i++) {
        n = strtol(PQgetvalue(m->done, i, 0), NULL, 10);

        for (f = sql_migrations; f->name != NULL; f++) {
            if (strtol(f->name, NULL, 10) == n) {
                break;
            }
        }

        if (f->name == NULL) {
            log_error("the database has migration %s, which this program does "
                      "not know; run the newer godwit",
                      PQgetvalue(m->done, i, 1));
            return GW_ERROR;
        }
    }

    return GW_OK;
}


static int
migrate_numbered(migrate_t *m)
{
    int                rc;
    char               n[16], sha[MIGRATE_SHA_LEN + 1];
    char               at[GW_RFC3339_LEN + 1], path[MIGRATE_NAME_MAX];
    db_args_t          a;
    const char        *known;
    const sql_file_t  *f;

    rc = migrate_rows(m, &Q_MIGRATE_VERSIONS);

    if (rc == GW_OK) {
        rc = migrate_check_newer(m);
    }

    for (f = sql_migrations; rc == GW_OK && f->name != NULL; f++) {
        snprintf(n, sizeof(n), "%ld", strtol(f->name, NULL, 10));
        snprintf(path, sizeof(path), "migrations/%s", f->name);
        migrate_sha(f, sha);

        known = migrate_known(m, n, 2);

        if (known != NULL) {

            if (strcmp(known, sha) != 0) {
                log_error("sql/%s was changed after it was applied (checksum "
                          "%.12s, then %.12s); restore it and put the change "
                          "into a new file", path, sha, known);
                rc = GW_ERROR;
            }

            continue;
        }

        gw_clock_print(gw_clock_us(), at);
        a = (db_args_t) { { n, f->name, sha, at }, 4 };
        rc = migrate_apply(m, path, f, NULL, &Q_MIGRATE_VERSION_ADD, &a,
                           false);
    }

    return rc;
}


/*
 * Files whose text changed, in passes: one that names a function of a later
 * file is tried again after it. Ends when a pass applies nothing.
 */
static int
migrate_folder(migrate_t *m, const char *folder, const sql_file_t *files,
    const char *owner)
{
    int                rc, applied, left;
    bool               quiet;
    char               sha[MIGRATE_SHA_LEN + 1], path[MIGRATE_NAME_MAX];
    char               at[GW_RFC3339_LEN + 1];
    db_args_t          a;
    const char        *known;
    const sql_file_t  *f;

    for (quiet = true;; quiet = applied > 0) {

        rc = migrate_rows(m, &Q_MIGRATE_FILES);
        if (rc != GW_OK) {
            return rc;
        }

        applied = 0;
        left = 0;

        for (f = files; f->name != NULL; f++) {
            snprintf(path, sizeof(path), "%s/%s", folder, f->name);
            migrate_sha(f, sha);

            known = migrate_known(m, path, 1);
            if (known != NULL && strcmp(known, sha) == 0) {
                continue;
            }

            gw_clock_print(gw_clock_us(), at);
            a = (db_args_t) { { path, sha, at }, 3 };
            rc = migrate_apply(m, path, f, owner, &Q_MIGRATE_FILE_SET, &a,
                               quiet);

            if (rc == GW_EDB) {
                return rc;
            }

            left += rc != GW_OK;
            applied += rc == GW_OK;
        }

        if (left == 0) {
            return GW_OK;
        }

        if (!quiet && applied == 0) {
            return GW_ERROR;
        }
    }
}


static int
migrate_all(migrate_t *m)
{
    int  rc;

    rc = db_exec(m->db, "set statement_timeout = 0");

    if (rc == GW_OK) {
        rc = migrate_run(m, &Q_MIGRATE_LOCK, NULL);
    }

    if (rc == GW_OK) {
        rc = db_exec(m->db, "set lock_timeout = '2s'");
    }

    if (rc == GW_OK) {
        rc = migrate_run(m, &Q_MIGRATE_SCHEMA, NULL);
    }

    if (rc == GW_OK) {
        rc = migrate_run(m, &Q_MIGRATE_VERSION_TABLE, NULL);
    }

    if (rc == GW_OK) {
        rc = migrate_run(m, &Q_MIGRATE_FILES_TABLE, NULL);
    }

    if (rc == GW_OK) {
        rc = migrate_numbered(m);
    }

    if (rc == GW_OK) {
        rc = migrate_folder(m, "functions", sql_functions, "gw_owner");
    }

    if (rc == GW_OK) {
        rc = migrate_folder(m, "api", sql_api, "gw_api");
    }

    return rc;
}


int
migrate_command(worker_t *w)
{
    int        rc;
    char       mem[512];
    gw_buf_t   err;
    migrate_t  m = { NULL, NULL };

    if (w->argc == 1 && strcmp(w->argv[0], "--roles") == 0) {
        fputs(sql_roles[0].text, stdout);
        return 0;
    }

    if (w->argc != 0) {
        fputs("usage: godwit migrate [--roles]\n", stderr);
        return 2;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    rc = db_open(&m.db, w, "gw_owner", &err);

    if (rc != GW_OK) {
        log_error("%.*s", (int) err.len, mem);
        return 3;
    }

    rc = migrate_all(&m);

    PQclear(m.done);
    db_close(m.db);

    if (rc == GW_EDB) {
        log_error("the connection to the database was lost; run it again");
    }

    return rc == GW_OK ? 0 : rc == GW_EDB ? 3 : 1;
}
