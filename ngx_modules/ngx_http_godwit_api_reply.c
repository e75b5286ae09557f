/* Replies: the headers that all have, ETag and 304, Location. */
#include "ngx_http_godwit_api.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "shm/gw_codec.h"

#define NGX_HTTP_GODWIT_API_ETAG  12        /* bytes of the hash */

static ngx_str_t  ngx_http_godwit_api_json = ngx_string("application/json");

/* What nginx has no phrase for. */
typedef struct {
    ngx_uint_t  status;
    ngx_str_t   line;
} ngx_http_godwit_api_phrase_t;

static const ngx_http_godwit_api_phrase_t  ngx_http_godwit_api_phrases[] = {
    { 422, ngx_string("422 Unprocessable Content") },
    { NGX_HTTP_GODWIT_API_HEADERS,
      ngx_string("431 Request Header Fields Too Large") },
    { 0, ngx_null_string }
};


/* name: number, in the request's memory. */
static ngx_int_t
ngx_http_godwit_api_number(ngx_http_request_t *r, ngx_str_t *name,
    ngx_uint_t n)
{
    u_char     *p;
    ngx_str_t   value;

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = p;
    value.len = ngx_sprintf(p, "%ui", n) - p;

    return ngx_http_godwit_header(r, name, &value);
}


