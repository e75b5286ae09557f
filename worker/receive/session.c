/*
 * A session that brings mail: SMTP (RFC 5321) or LMTP (RFC 2033), to our
 * return paths alone. A mail ends with CRLF . CRLF and with nothing else.
 */
#include "worker/receive/receive.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define SESSION_LINE    2000            /* bytes of a command             */
#define SESSION_IDLE    60000           /* ms without a byte              */
#define SESSION_WHOLE   600000          /* ms in all                      */
#define SESSION_ERRORS  10

struct session_s {
    receive_t     *r;
    session_t     *next, *prev;
    loop_fd_t      fd;
    loop_timer_t   idle, whole;
    gw_buf_t       in, out, data;
    char           rcpt[RECEIVE_RCPTS][EVIDENCE_ADDRESS + 1];
    unsigned       rcpts, errors;
    bool           lmtp, greeted, mail, reading, closing;
    bool           too_large;
};

typedef struct {
    const char  *word;
    void       (*act)(session_t *s, gw_str_t arg);
} session_row_t;


void
session_close(session_t *s)
{
    receive_t  *r;

    r = s->r;
    loop_timer_del(r->loop, &s->idle);
    loop_timer_del(r->loop, &s->whole);
    loop_fd_del(r->loop, &s->fd);
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


static void
session_say(session_t *s, const char *line)
{
    gw_buf_fmt(&s->out, "%s\r\n", line);
    if (line[0] >= '4' && ++s->errors >= SESSION_ERRORS) {
        gw_buf_cstr(&s->out, "421 4.7.0 too many errors\r\n");
        s->closing = true;
    }
}


static void
session_reset(session_t *s)
{
    s->mail = false;
    s->rcpts = 0;
    s->too_large = false;
    gw_buf_reset(&s->data);
}


static void
session_hello(session_t *s, gw_str_t arg)
{
    session_reset(s);
    s->greeted = true;
    gw_buf_fmt(&s->out, "250-%s\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
               "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %d\r\n",
               (char *) s->r->w->conf.helo_name.data, RECEIVE_BYTES);
}


static void
session_ehlo(session_t *s, gw_str_t arg)
{
    if (s->lmtp) {
        session_say(s, "500 5.5.1 this is LMTP; say LHLO");
        return;
    }

    session_hello(s, arg);
}


static void
session_lhlo(session_t *s, gw_str_t arg)
{
    if (!s->lmtp) {
        session_say(s, "500 5.5.1 this is SMTP; say EHLO");
        return;
    }

    session_hello(s, arg);
}


static void
session_mail(session_t *s, gw_str_t arg)
{
    if (!s->greeted || s->mail || !parse_begins(arg, "from:")) {
        session_say(s, "503 5.5.1 a greeting, then MAIL FROM:<...> once");
        return;
    }

    session_reset(s);
    s->mail = true;
    session_say(s, "250 2.1.0 fine");
}


static void
session_rcpt(session_t *s, gw_str_t arg)
{
    gw_str_t    a;
    gw_token_t  t;

    if (!s->mail || !parse_begins(arg, "to:")) {
        session_say(s, "503 5.5.1 MAIL FROM:<...>, then RCPT TO:<...>");
        return;
    }

    a = evidence_address(arg);
    if (!receive_is_ours(s->r, a, &t)) {
        session_say(s, "550 5.1.1 there is no such address here");
        return;
    }

    if (s->rcpts == RECEIVE_RCPTS) {
        session_say(s, "452 4.5.3 too many recipients");
        return;
    }

    (void) snprintf(s->rcpt[s->rcpts++], sizeof(s->rcpt[0]), "%.*s",
                    (int) a.len, (char *) a.data);
    session_say(s, "250 2.1.5 fine");
}


static void
session_data(session_t *s, gw_str_t arg)
{
    if (s->rcpts == 0) {
        session_say(s, "503 5.5.1 RCPT TO:<...> first");
        return;
    }

    s->reading = true;
    session_say(s, "354 go on");
}


static void
session_rset(session_t *s, gw_str_t arg)
{
    session_reset(s);
    session_say(s, "250 2.0.0 fine");
}


static void
session_noop(session_t *s, gw_str_t arg)
{
    session_say(s, "250 2.0.0 fine");
}


static void
session_quit(session_t *s, gw_str_t arg)
{
    session_say(s, "221 2.0.0 bye");
    s->closing = true;
}


static const session_row_t  session_rows[] = {
    { "EHLO", session_ehlo }, { "HELO", session_ehlo },
    { "LHLO", session_lhlo }, { "MAIL", session_mail },
    { "RCPT", session_rcpt }, { "DATA", session_data },
    { "RSET", session_rset }, { "NOOP", session_noop },
    { "QUIT", session_quit }, { NULL, NULL }
};


static void
session_command(session_t *s, gw_str_t line)
{
    size_t                n;
    gw_str_t              word, arg;
    const session_row_t  *row;

    for (n = 0; n < line.len && line.data[n] > ' '; n++) { /* void */ }
    word = gw_str_make(line.data, n);
    arg = parse_trim(gw_str_make(line.data + n, line.len - n));

    for (row = session_rows; row->word != NULL; row++) {
        if (parse_is(word, row->word)) {
            row->act(s, arg);
            return;
        }
    }

    session_say(s, "500 5.5.2 this is no command here");
}


/* The mail is whole: it is on the disk before anybody hears 250. */
static void
session_whole(session_t *s)
{
    int          rc;
    unsigned     i;
    const char  *said;

    rc = GW_OK;
    said = "250 2.0.0 it is kept";
    for (i = 0; i < s->rcpts; i++) {
        if (s->too_large || s->data.failed) {
            said = "552 5.3.4 the mail is too large";
        } else if (rc == GW_OK) {
            rc = keep_mail(s->r, gw_str_of(s->rcpt[i]), gw_buf_view(&s->data));
            said = rc == GW_OK ? said : "451 4.3.0 it can not be kept now";
        }
        if (s->lmtp || i + 1 == s->rcpts) {
            session_say(s, said);
        }
    }

    if (loop_timer_set(s->r->loop, &s->r->timer, 0) != GW_OK) {
        s->closing = true;
    }

    session_reset(s);
    s->reading = false;
}


/* A line of the mail, with its CRLF. */
static void
session_content(session_t *s, gw_str_t line)
{
    if (line.len == 3 && line.data[0] == '.') {
        session_whole(s);
        return;
    }

    if (line.data[0] == '.') {
        line.data++;
        line.len--;
    }

    if (s->data.len + line.len > RECEIVE_BYTES) {
        s->too_large = true;
    } else {
        gw_buf_str(&s->data, line);
    }
}


/* Act on whole lines; false: one is longer than any may be. */
static bool
session_lines(session_t *s)
{
    size_t          used;
    gw_str_t        line;
    unsigned char  *nl;

    for (used = 0; !s->closing; used += line.len) {
        line = gw_str_make(s->in.data + used, s->in.len - used);
        nl = line.len > 0 ? memmem(line.data, line.len, "\r\n", 2) : NULL;
        if (nl == NULL) {
            break;
        }

        line.len = (size_t) (nl + 2 - line.data);
        if (s->reading) {
            session_content(s, line);
        } else {
            session_command(s, gw_str_make(line.data, line.len - 2));
        }
    }

    if (used > 0) {
        s->in.len -= used;
        memmove(s->in.data, s->in.data + used, s->in.len);
    }

    return s->closing || s->reading || s->in.len <= SESSION_LINE;
}


static void
session_flush(session_t *s)
{
    ssize_t  n;

    n = s->out.len > 0 ? write(s->fd.fd, s->out.data, s->out.len) : 0;
    if (n < 0 && errno != EAGAIN) {
        session_close(s);
        return;
    }

    if (n > 0) {
        s->out.len -= (size_t) n;
        memmove(s->out.data, s->out.data + n, s->out.len);
    }

    if ((s->closing && s->out.len == 0)
        || loop_fd_set(s->r->loop, &s->fd, s->out.len > 0 ? EPOLLOUT : EPOLLIN)
           != GW_OK)
    {
        session_close(s);
    }
}


static void
session_event(void *arg, uint32_t events)
{
    ssize_t         n;
    session_t      *s = arg;
    unsigned char  *p;

    if (events & EPOLLOUT) {
        session_flush(s);
        return;
    }

    p = gw_buf_room(&s->in, 16384);
    n = p != NULL ? read(s->fd.fd, p, 16384) : 0;
    if (n < 0 && errno == EAGAIN) {
        return;
    }

    if (n <= 0) {
        session_close(s);
        return;
    }

    s->in.len += (size_t) n;
    if (!session_lines(s)) {
        gw_buf_cstr(&s->out, "500 5.5.2 the line is too long\r\n");
        s->closing = true;
    }

    if (loop_timer_set(s->r->loop, &s->idle, SESSION_IDLE) != GW_OK) {
        s->closing = true;
    }
    session_flush(s);
}


static void
session_late(void *arg)
{
    session_t  *s = arg;

    if (s->closing || loop_timer_set(s->r->loop, &s->whole, 1000) != GW_OK) {
        session_close(s);
        return;
    }

    gw_buf_cstr(&s->out, "421 4.4.2 too slow\r\n");
    s->closing = true;
    session_flush(s);
}


void
session_open(listener_t *l, int fd)
{
    session_t  *s;

    s = l->r->n < RECEIVE_SESSIONS ? calloc(1, sizeof(session_t)) : NULL;
    if (s == NULL) {
        (void) !write(fd, "421 4.3.2 too busy\r\n", 20);
        (void) close(fd);
        return;
    }

    s->r = l->r;
    s->lmtp = l->lmtp;
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
    if (loop_timer_set(s->r->loop, &s->idle, SESSION_IDLE) != GW_OK
        || loop_timer_set(s->r->loop, &s->whole, SESSION_WHOLE) != GW_OK)
    {
        session_close(s);
        return;
    }

    session_flush(s);
}
