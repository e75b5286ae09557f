/* Bytes of a connection: connect, TLS, read, write, close. */
#include "worker/mail/smtp_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/mail/routes.h"

#define SMTP_READ        16384
#define SMTP_BACK_FIRST  250
#define SMTP_BACK_LAST   60000
#define SMTP_CLEAR_MS    3600000        /* then TLS is tried anew        */

static void smtp_io_event(void *arg, uint32_t events);


void
smtp_conn_dirty(smtp_conn_t *c)
{
    c->dirty = true;
}


void
smtp_back_off(smtp_t *s, const char *why)
{
    if (!s->said) {
        log_warn("mail: %s cannot take mail now: %s; recipients stay queued, "
                 "trying again", s->host, why);
        s->said = true;
    }

    /* connections that break together count as one failure */
    if (gw_clock_ms() >= s->again_ms) {
        s->back_off = s->back_off == 0 ? SMTP_BACK_FIRST : s->back_off * 2;
        s->back_off = s->back_off < SMTP_BACK_LAST ? s->back_off
                                                   : SMTP_BACK_LAST;
        s->again_ms = gw_clock_ms() + s->back_off;
        smtp_name_next(s);
        if (s->route != NULL && s->at == 0) {
            site_bad(s, why);
        }
    }
}


void
smtp_works(smtp_t *s)
{
    s->back_off = 0;
    if (s->said) {
        log_info("mail: %s answers again", s->host);
        s->said = false;
    }
}


void
smtp_conn_close(smtp_conn_t *c, const char *why)
{
    loop_t  *loop;

    if (!c->used) {
        return;
    }

    loop = c->smtp->mail->loop;
    c->used = false;
    c->smtp->open--;
    c->smtp->reins->open--;

    if (why != NULL) {
        smtp_back_off(c->smtp, why);
    }

    loop_timer_del(loop, &c->timer);
    loop_fd_del(loop, &c->fd);
    SSL_free(c->ssl);
    c->ssl = NULL;
    (void) close(c->fd.fd);
    gw_buf_reset(&c->in);
    smtp_out_clear(c);
    c->n = 0;
    smtp_talk_lost(c, why);
}


static void
smtp_io_timeout(void *arg)
{
    smtp_conn_t  *c = arg;

    if (c->ready && c->n == 0) {
        smtp_conn_close(c, NULL);       /* idle long enough */
        return;
    }

    smtp_conn_close(c, c->connecting ? "it does not answer"
                                     : "no reply within the time-out");
}


/* Is it an address of this very machine? A name says nothing. */
static bool
smtp_io_is_local(const struct sockaddr *sa)
{
    const struct sockaddr_in   *in = (const void *) sa;
    const struct sockaddr_in6  *in6 = (const void *) sa;

    return sa->sa_family == AF_INET
           ? ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET
           : sa->sa_family == AF_INET6
             && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}


int
smtp_conn_open(smtp_conn_t *c)
{
    int                    on;
    mail_t                *m;
    const smtp_address_t  *to;

    m = c->smtp->mail;
    to = &c->smtp->address[c->smtp->at];

    c->fd.fd = socket(to->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK
                      | SOCK_CLOEXEC, 0);
    if (c->fd.fd < 0) {
        return GW_ESYS;
    }

    on = 1;
    (void) setsockopt(c->fd.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    c->used = true;
    c->smtp->open++;
    c->smtp->reins->open++;
    c->connecting = true;
    c->local = smtp_io_is_local((const struct sockaddr *) &to->sa);
    c->opened_ms = gw_clock_ms();
    memcpy(c->host, to->host, sizeof(c->host));
    c->handshake = c->ready = c->closing = false;
    c->pipelining = c->utf8 = c->eightbit = c->starttls = false;
    c->auth_plain = c->auth_login = false;
    c->first = c->n = c->delivered = 0;
    c->sent = c->size_max = 0;
    c->tls = 0;
    c->fd.call = smtp_io_event;
    c->fd.arg = c;
    c->fd.events = 0;
    c->timer.call = smtp_io_timeout;
    c->timer.arg = c;

    if ((connect(c->fd.fd, (const struct sockaddr *) &to->sa, to->len) != 0
         && errno != EINPROGRESS)
        || loop_fd_set(m->loop, &c->fd, EPOLLOUT) != GW_OK
        || loop_timer_set(m->loop, &c->timer, m->w->conf.smtp_timeout_connect)
           != GW_OK)
    {
        smtp_conn_close(c, strerror(errno));
        return GW_ESYS;
    }

    return GW_OK;
}


int
smtp_conn_tls(smtp_conn_t *c)
{
    bool  checked;

    /* nobody unknown is given the password */
    checked = c->smtp->tls_policy == GW_TLS_REQUIRED
              || c->smtp->tls_policy == GW_TLS_IMPLICIT
              || c->smtp->user[0] != '\0';
    c->ssl = SSL_new(c->smtp->tls);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd.fd) != 1
        || SSL_set_tlsext_host_name(c->ssl, c->host) != 1
        || (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(c->ssl),
                                          c->host) != 1
            && SSL_set1_host(c->ssl, c->host) != 1))
    {
        return GW_ERROR;
    }

    if (checked) {
        SSL_set_verify(c->ssl, SSL_VERIFY_PEER, NULL);
    }

    SSL_set_connect_state(c->ssl);
    c->handshake = true;
    smtp_conn_dirty(c);
    return GW_OK;
}


