/* What the doctor looks at on this machine: folders, keys, disk, processes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_cache.h"
#include "shm/gw_token.h"
#include "worker/doctor/doctor.h"
#include "worker/host.h"
#include "worker/secret_keys.h"
#include "worker/table.h"

#define DOCTOR_DISK_FAULT    5          /* percent free                     */
#define DOCTOR_DISK_WARNING  20         /* the spool keeps nothing then     */
#define DOCTOR_LAG_FAULT     300        /* seconds                          */
#define DOCTOR_LAG_WARNING   30
#define DOCTOR_SILENT        60         /* a role tells once a second       */
#define DOCTOR_MAP_WARNING   90         /* percent                          */


static const char *
doctor_user(uid_t uid, char out[64])
{
    struct passwd  *p;

    p = getpwuid(uid);
    (void) snprintf(out, 64, p != NULL ? "%s" : "%.0s%u",
                    p != NULL ? p->pw_name : "", (unsigned) uid);
    return out;
}


static void
doctor_folder(doctor_t *d, const char *name, const struct stat *state)
{
    char         path[512], is[64], should[64], cure[700];
    struct stat  st;

    doctor_path(d, name, path);
    doctor_user(state->st_uid, should);

    if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode)) {
        (void) snprintf(cure, sizeof(cure), "make it: install -d -m 750 -o %s "
                        "%s", should, path);
        doctor_say(d, DOCTOR_FAULT, cure, "the folder %s is missing", path);
        return;
    }

    if (st.st_mode & S_IWOTH) {
        (void) snprintf(cure, sizeof(cure), "chmod o-w %s", path);
        doctor_say(d, DOCTOR_FAULT, cure, "anybody may write in %s", path);
    }

    /* several users share a house by its group */

    if (st.st_uid != state->st_uid
        && (st.st_gid != state->st_gid || !(st.st_mode & S_IWGRP)))
    {
        (void) snprintf(cure, sizeof(cure), "chown -R %s %s", should, path);
        doctor_say(d, DOCTOR_FAULT, cure, "%s belongs to %s, the house to %s",
                   path, doctor_user(st.st_uid, is), should);

    } else if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS)
               == -1)
    {
        (void) snprintf(cure, sizeof(cure), "chmod u+rwx %s", path);
        doctor_say(d, DOCTOR_FAULT, cure, "%s cannot be written in: %s", path,
                   strerror(errno));
    }
}


void
doctor_folders(doctor_t *d)
{
    char          path[512];
    unsigned      i;
    struct stat   state;

    static const char  *names[] = { "spool", "spool/quarantine", "journal",
                                    "cache", "files", "run", "keys" };

    if (stat(doctor_path(d, ".", path), &state) == -1) {
        doctor_say(d, DOCTOR_FAULT, "make it, or let the directive \"state\" "
                   "name another", "the state folder cannot be looked at: %s",
                   strerror(errno));
        return;
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        doctor_folder(d, names[i], &state);
    }
}


/* A key file that its loader takes: who else may read it? */
static void
doctor_key_mode(doctor_t *d, const char *path, mode_t closed)
{
    char         cure[700];
    struct stat  st;

    if (stat(path, &st) == 0 && (st.st_mode & closed) != 0) {
        (void) snprintf(cure, sizeof(cure), "chmod %o %s",
                        (unsigned) (st.st_mode & 0777 & ~closed), path);
        doctor_say(d, DOCTOR_FAULT, cure, "others may read or write the key "
                   "file %s", path);
    }
}


void
doctor_keys(doctor_t *d)
{
    char              mem[512], path[512];
    gw_buf_t          err;
    secret_keys_t    *secret;
    gw_token_keys_t  *token;
    const gw_str_t   *own = &d->w->conf.token_keys;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    if (secret_keys_open(&secret, &d->w->conf, &err) != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "", "%s", gw_buf_c(&err));
    } else {
        doctor_key_mode(d, secret->path, 0077);
        secret_keys_free(secret);
    }

    if (own->len > 0) {
        (void) snprintf(path, sizeof(path), "%s", (char *) own->data);
    } else {
        doctor_path(d, "keys/token", path);
    }

    gw_buf_reset(&err);
    if (gw_token_keys_load(&token, path, &err) != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "put back that of this house, or make one "
                   "for a new house with \"godwit key token init\"", "%s",
                   gw_buf_c(&err));
    } else {
        doctor_key_mode(d, path, 0007);
        gw_token_keys_free(token);
    }
}


void
doctor_disk(doctor_t *d)
{
    char            path[512];
    unsigned        i, percent;
    struct statvfs  v;

    static const char  *names[] = { "spool", "journal", "files", "cache" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (statvfs(doctor_path(d, names[i], path), &v) == -1
            || v.f_blocks == 0)
        {
            continue;
        }

        percent = (unsigned) (v.f_bavail * 100 / v.f_blocks);
        if (percent < DOCTOR_DISK_WARNING) {
            doctor_say(d, percent < DOCTOR_DISK_FAULT ? DOCTOR_FAULT
                       : DOCTOR_WARNING, "make room: events are lost when it "
                       "is full", "the file system of %s has %u %% free", path,
                       percent);
        }
    }
}


