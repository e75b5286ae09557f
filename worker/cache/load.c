/* Rows of Postgres into the cache: all of them, or those that changed. */
#include "worker/cache/load.h"

#include <stdio.h>
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_apikey.h"
#include "shm/gw_codec.h"
#include "shm/gw_flags.h"
#include "shm/gw_source.h"

#define LOAD_PAGE    "10000"
#define LOAD_ARRAYS  3
#define LOAD_TEXT    (1024 * 1024)
#define LOAD_HASH    64                 /* hex digits of an address hash */

typedef struct {
    gw_cache_writer_t  *w;
    db_t               *db;
    uint64_t            n;              /* values put */
} load_t;

/* The text of array parameters. */
typedef struct {
    gw_buf_t   text[LOAD_ARRAYS];
    unsigned   n;
} load_arrays_t;


static int
load_run(load_t *l, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(l->db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
        PQclear(*res);
    }

    return rc;
}


static uint32_t
load_number(const PGresult *res, int row, int column)
{
    return (uint32_t) strtoul(PQgetvalue(res, row, column), NULL, 10);
}


/* A value of a row, or no value when it is null. */
static gw_str_t
load_value(const PGresult *res, int row, int column)
{
    if (PQgetisnull(res, row, column)) {
        return (gw_str_t) gw_null_string;
    }

    return gw_str_make(PQgetvalue(res, row, column),
                       (size_t) PQgetlength(res, row, column));
}


/* Rows of tenant, campaign, index, URL. */
static int
load_put_links(load_t *l, const PGresult *res)
{
    int             i, rc;
    gw_str_t        url;
    gw_cache_key_t  key;

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        key = gw_cache_key_link(load_number(res, i, 0),
                                load_number(res, i, 1),
                                (uint16_t) load_number(res, i, 2));
        url = load_value(res, i, 3);
        rc = gw_cache_put(l->w, &key, url);
        l->n += url.data != NULL;
    }

    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* Rows of tenant, hash in hex, reason; its first letter is kept. */
static int
load_put_suppressions(load_t *l, const PGresult *res)
{
    int             i, rc;
    gw_str_t        reason;
    gw_cache_key_t  key;
    unsigned char   hash[32];

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        if (gw_hex_decode(hash, 32, load_value(res, i, 1)) != GW_OK) {
            continue;
        }

        key = gw_cache_key_suppression(load_number(res, i, 0), hash);
        reason = load_value(res, i, 2);
        reason.len = reason.data != NULL;
        rc = gw_cache_put(l->w, &key, reason);
        l->n += reason.len;
    }

    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* Rows of id, tenant, hash in hex, scopes, expiry, revoked, bound, networks. */
static int
load_put_keys(load_t *l, const PGresult *res)
{
    int                 i, rc;
    size_t              n;
    gw_str_t            value;
    gw_cache_key_t      key;
    unsigned char       mem[GW_APIKEY_RECORD_MAX];
    gw_apikey_record_t  r;

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        key = gw_cache_key_apikey(strtoull(PQgetvalue(res, i, 0), NULL, 10));
        value = (gw_str_t) gw_null_string;

        if (gw_hex_decode(r.hash, sizeof(r.hash), load_value(res, i, 2))
            == GW_OK)
        {
            r.tenant = load_number(res, i, 1);
            r.scopes = load_value(res, i, 3);
            r.expires = strtoll(PQgetvalue(res, i, 4), NULL, 10);
            r.revoked = load_number(res, i, 5) != 0;
            r.bound = load_number(res, i, 6) != 0;
            r.nets = load_value(res, i, 7);
            n = gw_apikey_pack(mem, &r);
            value = gw_str_make(n > 0 ? mem : NULL, n);
        }

        rc = gw_cache_put(l->w, &key, value);
        l->n += value.data != NULL;
    }

    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* Rows of tenant, text; it is what the edge reads. */
static int
load_put_quotas(load_t *l, const PGresult *res)
{
    int             i, rc;
    gw_cache_key_t  key;

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        key = gw_cache_key_quota(load_number(res, i, 0));
        rc = gw_cache_put(l->w, &key, load_value(res, i, 1));
    }

    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* Rows of tenant, id, write key, origins, whether it takes nothing. */
static int
load_put_sources(load_t *l, const PGresult *res)
{
    int             i, rc;
    size_t          n;
    gw_source_t     s;
    gw_cache_key_t  key;
    unsigned char   mem[GW_SOURCE_MAX];

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        key = gw_cache_key_source(load_number(res, i, 0),
                                  strtoull(PQgetvalue(res, i, 1), NULL, 10));
        s.key = load_value(res, i, 2);
        s.origins = load_value(res, i, 3);
        s.gone = load_number(res, i, 4) != 0;
        n = s.key.data != NULL ? gw_source_pack(mem, &s) : 0;
        rc = gw_cache_put(l->w, &key, gw_str_make(n > 0 ? mem : NULL, n));
    }

    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* Rows of tenant, text. */
