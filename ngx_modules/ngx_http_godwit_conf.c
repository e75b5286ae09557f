/* The block `godwit { }`: every directive goes through the table of shm. */
#include "ngx_http_godwit.h"


/* One directive inside the block; nginx has split it into words. */
static char *
ngx_http_godwit_conf_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_godwit_conf_t  *gcf = conf;

    char        mem[512];
    gw_buf_t    err;
    ngx_str_t  *args;

    args = cf->args->elts;
    gw_buf_fixed(&err, mem, sizeof(mem));

    if (gw_conf_set(&gcf->conf, &gcf->seen, (gw_str_t *) args,
                    (unsigned) cf->args->nelts, &err)
        != GW_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s", err.len, err.data);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_godwit_conf_word(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                    mem[256], *p;
    ngx_str_t                *value;
    ngx_http_godwit_word_t   *w;
    ngx_http_godwit_conf_t   *gcf;
    ngx_http_core_loc_conf_t *clcf;

    value = cf->args->elts;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                  ngx_http_godwit_module);
    gcf->wanted = cmd->name;
    p = mem;

    for (w = cmd->post; w->handler != NULL; w++) {
        if (value[1].len == w->word.len
            && ngx_strncmp(value[1].data, w->word.data, w->word.len) == 0)
        {
            clcf->handler = w->handler;
            return NGX_CONF_OK;
        }
        p = ngx_slprintf(p, mem + sizeof(mem), "%s%V", p == mem ? "" : ", ",
                         &w->word);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "directive \"%V\" takes one of "
                       "%*s, not \"%V\"", &cmd->name, p - mem, mem,
                       &value[1]);

    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_godwit_conf_path(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf,
    const char *tail, ngx_str_t *out)
{
    out->data = ngx_pnalloc(cf->pool, NGX_MAX_PATH);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    if (gw_conf_path(&gcf->conf, tail, (char *) out->data, NGX_MAX_PATH)
        != GW_OK)
    {
        return NGX_ERROR;
    }

    out->len = ngx_strlen(out->data);

    return NGX_OK;
}


/* What must be there before a worker can start: checked by `nginx -t` too. */
static ngx_int_t
ngx_http_godwit_conf_check(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    char              mem[1024];
    gw_buf_t          err;
    gw_token_keys_t  *keys;

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (gw_conf_check(&gcf->conf, &gcf->seen, &err) != GW_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s", err.len, err.data);
        return NGX_ERROR;
    }

    if (ngx_http_godwit_conf_path(cf, gcf, "spool", &gcf->spool_dir) != NGX_OK
        || ngx_http_godwit_conf_path(cf, gcf, "cache", &gcf->cache_dir)
           != NGX_OK
        || ngx_http_godwit_conf_path(cf, gcf, "run", &gcf->run_dir) != NGX_OK
        || ngx_http_godwit_conf_path(cf, gcf, "keys/token", &gcf->keys_path)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (gcf->conf.token_keys.len > 0) {
        gcf->keys_path.len = gcf->conf.token_keys.len;
        gcf->keys_path.data = gcf->conf.token_keys.data;
    }

    if (gw_token_keys_load(&keys, (char *) gcf->keys_path.data, &err)
        != GW_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s", err.len, err.data);
        return NGX_ERROR;
    }

    gw_token_keys_free(keys);

    return NGX_OK;
}


char *
ngx_http_godwit_conf_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                    *rv;
    ngx_conf_t               save;
    ngx_http_godwit_conf_t  *gcf;

    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                  ngx_http_godwit_module);

    if (gcf->enabled) {
        return "is duplicate";
    }

    gcf->enabled = 1;

    save = *cf;
    cf->handler = ngx_http_godwit_conf_directive;
    cf->handler_conf = (void *) gcf;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_godwit_conf_check(cf, gcf) != NGX_OK
        || ngx_http_godwit_metrics_zone(cf, gcf) != NGX_OK
        || ngx_http_godwit_api_rate_zone(cf, gcf) != NGX_OK
        || ngx_http_godwit_seat_zone(cf, gcf) != NGX_OK
        || ngx_http_godwit_live_zone(cf, gcf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (gcf->conf.contract.len > 0
        && ngx_http_godwit_api_load(cf, gcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    gcf->threads = ngx_thread_pool_add(cf, NULL);
    if (gcf->threads == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
