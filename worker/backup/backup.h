/*
 * A backup is a folder of parts and a list of them:
 *
 *   database       what pg_dump of Postgres writes (custom format)
 *   spool/ journal/ files/    as below <state>, of this host
 *   manifest       lines: `godwit backup 1`, `taken TIME`, `migration N`,
 *                  `host UUID`, `token TEXT`, `part SHA256 BYTES PATH` for each
 *                  file, and last `mac VERSION HEX`
 *
 * The keys are not in it. The mac is made with the key file of secrets, so
 * nobody without that can make an archive that is taken, or change one. The
 * token opens nothing; who can verify it has the key that signed links.
 */
#ifndef BACKUP_H
#define BACKUP_H

#include <stdio.h>

#include "worker/secret_keys.h"
#include "worker/worker.h"

#define BACKUP_PATH   1024
#define BACKUP_SHA    32
#define BACKUP_NAME   512               /* of a part, below the archive     */
#define BACKUP_LINE   (BACKUP_NAME + 128)
#define BACKUP_FORMAT "godwit backup 1"
#define BACKUP_TIME   64

/* Where parts go, or come from. */
typedef struct {
    char                 dir[BACKUP_PATH];
    FILE                *list;          /* the manifest                     */
    void                *digest;        /* of its lines so far              */
    const secret_key_t  *key;
    uint64_t             bytes;
    unsigned             parts;
    char                 taken[BACKUP_TIME];    /* read: the lines of it    */
    char                 host[BACKUP_TIME];
    char                 token[BACKUP_TIME];
    char                 mac[2 * BACKUP_SHA + 1];
    long                 migration;
} backup_t;

/* A part of an archive. */
typedef struct {
    const char     *path;               /* below the archive, and <state>   */
    uint64_t        bytes;
    unsigned char   sha[BACKUP_SHA];
} backup_part_t;

/* All of these say one sentence in err when they return other than GW_OK. */

/* Bytes of something as they are asked for; n of 0: there are no more. */
typedef int (*backup_read_pt)(void *arg, unsigned char *p, size_t size,
    size_t *n);

/*
 * Write a part: what `read` gives, to a file of that size (0: as long as what
 * was read), on the disk when this returns, and its line.
 */
int backup_put(backup_t *b, const char *path, backup_read_pt read, void *arg,
    uint64_t size, gw_buf_t *err) GW_MUSTCHECK;

/* The same of an open file; of all files below a folder of <state>. */
int backup_put_fd(backup_t *b, const char *path, int fd, gw_buf_t *err)
    GW_MUSTCHECK;
int backup_put_tree(backup_t *b, const char *state, const char *path,
    gw_buf_t *err) GW_MUSTCHECK;

/* A part that lies in the archive already: its line. */
int backup_note(backup_t *b, const char *path, gw_buf_t *err) GW_MUSTCHECK;

/* Is what lies at dir/path this part? */
int backup_check(const char *dir, const backup_part_t *part, gw_buf_t *err)
    GW_MUSTCHECK;

/*
 * Copy it below `to`, whole under its name or not at all; a file that is there
 * stays, since it is what came later.
 */
int backup_copy(const char *dir, const backup_part_t *part, const char *to,
    gw_buf_t *err) GW_MUSTCHECK;

/* What is put back into dir is of the user of dir, whoever does it. */
int backup_own(const char *dir, const char *path) GW_MUSTCHECK;

/* Make the folders that path lies in, below dir. */
int backup_folders(const char *dir, const char *path, gw_buf_t *err)
    GW_MUSTCHECK;

/* What lies on the file system of a folder is on the disk, names too. */
int backup_sync(const char *dir, gw_buf_t *err) GW_MUSTCHECK;

/* A digest for lines; their mac, which ends it. */
int manifest_digest(backup_t *b) GW_MUSTCHECK;
int manifest_mac(backup_t *b, const secret_key_t *key,
    char out[2 * BACKUP_SHA + 1]) GW_MUSTCHECK;

/* Begin a manifest in b->dir; a line of it; its mac and its end. */
int manifest_begin(backup_t *b, gw_buf_t *err) GW_MUSTCHECK;
void manifest_line(backup_t *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int manifest_end(backup_t *b, gw_buf_t *err) GW_MUSTCHECK;

/* The line `token`; whether this house has the key of the one that was read. */
int manifest_token(backup_t *b, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;
int manifest_has_token(const backup_t *b, const gw_conf_t *conf,
    gw_buf_t *err) GW_MUSTCHECK;

/*
 * Open the manifest of b->dir: it is one, and its mac is that of a key of this
 * house. Then `call` is told each part of it.
 */
int manifest_open(backup_t *b, const secret_keys_t *keys, gw_buf_t *err)
    GW_MUSTCHECK;
int manifest_each(backup_t *b, int (*call)(void *arg, const backup_part_t *p,
    gw_buf_t *err), void *arg, gw_buf_t *err) GW_MUSTCHECK;
void manifest_close(backup_t *b);

/*
 * Run a program of Postgres to its end, as this database role and without a
 * shell; what it says against it is in err.
 */
int backup_child(const worker_t *w, const char *user,
    const char *const argv[], gw_buf_t *err) GW_MUSTCHECK;

/* The name of the database, for programs that want it as a word. */
int backup_database(const worker_t *w, char *out, size_t size, gw_buf_t *err)
    GW_MUSTCHECK;

#endif
