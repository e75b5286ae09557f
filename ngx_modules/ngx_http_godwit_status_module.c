/* What operators and probes ask: /healthz, /readyz, /metrics. */
#include "ngx_http_godwit.h"

static char *ngx_http_godwit_status_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_godwit_status_healthz(ngx_http_request_t *r);
static ngx_int_t ngx_http_godwit_status_readyz(ngx_http_request_t *r);
static ngx_int_t ngx_http_godwit_status_metrics(ngx_http_request_t *r);


typedef struct {
    ngx_str_t             word;
    ngx_http_handler_pt   handler;
} ngx_http_godwit_status_t;


static const ngx_http_godwit_status_t  ngx_http_godwit_statuses[] = {
    { ngx_string("healthz"), ngx_http_godwit_status_healthz },
    { ngx_string("readyz"), ngx_http_godwit_status_readyz },
    { ngx_string("metrics"), ngx_http_godwit_status_metrics },
    { ngx_null_string, NULL }
};


static ngx_command_t  ngx_http_godwit_status_commands[] = {

    { ngx_string("godwit_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_godwit_status_set,
      0,
      0,
      NULL },

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


static ngx_int_t
ngx_http_godwit_status_say(ngx_http_request_t *r, ngx_uint_t status,
    const char *text)
{
    ngx_str_t  body;

    body.data = (u_char *) text;
    body.len = ngx_strlen(text);

    return ngx_http_godwit_send(r, status, &ngx_http_godwit_status_type,
                                &body);
}


/* What every probe shares: GET or HEAD, a process that is set up. */
static ngx_int_t
ngx_http_godwit_status_enter(ngx_http_request_t *r)
{
    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    if (ngx_http_godwit_process == NULL) {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    return ngx_http_discard_request_body(r);
}


static ngx_int_t
ngx_http_godwit_status_healthz(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_godwit_status_say(r, NGX_HTTP_OK, "ok\n");
}


static void
ngx_http_godwit_status_ready(ngx_http_request_t *r, ngx_int_t rc,
    ngx_str_t *value)
{
    const char  *text;

    text = "Postgres does not answer or has another schema: see the error "
           "log, run \"godwit migrate\"\n";

    if (rc == NGX_OK && value->len == 2
        && ngx_strncmp(value->data, "ok", 2) == 0)
    {
        rc = NGX_HTTP_OK;
        text = "ok\n";

    } else {
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_http_finalize_request(r, ngx_http_godwit_status_say(r, rc, text));
}


static ngx_int_t
ngx_http_godwit_status_readyz(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_godwit_spool_ready() != NGX_OK) {
        return ngx_http_godwit_status_say(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                   "the spool cannot be written: see the error log\n");
    }

    r->main->count++;

    rc = ngx_http_godwit_pool_query(r, "select auth.ready()", 0, NULL,
                                    ngx_http_godwit_status_ready);
    if (rc == NGX_OK) {
        return NGX_DONE;
    }

    r->main->count--;

    return ngx_http_godwit_status_say(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                      "Postgres does not answer\n");
}


static ngx_int_t
ngx_http_godwit_status_metrics(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_status_enter(r);
    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_godwit_metrics_send(r);
}


/* `godwit_status WORD;` */
static char *
ngx_http_godwit_status_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t                       *value;
    ngx_http_core_loc_conf_t        *clcf;
    const ngx_http_godwit_status_t  *s;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    for (s = ngx_http_godwit_statuses; s->handler != NULL; s++) {
        if (value[1].len == s->word.len
            && ngx_strncmp(value[1].data, s->word.data, s->word.len) == 0)
        {
            clcf->handler = s->handler;
            return NGX_CONF_OK;
        }
    }

    return "takes healthz, readyz or metrics";
}
