/* One HTTP request of the crowd, without blocking. */
#include "worker/sink/visit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define VISIT_TIMEOUT  30000
#define VISIT_REQUEST  4096

struct visit_s {
    loop_t        *loop;
    loop_fd_t      fd;
    loop_timer_t   timer;
    visit_pt       call;
    void          *arg;
    size_t         len, done;           /* of the request           */
    size_t         got;                 /* bytes of the status line */
    bool           sent;
    char           reply[64];
    char           request[VISIT_REQUEST];
};


/* Split http://HOST[:PORT]/PATH; true for a loopback host. */
static bool
visit_url(gw_str_t url, struct sockaddr_in *addr, gw_str_t *host,
    gw_str_t *path)
{
    char            name[64];
    long long       port;
    unsigned char  *p, *slash, *colon, *end;

    if (url.len < 8 || memcmp(url.data, "http://", 7) != 0) {
        return false;
    }

    p = url.data + 7;
    end = url.data + url.len;
    slash = memchr(p, '/', end - p);
    if (slash == NULL || slash - p >= (int) sizeof(name)) {
        return false;
    }

    *host = gw_str_make(p, slash - p);
    *path = gw_str_make(slash, end - slash);

    port = 80;
    colon = memchr(p, ':', slash - p);
    if (colon != NULL
        && gw_str_int(gw_str_make(colon + 1, slash - colon - 1), 1, 65535,
                      &port) != GW_OK)
    {
        return false;
    }

    snprintf(name, sizeof(name), "%.*s",
             (int) ((colon ? colon : slash) - p), p);

    memset(addr, 0, sizeof(*addr));
    addr->sin_family = AF_INET;
    addr->sin_port = htons((uint16_t) port);

    if (strcmp(name, "localhost") == 0) {
        addr->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return true;
    }

    return inet_pton(AF_INET, name, &addr->sin_addr) == 1
           && ntohl(addr->sin_addr.s_addr) >> 24 == 127;
}


bool
visit_allowed(gw_str_t url)
{
    gw_str_t            host, path;
    struct sockaddr_in  addr;

    return visit_url(url, &addr, &host, &path);
}


static void
visit_end(visit_t *v, int status)
{
    bool       sent;
    void      *arg;
    visit_pt   call;

    call = v->call;
    arg = v->arg;
    sent = v->sent;

    loop_timer_del(v->loop, &v->timer);
    loop_fd_del(v->loop, &v->fd);
    (void) close(v->fd.fd);
    free(v);

    call(arg, status, sent);
}


static void
visit_timeout(void *arg)
{
    visit_end(arg, 0);
}


/* Read until the status line is whole; the rest is of no interest. */
static void
visit_read(visit_t *v)
{
    ssize_t    n;
    long long  status;

    n = read(v->fd.fd, v->reply + v->got, sizeof(v->reply) - v->got);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }

    if (n <= 0) {
        visit_end(v, 0);
        return;
    }

    v->got += n;
    if (v->got < 12) {
        return;
    }

    status = 0;
    if (memcmp(v->reply, "HTTP/1.1 ", 9) != 0
        || gw_str_int(gw_str_make(v->reply + 9, 3), 100, 599, &status)
           != GW_OK)
    {
        status = 0;
    }

    visit_end(v, (int) status);
}


static void
visit_event(void *arg, uint32_t events)
{
    visit_t  *v = arg;
    ssize_t   n;

    if (v->done < v->len) {
        n = send(v->fd.fd, v->request + v->done, v->len - v->done,
                 MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        if (n < 0) {
            visit_end(v, 0);
            return;
        }

        v->sent = true;
        v->done += n;
        if (v->done == v->len
            && loop_fd_set(v->loop, &v->fd, EPOLLIN) != GW_OK)
        {
            visit_end(v, 0);
        }
        return;
    }

    visit_read(v);
}


int
visit_start(loop_t *loop, gw_str_t url, const char *method, const char *agent,
    const char *body, visit_pt call, void *arg)
{
    int                 n;
    visit_t            *v;
    gw_str_t            host, path;
    struct sockaddr_in  addr;

    if (!visit_url(url, &addr, &host, &path)) {
        return GW_EINVAL;
    }

    v = calloc(1, sizeof(visit_t));
    if (v == NULL) {
        return GW_ENOMEM;
    }

    n = snprintf(v->request, VISIT_REQUEST,
                 "%s %.*s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: %s\r\n"
                 "Connection: close\r\n", method, (int) path.len, path.data,
                 (int) host.len, host.data, agent);
    if (body != NULL && n < VISIT_REQUEST) {
        n += snprintf(v->request + n, VISIT_REQUEST - n,
                      "Content-Type: application/x-www-form-urlencoded\r\n"
                      "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    } else if (n < VISIT_REQUEST) {
        n += snprintf(v->request + n, VISIT_REQUEST - n, "\r\n");
    }

    v->fd.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (n >= VISIT_REQUEST || v->fd.fd < 0) {
        if (v->fd.fd >= 0) {
            (void) close(v->fd.fd);
        }
        free(v);
        return GW_ESYS;
    }

    v->len = n;
    v->loop = loop;
    v->call = call;
    v->arg = arg;
    v->fd.call = visit_event;
    v->fd.arg = v;
    v->timer.call = visit_timeout;
    v->timer.arg = v;

    if ((connect(v->fd.fd, (struct sockaddr *) &addr, sizeof(addr)) != 0
         && errno != EINPROGRESS)
        || loop_fd_set(loop, &v->fd, EPOLLOUT) != GW_OK
        || loop_timer_set(loop, &v->timer, VISIT_TIMEOUT) != GW_OK)
    {
        loop_timer_del(loop, &v->timer);
        loop_fd_del(loop, &v->fd);
        (void) close(v->fd.fd);
        free(v);
        return GW_ESYS;
    }

    return GW_OK;
}
