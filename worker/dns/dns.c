/*
 * c-ares in our loop. What name servers say is taken apart by the C library's
 * ns_ functions (answer.c) and kept as long as they allow (cache.c).
 */
#include "worker/dns/dns.h"

#include <ares.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/dns/answer.h"

#define DNS_TIMEOUT_MS  2000            /* the first; then twice as long */
#define DNS_TRIES       2               /* of each server                */
#define DNS_UDP_MAX     1232            /* goes through unfragmented     */
#define DNS_TURN_MS     1000

/* A socket of c-ares, as the loop knows it. */
typedef struct dns_socket_s  dns_socket_t;

struct dns_socket_s {
    dns_socket_t  *next;
    loop_fd_t      fd;
    dns_t         *d;
};

/* A question on its way; freed when it has its answer. */
typedef struct {
    dns_t   *d;
    dns_pt   call;
    void    *arg;
    int      type;
    char     name[DNS_NAME_MAX + 1];
} dns_question_t;

struct dns_s {
    loop_t         *loop;
    bool            own;        /* the loop                              */
    bool            closing;    /* no answer is told any more            */
    ares_channel    channel;
    loop_timer_t    timer;
    dns_socket_t   *sockets;
    unsigned        asked;
    dns_cache_t     cache;
};


/* When c-ares wants to look again at what has not come. */
static void
dns_arm(dns_t *d)
{
    struct timeval  tv;

    if (ares_timeout(d->channel, NULL, &tv) == NULL) {
        loop_timer_del(d->loop, &d->timer);
        return;
    }

    (void) !loop_timer_set(d->loop, &d->timer,
                           tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1);
}


static void
dns_due(void *arg)
{
    dns_t  *d = arg;

    ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    dns_arm(d);
}


static void
dns_ready(void *arg, uint32_t events)
{
    dns_t         *d;
    dns_socket_t  *s = arg;

    d = s->d;                   /* s may be gone after the call */
    ares_process_fd(d->channel,
                    events & (EPOLLIN | EPOLLERR | EPOLLHUP) ? s->fd.fd
                    : ARES_SOCKET_BAD,
                    events & (EPOLLOUT | EPOLLERR | EPOLLHUP) ? s->fd.fd
                    : ARES_SOCKET_BAD);
    dns_arm(d);
}


/* c-ares wants to hear of a socket, or, of neither, closes it. */
static void
dns_watch(void *arg, ares_socket_t fd, int readable, int writable)
{
    dns_t         *d = arg;
    dns_socket_t  *s, **at;

    for (at = &d->sockets; (s = *at) != NULL && s->fd.fd != fd; at = &s->next) {
        /* void */
    }

    if (!readable && !writable) {
        if (s != NULL) {
            loop_fd_del(d->loop, &s->fd);
            *at = s->next;
            free(s);
        }
        return;
    }

    if (s == NULL) {
        s = calloc(1, sizeof(dns_socket_t));
        if (s == NULL) {
            return;             /* its question times out */
        }
        s->d = d;
        s->fd.fd = fd;
        s->fd.call = dns_ready;
        s->fd.arg = s;
        s->next = d->sockets;
        d->sockets = s;
    }

    (void) !loop_fd_set(d->loop, &s->fd, (readable ? EPOLLIN : 0)
                                         | (writable ? EPOLLOUT : 0));
}


