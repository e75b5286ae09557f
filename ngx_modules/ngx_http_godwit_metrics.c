/*
 * What is printed for Prometheus: counters in shared memory, and what the roles
 * of the worker on this host tell of themselves in run/ROLE.metrics.
 */
#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_TOLD        ".metrics"
#define NGX_HTTP_GODWIT_TOLD_MAX    65536
#define NGX_HTTP_GODWIT_ROLES       16
#define NGX_HTTP_GODWIT_ROLE_LINE   128
#define NGX_HTTP_GODWIT_ROLE_AGE    "godwit_role_age_seconds"

typedef struct {
    const char  *name;
    const char  *help;
} ngx_http_godwit_metric_t;

typedef struct {
    ngx_str_t    role;
    ngx_str_t    text;
    time_t       at;
} ngx_http_godwit_told_t;

/* In the order of ngx_http_godwit_counter_e. */
static const ngx_http_godwit_metric_t  ngx_http_godwit_metrics[] = {
    { "godwit_opens_total", "Pixels served for a good token." },
    { "godwit_clicks_total", "Clicks redirected." },
    { "godwit_unsubscribes_total", "Unsubscribes made durable." },
    { "godwit_preferences_total", "Preferences made durable." },
    { "godwit_views_total", "Mails viewed in the browser." },
    { "godwit_bad_tokens_total", "Requests with a token not signed by us." },
    { "godwit_events_dropped_total",
      "Opens and clicks answered but lost: the spool is full." },
    { "godwit_durable_refused_total",
      "Durable records refused with 503: the spool is full." },
    { "godwit_cache_hits_total", "Links found in the cache." },
    { "godwit_cache_misses_total", "Links asked of Postgres." },
    { "godwit_db_queries_total", "Queries sent to Postgres." },
    { "godwit_db_errors_total", "Queries that failed." },
    { "godwit_db_refused_total",
      "Requests answered 503: Postgres away or the queue full." },
    { "godwit_api_2xx_total", "API requests that were done." },
    { "godwit_api_3xx_total", "API reads answered 304." },
    { "godwit_api_4xx_total", "API requests that were refused." },
    { "godwit_api_5xx_total", "API requests that failed on our side." },
    { "godwit_api_rate_refused_total",
      "API requests answered 429: a rate limit." },
    { "godwit_api_rate_unknown_total",
      "API requests let through because the table of limits was full." },
    { "godwit_api_waits_total", "API requests that waited for a worker." },
    { "godwit_api_passwords_total",
      "API requests whose passwords were hashed." },
    { "godwit_api_passwords_refused_total",
      "API requests answered 503: too many passwords were waiting." },
    { "godwit_confirms_total", "Confirmations of a list made durable." },
    { "godwit_tracked_total", "Events of sites and apps taken." },
    { "godwit_live_events_total",
      "Live events that a worker process has told those who listen." },
    { "godwit_live_streams_total", "Live connections that were opened." },
    { "godwit_flags_total", "Requests for feature flags that were answered." }
};


