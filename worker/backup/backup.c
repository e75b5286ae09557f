/*
 * `godwit backup DIR`: all that must survive, in a folder of its own, while
 * everything runs.
 *
 * The order is what loses nothing. Segments of the spool and the journal are
 * held open, then Postgres gives a snapshot, then what is new of them is held:
 * so every event that was answered before is below spool_pos in the snapshot,
 * or in a segment that is held, behind it. They are copied next, then Postgres
 * as of the snapshot, then the files, each of which is on disk before its row.
 * The folder has its name when all of it is on the disk.
 *
 * Crash points: backup_before_name.
 */
#include "worker/backup/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/backup/hold.h"
#include "worker/db.h"

#define BACKUP_LOOK_MS  500     /* in which no file comes and goes          */
#define BACKUP_LOOKS    20

typedef struct {
    worker_t       *w;
    backup_t        b;
    const char     *name, *keys_to;
    int             lock;
    secret_keys_t  *keys;
    hold_t         *hold;
    db_t           *db;
    char            snapshot[64], taken[GW_RFC3339_LEN + 1];
    char            state[BACKUP_PATH];
    bool            made;
} backup_run_t;


static int
backup_remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
    return ftw->level == 0
           || (ftw->level == 1 && strcmp(path + ftw->base, "manifest") == 0)
           ? 0 : remove(path);
}


/* All in it, its manifest last: whoever is killed meanwhile can go on. */
static int
backup_clear(const char *dir)
{
    char  path[2 * BACKUP_PATH];

    (void) snprintf(path, sizeof(path), "%s/manifest", dir);

    return nftw(dir, backup_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0
           && (unlink(path) == 0 || errno == ENOENT) ? 0 : -1;
}


static bool
backup_is_empty(const char *dir)
{
    DIR            *d;
    unsigned        n;
    struct dirent  *e;

    d = opendir(dir);
    for (n = 0; d != NULL && (e = readdir(d)) != NULL; ) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }

    return d != NULL && closedir(d) == 0 && n == 0;
}


