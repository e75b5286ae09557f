/* The API gateway: /api/v1 and its documentation, all out of the contract. */
#include "ngx_http_godwit_api.h"

static ngx_int_t ngx_http_godwit_api_preconf(ngx_conf_t *cf);
static void *ngx_http_godwit_api_create_srv(ngx_conf_t *cf);


static ngx_http_godwit_word_t  ngx_http_godwit_api_words[] = {
    { ngx_string("operations"), ngx_http_godwit_api_operations },
    { ngx_string("openapi"), ngx_http_godwit_api_openapi },
    { ngx_null_string, NULL }
};


static ngx_command_t  ngx_http_godwit_api_commands[] = {

    { ngx_string("godwit_api"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_godwit_api_word,
      0,
      0,
      ngx_http_godwit_api_words },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_godwit_api_module_ctx = {
    ngx_http_godwit_api_preconf,           /* preconfiguration */
    ngx_http_godwit_api_filters,           /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_godwit_api_create_srv,        /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_godwit_api_module = {
    NGX_MODULE_V1,
    &ngx_http_godwit_api_module_ctx,       /* module context */
    ngx_http_godwit_api_commands,          /* module directives */
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


static ngx_int_t
ngx_http_godwit_api_preconf(ngx_conf_t *cf)
{
    return ngx_http_godwit_api_variables(cf) == NGX_OK
           ? ngx_http_godwit_api_lines(cf) : NGX_ERROR;
}


static void *
ngx_http_godwit_api_create_srv(ngx_conf_t *cf)
{
    return ngx_pcalloc(cf->pool, sizeof(ngx_http_godwit_api_srv_t));
}
