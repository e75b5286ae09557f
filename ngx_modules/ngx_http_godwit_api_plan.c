/* The contract at configuration time: statements, handlers, the document. */
#include "ngx_http_godwit_api_session.h"

/* What every operation calls, beside its own function. */
#define NGX_HTTP_GODWIT_API_FUNCTIONS                                         \
    "auth.enter_key(bigint,bytea,text,text,inet,timestamptz) "                \
    "auth.enter_session(bigint,bytea,integer,text,text,inet,timestamptz) "    \
    "auth.enter_public(text,inet,timestamptz) "                               \
    "auth.password_salt(text,bigint,inet,timestamptz,text) "                  \
    "auth.key_astray(bigint,bytea,text,text,inet,timestamptz) "               \
    "auth.operation_get(jsonb) "                                              \
    "api.once(text,text,bytea,jsonb) api.sparse(jsonb,text[])"

static const ngx_http_godwit_api_handler_t  ngx_http_godwit_api_handlers[] = {
    { "upload", ngx_http_godwit_api_upload, NULL, NULL },
    { "download", NULL, ngx_http_godwit_api_download, NULL },
    { "export", NULL, ngx_http_godwit_api_export, NULL },
    { "preview", NULL, NULL, ngx_http_godwit_api_preview },
    { "live_ticket", NULL, NULL, ngx_http_godwit_api_ticket },
    { "sso_login", ngx_http_godwit_api_sso_login, NULL,
      ngx_http_godwit_api_sso_reply },
    { "sso_callback", ngx_http_godwit_api_sso_callback, NULL,
      ngx_http_godwit_api_sso_reply },
    { "sso_logout", ngx_http_godwit_api_sso_logout, NULL, NULL },
    { NULL, NULL, NULL, NULL }
};

/* head, the operation's id, open, the input, close (and a parameter more) */
typedef struct {
    const char  *prefix;                    /* of the prepared name */
    const char  *head;
    const char  *open;                      /* before the input     */
    const char  *close;                     /* behind it            */
    ngx_uint_t   first;                     /* its number           */
} ngx_http_godwit_api_sql_t;

/* In the order of ngx_http_godwit_api_form_e. */
static const ngx_http_godwit_api_sql_t  ngx_http_godwit_api_sql[] = {
    { "p:", "select api.", "(", ")", 1 },
    { "s:", "select api.sparse(api.", "(", "), $%ui::text[])", 1 },
    /* the columns are those of one call: `offset 0` keeps it one */
    { "o:", "select o->'body', o->>'status', o->>'replayed', "
      "o->'body'->>'sqlstate', o->'body'->>'message', o->'body'->>'field' "
      "from (select api.once($1::text, '", "', $2::bytea, ",
      ") as o offset 0) s", 3 }
};


/* A copy that lives as long as the cycle, with a NUL behind it. */
static ngx_int_t
ngx_http_godwit_api_keep(ngx_conf_t *cf, ngx_str_t *out, u_char *p,
    u_char *last)
{
    out->len = last - p;
    out->data = ngx_pnalloc(cf->cycle->pool, out->len + 1);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, p, out->len);
    out->data[out->len] = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_api_statement(ngx_conf_t *cf, const gw_contract_op_t *op,
    const ngx_http_godwit_api_sql_t *sql, ngx_http_godwit_statement_t *out)
{
    u_char  mem[512], *p, *last;

    last = mem + sizeof(mem);

    p = ngx_slprintf(mem, last, "%s%s", sql->prefix, op->id.data);
    if (ngx_http_godwit_api_keep(cf, &out->name, mem, p) != NGX_OK) {
        return NGX_ERROR;
    }

    p = ngx_slprintf(mem, last, "%s%s%s$%ui::jsonb", sql->head, op->id.data,
                     sql->open, sql->first);
    if (op->n_bodies > 0) {
        p = ngx_slprintf(p, last, " || $%ui::jsonb", sql->first + 1);
    }
    p = ngx_slprintf(p, last, sql->close, sql->first + 1 + (op->n_bodies > 0));

    return ngx_http_godwit_api_keep(cf, &out->sql, mem, p);
}


