/* Before the first row: the words, the file, the workspace, the list. */
#include "worker/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/host.h"

#define IMPORT_PRINT   (512 * 1024)     /* bytes at each end of the file */
#define IMPORT_LOCK_MS 10000            /* for a killed one to be gone */


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
        } else if (strcmp(v[n], "--format") == 0 && n + 1 < i->w->argc) {
            i->kind = reader_named(v[++n]);
            if (i->kind == NULL) {
                return import_fail(i, IMPORT_USAGE, "--format \"%s\" is not "
                                   "csv, ndjson or vcard", v[n]);
            }
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
                               "COLUMN=FIELD,...] [--format csv|ndjson|vcard] "
                               "[--workspace N]", v[n]);
        } else {
            i->file = v[n];
        }
    }

    if (i->file != NULL && i->kind == NULL) {
        i->kind = reader_of(i->file);
    }

    return i->file != NULL ? IMPORT_OK
           : import_fail(i, IMPORT_USAGE, "%s", "no file is named");
}


int
import_open_file(import_t *i)
{
    struct stat  st;

    i->fd = open(i->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (i->fd < 0 || realpath(i->file, i->source) == NULL
        || fstat(i->fd, &st) != 0 || !S_ISREG(st.st_mode))
    {
        gw_buf_fmt(&i->why, "%s cannot be opened: %s", i->file,
                   i->fd < 0 ? strerror(errno) : "it is no file");
        return IMPORT_INPUT;
    }

    i->size = st.st_size;
    return IMPORT_OK;
}


/*
 * SHA-256 over --map, the size, the first and the last bytes, and what it is
 * read as: the same file read the same way, or not.
 */
static int
import_fingerprint(import_t *i)
{
    char            size[32];
    ssize_t         n, tail;
    EVP_MD_CTX     *ctx;
    unsigned char  *head, md[32];

    head = malloc(2 * IMPORT_PRINT);
    n = head != NULL ? pread(i->fd, head, IMPORT_PRINT, 0) : -1;
    tail = n > 0 ? pread(i->fd, head + n, IMPORT_PRINT,
                         i->size > IMPORT_PRINT ? i->size - IMPORT_PRINT
                                                : 0) : n;
    ctx = EVP_MD_CTX_new();
    (void) snprintf(size, sizeof(size), "%lld:", i->size);

    if (n < 0 || tail < 0 || ctx == NULL
        || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1
        || EVP_DigestUpdate(ctx, size, strlen(size)) != 1
        || EVP_DigestUpdate(ctx, i->map != NULL ? i->map : "",
                            i->map != NULL ? strlen(i->map) + 1 : 0) != 1
        || (i->kind != reader_kinds
            && EVP_DigestUpdate(ctx, i->kind->name, strlen(i->kind->name))
               != 1)
        || EVP_DigestUpdate(ctx, head, (size_t) (n + tail)) != 1
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


/* The workspace: its key. */
static int
import_find_tenant(import_t *i)
{
    int        rc;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_TENANT, &(db_args_t) { { i->tenant }, 1 },
                    &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    if (PQntuples(res) != 1
        || tenant_key_load(&i->key, PQgetvalue(res, 0, 0),
                           PQgetvalue(res, 0, 1)) != GW_OK)
    {
        rc = import_fail(i, IMPORT_INPUT, "there is no workspace %s",
                         i->tenant);
    }

    PQclear(res);
    return rc;
}


/* This host: what keeps the reject file is what serves it. */
static int
import_find_host(import_t *i)
{
    int   rc, id;
    char  why[512];

    rc = host_enter(i->w, i->db, &id);
    if (rc == GW_OK) {
        (void) snprintf(i->host, sizeof(i->host), "%d", id);
        return IMPORT_OK;
    }

    db_why(i->db, why, sizeof(why));
    return rc == GW_EDB ? import_away(i)
           : import_fail(i, IMPORT_INPUT, "this machine cannot be entered "
                         "in godwit.hosts: %s", *why != '\0' ? why
                         : "journal/host of the state folder cannot be read "
                           "or made");
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
                           "it with godwit call lists_create "
                           "'{\"name\":\"...\"}'", i->list);
    }

    (void) snprintf(i->list_id, sizeof(i->list_id), "%s",
                    PQgetvalue(res, 0, 0));
    PQclear(res);
    return IMPORT_OK;
}


/*
 * One reads a file into a list at a time: a killed one may still have its
 * last transaction under way.
 */
static int
import_lock(import_t *i)
{
    int        rc;
    bool       mine;
    int64_t    until;
    PGresult  *res;

    until = gw_clock_ms() + IMPORT_LOCK_MS;

    for ( ;; ) {
        rc = import_run(i, &Q_IMPORT_LOCK, &(db_args_t) { { i->tenant,
                        i->source, i->print }, 3 }, &res);
        if (rc != IMPORT_OK) {
            return rc;
        }

        mine = PQgetvalue(res, 0, 0)[0] == 't';
        PQclear(res);
        if (mine) {
            return IMPORT_OK;
        }
        if (gw_clock_ms() > until) {
            return import_fail(i, IMPORT_INPUT, "%s is being imported by "
                               "another command; wait for its end", i->file);
        }

        (void) poll(NULL, 0, 50);
    }
}


/*
 * Go on with an import of the same content that was cut off; one of another
 * content of this file has failed.
 */
static int
import_resume(import_t *i)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), now);
    rc = import_run(i, &Q_IMPORT_CHANGED, &(db_args_t) { { i->tenant, i->source,
                    i->list_id[0] ? i->list_id : NULL, i->print, now,
                    i->host }, 6 },
                    &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    if (PQntuples(res) > 0) {
        fprintf(stderr, "import: the file is another than the one of %s, "
                "which stopped after line %s: beginning anew\n",
                PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1));
    }
    PQclear(res);

    rc = import_run(i, &Q_IMPORT_FIND, &(db_args_t) { { i->tenant, i->print,
                    i->list_id[0] ? i->list_id : NULL, i->host }, 4 }, &res);
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


int
import_open(import_t *i)
{
    int  rc;

    rc = import_words(i);
    rc = rc == IMPORT_OK ? import_open_file(i) : rc;
    rc = rc == IMPORT_OK ? import_fingerprint(i) : rc;
    (void) snprintf(i->tenant, sizeof(i->tenant), "%lld", i->workspace);
    if (rc == IMPORT_OK
        && db_open(&i->db, i->w, "gw_worker", &i->why) != GW_OK)
    {
        rc = IMPORT_AWAY;
    }

    rc = rc == IMPORT_OK ? import_find_tenant(i) : rc;
    rc = rc == IMPORT_OK ? import_find_list(i) : rc;
    rc = rc == IMPORT_OK ? import_find_host(i) : rc;
    rc = rc == IMPORT_OK ? import_lock(i) : rc;
    return rc == IMPORT_OK ? import_resume(i) : rc;
}
