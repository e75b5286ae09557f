/*
 * /api/v1/flags/decide: which variants of a workspace's feature flags a unit
 * gets, by the write key of a source or an API key. No database: the flags and
 * what is known of a key come from the cache, and who gets what is computed.
 */
#include "ngx_http_godwit_flags.h"

#include "shm/gw_source.h"

/* To compile the most that fits takes 10 ms, so they rarely share a slot. */
#define NGX_HTTP_GODWIT_FLAGS_SLOTS  256

/* The flags of workspaces as they were compiled last, of this process. */
static struct {
    uint32_t     tenant;
    gw_flags_t  *flags;
} ngx_http_godwit_flags_slots[NGX_HTTP_GODWIT_FLAGS_SLOTS];


/* The flags of the workspace as the cache has them; NULL: there are none. */
static ngx_int_t
ngx_http_godwit_flags_load(ngx_http_godwit_flags_t *f)
{
    int              rc;
    gw_str_t         packed;
    uint32_t         tenant;
    ngx_uint_t       i;
    gw_flags_t      *fresh;
    gw_cache_key_t   key;

    f->flags = NULL;
    tenant = f->collect->event.tenant;
    key = gw_cache_key_flags(tenant);
    if (ngx_http_godwit_peeked(&key, &packed) != GW_OK) {
        return NGX_OK;
    }

    i = tenant % NGX_HTTP_GODWIT_FLAGS_SLOTS;
    if (ngx_http_godwit_flags_slots[i].flags == NULL
        || ngx_http_godwit_flags_slots[i].tenant != tenant
        || ngx_http_godwit_flags_slots[i].flags->version
           != gw_flags_version(packed))
    {
        rc = gw_flags_compile(packed, &fresh);
        if (rc != GW_OK) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "flags of workspace %uD: %s", tenant,
                          gw_strerror(rc));
            return NGX_ERROR;
        }

        gw_flags_free(ngx_http_godwit_flags_slots[i].flags);
        ngx_http_godwit_flags_slots[i].flags = fresh;
        ngx_http_godwit_flags_slots[i].tenant = tenant;
    }

    f->flags = ngx_http_godwit_flags_slots[i].flags;

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_flags_unknown(ngx_http_request_t *r)
{
    return ngx_http_godwit_collect_problem(r, GW_PROBLEM_AWAY,
               gw_str_of("The key is not known here yet; ask again in a "
                         "moment."));
}


/* A question by an API key is a call of the API. */
static ngx_int_t
ngx_http_godwit_flags_called(ngx_http_request_t *r, ngx_http_godwit_flags_t *f)
{
    ngx_int_t         rc;
    ngx_str_t         quota;

    static ngx_str_t  name = ngx_string("Godwit-Quota");

    ngx_str_null(&quota);
    rc = ngx_http_godwit_api_call(r, f->collect->event.tenant, 1, &quota,
                                  &f->collect->retry);

    if (rc == NGX_ERROR
        || (quota.len > 0 && ngx_http_godwit_header(r, &name, &quota)
                             != NGX_OK))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return rc == NGX_OK ? NGX_DECLINED
           : ngx_http_godwit_collect_problem(r, GW_PROBLEM_QUOTA,
                 gw_str_of(NGX_HTTP_GODWIT_CALLS_USED_UP));
}


/* By an API key, whose words are judged here: Postgres is not asked. */
static ngx_int_t
ngx_http_godwit_flags_api_key(ngx_http_request_t *r,
    ngx_http_godwit_flags_t *f, gw_str_t text)
{
    int                  rc;
    size_t               n;
    int64_t              id;
    uint64_t             bucket;
    gw_cache_key_t       key;
    unsigned char        value[GW_APIKEY_RECORD_MAX], hash[GW_APIKEY_HASH];
    gw_apikey_record_t   record;

    rc = gw_apikey_parse(text, &id);
    if (rc == GW_OK) {
        key = gw_cache_key_apikey((uint64_t) id);
        n = sizeof(value);
        if (ngx_http_godwit_cached(&key, value, &n) != GW_OK
            || gw_apikey_unpack(&record, gw_str_make(value, n)) != GW_OK
            || (record.bound && record.nets.len == 0))
        {
            return ngx_http_godwit_flags_unknown(r);
        }

        gw_apikey_hash(text, hash);
        rc = gw_apikey_refuse(&record, hash, gw_str_of("flags:read"),
                              ngx_http_godwit_now());
        if (rc != GW_EINVAL
            && !gw_apikey_lets(&record, r->connection->sockaddr))
        {
            rc = GW_EINVAL;
        }
    }

    if (rc == GW_EFULL) {
        return ngx_http_godwit_collect_problem(r, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("The API key does not have the scope "
                             "flags:read."));
    }

    if (rc != GW_OK) {
        return ngx_http_godwit_collect_problem(r, GW_PROBLEM_UNAUTHORIZED,
                   gw_str_of("Send an API key as Bearer, or the write key of "
                             "a source."));
    }

    f->api_key = 1;
    f->tests = text.len > 8 && ngx_strncmp(text.data, "gw_test_", 8) == 0;
    f->collect->event.tenant = record.tenant;
    ngx_memcpy(&bucket, hash, sizeof(bucket));
    rc = ngx_http_godwit_collect_rate(r, NGX_GODWIT_RATE_KEY, bucket);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_godwit_collect_rate(r, NGX_GODWIT_RATE_TENANT,
                                          record.tenant);
    }

    return rc != NGX_DECLINED ? rc : ngx_http_godwit_flags_called(r, f);
}


