/*
 * `godwit key secret init` makes the file that secrets are opened with,
 * `godwit key rotate` gives it a new version and seals all anew. One that was
 * killed is gone on with by the next, and by the role cron meanwhile.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/secret_round.h"

#define ROTATE_INPUT     1
#define ROTATE_DATABASE  3
#define ROTATE_KEPT      3600       /* s: whoever seals has read the new one */


static int
rotate_say(int code, const char *sentence)
{
    fprintf(stderr, "godwit: %s\n", sentence);
    return code;
}


int
secret_init(worker_t *w)
{
    int       rc;
    char      path[SECRET_PATH_MAX], mem[1024];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (gw_conf_path(&w->conf, "keys", path, sizeof(path)) == GW_OK) {
        (void) mkdir(path, 0700);
    }

    rc = secret_keys_create(&w->conf, path, &err);

    if (rc != GW_OK && rc != GW_EBUSY) {
        return rotate_say(ROTATE_INPUT, gw_buf_c(&err));
    }

    printf(rc == GW_OK ? "made %s\n" : "%s is there and stays\n", path);
    return 0;
}


/* 0, or a code, said; *res stays the caller's to clear when it is 0. */
static int
rotate_run(db_t *db, const db_query_t *q, const char *arg, PGresult **res)
{
    int  rc;

    rc = db_run(db, q, &(db_args_t) { { arg }, arg ? 1 : 0 }, res);
    if (rc == GW_OK) {
        return 0;
    }

    rc = rotate_say(rc == GW_ERROR ? ROTATE_INPUT : ROTATE_DATABASE,
                    rc == GW_ERROR ? db_message(*res)
                    : "the connection to the database was lost");
    PQclear(*res);
    return rc;
}


/* One at a time, and is one to go on with? */
static int
rotate_begin(secret_keys_t *keys, db_t *db, bool *open)
{
    int        code;
    char       version[16];
    PGresult  *res;

    code = rotate_run(db, &Q_SECRET_LOCK, NULL, &res);
    if (code != 0) {
        return code;
    }

    if (PQgetvalue(res, 0, 0)[0] != 't') {
        code = rotate_say(ROTATE_INPUT, "another rotation is under way");
    }

    PQclear(res);
    if (code != 0) {
        return code;
    }

    (void) snprintf(version, sizeof(version), "%u",
                    secret_keys_newest(keys)->version);
    code = rotate_run(db, &Q_SECRET_OPEN, version, &res);

    if (code == 0) {
        *open = PQgetvalue(res, 0, 0)[0] == 't';
        PQclear(res);
    }

    return code;
}


/* All that is not of the newest version. */
static int
rotate_all(secret_keys_t *keys, db_t *db, unsigned *sealed)
{
    int        rc;
    char       version[16];
    unsigned   n;
    PGresult  *res;

    *sealed = 0;

    do {
        rc = secret_round(keys, db, true, &n);
        *sealed += n;
    } while (rc == GW_OK && n > 0);

    if (rc != GW_OK) {
        return rotate_say(ROTATE_DATABASE, "the rotation has not come to its "
                          "end; \"godwit key rotate\" goes on with it");
    }

    (void) snprintf(version, sizeof(version), "%u",
                    secret_keys_newest(keys)->version);
    rc = rotate_run(db, &Q_SECRET_KEYS_DROP, version, &res);
    if (rc == 0) {
        PQclear(res);
    }

    return rc;
}


/*
 * Versions older than `until` that nothing uses leave the file: that one and
 * the newest stay, since an edge may just have sealed something with it.
 */
static int
rotate_drop(secret_keys_t *keys, db_t *db, uint32_t until)
{
    int        i, code;
    bool       any, gone[SECRET_KEYS_MAX];
    char       mem[512];
    gw_buf_t   err;
    unsigned   k;
    PGresult  *res;

    code = rotate_run(db, &Q_SECRET_VERSIONS, NULL, &res);
    if (code != 0) {
        return code;
    }

    for (k = 0, any = false; k < keys->n; k++) {
        (void) snprintf(mem, sizeof(mem), "%u", keys->key[k].version);
        gone[k] = keys->key[k].version < until;

        for (i = 0; i < PQntuples(res); i++) {
            gone[k] = gone[k] && strcmp(PQgetvalue(res, i, 1), mem) != 0;
        }

        any = any || gone[k];
    }

    PQclear(res);
    gw_buf_fixed(&err, mem, sizeof(mem));

    return !any || secret_keys_drop(keys, gone, &err) == GW_OK
           ? 0 : rotate_say(ROTATE_INPUT, gw_buf_c(&err));
}


static int
rotate_with(secret_keys_t *keys, db_t *db, gw_buf_t *err)
{
    int        code;
    bool       open;
    int64_t    since;
    uint32_t   until;
    unsigned   n, k;

    code = rotate_begin(keys, db, &open);
    if (code != 0) {
        return code;
    }

    since = secret_keys_since(keys);
    until = 0;

    if (!open) {
        if (gw_clock_us() / 1000000 - ROTATE_KEPT > since) {
            until = secret_keys_newest(keys)->version;
        }

        if (secret_keys_add(keys, err) != GW_OK) {
            return rotate_say(ROTATE_INPUT, gw_buf_c(err));
        }
    }

    worker_crash_point("rotate_added");
    code = rotate_all(keys, db, &n);
    worker_crash_point("rotate_sealed");
    code = code == 0 ? rotate_drop(keys, db, until) : code;

    if (code == 0) {
        printf("%s version %u; sealed anew: %u; in the key file:",
               open ? "went on with" : "made",
               secret_keys_newest(keys)->version, n);

        for (k = 0; k < keys->n; k++) {
            printf(" %u", keys->key[k].version);
        }

        putchar('\n');
    }

    return code;
}


int
secret_rotate(worker_t *w)
{
    int             code;
    char            mem[1024];
    db_t           *db;
    gw_buf_t        err;
    secret_keys_t  *keys;

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (secret_keys_open(&keys, &w->conf, &err) != GW_OK) {
        return rotate_say(ROTATE_INPUT, gw_buf_c(&err));
    }

    if (db_open(&db, w, "gw_worker", &err) != GW_OK) {
        code = rotate_say(ROTATE_DATABASE, gw_buf_c(&err));

    } else {
        code = rotate_with(keys, db, &err);
        db_close(db);
    }

    secret_keys_free(keys);
    return code;
}
