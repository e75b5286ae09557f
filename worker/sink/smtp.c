/* The SMTP commands of the sink: a table, one function a word (RFC 5321). */
#include "worker/sink/conn.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char  *word;
    const char  *at;            /* its name among the faults */
    void       (*act)(sink_conn_t *c, gw_str_t arg);
} smtp_row_t;


void
sink_reply(sink_conn_t *c, unsigned code, const char *text)
{
    const char  *nl;

    for ( ;; ) {
        nl = strchrnul(text, '\n');
        gw_buf_fmt(&c->out, "%u%c%.*s\r\n", code, *nl ? '-' : ' ',
                   (int) (nl - text), text);
        if (*nl == '\0') {
            return;
        }
        text = nl + 1;
    }
}


void
sink_conn_reset(sink_conn_t *c)
{
    gw_buf_reset(&c->from);
    gw_buf_reset(&c->rcpts);
    gw_buf_reset(&c->data);
    c->has_from = 0;
    c->n_rcpts = 0;
}


/* Offer a capability unless the operator hid it. */
static void
smtp_offer(sink_conn_t *c, gw_buf_t *b, const char *text)
{
    size_t       n;
    const char  *p;

    n = strcspn(text, " ");
    for (p = c->sink->opt.hide; p != NULL && *p; p += strcspn(p, ",")) {
        p += *p == ',';
        if (strncasecmp(p, text, n) == 0 && (p[n] == ',' || p[n] == '\0')) {
            return;
        }
    }

    gw_buf_fmt(b, "\n%s", text);
}


static void
smtp_ehlo(sink_conn_t *c, gw_str_t arg)
{
    char        size[40];
    gw_buf_t    b;
    char        mem[512];

    if (arg.len == 0) {
        sink_reply(c, 501, "5.5.4 EHLO needs a name");
        return;
    }

    sink_conn_reset(c);
    gw_buf_fixed(&b, mem, sizeof(mem) - 1);
    gw_buf_cstr(&b, "godwit sink");
    smtp_offer(c, &b, "PIPELINING");
    smtp_offer(c, &b, "8BITMIME");
    smtp_offer(c, &b, "SMTPUTF8");
    smtp_offer(c, &b, "ENHANCEDSTATUSCODES");
    snprintf(size, sizeof(size), "SIZE %lld", c->sink->opt.max_size);
    smtp_offer(c, &b, size);

    if (c->sink->tls != NULL && c->ssl == NULL) {
        smtp_offer(c, &b, "STARTTLS");
    }

    if (c->sink->opt.auth != NULL) {
        smtp_offer(c, &b, "AUTH PLAIN LOGIN");
    }

    mem[b.len] = '\0';
    sink_reply(c, 250, mem);
}


static void
smtp_helo(sink_conn_t *c, gw_str_t arg)
{
    sink_conn_reset(c);
    sink_reply(c, 250, "godwit sink");
}


/*
 * The address of `FROM:<a@b> PARAMETERS`, which must be in angle brackets;
 * false when it is not there.
 */
static bool
smtp_path(gw_str_t arg, const char *prefix, gw_str_t *addr)
{
    size_t          n;
    unsigned char  *p, *gt;

    n = strlen(prefix);
    if (arg.len < n || strncasecmp((char *) arg.data, prefix, n) != 0) {
        return false;
    }

    for (p = arg.data + n; p < arg.data + arg.len && *p == ' '; p++) {
        /* void */
    }

    gt = memchr(p, '>', arg.data + arg.len - p);
    if (*p != '<' || gt == NULL || memchr(p, '\0', gt - p) != NULL) {
        return false;
    }

    *addr = gw_str_make(p + 1, gt - p - 1);
    return true;
}


static void
smtp_mail(sink_conn_t *c, gw_str_t arg)
{
    gw_str_t  addr;

    if (c->sink->opt.auth != NULL && !c->authenticated) {
        sink_reply(c, 530, "5.7.0 authentication required");
        return;
    }

    if (c->has_from) {
        sink_reply(c, 503, "5.5.1 nested MAIL");
        return;
    }

    if (!smtp_path(arg, "FROM:", &addr)) {
        sink_reply(c, 501, "5.5.4 write MAIL FROM:<address>");
        return;
    }

    gw_buf_str(&c->from, addr);
    c->has_from = 1;
    sink_reply(c, 250, "2.1.0 ok");
}


static void
smtp_rcpt(sink_conn_t *c, gw_str_t arg)
{
    gw_str_t  addr;

    if (!c->has_from) {
        sink_reply(c, 503, "5.5.1 MAIL first");
        return;
    }

    if (!smtp_path(arg, "TO:", &addr) || addr.len == 0) {
        sink_reply(c, 501, "5.5.4 write RCPT TO:<address>");
        return;
    }

    if (c->n_rcpts == SINK_RCPT_MAX) {
        sink_reply(c, 452, "4.5.3 too many recipients");
        return;
    }

    if (sink_conn_fault(c, "rcpt", addr)) {
        return;
    }

    gw_buf_str(&c->rcpts, addr);
    gw_buf_char(&c->rcpts, '\0');
    c->n_rcpts++;
    sink_reply(c, 250, "2.1.5 ok");
}


static void
smtp_data(sink_conn_t *c, gw_str_t arg)
{
    if (c->n_rcpts == 0) {
        sink_reply(c, 503, "5.5.1 RCPT first");
        return;
    }

    c->state = CONN_DATA;
    c->line_ended = 1;
    gw_buf_reset(&c->data);
    sink_reply(c, 354, "end with <CRLF>.<CRLF>");
}


static void
smtp_rset(sink_conn_t *c, gw_str_t arg)
{
    sink_conn_reset(c);
    sink_reply(c, 250, "2.0.0 ok");
}


