/*
 * The file store of this host, <state>/files: `tmp/` has what is being sent
 * in, `up/` what came whole, each with a row; reject files of imports lie
 * beside them. Whoever dies between file and row leaves one without the other.
 */
#include "worker/cron/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/house.h"

#define FILES_OLD_S    3600             /* nobody writes it any more         */
#define FILES_NEW_US   60000000LL       /* a row that young is let alone     */

typedef struct {
    const worker_t  *w;
    db_t            *db;
    char             host[16], now[GW_RFC3339_LEN + 1];
    const char      *dir;               /* below files/: "tmp", "up" or ""   */
} files_t;

/* Is `name` in f->dir still wanted? GW_OK, GW_ENOTFOUND, or an error. */
typedef int (*files_wanted_pt)(files_t *f, const char *name);


static int
files_run(files_t *f, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(f->db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
    }

    return rc;
}


static int
files_path(const files_t *f, const char *dir, const char *name, char *path)
{
    char  tail[300];

    (void) snprintf(tail, sizeof(tail), "files/%s%s%s", dir,
                    *dir ? "/" : "", name);
    return gw_conf_path(&f->w->conf, tail, path, HOUSE_PATH_MAX);
}


/* One row: its file has gone, or goes now. */
static int
files_gone(files_t *f, const char *tenant, const char *id)
{
    int        rc;
    PGresult  *res;

    rc = files_run(f, &Q_FILES_GONE, &(db_args_t) { { tenant, id }, 2 }, &res);
    PQclear(res);
    return rc;
}


static int
files_expired(files_t *f)
{
    int        i, rc;
    char       path[HOUSE_PATH_MAX];
    PGresult  *res;

    rc = files_run(f, &Q_FILES_EXPIRED, &(db_args_t) { { f->host, f->now },
                   2 }, &res);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        if (files_path(f, "", PQgetvalue(res, i, 2), path) != GW_OK) {
            continue;
        }

        if (unlink(path) == -1 && errno != ENOENT) {
            log_error("can not remove %s: %s", path, strerror(errno));
            continue;
        }

        rc = files_gone(f, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
    }

    PQclear(res);
    return rc;
}


/* Rows whose file is not there. */
static int
files_missing(files_t *f)
{
    int          i, n, rc;
    char         path[HOUSE_PATH_MAX], until[GW_RFC3339_LEN + 1];
    char         tenant[24] = "0", id[24] = "0";
    PGresult    *res;
    struct stat  st;

    gw_clock_print(gw_clock_us() - FILES_NEW_US, until);

    do {
        rc = files_run(f, &Q_FILES_READY, &(db_args_t) { { f->host, until,
                       tenant, id }, 4 }, &res);
        n = rc == GW_OK ? PQntuples(res) : 0;

        for (i = 0; rc == GW_OK && i < n; i++) {
            (void) snprintf(tenant, sizeof(tenant), "%s",
                            PQgetvalue(res, i, 0));
            (void) snprintf(id, sizeof(id), "%s", PQgetvalue(res, i, 1));

            if (files_path(f, "", PQgetvalue(res, i, 2), path) == GW_OK
                && stat(path, &st) == -1 && errno == ENOENT)
            {
                log_error("%s is gone: file %s of workspace %s", path, id,
                          tenant);
                rc = files_gone(f, tenant, id);
            }
        }

        PQclear(res);
    } while (rc == GW_OK && n > 0);

    return rc;
}


static int
files_wanted_tmp(files_t *f, const char *name)
{
    return GW_ENOTFOUND;                /* an hour old: its writer has died */
}


static int
files_ask(files_t *f, const db_query_t *q, const db_args_t *a)
{
    int        rc;
    PGresult  *res;

    rc = files_run(f, q, a, &res);
    rc = rc == GW_OK && PQntuples(res) == 0 ? GW_ENOTFOUND : rc;
    PQclear(res);
    return rc;
}


static int
files_wanted_up(files_t *f, const char *name)
{
    char  path[300];

    (void) snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    return files_ask(f, &Q_FILES_KNOWN, &(db_args_t) { { f->host, path }, 2 });
}


static int
files_wanted_reject(files_t *f, const char *name)
{
    int   end;
    char  tenant[16], id[24];

    end = 0;
    if (sscanf(name, "import-%10[0-9]-%18[0-9]-rejects.csv%n", tenant, id,
               &end) != 2 || end == 0 || name[end] != '\0')
    {
        return GW_OK;                   /* it is none of ours */
    }

    return files_ask(f, &Q_FILES_REJECTS, &(db_args_t) { { tenant, id,
                     f->now }, 3 });
}


/* Old files of a folder that nobody wants. */
static int
files_orphans(files_t *f, const char *dir, files_wanted_pt wanted)
{
    int             rc;
    DIR            *d;
    char            path[HOUSE_PATH_MAX];
    struct stat     st;
    struct dirent  *e;

    f->dir = dir;
    rc = files_path(f, dir, "", path);
    d = rc == GW_OK ? opendir(path) : NULL;
    if (d == NULL) {
        return rc;                      /* nothing was ever sent in */
    }

    while (rc == GW_OK && (e = readdir(d)) != NULL) {
        if (files_path(f, dir, e->d_name, path) != GW_OK
            || lstat(path, &st) == -1 || !S_ISREG(st.st_mode)
            || time(NULL) - st.st_mtime < FILES_OLD_S)
        {
            continue;
        }

        rc = wanted(f, e->d_name);
        if (rc == GW_ENOTFOUND) {
            rc = GW_OK;
            if (unlink(path) == -1 && errno != ENOENT) {
                log_error("can not remove %s: %s", path, strerror(errno));
            }
        }
    }

    (void) closedir(d);
    return rc;
}


int
files_round(const worker_t *w, db_t *db, int host)
{
    int      rc;
    files_t  f;

    f.w = w;
    f.db = db;
    (void) snprintf(f.host, sizeof(f.host), "%d", host);
    gw_clock_print(gw_clock_us(), f.now);

    rc = files_expired(&f);
    rc = rc == GW_OK ? files_missing(&f) : rc;
    rc = rc == GW_OK ? files_orphans(&f, "tmp", files_wanted_tmp) : rc;
    rc = rc == GW_OK ? files_orphans(&f, "up", files_wanted_up) : rc;
    return rc == GW_OK ? files_orphans(&f, "", files_wanted_reject) : rc;
}
