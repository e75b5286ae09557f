/* The bytes of a session that brings mail: in clear and by TLS, timers. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/receive/session.h"

#define SESSION_READ   16384
#define SESSION_WHOLE  10               /* times receive_timeout: all of it */


void
session_close(session_t *s)
{
    receive_t  *r;

    r = s->r;
    loop_timer_del(r->loop, &s->idle);
    loop_timer_del(r->loop, &s->whole);
    loop_fd_del(r->loop, &s->fd);
    SSL_free(s->ssl);
    (void) close(s->fd.fd);
    if (s->prev != NULL) {
        s->prev->next = s->next;
    } else {
        r->sessions = s->next;
    }
    if (s->next != NULL) {
        s->next->prev = s->prev;
    }

    r->n--;
    gw_buf_free(&s->in);
    gw_buf_free(&s->out);
    gw_buf_free(&s->data);
    free(s);
}


/* Bytes written, 0 when none can be now, -1: it is over. */
static ssize_t
session_write(session_t *s)
{
    int      rc;
    ssize_t  n;

    if (s->ssl == NULL) {
        n = send(s->fd.fd, s->out.data, s->out.len, MSG_NOSIGNAL);
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
    }

    ERR_clear_error();
    rc = SSL_write(s->ssl, s->out.data, (int) s->out.len);
    return rc > 0 ? rc
           : SSL_get_error(s->ssl, rc) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}


/* Bytes read; 0: none are there now; -1: it is over. */
static ssize_t
session_read(session_t *s, unsigned char *to)
{
    int      rc;
    ssize_t  n;

    if (s->ssl == NULL) {
        n = read(s->fd.fd, to, SESSION_READ);
        return n > 0 ? n
               : n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }

    ERR_clear_error();
    rc = SSL_read(s->ssl, to, SESSION_READ);
    return rc > 0 ? rc
           : SSL_get_error(s->ssl, rc) == SSL_ERROR_WANT_READ ? 0 : -1;
}


/* What was said in clear behind STARTTLS is forgotten: it may be anybody's. */
static bool
session_tls(session_t *s)
{
    s->start_tls = false;
    gw_buf_reset(&s->in);
    s->ssl = SSL_new(s->r->tls);
    if (s->ssl == NULL || SSL_set_fd(s->ssl, s->fd.fd) != 1) {
        return false;
    }

    SSL_set_accept_state(s->ssl);
    s->handshake = true;
    return loop_fd_set(s->r->loop, &s->fd, EPOLLIN) == GW_OK;
}


