/*
 * The dialogue of a connection: which reply answers what, and what follows.
 * With PIPELINING the content of a message and the envelope of the next leave
 * together: one round trip a message (RFC 2920).
 */
#include "worker/mail/smtp_conn.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker/campaign/campaign.h"

typedef void (*smtp_talk_pt)(smtp_conn_t *c, smtp_job_t *job,
    const reply_t *r);


/* The time-out of the step that is due next. */
static int64_t
smtp_talk_timeout(smtp_conn_t *c)
{
    const gw_conf_t  *conf;

    conf = &c->smtp->mail->w->conf;
    if (c->n == 0) {
        return conf->smtp_idle;
    }

    switch (c->steps[c->first].step) {
    case STEP_GREETING:
        return conf->smtp_timeout_greeting;
    case STEP_DATA:
        return conf->smtp_timeout_data;
    case STEP_DOT:
    case STEP_EMPTY_DOT:
        return conf->smtp_timeout_dot;
    default:
        return conf->smtp_timeout_mail;
    }
}


static void
smtp_talk_arm(smtp_conn_t *c)
{
    if (loop_timer_set(c->smtp->mail->loop, &c->timer, smtp_talk_timeout(c))
        != GW_OK)
    {
        log_error("mail: no memory for a timer");
    }
}


void
smtp_talk_expect(smtp_conn_t *c, smtp_step_t step, smtp_job_t *job)
{
    c->steps[(c->first + c->n) % SMTP_STEPS].step = step;
    c->steps[(c->first + c->n) % SMTP_STEPS].job = job;
    c->n++;
    smtp_conn_dirty(c);
}


static void
smtp_talk_say(smtp_conn_t *c, smtp_step_t step, smtp_job_t *job,
    const char *fmt, const char *a)
{
    gw_buf_fmt(&c->out, fmt, a);
    smtp_talk_expect(c, step, job);
}


/* Tell an item's outcome; the job is free again. */
static void
smtp_talk_tell(smtp_conn_t *c, smtp_job_t *job, item_state_t state,
    bool retry, unsigned code, const char *reply, const char *reason)
{
    item_t  *item;

    item = job->item;
    if (item == NULL) {
        return;
    }

    job->item = NULL;
    c->smtp->busy--;
    mail_outcome(c->smtp->mail, item, state, retry, code, reply, reason);
}


/* The one table of verdicts on a reply to an item's command. */
static void
smtp_talk_verdict(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 == 5) {
        smtp_talk_tell(c, job, ITEM_FAILED, false, r->code, r->text,
                       "the server refused it");
    } else if (r->code == 421) {
        /* the route's trouble, not the recipient's */
        smtp_talk_tell(c, job, ITEM_QUEUED, false, r->code, r->text, "");
    } else {
        smtp_talk_tell(c, job, ITEM_QUEUED, true, r->code, r->text,
                       "the server asked to try later");
    }
}


/* MAIL, RCPT and, with pipelining, DATA of a job. */
static void
smtp_talk_envelope(smtp_conn_t *c, smtp_job_t *job)
{
    char           from[320];
    const item_t  *i;

    i = job->item;
    (void) snprintf(from, sizeof(from), "%s%s%s",
                    campaign_from(i->campaign), c->utf8 && i->utf8
                    ? "> SMTPUTF8" : ">",
                    c->eightbit ? " BODY=8BITMIME" : "");
    smtp_talk_say(c, STEP_MAIL, job, "MAIL FROM:<%s\r\n", from);

    if (c->pipelining) {
        gw_buf_fmt(&c->out, "RCPT TO:<%.*s>\r\n", (int) i->email.len,
                   i->email.data);
        smtp_talk_expect(c, STEP_RCPT, job);
        smtp_talk_say(c, STEP_DATA, job, "DATA\r\n%s", "");
    }
}


