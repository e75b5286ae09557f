/* Before the first row: the words, the file, the workspace, the list. */
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
#include "shm/gw_codec.h"

#define IMPORT_PRINT   (1024 * 1024)    /* bytes that the fingerprint reads */


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


int
import_open(import_t *i)
{
    int  rc;

    rc = import_words(i);
    rc = rc == IMPORT_OK ? import_fingerprint(i) : rc;
    (void) snprintf(i->tenant, sizeof(i->tenant), "%lld", i->workspace);
    if (rc == IMPORT_OK
        && db_open(&i->db, i->w, "gw_worker", &i->why) != GW_OK)
    {
        rc = IMPORT_AWAY;
    }

    rc = rc == IMPORT_OK ? import_find_tenant(i) : rc;
    rc = rc == IMPORT_OK ? import_find_list(i) : rc;
    return rc == IMPORT_OK ? import_resume(i) : rc;
}