/* Go on with it: false when it has failed. */
static bool
session_handshake(session_t *s)
{
    int  rc, error;

    ERR_clear_error();
    rc = SSL_do_handshake(s->ssl);
    if (rc == 1) {
        s->handshake = false;
        return loop_fd_set(s->r->loop, &s->fd, EPOLLIN) == GW_OK;
    }

    error = SSL_get_error(s->ssl, rc);
    return (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
           && loop_fd_set(s->r->loop, &s->fd, error == SSL_ERROR_WANT_READ
                          ? EPOLLIN : EPOLLOUT) == GW_OK;
}


static void
session_flush(session_t *s)
{
    ssize_t  n;

    n = s->out.len > 0 ? session_write(s) : 0;
    if (n < 0) {
        session_close(s);
        return;
    }

    if (n > 0) {
        s->out.len -= (size_t) n;
        memmove(s->out.data, s->out.data + n, s->out.len);
    }

    if (s->out.failed || (s->closing && s->out.len == 0)
        || (s->start_tls && s->out.len == 0 && !session_tls(s))
        || loop_fd_set(s->r->loop, &s->fd, s->out.len > 0 ? EPOLLOUT : EPOLLIN)
           != GW_OK)
    {
        session_close(s);
    }
}


/* Take what is there: of TLS a record, which no event tells of again. */
static bool
session_take(session_t *s)
{
    ssize_t         n;
    unsigned char  *p;

    do {
        p = gw_buf_room(&s->in, SESSION_READ);
        n = p != NULL ? session_read(s, p) : -1;
        if (n < 0) {
            return false;
        }

        s->in.len += (size_t) n;
        if (!session_lines(s)) {
            gw_buf_cstr(&s->out, "500 5.5.2 the line is too long\r\n");
            s->closing = true;
        }
    } while (!s->closing && s->ssl != NULL && SSL_pending(s->ssl) > 0);

    return true;
}


static void
session_event(void *arg, uint32_t events)
{
    session_t  *s = arg;

    if (s->handshake) {
        if (!session_handshake(s)) {
            session_close(s);
            return;
        }
        if (s->handshake) {
            return;
        }

    } else if (events & EPOLLOUT) {
        session_flush(s);
        return;
    }

    if (!session_take(s)
        || loop_timer_set(s->r->loop, &s->idle,
                          s->r->w->conf.receive_timeout) != GW_OK)
    {
        session_close(s);
        return;
    }

    session_flush(s);
}


static void
session_late(void *arg)
{
    session_t  *s = arg;

    if (s->closing || s->handshake
        || loop_timer_set(s->r->loop, &s->whole, 1000) != GW_OK)
    {
        session_close(s);
        return;
    }

    gw_buf_cstr(&s->out, "421 4.4.2 too slow\r\n");
    s->closing = true;
    session_flush(s);
}


/* Of one host; of IPv6, of one network of 64 bits. */
static bool
session_is_near(const struct sockaddr_storage *a,
    const struct sockaddr_storage *b)
{
    const struct in6_addr  *x, *y;

    if (a->ss_family != b->ss_family) {
        return false;
    }

    x = &((const struct sockaddr_in6 *) a)->sin6_addr;
    y = &((const struct sockaddr_in6 *) b)->sin6_addr;
    return a->ss_family == AF_INET
           ? ((const struct sockaddr_in *) a)->sin_addr.s_addr
             == ((const struct sockaddr_in *) b)->sin_addr.s_addr
           : a->ss_family == AF_INET6
             && memcmp(x, y, IN6_IS_ADDR_V4MAPPED(x) ? 16 : 8) == 0;
}


static bool
session_may(const receive_t *r, const struct sockaddr_storage *peer)
{
    unsigned          n;
    const session_t  *s;

    for (s = r->sessions, n = 0; s != NULL; s = s->next) {
        n += session_is_near(&s->peer, peer);
    }

    return r->n < RECEIVE_SESSIONS && n < RECEIVE_EACH;
}


void
session_open(listener_t *l, int fd, const struct sockaddr_storage *peer)
{
    session_t  *s;

    s = session_may(l->r, peer) ? calloc(1, sizeof(session_t)) : NULL;
    if (s == NULL) {
        (void) !send(fd, "421 4.3.2 too busy\r\n", 20, MSG_NOSIGNAL);
        (void) close(fd);
        return;
    }

    s->r = l->r;
    s->lmtp = l->lmtp;
    s->peer = *peer;
    s->fd.fd = fd;
    s->fd.call = session_event;
    s->idle.call = s->whole.call = session_late;
    s->fd.arg = s->idle.arg = s->whole.arg = s;
    gw_buf_init(&s->in, 256 * 1024);
    gw_buf_init(&s->out, 64 * 1024);
    gw_buf_init(&s->data, RECEIVE_BYTES);
    s->next = l->r->sessions;
    if (s->next != NULL) {
        s->next->prev = s;
    }
    l->r->sessions = s;
    l->r->n++;

    gw_buf_fmt(&s->out, "220 %s %s\r\n", (char *) s->r->w->conf.helo_name.data,
               s->lmtp ? "LMTP" : "ESMTP");
    if (loop_timer_set(s->r->loop, &s->idle, s->r->w->conf.receive_timeout)
        != GW_OK
        || loop_timer_set(s->r->loop, &s->whole,
                          SESSION_WHOLE * s->r->w->conf.receive_timeout)
           != GW_OK)
    {
        session_close(s);
        return;
    }

    session_flush(s);
}
