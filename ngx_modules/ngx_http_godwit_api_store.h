/* The file store of this host as the gateway uses it. */
#ifndef NGX_HTTP_GODWIT_API_STORE_H
#define NGX_HTTP_GODWIT_API_STORE_H

#include "ngx_http_godwit_api.h"

#define NGX_HTTP_GODWIT_STORE_PATH  256     /* of <state>/files/...          */
#define NGX_HTTP_GODWIT_STORE_NAME  32      /* hex digits                    */
#define NGX_HTTP_GODWIT_STORE_HOST  36      /* a UUID                        */

/* A file that is sent in; it lies in the request's memory. */
struct ngx_http_godwit_store_file_s {
    ngx_file_t               file;          /* below files/tmp               */
    ngx_pool_cleanup_file_t *temp;          /* removes it with the request   */
    off_t                    size;
    u_char                   hash[NGX_HTTP_GODWIT_API_HASH];
    u_char                   name[NGX_HTTP_GODWIT_STORE_NAME + 1];
    u_char                   path[NGX_HTTP_GODWIT_STORE_PATH];  /* kept      */
    const char              *failed;        /* what the thread could not do  */
    ngx_err_t                err;
};

/* A file that is kept; of s->file nginx reads while it sends. */
typedef struct {
    ngx_str_t   host, path, type, name;
    off_t       bytes;
    ngx_file_t  file;
} ngx_http_godwit_stored_t;

/* The name of this host in godwit.hosts; empty while no worker has run. */
ngx_str_t ngx_http_godwit_store_host(ngx_http_request_t *r);

/* <state>/files/<tail> with a NUL into out; NGX_ERROR: too long. */
ngx_int_t ngx_http_godwit_store_path(u_char *out, const char *dir,
    ngx_str_t *tail);

/*
 * What a query answers of a file, {"host","path","type","bytes"} and perhaps
 * "name", into the request's memory. NGX_ERROR: it is none, or no memory.
 */
ngx_int_t ngx_http_godwit_store_told(ngx_http_request_t *r, ngx_str_t *value,
    ngx_http_godwit_stored_t *s);

/*
 * Open it for as long as the request lives. NGX_BUSY: another host has it;
 * NGX_DECLINED: it is not there, or has fewer bytes.
 */
ngx_int_t ngx_http_godwit_store_read(ngx_http_request_t *r,
    ngx_http_godwit_stored_t *s);

/* Send it behind the header, of which rc is what nginx said. */
ngx_int_t ngx_http_godwit_store_send(ngx_http_request_t *r, ngx_int_t rc,
    ngx_http_godwit_stored_t *s);

/*
 * A new one, empty; it goes with the request unless it is kept. NULL: no
 * memory; f->err is set when it could not be made, which is logged.
 */
ngx_http_godwit_store_file_t *
    ngx_http_godwit_store_open(ngx_http_request_t *r);

ngx_int_t ngx_http_godwit_store_write(ngx_http_godwit_store_file_t *f,
    u_char *data, size_t len);

/*
 * In a thread: hash it, bring it to the disk and move it to f->path, which no
 * other request has. Then handler(r, NGX_OK), or NGX_ERROR with f->failed and
 * f->err. It holds a reference of r, which the handler finalizes. NGX_ERROR at
 * once: there will be no handler.
 */
typedef void (*ngx_http_godwit_store_pt)(ngx_http_request_t *r, ngx_int_t rc);
ngx_int_t ngx_http_godwit_store_keep(ngx_http_request_t *r,
    ngx_http_godwit_store_file_t *f, ngx_http_godwit_store_pt handler);

#endif
