/* The connections of the sink: bytes in, messages kept, replies out. */
#include "worker/sink/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/log.h"

#define CONN_BUF_READ  (128 * 1024)
#define CONN_BUF_IN_MAX  (1024 * 1024)
#define CONN_LINGER_MS   2000

static void conn_io(void *arg, uint32_t events);
static void conn_lines(sink_conn_t *c);


void
sink_conn_free(sink_conn_t *c)
{
    sink_t  *s;

    s = c->sink;
    loop_timer_del(s->loop, &c->delay);
    loop_fd_del(s->loop, &c->fd);
    SSL_free(c->ssl);
    (void) close(c->fd.fd);

    if (c->prev != NULL) {
        c->prev->next = c->next;
    } else {
        s->all = c->next;
    }
    if (c->next != NULL) {
        c->next->prev = c->prev;
    }

    gw_buf_free(&c->in);
    gw_buf_free(&c->out);
    gw_buf_free(&c->from);
    gw_buf_free(&c->rcpts);
    gw_buf_free(&c->data);
    gw_buf_free(&c->login);
    free(c);
}


static void
conn_dirty(sink_conn_t *c)
{
    if (!c->dirty) {
        c->dirty = 1;
        c->next_dirty = c->sink->dirty;
        c->sink->dirty = c;
    }
}


static void
conn_undelay(void *arg)
{
    sink_conn_t  *c = arg;

    c->delayed = 0;
    conn_lines(c);
    conn_io(c, 0);
}


static void
conn_lingered(void *arg)
{
    sink_conn_t  *c = arg;

    c->drop = 1;
    conn_dirty(c);
}


/*
 * Its last reply is written: no more of ours, and what the client has sent
 * meanwhile is read until it goes too. Closed with that unread, the kernel
 * would take the reply back from who has not read it yet.
 */
static void
conn_linger(sink_conn_t *c)
{
    c->lingers = 1;
    c->delay.call = conn_lingered;
    if (shutdown(c->fd.fd, SHUT_WR) != 0
        || loop_timer_set(c->sink->loop, &c->delay, CONN_LINGER_MS) != GW_OK)
    {
        c->drop = 1;
        conn_dirty(c);
    }
}


/* What nobody reads any more; false: the client is gone. */
static bool
conn_discard(sink_conn_t *c)
{
    char     mem[4096];
    ssize_t  n;

    do {
        n = read(c->fd.fd, mem, sizeof(mem));
    } while (n > 0);

    return n < 0 && (errno == EAGAIN || errno == EINTR);
}


bool
sink_conn_fault(sink_conn_t *c, const char *at, gw_str_t rcpt)
{
    const fault_t  *f;

    f = fault_at(&c->sink->opt.faults, at, rcpt);
    if (f == NULL) {
        return false;
    }

    switch (f->action) {
    case FAULT_REPLY:
        sink_reply(c, f->code, f->text);
        c->closing |= f->code == 421;
        return true;
    case FAULT_DROP:
    case FAULT_DROP_UNSTORED:
        c->drop = 1;
        return f->action == FAULT_DROP_UNSTORED || strcmp(at, "dot") != 0;
    case FAULT_GARBAGE:
        gw_buf_cstr(&c->out, "\xff\xfe no reply at all\r\n\r\n99\r\n");
        return true;
    case FAULT_DELAY:
        c->delayed = loop_timer_set(c->sink->loop, &c->delay, f->ms) == GW_OK;
        return false;
    default:
        return false;
    }
}