/* x-handler: one of shm that changes a body, or one of our own. */
static ngx_int_t
ngx_http_godwit_api_handler(ngx_conf_t *cf, const gw_contract_op_t *op,
    ngx_http_godwit_api_op_t *out)
{
    const gw_handler_t                   *shared;
    const ngx_http_godwit_api_handler_t  *h;

    if (op->handler.len > 0) {
        shared = gw_handler(op->handler);
        if (shared != NULL && shared->body != NULL) {
            out->shared = shared;
        }

        for (h = ngx_http_godwit_api_handlers; h->name != NULL; h++) {
            if (gw_str_is(op->handler, h->name)) {
                out->handler = h;
            }
        }

        if (out->shared == NULL && out->handler == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "operation \"%s\" of the "
                               "contract wants the x-handler \"%*s\", which "
                               "this build does not have", op->id.data,
                               op->handler.len, op->handler.data);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_api_op(ngx_conf_t *cf, const gw_contract_op_t *op,
    ngx_http_godwit_api_op_t *out)
{
    ngx_uint_t  i;

    out->op = op;

    if (ngx_http_godwit_api_handler(cf, op, out) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_GODWIT_API_FORMS; i++) {
        if (ngx_http_godwit_api_statement(cf, op, &ngx_http_godwit_api_sql[i],
                                          &out->forms[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_api_ops(ngx_conf_t *cf, ngx_http_godwit_api_t *api)
{
    size_t                   size;
    u_char                  *p;
    ngx_uint_t               i, n;
    const gw_contract_op_t  *op;

    n = gw_contract_count(api->contract);
    api->ops = ngx_pcalloc(cf->cycle->pool,
                           n * sizeof(ngx_http_godwit_api_op_t));
    if (api->ops == NULL) {
        return NGX_ERROR;
    }

    size = sizeof(NGX_HTTP_GODWIT_API_FUNCTIONS);

    for (i = 0; i < n; i++) {
        op = gw_contract_op(api->contract, i);
        size += op->id.len + sizeof(" api.(jsonb)");

        if (ngx_http_godwit_api_op(cf, op, &api->ops[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    api->functions.data = ngx_pnalloc(cf->cycle->pool, size);
    if (api->functions.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(api->functions.data, NGX_HTTP_GODWIT_API_FUNCTIONS,
                   sizeof(NGX_HTTP_GODWIT_API_FUNCTIONS) - 1);

    for (i = 0; i < n; i++) {
        p = ngx_sprintf(p, " api.%s(jsonb)", api->ops[i].op->id.data);
    }

    api->functions.len = p - api->functions.data;

    op = gw_contract_find(api->contract, gw_str_of(GW_CONTRACT_POLL));
    api->poll = op ? &api->ops[op->index] : NULL;

    return NGX_OK;
}


static void
ngx_http_godwit_api_unload(void *data)
{
    gw_contract_free(data);
}


char *
ngx_http_godwit_api_load(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    char                    mem[1024];
    gw_buf_t                why;
    gw_str_t                text;
    ngx_pool_cleanup_t     *cln;
    ngx_http_godwit_api_t  *api;

    api = ngx_pcalloc(cf->cycle->pool, sizeof(ngx_http_godwit_api_t));
    if (api == NULL) {
        return NGX_CONF_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_CONF_ERROR;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    api->contract = gw_contract_load_dir((char *) gcf->conf.contract.data,
                                         &why);
    if (api->contract == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%*s", why.len, why.data);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_godwit_api_unload;
    cln->data = api->contract;

    text = gw_contract_openapi(api->contract);
    api->openapi.data = text.data;
    api->openapi.len = text.len;

    if (text.len == 0
        || ngx_http_godwit_api_ops(cf, api) != NGX_OK
        || ngx_http_godwit_api_etag(cf->cycle->pool, &api->openapi,
                                    &api->openapi_etag)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    gcf->api = api;

    return NGX_CONF_OK;
}


char *
ngx_http_godwit_api_word(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                       *rv;
    ngx_http_godwit_conf_t     *gcf;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_godwit_api_srv_t  *srv;

    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                                  ngx_http_godwit_module);
    gcf->api_wanted = 1;

    rv = ngx_http_godwit_conf_word(cf, cmd, conf);

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    srv = ngx_http_conf_get_module_srv_conf(cf, ngx_http_godwit_api_module);
    if (clcf->handler == ngx_http_godwit_api_operations) {
        srv->operations = 1;
    }

    return rv;
}


ngx_str_t *
ngx_http_godwit_api_functions(void)
{
    ngx_http_godwit_api_t  *api;

    api = ngx_http_godwit_process->conf->api;

    return api != NULL ? &api->functions : NULL;
}