/* Take the next item, if there is one and the connection may have it. */
void
smtp_talk_next(smtp_conn_t *c)
{
    mail_t      *m;
    smtp_job_t  *job;

    m = c->smtp->mail;
    if (!c->ready || c->closing || c->smtp->draining
        || c->delivered >= (unsigned) m->w->conf.smtp_deliveries)
    {
        return;
    }

    job = c->job[0].item == NULL ? &c->job[0]
          : c->job[1].item == NULL ? &c->job[1] : NULL;
    if (job == NULL || c->n > 1) {
        return;                 /* one is out, or an envelope is under way */
    }

    for ( ;; ) {
        gw_buf_reset(&job->content);
        job->item = mail_next(m, &job->content);
        if (job->item == NULL) {
            return;
        }

        c->smtp->busy++;
        if (!job->item->utf8 || c->utf8) {
            break;
        }
        smtp_talk_tell(c, job, ITEM_FAILED, false, 0, "",
                       "the address needs SMTPUTF8, which the server lacks");
    }

    job->refused = false;
    job->dotted = false;
    c->delivered++;
    smtp_talk_envelope(c, job);
}


static void
smtp_talk_idle(smtp_conn_t *c)
{
    if (c->n == 0 && c->ready
        && c->delivered >= (unsigned) c->smtp->mail->w->conf.smtp_deliveries)
    {
        c->closing = true;
        smtp_talk_say(c, STEP_QUIT, NULL, "QUIT\r\n%s", "");
        return;
    }

    smtp_talk_next(c);
}


static void
smtp_talk_on_greeting(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    char  helo[256];

    if (r->code / 100 != 2) {
        smtp_conn_close(c, r->text);
        return;
    }

    (void) snprintf(helo, sizeof(helo), "%.*s",
                    (int) c->smtp->mail->w->conf.helo_name.len,
                    c->smtp->mail->w->conf.helo_name.data);
    smtp_talk_say(c, STEP_EHLO, NULL, "EHLO %s\r\n", helo);
}


static void
smtp_talk_up(smtp_conn_t *c)
{
    c->ready = true;
    c->smtp->back_off = 0;
    if (c->smtp->said) {
        log_info("mail: %s answers again", c->smtp->host);
        c->smtp->said = false;
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

    if (c->ssl == NULL && strncmp(c->smtp->host, "127.", 4) != 0
        && strcmp(c->smtp->host, "localhost") != 0
        && strcmp(c->smtp->host, "::1") != 0)
    {
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


void
smtp_talk_extension(void *conn, gw_str_t line)
{
    smtp_conn_t  *c = conn;

    if (c->n == 0 || c->steps[c->first].step != STEP_EHLO) {
        return;
    }

    c->pipelining |= gw_str_is(line, "PIPELINING");
    c->utf8 |= gw_str_is(line, "SMTPUTF8");
    c->eightbit |= gw_str_is(line, "8BITMIME");
    c->starttls |= gw_str_is(line, "STARTTLS");
    if (line.len > 5 && strncasecmp((char *) line.data, "AUTH ", 5) == 0) {
        c->auth_plain |= memmem(line.data, line.len, "PLAIN", 5) != NULL;
        c->auth_login |= memmem(line.data, line.len, "LOGIN", 5) != NULL;
    }
}


static void
smtp_talk_on_ehlo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    int64_t  tls;

    tls = c->smtp->mail->w->conf.smtp_tls;

    if (r->code / 100 != 2) {
        if (tls == GW_TLS_REQUIRED) {
            smtp_conn_close(c, r->text);
            return;
        }
        smtp_talk_say(c, STEP_HELO, NULL, "HELO %s\r\n", "localhost");
        return;
    }

    if (c->ssl == NULL && c->starttls && tls != GW_TLS_OFF) {
        smtp_talk_say(c, STEP_STARTTLS, NULL, "STARTTLS\r\n%s", "");
        return;
    }

    if (c->ssl == NULL && tls == GW_TLS_REQUIRED) {
        smtp_conn_close(c, "smtp_tls is required and the server offers no "
                        "STARTTLS");
        return;
    }

    smtp_talk_auth(c);
}


static void
smtp_talk_on_helo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 != 2) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_auth(c);
}


static void
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

    if (c->smtp->mail->w->conf.smtp_tls == GW_TLS_REQUIRED) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_auth(c);
}


static void
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


static void
smtp_talk_on_user(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_login(c, r, STEP_AUTH_PASSWORD, c->smtp->user);
}


