/*
 * `godwit restore DIR`: into an empty database and a state folder that has the
 * keys. Nothing is changed before every part is what the backup wrote. Files
 * come first, where nobody looks at them yet; then the database in one
 * transaction, to which nobody but its owner may connect; then, in another,
 * what was under way is made to wait, and the others may connect. Whoever is
 * killed meanwhile does it again.
 *
 * Crash points: restore_files, restore_database, restore_finish.
 */
#include "worker/backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/backup/restored.h"
#include "worker/db.h"
#include "worker/sql_files.h"

typedef struct {
    worker_t       *w;
    backup_t        b;
    secret_keys_t  *keys;
    db_t           *db;
    char            state[BACKUP_PATH];
    bool            loaded;             /* a restore of it got that far     */
    char            did[256];           /* what the end of it did, as JSON  */
} restore_t;


static int
restore_ask(restore_t *r, const db_query_t *q, const db_args_t *a,
    PGresult **res, gw_buf_t *err)
{
    int  rc;

    rc = db_run(r->db, q, a, res);
    if (rc != GW_OK) {
        gw_buf_fmt(err, "%s: %s", q->name, db_message(*res));
    }

    return rc;
}


static int
restore_do(restore_t *r, const db_query_t *q, const db_args_t *a,
    gw_buf_t *err)
{
    int        rc;
    PGresult  *res;

    rc = restore_ask(r, q, a, &res, err);
    PQclear(res);
    return rc;
}


static int
restore_check(void *arg, const backup_part_t *part, gw_buf_t *err)
{
    restore_t  *r = arg;

    return backup_check(r->b.dir, part, err);
}


static int
restore_put(void *arg, const backup_part_t *part, gw_buf_t *err)
{
    restore_t  *r = arg;

    return strcmp(part->path, "database") == 0 ? GW_OK
           : backup_copy(r->b.dir, part, r->state, err);
}


/* Is this host the one of the archive, or nobody yet? */
static int
restore_host(restore_t *r, gw_buf_t *err)
{
    FILE  *f;
    char   path[BACKUP_PATH + 32], host[BACKUP_TIME] = "";

    (void) snprintf(path, sizeof(path), "%s/journal/host", r->state);
    f = fopen(path, "re");
    if (f == NULL) {
        return GW_OK;
    }

    (void) !fgets(host, sizeof(host), f);
    (void) fclose(f);
    host[strcspn(host, "\n")] = '\0';

    if (strcmp(host, r->b.host) != 0) {
        gw_buf_fmt(err, "%s belongs to another host than the backup; restore "
                   "into a state folder that has the folder keys alone",
                   r->state);
        return GW_EINVAL;
    }

    return GW_OK;
}


/* All that can be said against it before anything is changed. */
static int
restore_archive(restore_t *r, gw_buf_t *err)
{
    int                rc;
    long               newest;
    const sql_file_t  *f;

    rc = manifest_open(&r->b, r->keys, err);
    rc = rc == GW_OK ? manifest_each(&r->b, restore_check, r, err) : rc;
    rc = rc == GW_OK ? manifest_has_token(&r->b, &r->w->conf, err) : rc;
    rc = rc == GW_OK ? restore_host(r, err) : rc;

    for (f = sql_migrations, newest = 0; f->name != NULL; f++) {
        newest = strtol(f->name, NULL, 10);
    }

    if (rc == GW_OK && r->b.migration > newest) {
        gw_buf_fmt(err, "%s is of migration %ld, which this program does not "
                   "know; run the newer godwit", r->b.dir, r->b.migration);
        rc = GW_EVERSION;
    }

    return rc;
}


/* The database is empty, or a restore of this archive was broken off. */
static int
restore_database(restore_t *r, gw_buf_t *err)
{
    int          rc;
    bool         ours, marked;
    PGresult    *res;
    const char  *mark, *why;

    static const char  begins[] = "godwit restore ";

    rc = restore_ask(r, &Q_RESTORE_LOOK, NULL, &res, err);
    if (rc != GW_OK) {
        PQclear(res);
        return rc;
    }

    mark = PQgetvalue(res, 0, 1);
    marked = strncmp(mark, begins, strlen(begins)) == 0;
    ours = marked && strcmp(mark + strlen(begins), r->b.mac) == 0;
    r->loaded = strcmp(PQgetvalue(res, 0, 0), "0") != 0;

    why = PQgetvalue(res, 0, 3)[0] != 't'
          ? "the database does not belong to gw_owner; make it with \"create "
            "database NAME owner gw_owner\""
          : marked && !ours
          ? "a restore of another backup was begun in the database; drop it "
            "and make it anew"
          : (r->loaded && !ours) || strcmp(PQgetvalue(res, 0, 4), "0") != 0
          ? "the database is not empty; a backup is restored into a new one "
            "only"
          : strcmp(PQgetvalue(res, 0, 2), "0") != 0
          ? "others are connected to the database; stop nginx and the worker "
            "first" : NULL;

    if (why != NULL) {
        gw_buf_cstr(err, why);
        rc = GW_EINVAL;
    }

    PQclear(res);
    return rc;
}


