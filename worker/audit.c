/*
 * `godwit audit verify|heads`: is the audit what it was when it was written?
 *
 * Each row of a workspace has the next number and SHA-256(hash of the one
 * before || hash of the row), see sql/functions/audit.sql. Somebody who may
 * write everything can make a chain of his own: heads that were kept elsewhere
 * show that too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "shm/gw_json.h"
#include "worker/db.h"

#define AUDIT_BAD       1
#define AUDIT_USAGE     2
#define AUDIT_DATABASE  3
#define AUDIT_HASH      SHA256_DIGEST_LENGTH

/* What must stand in the chain of a workspace: the end of it, or a head that
   somebody kept. */
typedef struct {
    long long      tenant, seq;
    unsigned char  hash[AUDIT_HASH];
    bool           is_end;
} audit_head_t;

typedef struct {
    db_t          *db;
    audit_head_t  *heads;               /* by workspace and number */
    size_t         n, at;
    long long      tenant, seq;         /* the last row            */
    unsigned char  hash[AUDIT_HASH];
    bool           ended;               /* it is the end           */
    long long      tenants, rows, erased, waiting, kept;
} audit_t;


static int
audit_say(int code, const char *sentence)
{
    fprintf(stderr, "audit: %s\n", sentence);
    return code;
}


static int
audit_away(const audit_t *a)
{
    char  why[512];

    db_why(a->db, why, sizeof(why));
    return audit_say(AUDIT_DATABASE, why);
}


static int
audit_bad(long long tenant, long long seq)
{
    printf("{\"tenant\":%lld,\"seq\":%lld}\n", tenant, seq);
    return AUDIT_BAD;
}


static int
audit_order(const void *a, const void *b)
{
    const audit_head_t  *x = a, *y = b;

    return x->tenant != y->tenant ? (x->tenant > y->tenant ? 1 : -1)
                                  : (x->seq > y->seq) - (x->seq < y->seq);
}


/* Room for one more; NULL: no memory. */
static audit_head_t *
audit_add(audit_t *a)
{
    audit_head_t  *heads;

    heads = realloc(a->heads, (a->n + 1) * sizeof(audit_head_t));
    if (heads == NULL) {
        return NULL;
    }

    a->heads = heads;
    memset(&heads[a->n], 0, sizeof(audit_head_t));

    return &heads[a->n++];
}


/* Take the heads of the database; with `print` each is a line. */
static int
audit_heads_load(audit_t *a, bool print)
{
    int            i;
    char           at[GW_RFC3339_LEN + 1];
    PGresult      *res;
    db_args_t      args;
    const char    *hash;
    audit_head_t  *h;

    gw_clock_print(gw_clock_us(), at);
    args = (db_args_t) { { at }, 1 };

    if (db_run(a->db, &Q_AUDIT_HEADS, &args, &res) != GW_OK) {
        PQclear(res);
        return audit_away(a);
    }

    for (i = 0; i < PQntuples(res); i++) {
        a->waiting += strtoll(PQgetvalue(res, i, 3), NULL, 10);
        hash = PQgetvalue(res, i, 2);

        if (*hash == '\0') {
            continue;                   /* nothing is chained yet */
        }

        h = audit_add(a);
        if (h == NULL) {
            PQclear(res);
            return audit_say(AUDIT_BAD, gw_strerror(GW_ENOMEM));
        }

        h->tenant = strtoll(PQgetvalue(res, i, 0), NULL, 10);
        h->seq = strtoll(PQgetvalue(res, i, 1), NULL, 10);
        h->is_end = true;

        if (gw_hex_decode(h->hash, AUDIT_HASH, gw_str_of(hash)) != GW_OK) {
            PQclear(res);
            return audit_bad(h->tenant, h->seq);
        }

        if (print) {
            printf("{\"tenant\":%lld,\"seq\":%lld,\"hash\":\"%s\"}\n",
                   h->tenant, h->seq, hash);
        }
    }

    PQclear(res);
    return 0;
}