static void
smtp_noop(sink_conn_t *c, gw_str_t arg)
{
    sink_reply(c, 250, "2.0.0 ok");
}


static void
smtp_quit(sink_conn_t *c, gw_str_t arg)
{
    sink_reply(c, 221, "2.0.0 bye");
    c->closing = 1;
}


static void
smtp_starttls(sink_conn_t *c, gw_str_t arg)
{
    if (c->sink->tls == NULL || c->ssl != NULL) {
        sink_reply(c, 503, "5.5.1 no TLS here");
        return;
    }

    sink_conn_reset(c);
    sink_reply(c, 220, "2.0.0 ready");
    c->start_tls = 1;
}


/* Check user and password against USER:PASSWORD of the options. */
static void
smtp_login(sink_conn_t *c, gw_str_t user, gw_str_t password)
{
    size_t       n;
    const char  *auth;

    auth = c->sink->opt.auth;
    n = strcspn(auth, ":");
    c->state = CONN_COMMAND;

    if (gw_str_eq(user, gw_str_make(auth, n)) && auth[n] == ':'
        && gw_str_is(password, auth + n + 1))
    {
        c->authenticated = 1;
        sink_reply(c, 235, "2.7.0 welcome");
        return;
    }

    sink_reply(c, 535, "5.7.8 wrong user or password");
}


/* Decode base64 in place; the length, or -1. */
static int
smtp_base64(gw_str_t in, unsigned char out[512])
{
    int  n;

    if (in.len == 0 || in.len > 512 || in.len % 4 != 0) {
        return -1;
    }

    n = EVP_DecodeBlock(out, in.data, (int) in.len);
    if (n < 0) {
        return -1;
    }

    return n - (in.data[in.len - 1] == '=') - (in.data[in.len - 2] == '=');
}


/* A line of an authentication exchange. */
static void
smtp_auth_line(sink_conn_t *c, gw_str_t line)
{
    int             n;
    unsigned char   text[512], *user, *password;

    n = smtp_base64(line, text);
    if (n < 0) {
        c->state = CONN_COMMAND;
        sink_reply(c, 501, "5.5.2 not base64");
        return;
    }

    if (c->state == CONN_AUTH_USER) {
        gw_buf_reset(&c->login);
        gw_buf_put(&c->login, text, n);
        c->state = CONN_AUTH_PASSWORD;
        sink_reply(c, 334, "UGFzc3dvcmQ6");
        return;
    }

    if (c->state == CONN_AUTH_PASSWORD) {
        smtp_login(c, gw_buf_view(&c->login), gw_str_make(text, n));
        return;
    }

    user = memchr(text, '\0', n);
    password = user ? memchr(user + 1, '\0', text + n - user - 1) : NULL;
    if (password == NULL) {
        c->state = CONN_COMMAND;
        sink_reply(c, 501, "5.5.2 not the PLAIN form");
        return;
    }

    smtp_login(c, gw_str_make(user + 1, password - user - 1),
               gw_str_make(password + 1, text + n - password - 1));
}


static void
smtp_auth(sink_conn_t *c, gw_str_t arg)
{
    gw_str_t  initial;

    if (c->sink->opt.auth == NULL || c->authenticated) {
        sink_reply(c, 503, "5.5.1 no AUTH here");
        return;
    }

    if (arg.len >= 5 && strncasecmp((char *) arg.data, "LOGIN", 5) == 0) {
        c->state = CONN_AUTH_USER;
        sink_reply(c, 334, "VXNlcm5hbWU6");
        return;
    }

    if (arg.len >= 5 && strncasecmp((char *) arg.data, "PLAIN", 5) == 0) {
        c->state = CONN_AUTH_PLAIN;
        if (arg.len == 5) {
            sink_reply(c, 334, "");
            return;
        }
        initial = gw_str_make(arg.data + 6, arg.len - 6);
        smtp_auth_line(c, initial);
        return;
    }

    sink_reply(c, 504, "5.5.4 PLAIN or LOGIN");
}


static const smtp_row_t  smtp_rows[] = {
    { "EHLO", "ehlo", smtp_ehlo },
    { "HELO", "helo", smtp_helo },
    { "MAIL", "mail", smtp_mail },
    { "RCPT", NULL, smtp_rcpt },        /* asks for faults by its address */
    { "DATA", "data", smtp_data },
    { "RSET", "rset", smtp_rset },
    { "NOOP", "noop", smtp_noop },
    { "QUIT", "quit", smtp_quit },
    { "STARTTLS", "starttls", smtp_starttls },
    { "AUTH", "auth", smtp_auth },
    { NULL, NULL, NULL }
};


void
sink_command_line(sink_conn_t *c, gw_str_t line)
{
    size_t             n;
    gw_str_t           arg;
    const smtp_row_t  *row;

    if (c->state != CONN_COMMAND) {
        smtp_auth_line(c, line);
        return;
    }

    for (row = smtp_rows; row->word != NULL; row++) {
        n = strlen(row->word);
        if (line.len >= n
            && strncasecmp((char *) line.data, row->word, n) == 0
            && (line.len == n || line.data[n] == ' '))
        {
            break;
        }
    }

    if (row->word == NULL) {
        sink_reply(c, 500, "5.5.1 unknown command");
        return;
    }

    if (row->at != NULL
        && sink_conn_fault(c, row->at, (gw_str_t) gw_null_string))
    {
        return;
    }

    arg = gw_str_make(line.data + n, line.len - n);
    while (arg.len > 0 && arg.data[0] == ' ') {
        arg.data++;
        arg.len--;
    }

    row->act(c, arg);
}