/* What it has come to, as godwit.tls has it. */
static uint32_t
smtp_io_tls(const SSL *ssl)
{
    bool  verified;

    verified = SSL_get0_peer_certificate(ssl) != NULL
               && SSL_get_verify_result(ssl) == X509_V_OK;
    return (uint32_t) verified << 20
           | ((uint32_t) SSL_version(ssl) & 0xf) << 16
           | SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
}


/* True when the handshake is over; the connection may be closed by it. */
static bool
smtp_io_handshake(smtp_conn_t *c)
{
    int  rc, error;

    ERR_clear_error();
    rc = SSL_do_handshake(c->ssl);

    if (rc == 1) {
        c->handshake = false;
        c->tls = smtp_io_tls(c->ssl);
        /* STARTTLS: greet again inside; implicit: the greeting is due */
        if (c->smtp->tls_policy == GW_TLS_IMPLICIT) {
            smtp_talk_expect(c, STEP_GREETING, NULL);
        } else {
            smtp_talk_hello(c, STEP_EHLO);
        }
        return true;
    }

    error = SSL_get_error(c->ssl, rc);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        if (loop_fd_set(c->smtp->mail->loop, &c->fd,
                        error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT)
            != GW_OK)
        {
            smtp_conn_close(c, "no event");
        }
        return false;
    }

    if (c->smtp->tls_policy == GW_TLS_OPPORTUNISTIC
        && c->smtp->user[0] == '\0')
    {
        log_warn("mail: %s offers STARTTLS and fails at it: going on without "
                 "for an hour", c->host);
        c->smtp->clear_ms = gw_clock_ms() + SMTP_CLEAR_MS;
        smtp_conn_close(c, NULL);
        return false;
    }

    smtp_conn_close(c, SSL_get_verify_result(c->ssl) != X509_V_OK
                    ? X509_verify_cert_error_string(
                          SSL_get_verify_result(c->ssl))
                    : "the TLS handshake failed");
    return false;
}


/* Bytes read, 0 at the end, -1 when none are there now. */
static ssize_t
smtp_io_take(smtp_conn_t *c, void *p, size_t n)
{
    int  rc;

    if (c->ssl == NULL) {
        return read(c->fd.fd, p, n);
    }

    ERR_clear_error();
    rc = SSL_read(c->ssl, p, (int) n);
    if (rc > 0) {
        return rc;
    }

    if (SSL_get_error(c->ssl, rc) == SSL_ERROR_WANT_READ) {
        errno = EAGAIN;
        return -1;
    }

    return 0;
}


/* Act on every whole reply of `in`. */
static void
smtp_io_replies(smtp_conn_t *c)
{
    int       rc;
    size_t    used;
    reply_t   r;

    while (c->used && c->in.len > 0 && !c->handshake) {
        rc = reply_take(gw_buf_view(&c->in), &used, &r, smtp_talk_extension,
                        c);
        if (rc == GW_EAGAIN) {
            return;
        }

        if (rc != GW_OK) {
            smtp_conn_close(c, "it says what is no SMTP reply");
            return;
        }

        memmove(c->in.data, c->in.data + used, c->in.len - used);
        c->in.len -= used;
        c->smtp->heard_ms = gw_clock_ms();
        smtp_talk_reply(c, &r);
    }
}


static void
smtp_io_read(smtp_conn_t *c)
{
    ssize_t         n;
    unsigned char  *p;

    do {
        p = gw_buf_room(&c->in, SMTP_READ);
        n = p != NULL ? smtp_io_take(c, p, SMTP_READ) : 0;

        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }

        if (n <= 0) {
            /* after QUIT, or idle: its right */
            smtp_conn_close(c, c->closing || (c->ready && c->n == 0) ? NULL
                               : "it closed the connection");
            return;
        }

        c->in.len += (size_t) n;
        smtp_io_replies(c);
    } while (c->used && c->ssl != NULL && !c->handshake);
}


static void
smtp_io_connected(smtp_conn_t *c)
{
    int        error;
    socklen_t  len;

    len = sizeof(error);
    if (getsockopt(c->fd.fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0
        || error != 0)
    {
        smtp_conn_close(c, strerror(error));
        return;
    }

    c->connecting = false;
    if (c->smtp->tls_policy == GW_TLS_IMPLICIT) {
        if (smtp_conn_tls(c) != GW_OK) {
            smtp_conn_close(c, "TLS cannot be set up");
        }
        return;
    }

    smtp_talk_expect(c, STEP_GREETING, NULL);
}


static void
smtp_io_event(void *arg, uint32_t events)
{
    smtp_conn_t  *c = arg;

    if (c->connecting) {
        smtp_io_connected(c);
        return;
    }

    if (c->handshake && !smtp_io_handshake(c)) {
        return;
    }

    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        smtp_io_read(c);
    }

    smtp_conn_dirty(c);
}


static void
smtp_io_flush(smtp_t *s)
{
    unsigned      i;
    uint32_t      want;
    smtp_conn_t  *c;

    for (i = 0; s->open > 0 && i < s->conns; i++) {
        c = &s->conn[i];
        if (!c->used || !c->dirty || c->connecting) {
            continue;
        }

        c->dirty = false;
        if (c->handshake && !smtp_io_handshake(c)) {
            continue;
        }

        if (!smtp_out_write(c)) {
            smtp_conn_close(c, "it closed the connection");
            continue;
        }

        want = EPOLLIN | (smtp_out_left(c) > 0 ? EPOLLOUT : 0);
        if (want != c->fd.events
            && loop_fd_set(s->mail->loop, &c->fd, want) != GW_OK)
        {
            smtp_conn_close(c, "no event");
        }
    }
}


void
smtp_flush(smtp_t *s)
{
    for ( /* void */ ; s != NULL; s = s->next) {
        smtp_io_flush(s);
    }
}
