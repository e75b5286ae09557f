/* The evidence of a request, as an event to be stored. */
#include "ngx_http_godwit.h"

/* by these a program says that no person asks yet */
static ngx_str_t  ngx_http_godwit_event_purposes[] = {
    ngx_string("sec-purpose"),
    ngx_string("purpose"),
    ngx_string("x-purpose"),
    ngx_string("x-moz"),
    ngx_null_string
};


static ngx_uint_t
ngx_http_godwit_event_ahead(ngx_table_elt_t *h)
{
    u_char     *end;
    ngx_str_t  *p;

    for (p = ngx_http_godwit_event_purposes; p->len > 0; p++) {
        if (h->key.len == p->len
            && ngx_memcmp(h->lowcase_key, p->data, p->len) == 0)
        {
            end = h->value.data + h->value.len;
            return ngx_strlcasestrn(h->value.data, end,
                                    (u_char *) "prefetch", 7) != NULL
                   || ngx_strlcasestrn(h->value.data, end,
                                       (u_char *) "preview", 6) != NULL;
        }
    }

    return 0;
}


/* Does the browser ask not to be tracked? */
static ngx_uint_t
ngx_http_godwit_event_untracked(ngx_table_elt_t *h)
{
    return h->value.len == 1 && h->value.data[0] == '1'
           && ((h->key.len == 3 && ngx_memcmp(h->lowcase_key, "dnt", 3) == 0)
               || (h->key.len == 7
                   && ngx_memcmp(h->lowcase_key, "sec-gpc", 7) == 0));
}


ngx_uint_t
ngx_http_godwit_event(ngx_http_request_t *r, gw_event_t *e,
    const u_char *payload)
{
    ngx_uint_t            i, flags;
    ngx_list_part_t      *part;
    ngx_table_elt_t      *h;
    struct sockaddr_in   *sin;

    ngx_memzero(e, sizeof(gw_event_t));
    ngx_memcpy(e->token, payload, GW_TOKEN_PAYLOAD);

    if (r->connection->sockaddr->sa_family == AF_INET) {
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        e->ip[10] = 0xff;
        e->ip[11] = 0xff;
        ngx_memcpy(e->ip + 12, &sin->sin_addr, 4);
    }

#if (NGX_HAVE_INET6)
    if (r->connection->sockaddr->sa_family == AF_INET6) {
        ngx_memcpy(e->ip, ((struct sockaddr_in6 *)
                           r->connection->sockaddr)->sin6_addr.s6_addr, 16);
    }
#endif

    if (r->headers_in.user_agent != NULL) {
        e->ua = ngx_http_godwit_gw(r->headers_in.user_agent->value);
    }

    if (r->headers_in.referer != NULL) {
        e->referer = ngx_http_godwit_gw(r->headers_in.referer->value);
    }

    flags = r->method == NGX_HTTP_HEAD ? GW_EVENT_HEAD : 0;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {
        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }
            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (ngx_http_godwit_event_ahead(&h[i])) {
            flags |= GW_EVENT_PREFETCH;
        }

        if (ngx_http_godwit_event_untracked(&h[i])) {
            flags |= GW_EVENT_UNTRACKED;
        }
    }

    return flags;
}
