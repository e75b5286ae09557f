/* Live updates: /api/v1/live, and the socket by which the worker tells. */
#include "ngx_http_godwit_live.h"

#include <sys/eventfd.h>

static ngx_int_t ngx_http_godwit_live_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_godwit_live_init_process(ngx_cycle_t *cycle);
static void ngx_http_godwit_live_exit_process(ngx_cycle_t *cycle);
static void *ngx_http_godwit_live_create_main(ngx_conf_t *cf);


/* An eventfd a worker process, made before they are forked. */
typedef struct {
    ngx_uint_t  n;
    int        *bells;
} ngx_http_godwit_live_main_t;


static ngx_http_godwit_word_t  ngx_http_godwit_live_words[] = {
    { ngx_string("stream"), ngx_http_godwit_live_enter },
    { ngx_string("publish"), ngx_http_godwit_live_publish },
    { ngx_null_string, NULL }
};


static ngx_command_t  ngx_http_godwit_live_commands[] = {

    { ngx_string("godwit_live"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_godwit_conf_word,
      0,
      0,
      ngx_http_godwit_live_words },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_godwit_live_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    ngx_http_godwit_live_create_main,      /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_godwit_live_module = {
    NGX_MODULE_V1,
    &ngx_http_godwit_live_module_ctx,      /* module context */
    ngx_http_godwit_live_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_godwit_live_init_module,      /* init module */
    ngx_http_godwit_live_init_process,     /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_godwit_live_exit_process,     /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_godwit_live_create_main(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_godwit_live_main_t));
}


static ngx_http_godwit_live_main_t *
ngx_http_godwit_live_main(ngx_cycle_t *cycle)
{
    return ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_godwit_live_module);
}


/* The cycle ends; processes of it have copies. */
static void
ngx_http_godwit_live_unmake(void *data)
{
    ngx_uint_t                    i;
    ngx_http_godwit_live_main_t  *lmcf = data;

    for (i = 0; i < lmcf->n; i++) {
        (void) close(lmcf->bells[i]);
    }
}


static ngx_int_t
ngx_http_godwit_live_init_module(ngx_cycle_t *cycle)
{
    ngx_core_conf_t              *ccf;
    ngx_pool_cleanup_t           *cln;
    ngx_http_godwit_conf_t       *gcf;
    ngx_http_godwit_live_main_t  *lmcf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);
    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                                  ngx_http_godwit_module);
    lmcf = ngx_http_godwit_live_main(cycle);

    if (lmcf == NULL || !gcf->enabled) {
        return NGX_OK;
    }

    lmcf->bells = ngx_palloc(cycle->pool, ccf->worker_processes * sizeof(int));
    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (lmcf->bells == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_godwit_live_unmake;
    cln->data = lmcf;

    while (lmcf->n < (ngx_uint_t) ccf->worker_processes) {
        lmcf->bells[lmcf->n] = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

        if (lmcf->bells[lmcf->n] == -1) {
            ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                          "eventfd() failed");
            return NGX_ERROR;
        }

        lmcf->n++;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_live_init_process(ngx_cycle_t *cycle)
{
    ngx_http_godwit_live_main_t  *lmcf;

    lmcf = ngx_http_godwit_live_main(cycle);

    return ngx_http_godwit_process == NULL || lmcf == NULL
           || ngx_worker >= lmcf->n
           ? NGX_OK
           : ngx_http_godwit_live_open(cycle, lmcf->bells[ngx_worker]);
}


static void
ngx_http_godwit_live_exit_process(ngx_cycle_t *cycle)
{
    if (ngx_http_godwit_live_house.bell != NULL) {
        ngx_free_connection(ngx_http_godwit_live_house.bell);
        ngx_http_godwit_live_house.bell = NULL;
    }
}


void
ngx_http_godwit_live_wake(void)
{
    ngx_uint_t                    i;
    ngx_http_godwit_live_main_t  *lmcf;

    static const uint64_t  one = 1;

    lmcf = ngx_http_godwit_live_main(ngx_http_godwit_process->cycle);

    for (i = 0; i < lmcf->n; i++) {
        /* one that is full rings already */
        if (write(lmcf->bells[i], &one, sizeof(one)) == -1
            && ngx_errno != NGX_EAGAIN)
        {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                          "the bell of a process is broken");
        }
    }
}
