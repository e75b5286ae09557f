/* What recipients meet, by a token: `godwit_track open;` and its like. */
#include "ngx_http_godwit.h"


static ngx_http_godwit_word_t  ngx_http_godwit_tracks[] = {
    { ngx_string("open"), ngx_http_godwit_track_open },
    { ngx_string("click"), ngx_http_godwit_track_click },
    { ngx_string("unsubscribe"), ngx_http_godwit_track_unsubscribe },
    { ngx_string("preferences"), ngx_http_godwit_track_preferences },
    { ngx_string("confirm"), ngx_http_godwit_track_confirm },
    { ngx_string("view"), ngx_http_godwit_track_view },
    { ngx_string("archive"), ngx_http_godwit_track_archive },
    { ngx_string("events"), ngx_http_godwit_collect },
    { ngx_string("flags"), ngx_http_godwit_flags },
    { ngx_null_string, NULL }
};


static ngx_command_t  ngx_http_godwit_track_commands[] = {

    { ngx_string("godwit_track"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_godwit_conf_word,
      0,
      0,
      ngx_http_godwit_tracks },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_godwit_track_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_godwit_track_module = {
    NGX_MODULE_V1,
    &ngx_http_godwit_track_module_ctx,     /* module context */
    ngx_http_godwit_track_commands,        /* module directives */
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


ngx_int_t
ngx_http_godwit_track_token(ngx_http_request_t *r, ngx_uint_t what,
    gw_token_t *t, u_char *payload, gw_buf_t *url)
{
    gw_str_t                   text;
    ngx_http_core_loc_conf_t  *clcf;

    if (ngx_http_godwit_process == NULL) {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len <= clcf->name.len) {
        ngx_http_godwit_count(NGX_GODWIT_BAD_TOKENS);
        return NGX_DECLINED;
    }

    text = gw_str_make(r->uri.data + clcf->name.len,
                       r->uri.len - clcf->name.len);

    if (gw_token_open(ngx_http_godwit_process->keys, text, t, payload, url)
        != GW_OK
        || t->what != what)
    {
        ngx_http_godwit_count(NGX_GODWIT_BAD_TOKENS);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


int
ngx_http_godwit_track_url(const gw_token_t *t, ngx_uint_t what,
    u_char letter, gw_buf_t *out)
{
    gw_token_t  other;

    other = *t;
    other.what = (uint8_t) what;
    other.link = 0;
    gw_buf_str(out, ngx_http_godwit_process->conf->conf.base_url);
    gw_buf_char(out, '/');
    gw_buf_char(out, letter);
    gw_buf_char(out, '/');

    return gw_token_sign(ngx_http_godwit_process->keys, &other,
                         gw_str_of(NULL), out);
}