/* The dot: keep the message, or say why not. */
static void
conn_dot(sink_conn_t *c)
{
    sink_t     *s;
    size_t      i, n;
    gw_str_t    rcpts;

    s = c->sink;
    c->state = CONN_COMMAND;
    rcpts = gw_buf_view(&c->rcpts);

    if (sink_conn_fault(c, "dot", rcpts)) {
        sink_conn_reset(c);
        return;
    }

    if (c->data.failed) {
        sink_reply(c, 552, "5.3.4 message too big");

    } else if (store_put(&s->store, gw_buf_view(&c->from), rcpts,
                         gw_buf_view(&c->data)) != GW_OK)
    {
        log_error("sink: cannot store a message: %s", strerror(errno));
        sink_reply(c, 452, "4.3.1 disk full");

    } else {
        sink_reply(c, 250, "2.0.0 kept");

        for (i = 0; s->crowd != NULL && i < rcpts.len; i += n + 1) {
            n = strlen((char *) rcpts.data + i);
            crowd_message(s->crowd, gw_str_make(rcpts.data + i, n),
                          gw_buf_view(&c->data));
        }
    }

    sink_conn_reset(c);
}


static void
conn_data(sink_conn_t *c, gw_str_t line)
{
    bool  ended;

    ended = line.len >= 2 && line.data[line.len - 2] == '\r'
            && line.data[line.len - 1] == '\n';

    if (c->line_ended && line.data[0] == '.') {
        if (ended && line.len == 3) {
            conn_dot(c);
            return;
        }
        line.data++;
        line.len--;
    }

    gw_buf_str(&c->data, line);
    c->line_ended = ended;
}


/* Act on all whole lines of `in`. */
static void
conn_lines(sink_conn_t *c)
{
    size_t          used;
    gw_str_t        line;
    unsigned char  *nl;

    used = 0;

    while (used < c->in.len && !c->delayed && !c->closing && !c->drop
           && !c->start_tls)
    {
        line.data = c->in.data + used;
        nl = memchr(line.data, '\n', c->in.len - used);

        if (nl == NULL) {
            if (c->state != CONN_DATA && c->in.len - used > SINK_LINE_MAX) {
                sink_reply(c, 500, "5.5.6 line too long");
                c->closing = 1;
            }
            break;
        }

        line.len = nl + 1 - line.data;
        used += line.len;

        if (c->state == CONN_DATA) {
            conn_data(c, line);
            continue;
        }

        line.len -= line.len > 1 && nl[-1] == '\r' ? 2 : 1;
        sink_command_line(c, line);
    }

    memmove(c->in.data, c->in.data + used, c->in.len - used);
    c->in.len -= used;

    if (c->in.failed) {
        c->drop = 1;
    }
}


/* read() or SSL_read(); bytes, 0 at the end, -1 with errno EAGAIN. */
static ssize_t
conn_read(sink_conn_t *c, void *p, size_t n)
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


/* Send `out`; false when the connection is of no more use. */
static bool
conn_write(sink_conn_t *c)
{
    ssize_t  n;

    while (c->out.len > 0) {
        if (c->ssl == NULL) {
            n = send(c->fd.fd, c->out.data, c->out.len, MSG_NOSIGNAL);
        } else {
            n = SSL_write(c->ssl, c->out.data, (int) c->out.len);
        }

        if (n <= 0) {
            return (c->ssl == NULL && errno == EAGAIN)
                   || (c->ssl != NULL
                       && SSL_get_error(c->ssl, (int) n)
                          == SSL_ERROR_WANT_WRITE);
        }

        memmove(c->out.data, c->out.data + n, c->out.len - n);
        c->out.len -= n;
    }

    return true;
}


/* Go on with the handshake; false when it failed. */
static bool
conn_handshake(sink_conn_t *c)
{
    int  rc;

    ERR_clear_error();
    rc = SSL_accept(c->ssl);
    if (rc == 1) {
        c->handshake = 0;
        return true;
    }

    rc = SSL_get_error(c->ssl, rc);
    return rc == SSL_ERROR_WANT_READ || rc == SSL_ERROR_WANT_WRITE;
}


static bool
conn_start_tls(sink_conn_t *c)
{
    c->start_tls = 0;
    gw_buf_reset(&c->in);
    c->ssl = SSL_new(c->sink->tls);
    if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd.fd) != 1) {
        return false;
    }

    c->handshake = 1;
    return true;
}


