/* What operators and probes ask: /healthz, /readyz, /metrics. */
#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_READY_MAX  2048

/* What the other modules call; in the order of their files. */
#define NGX_HTTP_GODWIT_FUNCTIONS                                             \
    "auth.track_link(int,bigint,int) "                                        \
    "auth.track_image(int,bigint,bigint,int) "                                \
    "auth.track_person(int,bigint,bigint) "                                   \
    "auth.track_preferences(int,bigint,bigint,bigint) "                       \
    "auth.track_view(int,bigint,bigint) "                                     \
    "auth.archive(int,bigint) "                                               \
    "auth.files_room(bigint,bigint)"

static ngx_int_t ngx_http_godwit_status_healthz(ngx_http_request_t *r);
static ngx_int_t ngx_http_godwit_status_readyz(ngx_http_request_t *r);
static ngx_int_t ngx_http_godwit_status_metrics(ngx_http_request_t *r);


static ngx_http_godwit_word_t  ngx_http_godwit_statuses[] = {
    { ngx_string("healthz"), ngx_http_godwit_status_healthz },
    { ngx_string("readyz"), ngx_http_godwit_status_readyz },
    { ngx_string("metrics"), ngx_http_godwit_status_metrics },
    { ngx_null_string, NULL }
};


static ngx_command_t  ngx_http_godwit_status_commands[] = {

    { ngx_string("godwit_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_godwit_conf_word,
      0,
      0,
      ngx_http_godwit_statuses },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_godwit_status_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_godwit_status_module = {
    NGX_MODULE_V1,
    &ngx_http_godwit_status_module_ctx,    /* module context */
    ngx_http_godwit_status_commands,       /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_str_t  ngx_http_godwit_status_type = ngx_string("text/plain");


/* What every probe shares: GET or HEAD, a process that is set up. */
static ngx_int_t
ngx_http_godwit_status_enter(ngx_http_request_t *r)
{
    if (ngx_http_godwit_process == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD);
}


static ngx_int_t
ngx_http_godwit_status_healthz(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    static ngx_str_t  ok = ngx_string("ok\n");

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_godwit_send(r, NGX_HTTP_OK, &ngx_http_godwit_status_type,
                                &ok);
}


/*
 * Ready means that all which recipients may ask for is served as promised:
 * events have a place, links are found without Postgres, and Postgres has the
 * functions that this build calls. One line a part that is not ready.
 */
static void
ngx_http_godwit_status_ready(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    int               rc;
    u_char           *p, *last;
    ngx_str_t         body, missing;
    ngx_uint_t        status;
    const char       *why;
    gw_cache_stat_t   stat;

    body.data = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_READY_MAX);
    if (body.data == NULL) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    p = body.data;
    last = p + NGX_HTTP_GODWIT_READY_MAX;

    if (ngx_http_godwit_spool_ready() != NGX_OK) {
        p = ngx_slprintf(p, last, "spool: no room for the next segment in "
                         "\"%V\"\n",
                         &ngx_http_godwit_process->conf->spool_dir);
    }

    rc = gw_cache_stat(ngx_http_godwit_process->cache, &stat);

    if (rc != GW_OK) {
        /* it may be there since a moment: no other process says that it is */
        ngx_http_godwit_cache_look(ngx_http_godwit_process);
        rc = gw_cache_stat(ngx_http_godwit_process->cache, &stat);
    }

    if (rc != GW_OK) {
        why = gw_cache_why(ngx_http_godwit_process->cache);
        p = ngx_slprintf(p, last, "cache: %s in \"%V\"; the worker's role "
                         "cache makes it\n", why ? why : "there is none",
                         &ngx_http_godwit_process->conf->cache_dir);
    }

    missing = ngx_http_godwit_pool_value(answer);

    if (answer->rc != NGX_OK) {
        p = ngx_slprintf(p, last, "postgres: no answer, or another schema; "
                         "see the error log, run \"godwit migrate\"\n");

    } else if (missing.len > 0) {
        p = ngx_slprintf(p, last, "postgres: without %V; run \"godwit "
                         "migrate\"\n", &missing);
    }

    status = NGX_HTTP_SERVICE_UNAVAILABLE;

    if (p == body.data) {
        status = NGX_HTTP_OK;
        p = ngx_slprintf(p, last, "ok\n");
    }

    body.len = p - body.data;

    ngx_http_finalize_request(r, ngx_http_godwit_send(r, status,
                              &ngx_http_godwit_status_type, &body));
}


/* The functions that this build and its contract call. */
static const char *
ngx_http_godwit_status_needs(ngx_http_request_t *r)
{
    u_char     *p;
    ngx_str_t  *api;

    api = ngx_http_godwit_api_functions();
    if (api == NULL) {
        return NGX_HTTP_GODWIT_FUNCTIONS;
    }

    p = ngx_pnalloc(r->pool, sizeof(NGX_HTTP_GODWIT_FUNCTIONS) + 1 + api->len);
    if (p != NULL) {
        ngx_sprintf(p, "%s %V%Z", NGX_HTTP_GODWIT_FUNCTIONS, api);
    }

    return (char *) p;
}


static ngx_int_t
ngx_http_godwit_status_readyz(ngx_http_request_t *r)
{
    ngx_int_t                 rc;
    const char              **needs;
    ngx_http_godwit_answer_t  none;

    ngx_http_godwit_call_t    call;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("ready"), ngx_string("select auth.ready($1::text)")
    };

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    needs = ngx_palloc(r->pool, sizeof(char *));
    if (needs == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *needs = ngx_http_godwit_status_needs(r);
    if (*needs == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    call.statement = &statement;
    call.n = 1;
    call.values = needs;
    call.lengths = NULL;
    call.formats = NULL;

    rc = ngx_http_godwit_pool_run(r, NGX_GODWIT_POOL_QUICK,
                                  NGX_HTTP_GODWIT_HOUSE, &call, 1,
                                  ngx_http_godwit_status_ready);
    if (rc != NGX_DONE) {
        ngx_memzero(&none, sizeof(none));
        none.rc = rc;
        r->main->count++;
        ngx_http_godwit_status_ready(r, &none);
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_godwit_status_metrics(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    return ngx_http_godwit_metrics_send(r);
}
