/* One request over libcurl: its options, its guard, what comes back. */
#include "worker/http/transfer.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#define TRANSFER_CONNECT_MS  10000
#define TRANSFER_AGENT       "Godwit"


/* Is it an address of this machine? */
static bool
transfer_own(const struct sockaddr *sa)
{
    bool                        own = false;
    struct ifaddrs             *all, *i;
    const struct sockaddr_in   *v4 = (const void *) sa;
    const struct sockaddr_in6  *v6 = (const void *) sa;

    if (getifaddrs(&all) == -1) {
        return true;                    /* rather not */
    }

    for (i = all; i != NULL && !own; i = i->ifa_next) {
        if (i->ifa_addr == NULL || i->ifa_addr->sa_family != sa->sa_family) {
            continue;
        }
        own = sa->sa_family == AF_INET
              ? ((struct sockaddr_in *) (void *) i->ifa_addr)->sin_addr.s_addr
                == v4->sin_addr.s_addr
              : memcmp(&((struct sockaddr_in6 *) (void *) i->ifa_addr)
                       ->sin6_addr, &v6->sin6_addr, 16) == 0;
    }

    freeifaddrs(all);
    return own;
}


/* The address that is really connected to, whatever a name has said before. */
static curl_socket_t
transfer_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    transfer_t              *t = arg;
    const struct sockaddr   *sa = &a->addr;

    if ((a->family != AF_INET && a->family != AF_INET6)
        || sa->sa_family != a->family
        || !gw_net_may(&t->h->allow, t->https, sa)
        || (!gw_nets_have(&t->h->allow, sa) && transfer_own(sa)))
    {
        t->why = "nothing may be sent to the address of this host";
        return CURL_SOCKET_BAD;
    }

    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}


/* So much of it as is kept. */
static void
transfer_keep(gw_buf_t *b, size_t keep, const char *p, size_t n)
{
    gw_buf_put(b, p, n < keep - b->len ? n : keep - b->len);
}


static size_t
transfer_header(char *p, size_t size, size_t n, void *arg)
{
    transfer_t  *t = arg;

    if (n > 5 && memcmp(p, "HTTP/", 5) == 0) {
        gw_buf_reset(&t->head);         /* an interim answer came before */
        return n;
    }

    t->read += n;
    if (t->read > HTTP_ANSWER) {
        t->why = "the headers of its answer are longer than 64 KiB";
        return 0;
    }

    transfer_keep(&t->head, HTTP_KEPT, p, n);
    return n;
}


static size_t
transfer_body(char *p, size_t size, size_t n, void *arg)
{
    transfer_t  *t = arg;

    transfer_keep(&t->kept, t->keep, p, n);
    t->read += n;
    if (t->read > HTTP_ANSWER) {
        t->cut = true;
        return 0;
    }

    return n;
}


int
transfer_new(transfer_t **out, http_t *h)
{
    transfer_t  *t;

    t = h->idle;
    if (t != NULL) {
        h->idle = t->next_idle;
        *out = t;
        return GW_OK;
    }

    t = calloc(1, sizeof(transfer_t));
    if (t == NULL) {
        return GW_ENOMEM;
    }

    t->easy = curl_easy_init();
    if (t->easy == NULL) {
        free(t);
        return GW_ENOMEM;
    }

    t->h = h;
    gw_buf_init(&t->head, HTTP_KEPT);
    gw_buf_init(&t->kept, HTTP_ANSWER);
    t->next = h->all;
    h->all = t;
    *out = t;
    return GW_OK;
}


static int
transfer_list(struct curl_slist **list, const char *const *p)
{
    struct curl_slist  *l;

    for ( /* void */ ; *p != NULL; p++) {
        l = curl_slist_append(*list, *p);
        if (l == NULL) {
            return GW_ENOMEM;
        }
        *list = l;
    }

    return GW_OK;
}