static int
load_put_flags(load_t *l, const PGresult *res)
{
    int             i, rc;
    gw_buf_t        packed;
    gw_cache_key_t  key;

    rc = GW_OK;
    gw_buf_init(&packed, GW_FLAGS_MAX);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        gw_buf_reset(&packed);
        key = gw_cache_key_flags(load_number(res, i, 0));

        if (PQgetisnull(res, i, 1)) {
            rc = gw_cache_put(l->w, &key, (gw_str_t) gw_null_string);
            continue;
        }

        gw_flags_pack(load_value(res, i, 1), &packed);
        rc = packed.failed ? GW_ENOMEM
                           : gw_cache_put(l->w, &key, gw_buf_view(&packed));
    }

    gw_buf_free(&packed);
    return rc == GW_OK ? gw_cache_commit(l->w) : rc;
}


/* The page after the last row of `*res`, which it replaces. */
static int
load_page(load_t *l, const db_query_t *q, unsigned keys, PGresult **res)
{
    int        rc, last;
    unsigned   i;
    PGresult  *page;
    db_args_t  a;

    last = PQntuples(*res) - 1;
    for (i = 0; i < keys; i++) {
        a.v[i] = PQgetvalue(*res, last, (int) i);
    }
    a.v[keys] = LOAD_PAGE;
    a.n = (int) keys + 1;

    rc = load_run(l, q, &a, &page);
    PQclear(*res);
    *res = rc == GW_OK ? page : NULL;
    return rc;
}


/* All pages of a query, the first after `first`. */
static int
load_pages(load_t *l, const db_query_t *q, unsigned keys,
    const db_args_t *first, int (*put)(load_t *, const PGresult *))
{
    int        rc;
    PGresult  *res;

    rc = load_run(l, q, first, &res);
    if (rc != GW_OK) {
        return rc;
    }

    while (rc == GW_OK && PQntuples(res) > 0) {
        rc = put(l, res);
        rc = rc == GW_OK ? load_page(l, q, keys, &res) : rc;
    }

    PQclear(res);
    return rc;
}


int
load_all(gw_cache_writer_t *w, db_t *db, load_count_t *count)
{
    int     rc;
    load_t  l = { w, db, 0 };

    /* one snapshot: a row may not move from page to page */
    rc = db_exec(db, Q_CACHE_BEGIN.text);

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_LINKS, 3, &(db_args_t) {
                                  { "-1", "0", "0", LOAD_PAGE }, 4 },
                                  load_put_links) : rc;
    count->links = l.n;
    l.n = 0;

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_SUPPRESSIONS, 2, &(db_args_t) {
                                  { "-1", "", LOAD_PAGE }, 3 },
                                  load_put_suppressions) : rc;
    count->suppressions = l.n;
    l.n = 0;

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_KEYS, 1, &(db_args_t) {
                                  { "0", LOAD_PAGE }, 2 },
                                  load_put_keys) : rc;
    count->keys = l.n;

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_QUOTAS, 1, &(db_args_t) {
                                  { "0", LOAD_PAGE }, 2 },
                                  load_put_quotas) : rc;

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_SOURCES, 2, &(db_args_t) {
                                  { "-1", "0", LOAD_PAGE }, 3 },
                                  load_put_sources) : rc;

    rc = rc == GW_OK ? load_pages(&l, &Q_CACHE_FLAGS, 1, &(db_args_t) {
                                  { "0", LOAD_PAGE }, 2 },
                                  load_put_flags) : rc;

    /* after a refused statement this rolls back */
    if (db_exec(db, Q_CACHE_END.text) != GW_OK && rc == GW_OK) {
        rc = GW_EDB;
    }

    return rc;
}


/* ---- changes ---- */


static void
load_add(load_arrays_t *a, const char *v0, const char *v1, const char *v2)
{
    unsigned     i;
    const char  *values[LOAD_ARRAYS] = { v0, v1, v2 };

    for (i = 0; i < a->n && i < LOAD_ARRAYS; i++) {
        gw_buf_char(&a->text[i], a->text[i].len > 0 ? ',' : '{');
        gw_buf_cstr(&a->text[i], values[i]);
    }
}


/* `CAMPAIGN.INDEX` of a link that a token can name. */
static bool
load_is_link(const char *key, char *campaign, char *index)
{
    size_t      n;
    long long   v;
    const char  *dot;

    dot = strchr(key, '.');
    n = dot != NULL ? (size_t) (dot - key) : 0;
    if (n == 0 || n > 15 || strlen(dot + 1) > 15) {
        return false;
    }

    memcpy(campaign, key, n);
    campaign[n] = '\0';
    memcpy(index, dot + 1, strlen(dot + 1) + 1);

    return gw_str_int(gw_str_of(campaign), 0, UINT32_MAX, &v) == GW_OK
           && gw_str_int(gw_str_of(index), 0, UINT16_MAX, &v) == GW_OK;
}


