/* A file of the store on its way out. */
#include "ngx_http_godwit_api_store.h"


/* A member in the request's memory; empty when it is not there. */
static ngx_int_t
ngx_http_godwit_store_text(ngx_http_request_t *r, const json_t *doc,
    const char *member, ngx_str_t *out)
{
    ngx_str_t      text;
    const json_t  *v;

    v = json_object_get(doc, member);
    text.len = json_string_length(v);
    text.data = (u_char *) json_string_value(v);

    out->len = text.len;
    out->data = text.len > 0 ? ngx_pstrdup(r->pool, &text) : NULL;

    return text.len > 0 && out->data == NULL ? NGX_ERROR : NGX_OK;
}


ngx_int_t
ngx_http_godwit_store_told(ngx_http_request_t *r, ngx_str_t *value,
    ngx_http_godwit_stored_t *s)
{
    json_t     *doc;
    ngx_int_t   rc;

    doc = json_loadb((char *) value->data, value->len, 0, NULL);
    s->bytes = json_integer_value(json_object_get(doc, "bytes"));

    rc = ngx_http_godwit_store_text(r, doc, "host", &s->host) == NGX_OK
         && ngx_http_godwit_store_text(r, doc, "path", &s->path) == NGX_OK
         && ngx_http_godwit_store_text(r, doc, "type", &s->type) == NGX_OK
         && ngx_http_godwit_store_text(r, doc, "name", &s->name) == NGX_OK
         && s->host.len > 0 && s->path.len > 0 && s->type.len > 0
         ? NGX_OK : NGX_ERROR;

    json_decref(doc);

    return rc;
}


ngx_int_t
ngx_http_godwit_store_read(ngx_http_request_t *r, ngx_http_godwit_stored_t *s)
{
    u_char                   *name;
    ngx_str_t                 host;
    ngx_file_t               *file;
    ngx_file_info_t           fi;
    ngx_pool_cleanup_t       *cln;
    ngx_pool_cleanup_file_t  *clnf;

    host = ngx_http_godwit_store_host(r);
    if (s->host.len != host.len
        || ngx_memcmp(s->host.data, host.data, host.len) != 0)
    {
        return NGX_BUSY;
    }

    file = &s->file;
    name = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_STORE_PATH);
    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pool_cleanup_file_t));
    if (name == NULL || cln == NULL
        || ngx_http_godwit_store_path(name, "", &s->path) != NGX_OK)
    {
        return NGX_ERROR;
    }

    file->name.data = name;
    file->name.len = ngx_strlen(name);
    file->log = r->connection->log;
    file->fd = ngx_open_file(name, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                             NGX_FILE_OPEN, 0);

    if (file->fd == NGX_INVALID_FILE) {
        return NGX_DECLINED;
    }

    clnf = cln->data;
    clnf->fd = file->fd;
    clnf->name = name;
    clnf->log = r->pool->log;
    cln->handler = ngx_pool_cleanup_file;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR || !ngx_is_file(&fi)
        || ngx_file_size(&fi) < s->bytes)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_store_send(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_godwit_stored_t *s)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->file = &s->file;
    b->file_last = s->bytes;
    b->in_file = s->bytes > 0 ? 1 : 0;
    b->last_buf = r == r->main ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