int
dns_create(dns_t **out, loop_t *loop, const gw_conf_t *conf, gw_buf_t *err)
{
    int                  rc;
    dns_t               *d;
    struct ares_options  options;

    d = calloc(1, sizeof(dns_t));
    if (d == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(d);
        return GW_ENOMEM;
    }

    d->loop = loop;
    d->timer.call = dns_due;
    d->timer.arg = d;
    d->own = loop == NULL;
    if (d->own && loop_create(&d->loop) != GW_OK) {
        free(d);
        return GW_ENOMEM;
    }

    memset(&options, 0, sizeof(options));
    options.flags = ARES_FLAG_EDNS;
    options.ednspsz = DNS_UDP_MAX;
    options.timeout = DNS_TIMEOUT_MS;
    options.tries = DNS_TRIES;
    options.sock_state_cb = dns_watch;
    options.sock_state_cb_data = d;
    rc = ares_init_options(&d->channel, &options, ARES_OPT_FLAGS
                           | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS
                           | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (rc == ARES_SUCCESS && conf->resolver.len > 0) {
        rc = ares_set_servers_ports_csv(d->channel,
                                        (char *) conf->resolver.data);
    }

    if (rc != ARES_SUCCESS) {
        gw_buf_fmt(err, "the resolver cannot be set up: %s",
                   ares_strerror(rc));
        dns_free(d);
        return GW_ERROR;
    }

    *out = d;
    return GW_OK;
}


void
dns_free(dns_t *d)
{
    if (d == NULL) {
        return;
    }

    d->closing = true;
    if (d->channel != NULL) {
        ares_destroy(d->channel);
    }
    loop_timer_del(d->loop, &d->timer);
    dns_cache_free(&d->cache);
    if (d->own) {
        loop_free(d->loop);
    }
    free(d);
}


static void
dns_answered(void *arg, int status, int timeouts, unsigned char *data, int len)
{
    dns_t           *d;
    dns_reply_t     *r;
    dns_answer_t     none;
    dns_question_t  *q = arg;

    d = q->d;
    d->asked--;
    if (d->closing) {
        free(q);
        return;
    }

    r = dns_reply_read(q->type, status, data, len);
    if (r == NULL) {
        none = (dns_answer_t) { DNS_FAILED, "no memory", 0, 0, NULL };
        q->call(q->arg, &none);
    } else {
        q->call(q->arg, &r->answer);
        dns_cache_put(&d->cache, q->type, q->name, r);
    }
    free(q);
}


/* Labels of 1 to 63 bytes, 253 in all; in lower case, without the last dot. */
static int
dns_name(const char *name, char out[DNS_NAME_MAX + 1])
{
    size_t  i, label;

    label = 0;
    for (i = 0; i < DNS_NAME_MAX && name[i] != '\0'; i++) {
        if (name[i] == '.') {
            if (label == 0) {
                return GW_EINVAL;
            }
            label = 0;
        } else if (++label > 63 || name[i] <= 0x20 || name[i] >= 0x7f
                   || name[i] == '\\')
        {
            return GW_EINVAL;
        }
        out[i] = (char) tolower((unsigned char) name[i]);
    }

    out[i] = '\0';
    if (i > 0 && out[i - 1] == '.') {
        out[--i] = '\0';
    }

    return name[i] != '\0' && name[i] != '.' ? GW_EINVAL
           : i > 0 && i <= 253 ? GW_OK : GW_EINVAL;
}


int
dns_ask(dns_t *d, int type, const char *name, dns_pt call, void *arg)
{
    dns_reply_t     *known;
    dns_question_t  *q;

    q = malloc(sizeof(dns_question_t));
    if (q == NULL) {
        return GW_ENOMEM;
    }

    if (dns_name(name, q->name) != GW_OK) {
        free(q);
        return GW_EINVAL;
    }

    known = dns_cache_get(&d->cache, type, q->name);
    if (known != NULL) {
        free(q);
        call(arg, &known->answer);
        dns_reply_release(known);
        return GW_OK;
    }

    q->d = d;
    q->call = call;
    q->arg = arg;
    q->type = type;
    d->asked++;
    ares_query(d->channel, q->name, ns_c_in, type, dns_answered, q);
    dns_arm(d);
    return GW_OK;
}


int
dns_wait(dns_t *d)
{
    int  rc;

    for (rc = GW_OK; rc == GW_OK && d->asked > 0; ) {
        rc = loop_turn(d->loop, DNS_TURN_MS);
    }

    return rc;
}
