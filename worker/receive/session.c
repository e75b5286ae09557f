/*
 * What is said in a session that brings mail: SMTP (RFC 5321) or LMTP (RFC
 * 2033), to our return paths and what receive_addresses names. A mail ends with
 * CRLF . CRLF and with nothing else.
 */
#include "worker/receive/session.h"

#include <stdio.h>

#define SESSION_ERRORS  10
#define SESSION_KEPT    "250 2.0.0 it is kept"

typedef struct {
    const char  *word;
    void       (*act)(session_t *s, gw_str_t arg);
} session_row_t;


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
    gw_buf_fmt(&s->out, "250-%s\r\n%s250-PIPELINING\r\n250-8BITMIME\r\n"
               "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE %d\r\n",
               (char *) s->r->w->conf.helo_name.data,
               s->r->tls != NULL && s->ssl == NULL ? "250-STARTTLS\r\n" : "",
               RECEIVE_BYTES);
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
session_starttls(session_t *s, gw_str_t arg)
{
    if (s->r->tls == NULL || s->ssl != NULL) {
        session_say(s, "503 5.5.1 there is no TLS to begin");
        return;
    }

    session_reset(s);
    s->greeted = false;
    s->start_tls = true;
    session_say(s, "220 2.0.0 begin");
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
    gw_str_t  a;

    if (!s->mail || !parse_begins(arg, "to:")) {
        session_say(s, "503 5.5.1 MAIL FROM:<...>, then RCPT TO:<...>");
        return;
    }

    a = evidence_address(arg);
    if (!receive_takes(s->r, a)) {
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
    { "STARTTLS", session_starttls }, { "QUIT", session_quit },
    { NULL, NULL }
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
        if (gw_str_same(word, row->word)) {
            row->act(s, arg);
            return;
        }
    }

    session_say(s, "500 5.5.2 this is no command here");
}


/*
 * Keep the mail for one recipient; what is to be said. Those of
 * receive_addresses are one to us: shared has what was said to the first. What
 * comes there is a copy: were one of a stranger's mail refused, whoever makes
 * it would bounce to him.
 */
static const char *
session_keep(session_t *s, gw_str_t to, const judged_t *m,
    const char **shared)
{
    bool         ours;
    gw_token_t   t;
    const char  *said;

    ours = receive_is_ours(s->r, to, &t);
    if (!ours && *shared != NULL) {
        return *shared;
    }

    if (s->too_large || s->data.failed) {
        said = "552 5.3.4 the mail is too large";
    } else if (!answer_may(s->r, to, m)) {
        said = ours ? "550 5.7.1 answers to our mail are taken here, it is none"
                    : "250 2.0.0 a copy of what is no answer is not kept";
    } else {
        said = keep_mail(s->r, to, gw_buf_view(&s->data)) == GW_OK
               ? SESSION_KEPT : "451 4.3.0 it can not be kept now";
    }

    *shared = ours ? *shared : said;
    return said;
}


/*
 * The mail is whole: it is on the disk before anybody hears 250. In SMTP one
 * reply is for all: try again when one can not be kept, kept when one is.
 */
static void
session_whole(session_t *s)
{
    unsigned         i;
    const char      *said, *all, *shared;
    const judged_t  *m;

    if (s->too_large || s->data.failed
        || judge_mail(s->r->judge, gw_buf_view(&s->data), &m) != GW_OK)
    {
        m = NULL;
    }

    all = "554 5.5.1 it is for nobody";
    shared = NULL;
    for (i = 0; i < s->rcpts; i++) {
        said = session_keep(s, gw_str_of(s->rcpt[i]), m, &shared);
        if (s->lmtp) {          /* no 421 may stand between two of them */
            gw_buf_fmt(&s->out, "%s\r\n", said);
        }
        if (i == 0 || *said == '4' || (*said == '2' && *all != '4')) {
            all = said;
        }
    }

    if (!s->lmtp) {
        session_say(s, all);
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


bool
session_lines(session_t *s)
{
    size_t          used;
    gw_str_t        line;
    unsigned char  *nl;

    for (used = 0; !s->closing && !s->start_tls; used += line.len) {
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