static int
restore_load(restore_t *r, gw_buf_t *err)
{
    int          rc;
    char         file[2 * BACKUP_PATH], name[256];
    const char  *argv[] = { "pg_restore", "--single-transaction",
                            "--exit-on-error", "--no-password", "--dbname",
                            name, file, NULL };

    (void) snprintf(file, sizeof(file), "%s/database", r->b.dir);

    rc = restore_do(r, &Q_RESTORE_CLOSE, NULL, err);
    if (rc != GW_OK || r->loaded) {
        return rc;
    }

    rc = backup_database(r->w, name, sizeof(name), err);
    return rc == GW_OK ? backup_child(r->w, "gw_owner", argv, err) : rc;
}


/* The role mail then trusts no silence of the journal. */
static int
restore_mark_journal(restore_t *r, gw_buf_t *err)
{
    int   fd;
    char  path[BACKUP_PATH + 32];

    (void) snprintf(path, sizeof(path), "%s/%s", r->state, RESTORED_MARK);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    if (fd == -1 || close(fd) != 0 || backup_own(r->state, path) != GW_OK) {
        gw_buf_fmt(err, "cannot make %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    *strrchr(path, '/') = '\0';

    return backup_sync(path, err);
}


static int
restore_finish(restore_t *r, gw_buf_t *err)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), now);
    rc = db_exec(r->db, "begin");
    rc = rc == GW_OK ? restore_ask(r, &Q_RESTORE_FINISH, &(db_args_t) {
                       { r->b.host, r->b.taken, now }, 3 }, &res, err) : rc;

    if (rc == GW_OK) {
        (void) snprintf(r->did, sizeof(r->did), "%s", PQgetvalue(res, 0, 0));
        PQclear(res);
        rc = restore_do(r, &Q_RESTORE_OPEN, NULL, err);
    }

    worker_crash_point("restore_finish");
    return rc == GW_OK ? db_exec(r->db, "commit") : rc;
}


static int
restore_run(restore_t *r, gw_buf_t *err)
{
    int  rc;

    (void) snprintf(r->state, sizeof(r->state), "%.*s",
                    (int) r->w->conf.state.len,
                    (const char *) r->w->conf.state.data);
    rc = secret_keys_open(&r->keys, &r->w->conf, err);
    rc = rc == GW_OK ? restore_archive(r, err) : rc;
    rc = rc == GW_OK ? db_open(&r->db, r->w, "gw_owner", err) : rc;
    rc = rc == GW_OK ? restore_database(r, err) : rc;
    rc = rc == GW_OK ? restore_do(r, &Q_RESTORE_PATIENCE, &(db_args_t) {
                       { r->b.mac }, 1 }, err) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    rc = manifest_each(&r->b, restore_put, r, err);
    rc = rc == GW_OK ? restore_mark_journal(r, err) : rc;
    worker_crash_point("restore_files");
    rc = rc == GW_OK ? restore_load(r, err) : rc;
    worker_crash_point("restore_database");

    return rc == GW_OK ? restore_finish(r, err) : rc;
}


int
restore_command(worker_t *w)
{
    int        rc;
    char       mem[1024];
    gw_buf_t   err;
    restore_t  r;

    if (w->argc != 1 || w->argv[0][0] == '-'
        || strlen(w->argv[0]) >= sizeof(r.b.dir))
    {
        fputs("usage: godwit restore DIR\n", stderr);
        return 2;
    }

    /* who reads what is put back does not depend on who calls */

    (void) umask(022);
    memset(&r, 0, sizeof(r));
    r.w = w;
    (void) snprintf(r.b.dir, sizeof(r.b.dir), "%s", w->argv[0]);
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    rc = restore_run(&r, &err);
    manifest_close(&r.b);
    db_close(r.db);
    secret_keys_free(r.keys);

    if (rc != GW_OK) {
        fprintf(stderr, "godwit: %s\n", err.len > 0 ? gw_buf_c(&err)
                                                    : gw_strerror(rc));
        return rc == GW_EDB ? 3 : 1;
    }

    printf("%s is restored, as of %s: %s\nCampaigns that ran are paused, those "
           "that were scheduled are drafts. Whoever was signed in signs in "
           "again. Keys that were revoked since are good again. Run \"godwit "
           "migrate\", then start the worker and nginx.\n", r.b.dir, r.b.taken,
           r.did);
    return 0;
}
