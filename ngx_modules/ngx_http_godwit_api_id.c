/* Request ids: taken from the client or made, logged, passed on, returned. */
#include "ngx_http_godwit_api.h"

#include <openssl/rand.h>

#include "shm/gw_codec.h"

#define NGX_HTTP_GODWIT_API_ID_OWN  24      /* characters of one of ours */


static ngx_uint_t
ngx_http_godwit_api_id_good(ngx_str_t *s)
{
    size_t  i;
    u_char  c;

    if (s->len == 0 || s->len > NGX_HTTP_GODWIT_API_ID_MAX) {
        return 0;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];
        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a'
              && (c | 0x20) <= 'z') || c == '.' || c == '_' || c == '-'))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * 64 bits that are random for each process, then a count: unlike a random
 * number for each request it costs nothing, and it is just as unique.
 */
static ngx_int_t
ngx_http_godwit_api_id_make(u_char *out)
{
    u_char  count[4];

    static u_char     process[8];
    static uint32_t   n;
    static ngx_pid_t  pid;

    if (pid != ngx_pid) {
        if (RAND_bytes(process, sizeof(process)) != 1) {
            return NGX_ERROR;
        }
        pid = ngx_pid;
    }

    n++;
    count[0] = (u_char) (n >> 24);
    count[1] = (u_char) (n >> 16);
    count[2] = (u_char) (n >> 8);
    count[3] = (u_char) n;

    gw_hex_encode(out, process, sizeof(process));
    gw_hex_encode(out + 2 * sizeof(process), count, sizeof(count));

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_id(ngx_http_request_t *r, ngx_http_godwit_api_ctx_t *ctx,
    ngx_table_elt_t *given)
{
    if (given != NULL && ngx_http_godwit_api_id_good(&given->value)) {
        ctx->id = given->value;         /* nginx has put a NUL behind it */
        return NGX_OK;
    }

    ctx->id.data = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_API_ID_OWN + 1);
    if (ctx->id.data == NULL
        || ngx_http_godwit_api_id_make(ctx->id.data) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->id.data[NGX_HTTP_GODWIT_API_ID_OWN] = '\0';
    ctx->id.len = NGX_HTTP_GODWIT_API_ID_OWN;

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_api_id_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    if (ctx == NULL || ctx->id.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->len = (unsigned) ctx->id.len;
    v->data = ctx->id.data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var;

    static ngx_str_t  name = ngx_string("godwit_request_id");

    var = ngx_http_add_variable(cf, &name, 0);
    if (var == NULL) {
        return NGX_ERROR;
    }

    var->get_handler = ngx_http_godwit_api_id_variable;

    return NGX_OK;
}