static ngx_int_t
ngx_http_godwit_metrics_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t  *pool;

    if (data != NULL) {
        zone->data = data;              /* a reload goes on counting */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    zone->data = ngx_slab_calloc(pool,
                                 NGX_GODWIT_COUNTERS * sizeof(ngx_atomic_t));
    if (zone->data == NULL) {
        return NGX_ERROR;
    }

    pool->data = zone->data;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_metrics_zone(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    static ngx_str_t  name = ngx_string("godwit_metrics");

    gcf->zone = ngx_shared_memory_add(cf, &name, 8 * ngx_pagesize,
                                      &ngx_http_godwit_module);
    if (gcf->zone == NULL) {
        return NGX_ERROR;
    }

    gcf->zone->init = ngx_http_godwit_metrics_init;

    return NGX_OK;
}


/* The whole of a small file of lines into told. */
static ngx_int_t
ngx_http_godwit_metrics_text(ngx_http_request_t *r, ngx_fd_t fd,
    ngx_http_godwit_told_t *told)
{
    off_t            size;
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)) {
        return NGX_DECLINED;
    }

    size = ngx_file_size(&fi);
    if (size == 0 || size > NGX_HTTP_GODWIT_TOLD_MAX) {
        return NGX_DECLINED;
    }

    told->text.data = ngx_pnalloc(r->pool, size);
    if (told->text.data == NULL) {
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, told->text.data, size);
    if (n <= 0 || told->text.data[n - 1] != LF) {
        return NGX_DECLINED;
    }

    told->text.len = n;
    told->at = ngx_file_mtime(&fi);

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_metrics_read(ngx_http_request_t *r, u_char *path,
    ngx_http_godwit_told_t *told)
{
    ngx_fd_t   fd;
    ngx_int_t  rc;

    fd = ngx_open_file(path, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK, NGX_FILE_OPEN,
                       0);
    if (fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    rc = ngx_http_godwit_metrics_text(r, fd, told);
    (void) ngx_close_file(fd);

    return rc;
}


/* Is it ROLE.metrics? Then the role's name, in memory of the request. */
static ngx_int_t
ngx_http_godwit_metrics_role(ngx_http_request_t *r, ngx_dir_t *dir,
    ngx_str_t *role)
{
    size_t   i, len;
    u_char  *name;

    name = ngx_de_name(dir);
    len = ngx_de_namelen(dir);

    for (i = 0; i < len && name[i] >= 'a' && name[i] <= 'z'; i++) {
        /* void */
    }

    if (i == 0 || i > 32
        || ngx_strcmp(name + i, NGX_HTTP_GODWIT_TOLD) != 0)
    {
        return NGX_DECLINED;
    }

    role->len = i;
    role->data = ngx_pnalloc(r->pool, i);
    if (role->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(role->data, name, i);

    return NGX_OK;
}


/* What all roles tell; how many. Nothing of it may keep the counters away. */
static ngx_uint_t
ngx_http_godwit_metrics_told(ngx_http_request_t *r,
    ngx_http_godwit_told_t *told)
{
    u_char       path[NGX_MAX_PATH];
    ngx_dir_t    dir;
    ngx_str_t   *run;
    ngx_uint_t   n;

    run = &ngx_http_godwit_process->conf->run_dir;
    n = 0;

    if (ngx_open_dir(run, &dir) == NGX_ERROR) {
        return 0;
    }

    while (n < NGX_HTTP_GODWIT_ROLES && ngx_read_dir(&dir) == NGX_OK) {

        if (ngx_http_godwit_metrics_role(r, &dir, &told[n].role) != NGX_OK) {
            continue;
        }

        (void) ngx_snprintf(path, NGX_MAX_PATH, "%V/%V%s%Z", run,
                            &told[n].role, NGX_HTTP_GODWIT_TOLD);

        if (ngx_http_godwit_metrics_read(r, path, &told[n]) == NGX_OK) {
            n++;
        }
    }

    (void) ngx_close_dir(&dir);

    return n;
}


ngx_int_t
ngx_http_godwit_metrics_send(ngx_http_request_t *r)
{
    u_char                  *p, *last;
    size_t                   size;
    time_t                   age;
    ngx_str_t                body;
    ngx_uint_t               i, n;
    ngx_http_godwit_told_t   told[NGX_HTTP_GODWIT_ROLES];

    static ngx_str_t  type = ngx_string("text/plain; version=0.0.4");

    n = ngx_http_godwit_metrics_told(r, told);
    size = (NGX_GODWIT_COUNTERS + 1) * 256;

    for (i = 0; i < n; i++) {
        size += NGX_HTTP_GODWIT_ROLE_LINE + told[i].text.len;
    }

    body.data = ngx_pnalloc(r->pool, size);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = body.data;
    last = p + size;

    for (i = 0; i < NGX_GODWIT_COUNTERS; i++) {
        p = ngx_slprintf(p, last, "# HELP %s %s\n# TYPE %s counter\n%s %uA\n",
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_metrics[i].help,
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_process->counters[i]);
    }

    if (n > 0) {
        p = ngx_slprintf(p, last, "# HELP %s Since a role of the worker told "
                         "its numbers.\n# TYPE %s gauge\n",
                         NGX_HTTP_GODWIT_ROLE_AGE, NGX_HTTP_GODWIT_ROLE_AGE);
    }

    for (i = 0; i < n; i++) {
        age = ngx_time() - told[i].at;
        p = ngx_slprintf(p, last, "%s{role=\"%V\"} %T\n",
                         NGX_HTTP_GODWIT_ROLE_AGE, &told[i].role,
                         age > 0 ? age : 0);
    }

    for (i = 0; i < n; i++) {
        p = ngx_cpymem(p, told[i].text.data, told[i].text.len);
    }

    body.len = p - body.data;

    return ngx_http_godwit_send(r, NGX_HTTP_OK, &type, &body);
}