static bool
load_is_hash(const char *key)
{
    unsigned char  hash[LOAD_HASH / 2];

    return strlen(key) == LOAD_HASH
           && gw_hex_decode(hash, sizeof(hash), gw_str_of(key)) == GW_OK;
}


/* Ask for the collected keys and store the answers. */
static int
load_now(load_t *l, const db_query_t *q, load_arrays_t *a,
    int (*put)(load_t *, const PGresult *))
{
    int         rc;
    bool        empty;
    unsigned    i;
    db_args_t   args;
    PGresult   *res;

    empty = a->text[0].len == 0;
    rc = GW_OK;
    args.n = (int) a->n;
    for (i = 0; i < a->n; i++) {
        gw_buf_char(&a->text[i], '}');
        args.v[i] = gw_buf_c(&a->text[i]);
        rc = a->text[i].failed ? GW_ENOMEM : rc;
    }

    if (rc == GW_OK && !empty) {
        rc = load_run(l, q, &args, &res);
        if (rc == GW_OK) {
            rc = put(l, res);
            PQclear(res);
        }
    }

    for (i = 0; i < a->n; i++) {
        gw_buf_free(&a->text[i]);
    }

    return rc;
}


enum { LOAD_LINKS, LOAD_HASHES, LOAD_KEYS, LOAD_QUOTAS, LOAD_SOURCES,
       LOAD_FLAGS, LOAD_KINDS };

static const struct {
    const db_query_t  *query;
    unsigned           arrays;
    int              (*put)(load_t *, const PGresult *);
} load_kinds[LOAD_KINDS] = {
    { &Q_CACHE_LINKS_NOW, 3, load_put_links },
    { &Q_CACHE_SUPPRESSIONS_NOW, 2, load_put_suppressions },
    { &Q_CACHE_KEYS_NOW, 1, load_put_keys },
    { &Q_CACHE_QUOTAS_NOW, 1, load_put_quotas },
    { &Q_CACHE_SOURCES_NOW, 2, load_put_sources },
    { &Q_CACHE_FLAGS_NOW, 1, load_put_flags }
};


static bool
load_is_id(const char *key)
{
    long long  id;

    return gw_str_int(gw_str_of(key), 1, INT64_MAX, &id) == GW_OK;
}


/* What a change names, if the cache holds it. */
static void
load_change(load_arrays_t *a, const feed_change_t *c)
{
    char  tenant[16], campaign[16], index[16];

    (void) snprintf(tenant, sizeof(tenant), "%d", c->tenant);

    if (strcmp(c->kind, "link") == 0
        && load_is_link(c->key, campaign, index))
    {
        load_add(&a[LOAD_LINKS], tenant, campaign, index);

    } else if (strcmp(c->kind, "suppression") == 0 && load_is_hash(c->key)) {
        load_add(&a[LOAD_HASHES], tenant, c->key, "");

    } else if (strcmp(c->kind, "key") == 0 && load_is_id(c->key)) {
        load_add(&a[LOAD_KEYS], c->key, "", "");

    } else if (strcmp(c->kind, "quota") == 0) {
        load_add(&a[LOAD_QUOTAS], tenant, "", "");

    } else if (strcmp(c->kind, "source") == 0 && load_is_id(c->key)) {
        load_add(&a[LOAD_SOURCES], tenant, c->key, "");

    } else if (strcmp(c->kind, "flag") == 0) {
        load_add(&a[LOAD_FLAGS], tenant, "", "");
    }
}


int
load_changes(gw_cache_writer_t *w, db_t *db, const feed_change_t *change,
    unsigned n)
{
    int            rc, one;
    load_t         l = { w, db, 0 };
    unsigned       i, k;
    load_arrays_t  a[LOAD_KINDS];

    for (k = 0; k < LOAD_KINDS; k++) {
        a[k].n = load_kinds[k].arrays;
        for (i = 0; i < LOAD_ARRAYS; i++) {
            gw_buf_init(&a[k].text[i], LOAD_TEXT);
        }
    }

    for (i = 0; i < n; i++) {
        load_change(a, &change[i]);
    }

    /* all of them, also when one fails: each gives its memory back */
    rc = GW_OK;
    for (k = 0; k < LOAD_KINDS; k++) {
        one = load_now(&l, load_kinds[k].query, &a[k], load_kinds[k].put);
        rc = rc == GW_OK ? one : rc;
    }

    return rc;
}
