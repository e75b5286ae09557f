/*
 * Lines of the error log: nginx ends each with the request line and the
 * referrer. The path of a recipient's link is a secret, and a query asks for
 * people by their addresses: of a link its kind is told, else the path alone.
 * Our handler is there before the first byte is read, so that no malformed
 * request gets past it.
 */
#include "ngx_http_godwit.h"

#define NGX_HTTP_GODWIT_LOG_KIND  3         /* "/o/" */

static ngx_log_handler_pt  ngx_http_godwit_log_nginx;


/* Does it begin with the path of a link? */
static ngx_uint_t
ngx_http_godwit_log_link(u_char *p, size_t len)
{
    return len >= NGX_HTTP_GODWIT_LOG_KIND && p[0] == '/' && p[2] == '/'
           && ngx_strlchr((u_char *) "ocuvps", (u_char *) "ocuvps" + 6, p[1])
              != NULL;
}


/*
 * While a long method is read nginx moves a uri_start of NULL along with the
 * buffer, and that of HTTP/2 was never in it.
 */
ngx_str_t
ngx_http_godwit_log_target(ngx_http_request_t *r)
{
    ngx_str_t  target;

    ngx_str_null(&target);

    if (r->header_in != NULL && r->uri_start >= r->header_in->start
        && r->uri_start < r->header_in->last)
    {
        target.data = r->uri_start;
        target.len = r->header_in->last - r->uri_start;
    }

    return target;
}


/* Of a line that nginx could not read: the path, if it is none of a link. */
static const char *
ngx_http_godwit_log_api(ngx_http_request_t *r, ngx_str_t *told)
{
    size_t     i;
    ngx_str_t  target;

    static ngx_str_t  begin = ngx_string("/api/");

    target = ngx_http_godwit_log_target(r);

    if (target.len < begin.len
        || ngx_memcmp(target.data, begin.data, begin.len) != 0)
    {
        return "...";
    }

    for (i = begin.len; i < target.len && target.data[i] > ' '; i++) {
        if (target.data[i] == '?') {
            told->data = target.data;
            told->len = i;
            return "?...";
        }
    }

    return NULL;
}


/* What may be told of the request, when it is not all; NULL: it is. */
static const char *
ngx_http_godwit_log_told(ngx_http_request_t *r, ngx_str_t *told)
{
    told->len = 0;

    if (r->uri.len == 0) {
        return r->request_start == NULL ? NULL
                                        : ngx_http_godwit_log_api(r, told);
    }

    if (ngx_http_godwit_log_link(r->uri.data, r->uri.len)) {
        told->data = r->uri.data;
        told->len = NGX_HTTP_GODWIT_LOG_KIND;
        return "...";
    }

    if (r->args.len > 0 || r->headers_in.referer != NULL) {
        *told = r->uri;
        return r->args.len > 0 ? "?..." : "";
    }

    return NULL;
}


static u_char *
ngx_http_godwit_log_line(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p, *last;
    ngx_str_t            told;
    const char          *more;
    ngx_http_log_ctx_t  *ctx;
    ngx_http_request_t  *r;

    ctx = log->data;
    r = ctx->request;
    more = r != NULL ? ngx_http_godwit_log_told(r, &told) : NULL;

    if (more == NULL) {
        return ngx_http_godwit_log_nginx(log, buf, len);
    }

    p = buf;
    last = buf + len;

    if (log->action != NULL) {
        p = ngx_slprintf(p, last, " while %s", log->action);
    }

    return ngx_slprintf(p, last, ", client: %V, request: \"%V %V%s\"",
                        &ctx->connection->addr_text, &r->method_name, &told,
                        more);
}


static void
ngx_http_godwit_log_connection(ngx_connection_t *c)
{
    unsigned  ready;

    /* with a deferred accept nginx would read the request at once */
    ready = c->read->ready;
    c->read->ready = 0;

    ngx_http_init_connection(c);

    if (c->destroyed) {
        return;
    }

    ngx_http_godwit_log_nginx = c->log->handler;
    c->log->handler = ngx_http_godwit_log_line;

    if (ready) {
        c->read->ready = 1;
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


ngx_int_t
ngx_http_godwit_log_init(ngx_cycle_t *cycle)
{
    ngx_uint_t                i;
    ngx_listening_t          *ls;
    ngx_http_godwit_conf_t   *gcf;

    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                                  ngx_http_godwit_module);
    ls = cycle->listening.elts;

    for (i = 0; i < cycle->listening.nelts && gcf->enabled; i++) {
        if (ls[i].handler == ngx_http_init_connection) {
            ls[i].handler = ngx_http_godwit_log_connection;
        }
    }

    return NGX_OK;
}
