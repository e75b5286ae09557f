/* The start of a dialogue: greeting, EHLO, STARTTLS, AUTH. */
#include "worker/mail/smtp_conn.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"


void
smtp_talk_hello(smtp_conn_t *c, smtp_step_t step)
{
    char             name[256];
    const gw_conf_t  *conf;

    conf = &c->smtp->mail->w->conf;
    (void) snprintf(name, sizeof(name), "%.*s", (int) conf->helo_name.len,
                    conf->helo_name.data);
    smtp_talk_say(c, step, NULL, step == STEP_EHLO ? "EHLO %s\r\n"
                  : "HELO %s\r\n", name);
}


void
smtp_talk_on_greeting(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 != 2) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_hello(c, STEP_EHLO);
}


static void
smtp_talk_up(smtp_conn_t *c)
{
    c->ready = true;
    if (c->smtp->route == NULL) {
        smtp_works(c->smtp);    /* a site has to take a message first */
    }

    smtp_talk_next(c);
}


/* AUTH when a user is set: only in TLS, or to this very machine. */
static void
smtp_talk_auth(smtp_conn_t *c)
{
    int             n;
    char            plain[600];
    unsigned char   text[900];

    if (c->smtp->user[0] == '\0') {
        smtp_talk_up(c);
        return;
    }

    if (c->ssl == NULL && !c->local) {
        smtp_conn_close(c, "the password is sent over TLS only and the server "
                        "offers none");
        return;
    }

    if (c->auth_plain) {
        n = snprintf(plain, sizeof(plain), "%c%s%c%s", 0, c->smtp->user, 0,
                     c->smtp->password);
        (void) EVP_EncodeBlock(text, (unsigned char *) plain, n);
        smtp_talk_say(c, STEP_AUTH, NULL, "AUTH PLAIN %s\r\n",
                      (char *) text);
        OPENSSL_cleanse(plain, sizeof(plain));
        OPENSSL_cleanse(text, sizeof(text));
    } else if (c->auth_login) {
        smtp_talk_say(c, STEP_AUTH_USER, NULL, "AUTH LOGIN\r\n%s", "");
    } else {
        smtp_conn_close(c, "the server offers neither AUTH PLAIN nor LOGIN");
    }
}


/* Take the next word of a line, "" at its end. */
static gw_str_t
smtp_talk_word(gw_str_t *line)
{
    size_t    n;
    gw_str_t  word;

    while (line->len > 0 && *line->data == ' ') {
        line->data++;
        line->len--;
    }

    for (n = 0; n < line->len && line->data[n] != ' '; n++) {
        /* void */
    }

    word = gw_str_make(line->data, n);
    line->data += n;
    line->len -= n;
    return word;
}


void
smtp_talk_extension(void *conn, gw_str_t line)
{
    gw_str_t      word;
    long long     size;
    smtp_conn_t  *c = conn;

    if (c->n == 0 || c->steps[c->first].step != STEP_EHLO) {
        return;
    }

    word = smtp_talk_word(&line);
    c->pipelining |= gw_str_same(word, "PIPELINING");
    c->utf8 |= gw_str_same(word, "SMTPUTF8");
    c->eightbit |= gw_str_same(word, "8BITMIME");
    c->starttls |= gw_str_same(word, "STARTTLS");

    if (gw_str_same(word, "SIZE")
        && gw_str_int(smtp_talk_word(&line), 0, INT64_MAX, &size) == GW_OK)
    {
        c->size_max = (uint64_t) size;
    }

    if (gw_str_same(word, "AUTH")) {
        while ((word = smtp_talk_word(&line)).len > 0) {
            c->auth_plain |= gw_str_same(word, "PLAIN");
            c->auth_login |= gw_str_same(word, "LOGIN");
        }
    }
}


void
smtp_talk_on_ehlo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    int64_t  tls;

    tls = c->smtp->tls_policy;

    if (r->code / 100 != 2) {
        if (tls == GW_TLS_REQUIRED) {
            smtp_conn_close(c, r->text);
            return;
        }
        smtp_talk_hello(c, STEP_HELO);
        return;
    }

    if (c->ssl == NULL && c->starttls && tls != GW_TLS_OFF
        && gw_clock_ms() >= c->smtp->clear_ms)
    {
        smtp_talk_say(c, STEP_STARTTLS, NULL, "STARTTLS\r\n%s", "");
        return;
    }

    if (c->ssl == NULL && tls == GW_TLS_REQUIRED) {
        smtp_conn_close(c, "TLS is required and the server offers no "
                        "STARTTLS");
        return;
    }

    smtp_talk_auth(c);
}


void
smtp_talk_on_helo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 != 2) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_auth(c);
}


void
smtp_talk_on_starttls(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code == 220) {
        /* what came in clear behind the reply is not to be believed */
        gw_buf_reset(&c->in);
        c->pipelining = c->utf8 = c->eightbit = c->starttls = false;
        c->auth_plain = c->auth_login = false;
        if (smtp_conn_tls(c) != GW_OK) {
            smtp_conn_close(c, "TLS cannot be set up");
        }
        return;
    }

    if (c->smtp->tls_policy == GW_TLS_REQUIRED) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_auth(c);
}


void
smtp_talk_on_auth(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 == 2) {
        smtp_talk_up(c);
        return;
    }

    smtp_conn_close(c, r->text);
}


static void
smtp_talk_login(smtp_conn_t *c, const reply_t *r, smtp_step_t next,
    const char *secret)
{
    unsigned char  text[400];

    if (r->code != 334) {
        smtp_conn_close(c, r->text);
        return;
    }

    (void) EVP_EncodeBlock(text, (const unsigned char *) secret,
                           (int) strlen(secret));
    smtp_talk_say(c, next, NULL, "%s\r\n", (char *) text);
    OPENSSL_cleanse(text, sizeof(text));
}


void
smtp_talk_on_user(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_login(c, r, STEP_AUTH_PASSWORD, c->smtp->user);
}


void
smtp_talk_on_password(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_login(c, r, STEP_AUTH, c->smtp->password);
}