/* A line as `godwit audit heads` prints it; GW_EINVAL, GW_ENOMEM. */
static int
audit_head_parse(audit_t *a, gw_str_t line)
{
    int               rc;
    json_t           *doc;
    const char       *hash;
    json_int_t        tenant, seq;
    audit_head_t     *h;
    gw_json_error_t   err;

    rc = gw_json_parse(line, GW_JSON_OBJECT, &doc, &err);
    if (rc != GW_OK) {
        return rc;
    }

    rc = GW_EINVAL;

    if (json_unpack(doc, "{s:I,s:I,s:s}", "tenant", &tenant, "seq", &seq,
                    "hash", &hash) == 0)
    {
        h = audit_add(a);
        rc = GW_ENOMEM;

        if (h != NULL) {
            h->tenant = tenant;
            h->seq = seq;
            rc = gw_hex_decode(h->hash, AUDIT_HASH, gw_str_of(hash));
        }
    }

    json_decref(doc);
    return rc;
}


static int
audit_heads_read(audit_t *a, const char *path)
{
    int      rc, n;
    char     line[256], why[512];
    FILE    *f;

    f = fopen(path, "r");
    if (f == NULL) {
        snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
        return audit_say(AUDIT_USAGE, why);
    }

    for (n = 1, rc = GW_OK; rc == GW_OK; n++) {

        if (fgets(line, sizeof(line), f) == NULL) {
            break;
        }

        rc = audit_head_parse(a, gw_str_make(line, strcspn(line, "\n")));
        a->kept += rc == GW_OK;
    }

    if (ferror(f)) {
        snprintf(why, sizeof(why), "%s: %s", path, strerror(errno));
        fclose(f);
        return audit_say(AUDIT_USAGE, why);
    }

    fclose(f);

    if (rc == GW_OK && a->kept == 0) {
        snprintf(why, sizeof(why), "%s has no head; `godwit audit heads` "
                 "prints some", path);
        return audit_say(AUDIT_USAGE, why);
    }

    if (rc == GW_OK) {
        return 0;
    }

    snprintf(why, sizeof(why), "%s: line %d is not one that `godwit audit "
             "heads` printed", path, n - 1);

    return audit_say(AUDIT_USAGE, why);
}


/*
 * Heads before a place must have been seen by now. The chain has no gap, so
 * what is missing is behind its last row.
 */
static int
audit_passed(audit_t *a, long long tenant, long long seq)
{
    const audit_head_t  *h;

    if (a->at < a->n) {
        h = &a->heads[a->at];

        if (h->tenant < tenant || (h->tenant == tenant && h->seq < seq)) {
            return audit_bad(h->tenant,
                             h->tenant == a->tenant ? a->seq + 1 : 1);
        }
    }

    /* rows behind the end, or a workspace without one */
    if (a->seq > 0 && tenant != a->tenant && !a->ended) {
        return audit_bad(a->tenant, a->seq);
    }

    return 0;
}


/* The next field of a line of COPY. */
static gw_str_t
audit_field(const char **line)
{
    gw_str_t  s;

    s = gw_str_make(*line, strcspn(*line, "\t\n"));
    *line += s.len + ((*line)[s.len] != '\0');

    return s;
}