ngx_int_t
ngx_http_godwit_api_headers(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    static ngx_str_t  id = ngx_string("X-Request-Id");
    static ngx_str_t  sniff = ngx_string("X-Content-Type-Options");
    static ngx_str_t  nosniff = ngx_string("nosniff");
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  revalidate = ngx_string("private, no-cache");
    static ngx_str_t  limit = ngx_string("RateLimit-Limit");
    static ngx_str_t  remaining = ngx_string("RateLimit-Remaining");
    static ngx_str_t  reset = ngx_string("RateLimit-Reset");
    static ngx_str_t  quota = ngx_string("Godwit-Quota");

    /*
     * Without a tag there is nothing to hold a condition against, and that of
     * a change was held against what it has changed.
     */
    r->disable_not_modified = r->headers_out.etag == NULL
                              || !(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD));

    if (ngx_http_godwit_header(r, &id, &ctx->id) != NGX_OK
        || ngx_http_godwit_header(r, &sniff, &nosniff) != NGX_OK
        || ngx_http_godwit_header(r, &cache, r->headers_out.etag ? &revalidate
                                                                 : &no_store)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->quota.len > 0
        && ngx_http_godwit_header(r, &quota, &ctx->quota) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->rate.limit > 0
        && (ngx_http_godwit_api_number(r, &limit, ctx->rate.limit) != NGX_OK
            || ngx_http_godwit_api_number(r, &remaining, ctx->rate.remaining)
               != NGX_OK
            || ngx_http_godwit_api_number(r, &reset, ctx->rate.reset)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * A body that we do not want. The client that asks first (Expect) is answered
 * without it; whether it sends one then nobody knows, so nothing can follow.
 */
static void
ngx_http_godwit_api_discard(ngx_http_request_t *r)
{
    if (r->request_body != NULL) {
        return;
    }

    if (r->headers_in.expect != NULL && !r->expect_tested) {
        r->expect_tested = 1;
        r->keepalive = 0;
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }
}


void
ngx_http_godwit_api_counted(ngx_uint_t status)
{
    static const ngx_http_godwit_counter_e  classes[] = {
        NGX_GODWIT_API_2XX, NGX_GODWIT_API_3XX, NGX_GODWIT_API_4XX,
        NGX_GODWIT_API_5XX
    };

    ngx_http_godwit_count(classes[ngx_min(status / 100, 5) - 2]);
}


/* What RFC 8187 lets stand in a name as it is. */
static ngx_uint_t
ngx_http_godwit_api_plain_char(u_char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}


ngx_int_t
ngx_http_godwit_api_attachment(ngx_http_request_t *r, ngx_str_t *name)
{
    size_t      i;
    u_char     *p;
    ngx_str_t   value;

    static ngx_str_t  header = ngx_string("Content-Disposition");

    value.data = ngx_pnalloc(r->pool, 64 + 4 * name->len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(value.data, "attachment; filename=\"");
    for (i = 0; i < name->len; i++) {
        *p++ = ngx_http_godwit_api_plain_char(name->data[i]) ? name->data[i]
                                                             : '_';
    }

    p = ngx_sprintf(p, "\"; filename*=UTF-8''");
    for (i = 0; i < name->len; i++) {
        if (ngx_http_godwit_api_plain_char(name->data[i])) {
            *p++ = name->data[i];
        } else {
            p = ngx_sprintf(p, "%%%02Xi", (ngx_uint_t) name->data[i]);
        }
    }

    value.len = p - value.data;

    return ngx_http_godwit_header(r, &header, &value);
}


void
ngx_http_godwit_api_status(ngx_http_request_t *r, ngx_uint_t status)
{
    const ngx_http_godwit_api_phrase_t  *row;

    r->headers_out.status = status;

    for (row = ngx_http_godwit_api_phrases; row->status != 0; row++) {
        if (row->status == status) {
            r->headers_out.status_line = row->line;
        }
    }
}


ngx_int_t
ngx_http_godwit_api_header(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    off_t length)
{
    ngx_int_t  rc;

    ngx_http_godwit_api_discard(r);
    ngx_http_godwit_api_status(r, status);

    r->headers_out.content_length_n = length;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->header_only = r->header_only || status == NGX_HTTP_NO_CONTENT;

    if (ngx_http_godwit_api_headers(r, ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->headed = 1;
    rc = ngx_http_send_header(r);
    ngx_http_godwit_api_counted(r->headers_out.status);

    return rc;
}


ngx_int_t
ngx_http_godwit_api_send(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    ngx_str_t *body)
{
    ngx_int_t  rc;

    rc = ngx_http_godwit_api_header(r, ctx, status, type, body->len);

    return ngx_http_godwit_body(r, rc, body);
}


ngx_int_t
ngx_http_godwit_api_etag(ngx_pool_t *pool, ngx_str_t *body, ngx_str_t *out)
{
    u_char      hash[SHA256_DIGEST_LENGTH];
    SHA256_CTX  sha;

    out->len = GW_B64URL_LEN(NGX_HTTP_GODWIT_API_ETAG) + 2;
    out->data = ngx_pnalloc(pool, out->len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    SHA256_Init(&sha);
    SHA256_Update(&sha, body->data, body->len);
    SHA256_Final(hash, &sha);

    out->data[0] = '"';
    gw_b64url_encode(out->data + 1, hash, NGX_HTTP_GODWIT_API_ETAG);
    out->data[out->len - 1] = '"';

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_tag(ngx_http_request_t *r, ngx_str_t *etag)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value = *etag;
#if (nginx_version >= 1023000)
    h->next = NULL;
#endif
    r->headers_out.etag = h;

    /* nginx's filter makes the 304; its own 412 would be a page of HTML */
    r->headers_in.if_match = NULL;
    r->headers_in.if_unmodified_since = NULL;

    return NGX_OK;
}


/*
 * Location of what was made: the path of the request and the id, with which
 * the jsonb begins, since that sorts short names first.
 */
static ngx_int_t
ngx_http_godwit_api_location(ngx_http_request_t *r, ngx_str_t *path,
    ngx_str_t *body)
{
    u_char     *p, *last, *end;
    ngx_str_t   value;

    static ngx_str_t  name = ngx_string("Location");
    static ngx_str_t  begin = ngx_string("{\"id\": \"");

    if (body->len < begin.len
        || ngx_memcmp(body->data, begin.data, begin.len) != 0)
    {
        return NGX_OK;
    }

    last = body->data + body->len;
    for (end = body->data + begin.len; end < last && *end != '"'; end++) {
        if (!((*end >= '0' && *end <= '9') || *end == '_' || *end == '-'
              || ((*end | 0x20) >= 'a' && (*end | 0x20) <= 'z')))
        {
            return NGX_OK;
        }
    }

    value.len = path->len + 1 + (end - body->data - begin.len);
    value.data = ngx_pnalloc(r->pool, value.len);
    if (value.data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(value.data, path->data, path->len);
    *p++ = '/';
    ngx_memcpy(p, body->data + begin.len, end - body->data - begin.len);

    return ngx_http_godwit_header(r, &name, &value);
}


/*
 * The tag of an object is that of all its members: one of some of them would
 * be no use to the If-Match of a change. A change answers with the new one;
 * what is for everybody is no object.
 */
static ngx_uint_t
ngx_http_godwit_api_tagged(const ngx_http_godwit_api_ctx_t *ctx,
    ngx_uint_t status)
{
    return status == NGX_HTTP_OK && ctx->fields.len == 0
           && !ctx->op->op->is_public
           && (ctx->op->op->method & (GW_GET|GW_PATCH));
}


ngx_int_t
ngx_http_godwit_api_reply(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *body)
{
    ngx_str_t  etag;

    static ngx_str_t  none = ngx_null_string;
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  who = ngx_string("Authorization, Cookie, "
                                       "Godwit-Workspace");

    if (status == NGX_HTTP_NO_CONTENT) {
        return ngx_http_godwit_api_send(r, ctx, status, &none, &none);
    }

    if (status == NGX_HTTP_CREATED
        && ngx_http_godwit_api_location(r, &ctx->path, body) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_godwit_api_tagged(ctx, status)) {

        if (ngx_http_godwit_api_etag(r->pool, body, &etag) != NGX_OK
            || ngx_http_godwit_api_tag(r, &etag) != NGX_OK
            || ngx_http_godwit_header(r, &vary, &who) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    return ngx_http_godwit_api_send(r, ctx, status, &ngx_http_godwit_api_json,
                                    body);
}