void
doctor_roles(doctor_t *d)
{
    char                 tail[64], path[512];
    struct stat          st;
    const table_role_t  *r;

    if (doctor_pid(d, "worker") == 0) {
        doctor_say(d, DOCTOR_FAULT, "start it: \"godwit worker\"",
                   "the worker does not run");
        return;
    }

    for (r = table_roles; r->name != NULL; r++) {
        if (doctor_pid(d, r->name) == 0) {
            doctor_say(d, DOCTOR_FAULT, "the log of the worker says why",
                       "the role %s does not run", r->name);
            continue;
        }

        (void) snprintf(tail, sizeof(tail), "run/%s.metrics", r->name);
        if (stat(doctor_path(d, tail, path), &st) == 0
            && time(NULL) - st.st_mtime > DOCTOR_SILENT)
        {
            doctor_say(d, DOCTOR_FAULT, "end its process; the worker starts "
                       "it again", "the role %s runs and has told nothing for "
                       "%lld s", r->name,
                       (long long) (time(NULL) - st.st_mtime));
        }
    }
}


/* Files in a folder of what was put aside. */
static unsigned
doctor_count(doctor_t *d, const char *name)
{
    DIR            *dir;
    char            path[512];
    unsigned        n;
    struct dirent  *e;

    dir = opendir(doctor_path(d, name, path));
    for (n = 0; dir != NULL && (e = readdir(dir)) != NULL; ) {
        n += e->d_name[0] != '.';
    }

    if (dir != NULL) {
        (void) closedir(dir);
    }

    return n;
}


void
doctor_spool(doctor_t *d)
{
    FILE      *f;
    char       path[512], line[256];
    double     lag = 0;
    unsigned   n;

    static const char  name[] = "godwit_ingest_lag_seconds ";

    f = fopen(doctor_path(d, "run/ingest.metrics", path), "re");
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            lag = strtod(line + strlen(name), NULL);
        }
    }

    if (f != NULL) {
        (void) fclose(f);
    }

    if (lag > DOCTOR_LAG_WARNING) {
        doctor_say(d, lag > DOCTOR_LAG_FAULT ? DOCTOR_FAULT : DOCTOR_WARNING,
                   "see whether Postgres is reached and has disk and CPU to "
                   "spare", "events wait in the spool since %.0f s", lag);
    }

    n = doctor_count(d, "spool/quarantine");
    if (n > 0) {
        doctor_say(d, DOCTOR_WARNING, "look at them with \"godwit spool "
                   "dump\", then remove them", "spool/quarantine has %u "
                   "segments that could not be read to their end", n);
    }

    n = doctor_count(d, "journal/quarantine");
    if (n > 0) {
        doctor_say(d, DOCTOR_WARNING, "whoever was uncertain is in the "
                   "campaigns' recipients; then remove them",
                   "journal/quarantine has %u damaged files", n);
    }
}


void
doctor_cache(doctor_t *d)
{
    int              rc;
    char             path[512];
    gw_cache_t      *c;
    gw_cache_stat_t  s;

    if (gw_cache_open(&c, doctor_path(d, "cache", path)) != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "see its owner and mode",
                   "the cache %s cannot be opened", path);
        return;
    }

    rc = gw_cache_stat(c, &s);
    if (rc != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "the role cache makes one when it starts; "
                   "see the log of the worker", "the edge has no cache: %s",
                   gw_cache_why(c) ? gw_cache_why(c) : "there is none yet");

    } else if (s.map > 0 && s.used * 100 / s.map > DOCTOR_MAP_WARNING) {
        doctor_say(d, DOCTOR_WARNING, "raise \"cache_map_size\": it grows by "
                   "itself, but each time the edges open it anew",
                   "%llu of the %llu bytes of the cache are used",
                   (unsigned long long) s.used, (unsigned long long) s.map);
    }

    gw_cache_close(c);
}


static bool
doctor_line(const char *path, char out[HOST_NAME_LEN + 2])
{
    FILE  *f;
    bool   got;

    f = fopen(path, "re");
    got = f != NULL && fgets(out, HOST_NAME_LEN + 2, f) != NULL;
    if (f != NULL) {
        (void) fclose(f);
    }

    out[got ? strcspn(out, "\n") : 0] = '\0';
    return got;
}


/* Did another machine with the same journal/host come in last? */
void
doctor_host(doctor_t *d)
{
    int        rc;
    char       path[512], name[HOST_NAME_LEN + 2], boot[HOST_NAME_LEN + 2];
    PGresult  *res;

    if (d->db == NULL || doctor_pid(d, "worker") == 0
        || !doctor_line(doctor_path(d, "journal/host", path), name)
        || !doctor_line("/proc/sys/kernel/random/boot_id", boot))
    {
        doctor_say(d, DOCTOR_SKIPPED, "", "the worker has not run here, or "
                   "Postgres is not reached");
        return;
    }

    rc = db_run(d->db, &Q_DOCTOR_HOST, &(db_args_t) { { name, boot }, 2 },
                &res);
    if (rc == GW_OK && PQntuples(res) == 1) {
        doctor_say(d, DOCTOR_FAULT, "two workers with one journal/host settle "
                   "each other's mail: stop one, and let it start with an "
                   "empty state folder", "another machine came in as this "
                   "host at %s", PQgetvalue(res, 0, 0));
    }

    PQclear(res);
}