/* The source that exposures by an API key count for, which takes events. */
static ngx_int_t
ngx_http_godwit_flags_source(ngx_http_request_t *r,
    ngx_http_godwit_flags_t *f)
{
    size_t          n;
    long long       id;
    gw_source_t     source;
    gw_cache_key_t  key;
    unsigned char   value[GW_SOURCE_MAX];

    if (!f->expose || !f->api_key) {
        return NGX_DECLINED;
    }

    n = sizeof(value);
    if (f->source.len > 4 && ngx_strncmp(f->source.data, "src_", 4) == 0
        && gw_str_int(gw_str_make(f->source.data + 4, f->source.len - 4), 1,
                      INT64_MAX, &id) == GW_OK)
    {
        key = gw_cache_key_source(f->collect->event.tenant, (uint64_t) id);
        f->collect->event.source = (uint64_t) id;

        if (ngx_http_godwit_cached(&key, value, &n) == GW_OK
            && gw_source_unpack(&source, gw_str_make(value, n)) == GW_OK
            && !source.gone)
        {
            return NGX_DECLINED;
        }
    }

    return ngx_http_godwit_collect_problem(r, GW_PROBLEM_BAD_REQUEST,
               gw_str_of("\"expose\" by an API key needs \"source\": a source "
                         "like src_1 that takes events."));
}


static ngx_int_t
ngx_http_godwit_flags_write_key(ngx_http_request_t *r,
    ngx_http_godwit_flags_t *f)
{
    int                         rc;
    int64_t                     id;
    ngx_http_godwit_collect_t  *c = f->collect;

    if (c->key.len == 0) {
        c->key = f->write_key;
    }

    rc = gw_apikey_write(c->key, &c->event.tenant, &id);
    if (rc == GW_OK) {
        c->event.source = (uint64_t) id;
        rc = ngx_http_godwit_collect_known(c);
    }

    if (rc == GW_ENOTFOUND) {
        return ngx_http_godwit_flags_unknown(r);
    }

    rc = ngx_http_godwit_collect_refused(r, rc);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (f->explain) {
        return ngx_http_godwit_collect_problem(r, GW_PROBLEM_FORBIDDEN,
                   gw_str_of("\"explain\" shows the rules of flags, and a "
                             "write key is public; ask by an API key."));
    }

    return ngx_http_godwit_collect_rate(r, NGX_GODWIT_RATE_SOURCE, id);
}


static ngx_int_t
ngx_http_godwit_flags_asked(ngx_http_request_t *r, ngx_http_godwit_flags_t *f)
{
    gw_str_t   bearer;
    ngx_int_t  rc;

    bearer = ngx_http_godwit_bearer(r);
    rc = bearer.len > 0 ? ngx_http_godwit_flags_api_key(r, f, bearer)
                        : ngx_http_godwit_flags_write_key(r, f);

    if (rc == NGX_DECLINED) {
        rc = ngx_http_godwit_flags_source(r, f);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_godwit_flags_load(f) == NGX_OK
           ? ngx_http_godwit_flags_answer(r, f)
           : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static void
ngx_http_godwit_flags_post(ngx_http_request_t *r)
{
    int                        rc;
    gw_str_t                   text;
    ngx_int_t                  status;
    gw_tracked_error_t         err;
    ngx_http_godwit_flags_t    f;

    ngx_memzero(&f, sizeof(f));
    f.collect = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);

    if (ngx_http_godwit_body_in(r, &text) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "flags need \"client_body_buffer_size 64k\" in their "
                      "location");
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    rc = ngx_http_godwit_flags_read(&f, text, &err);
    status = rc == GW_OK ? ngx_http_godwit_flags_asked(r, &f)
             : rc == GW_EINVAL ? ngx_http_godwit_collect_wrong(r, -1, &err)
             : NGX_HTTP_INTERNAL_SERVER_ERROR;

    json_decref(f.contact);
    json_decref(f.doc);
    ngx_http_finalize_request(r, status);
}


ngx_int_t
ngx_http_godwit_flags(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_http_godwit_collect_t  *c;

    if (ngx_http_godwit_process == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_http_godwit_collect_options(r);
    }

    c = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_collect_t));
    if (c == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_set_ctx(r, c, ngx_http_godwit_track_module);
    rc = ngx_http_godwit_collect_early(r, NGX_HTTP_GODWIT_FLAGS_BODY,
                                       "A question has at most 32 KB.");
    if (rc != NGX_DECLINED) {
        return rc;
    }

    ngx_http_godwit_collect_request(r, c);
    r->request_body_in_single_buf = 1;
    rc = ngx_http_read_client_request_body(r, ngx_http_godwit_flags_post);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}