int
transfer_begin(transfer_t *t, const http_request_t *q, http_pt call, void *arg)
{
    int          bad = 0;
    CURL        *c = t->easy;
    const char  *schemes;
    const char  *resolve[] = { q->resolve, NULL };

    static const char *const  none[] = { "Expect:", NULL };

    t->call = call;
    t->arg = arg;
    t->why = NULL;
    t->cut = false;
    t->read = 0;
    t->keep = q->keep == 0 ? HTTP_KEPT
              : q->keep < HTTP_ANSWER ? q->keep : HTTP_ANSWER;
    t->error[0] = '\0';
    t->https = strncasecmp(q->url, "https:", 6) == 0;
    schemes = t->h->allow.n > 0 ? "http,https" : "https";

    t->body = malloc(q->body.len + 1);
    if (t->body == NULL || transfer_list(&t->headers, none) != GW_OK
        || transfer_list(&t->headers, q->headers) != GW_OK
        || transfer_list(&t->resolve, resolve) != GW_OK)
    {
        return GW_ENOMEM;
    }
    if (q->body.len > 0) {
        memcpy(t->body, q->body.data, q->body.len);
    }

    curl_easy_reset(c);

#define SET(option, value)                                                    \
    bad |= curl_easy_setopt(c, option, value) != CURLE_OK

    SET(CURLOPT_URL, q->url);
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);        /* a look-up must not be waited for */
    SET(CURLOPT_PROTOCOLS_STR, schemes);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_CAINFO, t->h->ca_file);
    SET(CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    SET(CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_OPENSOCKETFUNCTION, transfer_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_RESOLVE, t->resolve);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, 60L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long) TRANSFER_CONNECT_MS);
    SET(CURLOPT_TIMEOUT_MS, (long) q->timeout_ms);
    SET(CURLOPT_USERAGENT, TRANSFER_AGENT);
    SET(CURLOPT_HTTPHEADER, t->headers);

    if (q->method != NULL) {
        SET(CURLOPT_CUSTOMREQUEST, q->method);
    }

    if (q->body.data != NULL) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) q->body.len);
        SET(CURLOPT_POSTFIELDS, t->body);
    }

    SET(CURLOPT_HEADERFUNCTION, transfer_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_WRITEFUNCTION, transfer_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->error);

#undef SET

    return bad ? GW_ERROR : GW_OK;
}


void
transfer_idle(transfer_t *t)
{
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    t->headers = t->resolve = NULL;
    free(t->body);
    t->body = NULL;
    gw_buf_reset(&t->head);
    gw_buf_reset(&t->kept);
    t->next_idle = t->h->idle;
    t->h->idle = t;
}


void
transfer_free(transfer_t *t)
{
    (void) curl_multi_remove_handle(t->h->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    curl_slist_free_all(t->resolve);
    free(t->body);
    gw_buf_free(&t->head);
    gw_buf_free(&t->kept);
    free(t);
}


void
transfer_end(transfer_t *t, CURLcode code)
{
    char           address[64];
    char          *ip = NULL;
    long           status = 0, port = 0;
    curl_off_t     us = 0, after = 0;
    http_result_t  r = { .why = "", .address = "" };

    (void) curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    (void) curl_easy_getinfo(t->easy, CURLINFO_TOTAL_TIME_T, &us);
    (void) curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &after);
    (void) curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &ip);
    (void) curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_PORT, &port);

    if (ip != NULL && *ip != '\0') {
        (void) snprintf(address, sizeof(address),
                        strchr(ip, ':') != NULL ? "[%s]:%ld" : "%s:%ld", ip,
                        port);
        r.address = address;
    }

    if (code == CURLE_OK || t->cut) {
        r.status = (int) status;
    } else if (t->why != NULL) {
        r.why = t->why;
    } else {
        r.why = t->error[0] != '\0' ? t->error : curl_easy_strerror(code);
    }

    r.ms = us / 1000;
    r.retry_after = after;
    r.headers = gw_buf_view(&t->head);
    r.body = gw_buf_view(&t->kept);
    t->call(t->arg, &r);
    transfer_idle(t);
}