/* The folder that is written; one that a killed backup left is made anew. */
static int
backup_folder(backup_run_t *r, gw_buf_t *err)
{
    int          n;
    char         path[2 * BACKUP_PATH];
    struct stat  st;

    n = snprintf(r->b.dir, sizeof(r->b.dir), "%s.new", r->name);
    if (n < 0 || (size_t) n >= sizeof(r->b.dir)) {
        gw_buf_cstr(err, "the path of the backup is too long");
        return GW_EINVAL;
    }

    if (lstat(r->name, &st) == 0) {
        gw_buf_fmt(err, "%s is there already; a backup takes a new name",
                   r->name);
        return GW_EINVAL;
    }

    if (mkdir(r->b.dir, 0700) == -1 && errno != EEXIST) {
        gw_buf_fmt(err, "cannot make the folder %s: %s", r->b.dir,
                   strerror(errno));
        return GW_ESYS;
    }

    r->lock = open(r->b.dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (r->lock == -1 || flock(r->lock, LOCK_EX | LOCK_NB) == -1) {
        gw_buf_fmt(err, "cannot lock %s: %s", r->b.dir,
                   errno == EWOULDBLOCK ? "another backup is writing it"
                                        : strerror(errno));
        return GW_EBUSY;
    }

    (void) snprintf(path, sizeof(path), "%s/manifest", r->b.dir);
    if (access(path, F_OK) == -1 && !backup_is_empty(r->b.dir)) {
        gw_buf_fmt(err, "%s is there and no backup has left it; move it away, "
                   "or take another name", r->b.dir);
        return GW_EINVAL;
    }

    r->made = true;
    if (backup_clear(r->b.dir) == -1) {
        gw_buf_fmt(err, "cannot remove %s, which a backup left that was broken "
                   "off: %s", r->b.dir, strerror(errno));
        return GW_ESYS;
    }

    return GW_OK;
}


static int
backup_ask(backup_run_t *r, const db_query_t *q, PGresult **res, gw_buf_t *err)
{
    int  rc;

    rc = db_run(r->db, q, NULL, res);
    if (rc != GW_OK) {
        gw_buf_fmt(err, "Postgres gives no snapshot: %s", db_message(*res));
    }

    return rc;
}


/* A snapshot, and what is held before and after; quick enough, or again. */
static int
backup_snapshot(backup_run_t *r, gw_buf_t *err)
{
    int        n, rc;
    int64_t    began;
    PGresult  *res;

    for (n = 0; n < BACKUP_LOOKS; n++) {
        began = gw_clock_ms();
        rc = hold_look(r->hold, err);
        rc = rc == GW_OK && n > 0 ? db_exec(r->db, "rollback") : rc;

        if (rc == GW_OK) {
            gw_clock_print(gw_clock_us(), r->taken);
            rc = backup_ask(r, &Q_BACKUP_BEGIN, &res, err);
            PQclear(res);
        }

        if (rc == GW_OK) {
            rc = backup_ask(r, &Q_BACKUP_SNAPSHOT, &res, err);
            if (rc == GW_OK) {
                (void) snprintf(r->snapshot, sizeof(r->snapshot), "%s",
                                PQgetvalue(res, 0, 0));
                r->b.migration = strtol(PQgetvalue(res, 0, 1), NULL, 10);
            }
            PQclear(res);
        }

        rc = rc == GW_OK ? hold_look(r->hold, err) : rc;
        if (rc != GW_OK || gw_clock_ms() - began < BACKUP_LOOK_MS) {
            return rc;
        }
    }

    gw_buf_fmt(err, "the spool cannot be looked at within %d ms of a snapshot; "
               "take the backup when the machine has less to do",
               BACKUP_LOOK_MS);
    return GW_EAGAIN;
}


static int
backup_host(backup_run_t *r, gw_buf_t *err)
{
    FILE  *f;
    char   path[BACKUP_PATH + 32], host[BACKUP_TIME] = "";

    (void) snprintf(path, sizeof(path), "%s/journal/host", r->state);
    f = fopen(path, "re");
    if (f == NULL || fgets(host, sizeof(host), f) == NULL) {
        gw_buf_fmt(err, "cannot read %s: %s; has the worker run on this host?",
                   path, strerror(errno));
    }

    if (f != NULL) {
        (void) fclose(f);
    }

    host[strcspn(host, "\n")] = '\0';
    if (*host == '\0') {
        return GW_ESYS;
    }

    manifest_line(&r->b, "taken %s", r->taken);
    manifest_line(&r->b, "migration %ld", r->b.migration);
    manifest_line(&r->b, "host %s", host);

    return manifest_token(&r->b, &r->w->conf, err);
}


static int
backup_dump(backup_run_t *r, gw_buf_t *err)
{
    int          rc;
    char         file[2 * BACKUP_PATH], snapshot[96], name[256];
    const char  *argv[] = { "pg_dump", "--format=custom", "--compress=1",
                            "--no-password", "--no-publications",
                            "--no-subscriptions", snapshot, "--file", file,
                            name, NULL };

    (void) snprintf(file, sizeof(file), "%s/database", r->b.dir);
    (void) snprintf(snapshot, sizeof(snapshot), "--snapshot=%s", r->snapshot);

    rc = backup_database(r->w, name, sizeof(name), err);
    rc = rc == GW_OK ? backup_child(r->w, "gw_backup", argv, err) : rc;

    return rc == GW_OK ? backup_note(&r->b, "database", err) : rc;
}


/* The folder keys, elsewhere: never beside what it opens. */
static int
backup_keys(backup_run_t *r, gw_buf_t *err)
{
    int       rc;
    backup_t  keys;

    if (r->keys_to == NULL) {
        return GW_OK;
    }

    memset(&keys, 0, sizeof(keys));
    keys.key = r->b.key;
    (void) snprintf(keys.dir, sizeof(keys.dir), "%s", r->keys_to);
    if (mkdir(keys.dir, 0700) == -1) {
        gw_buf_fmt(err, "cannot make the folder %s for the keys: %s", keys.dir,
                   strerror(errno));
        return GW_ESYS;
    }

    rc = manifest_begin(&keys, err);
    rc = rc == GW_OK ? backup_put_tree(&keys, r->state, "keys", err) : rc;
    rc = rc == GW_OK ? manifest_end(&keys, err) : rc;
    manifest_close(&keys);

    return rc == GW_OK ? backup_sync(keys.dir, err) : rc;
}


static int
backup_name(backup_run_t *r, gw_buf_t *err)
{
    int    rc;
    char   parent[BACKUP_PATH + 2], *slash;

    (void) snprintf(parent, sizeof(parent), "%s%s",
                    *r->name == '/' ? "" : "./", r->name);
    slash = strrchr(parent, '/');
    *slash = '\0';

    rc = backup_sync(r->b.dir, err);
    if (rc != GW_OK) {
        return rc;
    }

    worker_crash_point("backup_before_name");
    if (rename(r->b.dir, r->name) == -1) {
        gw_buf_fmt(err, "cannot give the backup its name %s: %s", r->name,
                   strerror(errno));
        return GW_ESYS;
    }

    r->made = false;
    return backup_sync(parent, err);
}


static int
backup_take(backup_run_t *r, gw_buf_t *err)
{
    int        rc;
    PGresult  *res;

    rc = backup_ask(r, &Q_BACKUP_PATIENCE, &res, err);
    PQclear(res);
    rc = rc == GW_OK ? hold_create(&r->hold, &r->w->conf, err) : rc;
    rc = rc == GW_OK ? backup_snapshot(r, err) : rc;
    rc = rc == GW_OK ? manifest_begin(&r->b, err) : rc;
    rc = rc == GW_OK ? backup_host(r, err) : rc;
    rc = rc == GW_OK ? hold_put(r->hold, &r->b, r->db, err) : rc;
    rc = rc == GW_OK ? backup_dump(r, err) : rc;
    rc = rc == GW_OK ? backup_put_tree(&r->b, r->state, "files", err) : rc;
    rc = rc == GW_OK ? backup_keys(r, err) : rc;
    rc = rc == GW_OK ? manifest_end(&r->b, err) : rc;

    return rc == GW_OK ? backup_name(r, err) : rc;
}


static int
backup_run(backup_run_t *r, gw_buf_t *err)
{
    int  rc;

    (void) snprintf(r->state, sizeof(r->state), "%.*s",
                    (int) r->w->conf.state.len,
                    (const char *) r->w->conf.state.data);
    rc = secret_keys_open(&r->keys, &r->w->conf, err);
    if (rc != GW_OK) {
        return rc;
    }

    r->b.key = secret_keys_newest(r->keys);
    rc = db_open(&r->db, r->w, "gw_backup", err);
    if (rc != GW_OK) {
        return rc;
    }

    rc = backup_folder(r, err);
    return rc == GW_OK ? backup_take(r, err) : rc;
}


static void
backup_over(backup_run_t *r)
{
    manifest_close(&r->b);
    if (r->made) {
        (void) (backup_clear(r->b.dir) == 0 && rmdir(r->b.dir) == 0);
    }

    if (r->lock != -1) {
        (void) close(r->lock);
    }

    hold_free(r->hold);
    db_close(r->db);
    secret_keys_free(r->keys);
}


int
backup_command(worker_t *w)
{
    int            rc;
    char           mem[1024];
    gw_buf_t       err;
    backup_run_t   r;

    memset(&r, 0, sizeof(r));
    r.w = w;
    r.lock = -1;
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    if (w->argc == 3 && strcmp(w->argv[1], "--keys") == 0) {
        r.keys_to = w->argv[2];

    } else if (w->argc != 1 || w->argv[0][0] == '-') {
        fputs("usage: godwit backup DIR [--keys DIR]\n", stderr);
        return 2;
    }

    /* what people wrote, and hashes of passwords, are in it */

    (void) umask(077);
    r.name = w->argv[0];
    rc = backup_run(&r, &err);
    backup_over(&r);

    if (rc != GW_OK) {
        fprintf(stderr, "godwit: %s\n", err.len > 0 ? gw_buf_c(&err)
                                                    : gw_strerror(rc));
        return rc == GW_EDB ? 3 : 1;
    }

    printf("%s: %u parts, %llu bytes, as of %s; %s%s\n", r.name, r.b.parts,
           (unsigned long long) r.b.bytes, r.taken, r.keys_to
           ? "the keys that it needs are in " : "the keys that it needs are "
           "not in it: keep a copy of the folder keys elsewhere", r.keys_to
           ? r.keys_to : "");
    return 0;
}