/* One row: 0, or an exit code after the words. */
static int
audit_row(audit_t *a, const char *line)
{
    int                  code;
    bool                 read;
    gw_str_t             values;
    long long            tenant = 0, seq = 0;
    unsigned char        link[2 * AUDIT_HASH], hash[AUDIT_HASH];
    const audit_head_t  *h;

    read = gw_str_int(audit_field(&line), 0, INT32_MAX, &tenant) == GW_OK
           && gw_str_int(audit_field(&line), 1, INT64_MAX, &seq) == GW_OK
           && gw_hex_decode(link + AUDIT_HASH, AUDIT_HASH, audit_field(&line))
              == GW_OK
           && gw_hex_decode(hash, AUDIT_HASH, audit_field(&line)) == GW_OK;
    values = audit_field(&line);

    if (!read || values.len != 1) {
        return audit_bad(tenant, seq);
    }

    code = audit_passed(a, tenant, seq);
    if (code != 0) {
        return code;
    }

    if (tenant != a->tenant) {
        a->tenant = tenant;
        a->tenants++;
        a->seq = 0;
        a->ended = false;
    }

    if (a->ended || seq != a->seq + 1) {
        return audit_bad(tenant, a->seq + 1);
    }

    if (seq == 1) {
        SHA256(link + AUDIT_HASH, AUDIT_HASH, a->hash);
    } else {
        memcpy(link, a->hash, AUDIT_HASH);
        SHA256(link, sizeof(link), a->hash);
    }

    if (memcmp(a->hash, hash, AUDIT_HASH) != 0
        || gw_str_is(values, "b"))
    {
        return audit_bad(tenant, seq);
    }

    a->seq = seq;
    a->rows++;
    a->erased += gw_str_is(values, "e");

    for ( /* void */ ; a->at < a->n; a->at++) {
        h = &a->heads[a->at];

        if (h->tenant != tenant || h->seq != seq) {
            break;
        }

        if (memcmp(h->hash, hash, AUDIT_HASH) != 0) {
            return audit_bad(tenant, seq);
        }

        a->ended = a->ended || h->is_end;
    }

    return 0;
}


/* Read the chains; a bad row ends it. */
static int
audit_rows(audit_t *a)
{
    int    n, code;
    char  *line;

    if (db_exec(a->db, Q_AUDIT_ROWS.text) != GW_OK) {
        return audit_away(a);
    }

    code = 0;

    while (code == 0
           && (n = PQgetCopyData(db_conn(a->db), &line, 0)) > 0)
    {
        code = audit_row(a, line);
        PQfreemem(line);
    }

    if (code != 0) {
        return code;
    }

    if (n != -1 || db_take(a->db, &(PGresult *) { NULL }) != GW_OK) {
        return audit_away(a);
    }

    return audit_passed(a, INT64_MAX, 0);
}


static int
audit_verify(audit_t *a, const char *kept)
{
    int  code;

    code = audit_heads_load(a, false);

    if (code == 0 && kept != NULL) {
        code = audit_heads_read(a, kept);
    }

    if (code == 0) {
        qsort(a->heads, a->n, sizeof(audit_head_t), audit_order);
        code = audit_rows(a);
    }

    if (code != 0) {
        return code;
    }

    printf("{\"tenants\":%lld,\"rows\":%lld,\"erased\":%lld,\"heads\":%lld,"
           "\"waiting\":%lld}\n", a->tenants, a->rows, a->erased, a->kept,
           a->waiting);

    return a->waiting == 0 ? 0
           : audit_say(AUDIT_BAD, "some rows wait for the chain for more than "
                       "a minute; the worker's role cron chains them");
}


static int
audit_usage(void)
{
    fputs("usage: godwit audit verify [--heads FILE]\n"
          "       godwit audit heads\n", stderr);
    return AUDIT_USAGE;
}


int
audit_command(worker_t *w)
{
    int       code;
    bool      heads;
    char      mem[512];
    audit_t   a;
    gw_buf_t  err;

    heads = w->argc == 1 && strcmp(w->argv[0], "heads") == 0;

    if (!heads && !(w->argc == 1 && strcmp(w->argv[0], "verify") == 0)
        && !(w->argc == 3 && strcmp(w->argv[0], "verify") == 0
             && strcmp(w->argv[1], "--heads") == 0))
    {
        return audit_usage();
    }

    memset(&a, 0, sizeof(a));
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    if (db_open(&a.db, w, "gw_worker", &err) != GW_OK) {
        return audit_say(AUDIT_DATABASE, gw_buf_c(&err));
    }

    if (db_exec(a.db, Q_AUDIT_BEGIN.text) != GW_OK
        || db_exec(a.db, Q_AUDIT_PATIENCE.text) != GW_OK)
    {
        code = audit_away(&a);
    } else {
        code = heads ? audit_heads_load(&a, true)
                     : audit_verify(&a, w->argc == 3 ? w->argv[2] : NULL);
    }

    db_close(a.db);
    free(a.heads);

    return code;
}
