/* The listener of the sink. */
#include "worker/sink/conn.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


static void
server_accept(void *arg, uint32_t events)
{
    int      fd;
    sink_t  *s = arg;

    fd = accept4(s->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        sink_conn_open(s, fd);
    }
}


/* Split HOST:PORT (or [v6]:PORT) and bind. */
static int
server_bind(sink_t *s, gw_buf_t *err)
{
    int                      fd, on, rc;
    char                     host[256];
    long long                port;
    const char              *colon, *p;
    socklen_t                len;
    struct addrinfo          hints, *ai;
    struct sockaddr_storage  addr;

    p = s->opt.listen;
    colon = strrchr(p, ':');
    if (colon == NULL || colon == p || colon - p >= (int) sizeof(host)
        || gw_str_int(gw_str_of(colon + 1), 0, 65535, &port) != GW_OK)
    {
        gw_buf_fmt(err, "sink: --listen \"%s\" is not HOST:PORT, the port from "
                   "0 (any) to 65535", p);
        return GW_EINVAL;
    }

    memcpy(host, p + (*p == '['), colon - p - (*p == '['));
    host[colon - p - (*p == '[') - (colon[-1] == ']')] = '\0';

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    rc = getaddrinfo(host, colon + 1, &hints, &ai);
    if (rc != 0) {
        gw_buf_fmt(err, "sink: --listen \"%s\": %s", p, gai_strerror(rc));
        return GW_EINVAL;
    }

    on = 1;
    len = sizeof(addr);
    memset(&addr, 0, sizeof(addr));
    fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0
        || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0
        || bind(fd, ai->ai_addr, ai->ai_addrlen) != 0
        || listen(fd, 1024) != 0
        || getsockname(fd, (struct sockaddr *) &addr, &len) != 0)
    {
        gw_buf_fmt(err, "sink: cannot listen on %s: %s", p, strerror(errno));
        freeaddrinfo(ai);
        if (fd >= 0) {
            (void) close(fd);
        }
        return GW_ESYS;
    }

    freeaddrinfo(ai);
    s->listener.fd = fd;
    s->port = ntohs(addr.ss_family == AF_INET6
                    ? ((struct sockaddr_in6 *) &addr)->sin6_port
                    : ((struct sockaddr_in *) &addr)->sin_port);
    return GW_OK;
}


int
sink_server_open(sink_t *s, gw_buf_t *err)
{
    int  rc;

    if (s->opt.cert != NULL) {
        s->tls = SSL_CTX_new(TLS_server_method());
        if (s->tls == NULL
            || SSL_CTX_use_certificate_chain_file(s->tls, s->opt.cert) != 1
            || SSL_CTX_use_PrivateKey_file(s->tls, s->opt.key,
                                           SSL_FILETYPE_PEM) != 1)
        {
            gw_buf_fmt(err, "sink: cannot use the certificate %s with the "
                       "key %s", s->opt.cert, s->opt.key);
            return GW_EINVAL;
        }
        SSL_CTX_set_mode(s->tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                                 | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }

    rc = server_bind(s, err);
    if (rc != GW_OK) {
        return rc;
    }

    s->listener.call = server_accept;
    s->listener.arg = s;
    loop_after(s->loop, sink_conn_flush, s);
    return loop_fd_set(s->loop, &s->listener, EPOLLIN);
}


void
sink_server_close(sink_t *s)
{
    while (s->all != NULL) {
        sink_conn_free(s->all);
    }

    loop_fd_del(s->loop, &s->listener);
    (void) close(s->listener.fd);
    SSL_CTX_free(s->tls);
}
