/* A file of the store on its way out. */
#include "ngx_http_godwit_api_store.h"


ngx_int_t
ngx_http_godwit_store_read(ngx_http_request_t *r, ngx_str_t *path,
    off_t bytes, ngx_file_t *file)
{
    u_char                   *name;
    ngx_file_info_t           fi;
    ngx_pool_cleanup_t       *cln;
    ngx_pool_cleanup_file_t  *clnf;

    name = ngx_pnalloc(r->pool, NGX_HTTP_GODWIT_STORE_PATH);
    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_pool_cleanup_file_t));
    if (name == NULL || cln == NULL
        || ngx_http_godwit_store_path(name, "", path) != NGX_OK)
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
        || ngx_file_size(&fi) < bytes)
    {
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_store_send(ngx_http_request_t *r, ngx_int_t rc,
    ngx_file_t *file, off_t bytes)
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

    b->file = file;
    b->file_last = bytes;
    b->in_file = bytes > 0 ? 1 : 0;
    b->last_buf = r == r->main ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