/* Read what is there; false at the end of the connection. */
static bool
conn_fill(sink_conn_t *c)
{
    ssize_t         n;
    unsigned char  *p;

    for ( ;; ) {
        p = gw_buf_room(&c->in, CONN_BUF_READ);
        if (p == NULL) {
            return false;
        }

        n = conn_read(c, p, CONN_BUF_READ);
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (n == 0) {
            return false;
        }

        c->in.len += n;
        conn_lines(c);

        if (c->ssl == NULL || c->delayed || c->closing || c->drop) {
            return true;
        }
    }
}


static void
conn_io(void *arg, uint32_t events)
{
    sink_conn_t  *c = arg;

    conn_dirty(c);

    if (c->lingers) {
        c->drop |= !conn_discard(c);
        return;
    }

    if (c->handshake) {
        c->drop |= !conn_handshake(c);
        if (c->handshake) {
            return;
        }
    }

    if (!c->delayed && !conn_fill(c)) {
        c->drop = 1;
    }
}


/* The end of a turn: index lines first, then the replies they allow. */
void
sink_conn_flush(void *arg)
{
    sink_t       *s = arg;
    bool          stored;
    uint32_t      want;
    sink_conn_t  *c;

    stored = store_flush(&s->store) == GW_OK;
    if (!stored) {
        log_error("sink: cannot write the index: %s; every connection of this "
                  "turn is dropped", strerror(errno));
    }

    while (s->dirty != NULL) {
        c = s->dirty;
        s->dirty = c->next_dirty;
        c->dirty = 0;

        if (c->drop || !stored) {
            sink_conn_free(c);
            continue;
        }

        if (!c->delayed && !c->handshake && !conn_write(c)) {
            sink_conn_free(c);
            continue;
        }

        if (c->out.len == 0 && c->closing && !c->delayed && !c->lingers) {
            conn_linger(c);
        }

        if (c->start_tls && c->out.len == 0 && !conn_start_tls(c)) {
            sink_conn_free(c);
            continue;
        }

        want = c->delayed || (c->closing && !c->lingers) ? 0 : EPOLLIN;
        want |= c->out.len > 0 && !c->delayed ? EPOLLOUT : 0;
        if (want != c->fd.events
            && loop_fd_set(s->loop, &c->fd, want) != GW_OK)
        {
            sink_conn_free(c);
        }
    }
}


void
sink_conn_open(sink_t *s, int fd)
{
    int           on;
    sink_conn_t  *c;

    c = calloc(1, sizeof(sink_conn_t));
    if (c == NULL) {
        (void) close(fd);
        return;
    }

    on = 1;
    (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    gw_buf_init(&c->in, CONN_BUF_IN_MAX);
    gw_buf_init(&c->out, 1024 * 1024);
    gw_buf_init(&c->from, SINK_LINE_MAX);
    gw_buf_init(&c->rcpts, SINK_RCPT_MAX * 512);
    gw_buf_init(&c->data, (size_t) s->opt.max_size);
    gw_buf_init(&c->login, 512);
    c->sink = s;
    c->fd.fd = fd;
    c->fd.call = conn_io;
    c->fd.arg = c;
    c->delay.call = conn_undelay;
    c->delay.arg = c;
    c->next = s->all;
    if (s->all != NULL) {
        s->all->prev = c;
    }
    s->all = c;

    if (loop_fd_set(s->loop, &c->fd, EPOLLIN) != GW_OK
        || (s->opt.implicit_tls && !conn_start_tls(c)))
    {
        sink_conn_free(c);
        return;
    }

    conn_dirty(c);
    if (!sink_conn_fault(c, "connect", (gw_str_t) gw_null_string)) {
        sink_reply(c, 220, "godwit sink ESMTP");
    }
}
