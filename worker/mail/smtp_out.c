/* What is to leave on a connection: own bytes, and shared ones between. */
#include "worker/mail/smtp_conn.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define SMTP_OUT_VECTORS  (2 * SMTP_PIECES + 1)


uint64_t
smtp_out_left(const smtp_conn_t *c)
{
    unsigned  i;
    uint64_t  n;

    n = c->out.len - c->out_at;
    for (i = 0; i < c->pieces; i++) {
        n += c->piece[i].what->text.len;
    }

    return n - c->piece_at;
}


/*
 * A large content is not copied: what is before it is put in front, and the
 * buffers change places. True: so it was.
 */
static bool
smtp_out_swap(smtp_conn_t *c, gw_buf_t *content, size_t n)
{
    size_t          len;
    unsigned        i;
    gw_buf_t        other;
    unsigned char  *p;

    len = content->len;
    if (c->out.failed || len <= SMTP_KEEP || n > len
        || gw_buf_room(content, n) == NULL)
    {
        return false;
    }

    p = content->data;
    if (n > 0) {
        memmove(p + n, p, len);
        memcpy(p, c->out.data + c->out_at, n);
        content->len += n;
    }

    for (i = 0; i < c->pieces; i++) {
        c->piece[i].at -= c->out_at;
    }

    other = c->out;
    c->out = *content;
    c->out_at = 0;
    *content = other;
    return true;
}


void
smtp_out_put(smtp_conn_t *c, gw_buf_t *content, const pieces_t *shared)
{
    size_t    base;
    unsigned  i;

    base = c->out.len - c->out_at;
    if (!smtp_out_swap(c, content, base)) {
        base = c->out.len;
        gw_buf_str(&c->out, gw_buf_view(content));
    }
    gw_buf_trim(content, SMTP_KEEP);

    for (i = 0; i < shared->n; i++) {
        c->piece[c->pieces].at = base + shared->piece[i].at;
        c->piece[c->pieces].what = shared_hold(shared->piece[i].what);
        c->pieces++;
    }
}


void
smtp_out_clear(smtp_conn_t *c)
{
    while (c->pieces > 0) {
        shared_drop(c->piece[--c->pieces].what);
    }

    gw_buf_trim(&c->out, SMTP_KEEP);
    c->out_at = c->piece_at = 0;
}


static void
smtp_out_vector(struct iovec *v, int *n, const gw_buf_t *b, size_t from,
    size_t to)
{
    if (to > from) {
        v[*n].iov_base = b->data + from;
        v[*n].iov_len = to - from;
        (*n)++;
    }
}


/* All that is left, in its order. */
static int
smtp_out_vectors(const smtp_conn_t *c, struct iovec *v)
{
    int              n;
    size_t           at, taken;
    unsigned         i;
    const gw_buf_t  *text;

    n = 0;
    at = c->out_at;
    taken = c->piece_at;
    for (i = 0; i < c->pieces; i++) {
        text = &c->piece[i].what->text;
        smtp_out_vector(v, &n, &c->out, at, c->piece[i].at);
        smtp_out_vector(v, &n, text, taken, text->len);
        at = c->piece[i].at;
        taken = 0;
    }

    smtp_out_vector(v, &n, &c->out, at, c->out.len);
    return n;
}


/* What has left of own bytes is moved away seldom: TLS writes 16 KB of many. */
static void
smtp_out_compact(smtp_conn_t *c)
{
    size_t    rest;
    unsigned  i;

    rest = c->out.len - c->out_at;
    if (rest == 0 && c->pieces == 0) {
        smtp_out_clear(c);
        return;
    }

    if (c->out_at == 0 || rest > c->out_at) {
        return;
    }

    memmove(c->out.data, c->out.data + c->out_at, rest);
    c->out.len = rest;
    for (i = 0; i < c->pieces; i++) {
        c->piece[i].at -= c->out_at;
    }
    c->out_at = 0;
}


/* So much more has left. */
static void
smtp_out_wrote(smtp_conn_t *c, size_t n)
{
    size_t  own, rest, len;

    c->sent += n;

    for ( ;; ) {
        own = (c->pieces > 0 ? c->piece[0].at : c->out.len) - c->out_at;
        own = own < n ? own : n;
        c->out_at += own;
        n -= own;
        if (c->pieces == 0 || c->out_at < c->piece[0].at) {
            break;
        }

        len = c->piece[0].what->text.len;
        rest = len - c->piece_at;
        if (n < rest) {
            c->piece_at += n;
            break;
        }

        n -= rest;
        shared_drop(c->piece[0].what);
        c->piece_at = 0;
        c->pieces--;
        memmove(c->piece, c->piece + 1, c->pieces * sizeof(piece_t));
    }

    smtp_out_compact(c);
}


/* In clear all of it at once, with TLS the first of them. */
static ssize_t
smtp_out_send(smtp_conn_t *c, struct iovec *v, int n)
{
    struct msghdr  msg;

    if (c->ssl != NULL) {
        ERR_clear_error();
        return SSL_write(c->ssl, v[0].iov_base,
                         v[0].iov_len < SMTP_BUFFER_MAX ? (int) v[0].iov_len
                                                        : SMTP_BUFFER_MAX);
    }

    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = v;
    msg.msg_iovlen = (size_t) n;
    return sendmsg(c->fd.fd, &msg, MSG_NOSIGNAL);
}


bool
smtp_out_write(smtp_conn_t *c)
{
    int           n;
    ssize_t       rc;
    struct iovec  v[SMTP_OUT_VECTORS];

    if (c->out.failed) {        /* its pieces stand behind what is not there */
        return false;
    }

    while ((n = smtp_out_vectors(c, v)) > 0) {
        rc = smtp_out_send(c, v, n);
        if (rc <= 0) {
            return (c->ssl == NULL && (errno == EAGAIN || errno == EINTR))
                   || (c->ssl != NULL
                       && SSL_get_error(c->ssl, (int) rc)
                          == SSL_ERROR_WANT_WRITE);
        }

        smtp_out_wrote(c, (size_t) rc);
    }

    return true;
}