static void
smtp_talk_on_password(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_login(c, r, STEP_AUTH, c->smtp->password);
}


static void
smtp_talk_on_mail(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 != 2) {
        job->refused = true;
        smtp_talk_verdict(c, job, r);
        if (!c->pipelining) {
            smtp_talk_say(c, STEP_RSET, NULL, "RSET\r\n%s", "");
        }
        return;
    }

    if (!c->pipelining && job->item != NULL) {
        gw_buf_fmt(&c->out, "RCPT TO:<%.*s>\r\n", (int) job->item->email.len,
                   job->item->email.data);
        smtp_talk_expect(c, STEP_RCPT, job);
    }
}


static void
smtp_talk_on_rcpt(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 != 2 && !job->refused) {
        job->refused = true;
        smtp_talk_verdict(c, job, r);
    }

    if (c->pipelining) {
        return;
    }

    if (job->refused) {
        smtp_talk_say(c, STEP_RSET, NULL, "RSET\r\n%s", "");
    } else {
        smtp_talk_say(c, STEP_DATA, job, "DATA\r\n%s", "");
    }
}


static void
smtp_talk_on_data(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code != 354) {
        if (!job->refused) {
            smtp_talk_verdict(c, job, r);
        }
        /* MAIL may have been taken: the next envelope must find none */
        smtp_talk_say(c, STEP_RSET, NULL, "RSET\r\n%s", "");
        return;
    }

    if (job->refused || job->item == NULL) {
        /* the server takes a message nobody gets: give it an empty one */
        smtp_talk_say(c, STEP_EMPTY_DOT, NULL, ".\r\n%s", "");
        return;
    }

    gw_buf_str(&c->out, gw_buf_view(&job->content));
    mail_on_wire(c->smtp->mail, job->item);
    job->dotted = true;
    smtp_talk_expect(c, STEP_DOT, job);

    if (c->pipelining) {
        smtp_talk_next(c);      /* its envelope leaves with this content */
    }
}


static void
smtp_talk_on_dot(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (r->code / 100 == 2) {
        smtp_talk_tell(c, job, ITEM_SENT, false, r->code, r->text, "");
    } else {
        smtp_talk_verdict(c, job, r);
    }

    smtp_talk_idle(c);
}


static void
smtp_talk_on_ignored(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_idle(c);
}


static void
smtp_talk_on_quit(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_conn_close(c, NULL);
}


/* In the order of smtp_step_t. */
static const smtp_talk_pt  smtp_talk_table[] = {
    smtp_talk_on_greeting, smtp_talk_on_ehlo, smtp_talk_on_helo,
    smtp_talk_on_starttls, smtp_talk_on_auth, smtp_talk_on_user,
    smtp_talk_on_password, smtp_talk_on_mail, smtp_talk_on_rcpt,
    smtp_talk_on_data, smtp_talk_on_dot, smtp_talk_on_ignored,
    smtp_talk_on_ignored, smtp_talk_on_quit
};


void
smtp_talk_reply(smtp_conn_t *c, const reply_t *r)
{
    smtp_step_t   step;
    smtp_job_t   *job;

    if (c->n == 0) {
        smtp_conn_close(c, r->text);    /* a farewell nobody asked for */
        return;
    }

    step = c->steps[c->first].step;
    job = c->steps[c->first].job;
    c->first = (c->first + 1) % SMTP_STEPS;
    c->n--;

    smtp_talk_table[step](c, job, r);

    if (!c->used) {
        return;
    }

    if (r->code == 421) {
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_arm(c);
}


void
smtp_talk_lost(smtp_conn_t *c, const char *why)
{
    int          i;
    smtp_job_t  *job;

    for (i = 0; i < 2; i++) {
        job = &c->job[i];
        if (job->item == NULL) {
            continue;
        }

        if (job->dotted) {
            smtp_talk_tell(c, job, ITEM_UNCERTAIN, false, 0, "",
                           "the connection broke after the final dot");
        } else {
            smtp_talk_tell(c, job, ITEM_QUEUED, false, 0, "", "");
        }
    }
}
