/* Counters in shared memory, printed for Prometheus. */
#include "ngx_http_godwit.h"

typedef struct {
    const char  *name;
    const char  *help;
} ngx_http_godwit_metric_t;

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
    { "godwit_live_streams_total", "Live connections that were opened." }
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


ngx_int_t
ngx_http_godwit_metrics_send(ngx_http_request_t *r)
{
    u_char      *p, *last;
    ngx_str_t    body;
    ngx_uint_t   i;

    static ngx_str_t  type = ngx_string("text/plain; version=0.0.4");

    body.data = ngx_pnalloc(r->pool, NGX_GODWIT_COUNTERS * 256);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = body.data;
    last = p + NGX_GODWIT_COUNTERS * 256;

    for (i = 0; i < NGX_GODWIT_COUNTERS; i++) {
        p = ngx_slprintf(p, last, "# HELP %s %s\n# TYPE %s counter\n%s %uA\n",
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_metrics[i].help,
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_metrics[i].name,
                         ngx_http_godwit_process->counters[i]);
    }

    body.len = p - body.data;

    return ngx_http_godwit_send(r, NGX_HTTP_OK, &type, &body);
}
