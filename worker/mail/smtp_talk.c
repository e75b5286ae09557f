/*
 * The dialogue of a connection: which reply answers what, and what follows.
 * With PIPELINING the content of a message and the envelope of the next leave
 * together: one round trip a message (RFC 2920).
 */
#include "worker/mail/smtp_conn.h"

#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"
#include "worker/mail/return_path.h"
#include "worker/mail/routes.h"
#include "worker/mail/signing.h"

#define SMTP_AGE_MS     300000  /* of a connection */


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
    const smtp_job_t  *job;

    job = c->n > 0 ? c->steps[c->first].job : NULL;
    if (job != NULL && job->held) {
        loop_timer_del(c->smtp->mail->loop, &c->timer);
        return;                 /* it waits for us */
    }

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
    if (c->n == 1) {
        smtp_talk_arm(c);       /* this reply is the next */
    }
}


void
smtp_talk_say(smtp_conn_t *c, smtp_step_t step, smtp_job_t *job,
    const char *fmt, const char *a)
{
    gw_buf_fmt(&c->out, fmt, a);
    smtp_talk_expect(c, step, job);
}


static void
smtp_talk_rcpt(smtp_conn_t *c, smtp_job_t *job)
{
    smtp_talk_say(c, STEP_RCPT, job, "RCPT TO:<%s>\r\n",
                  (char *) job->item->address.data);
}


/* How large its message will be. */
static size_t
smtp_talk_size(const smtp_job_t *job)
{
    return job->content.len + pieces_len(&job->item->pieces)
           + (job->item->sign != NULL ? SIGNING_MAX : 0);
}


/* MAIL, RCPT and, with pipelining, DATA of a job. */
static void
smtp_talk_envelope(smtp_conn_t *c, smtp_job_t *job)
{
    char           from[400], size[32], sender[RETURN_PATH_MAX];
    const item_t  *i;

    i = job->item;
    size[0] = '\0';
    if (c->size_max > 0) {
        (void) snprintf(size, sizeof(size), " SIZE=%zu",
                        smtp_talk_size(job));
    }

    (void) snprintf(from, sizeof(from), "%s%s%s%s",
                    return_path(c->smtp->mail, i, sender), c->utf8 && i->utf8
                    ? "> SMTPUTF8" : ">",
                    c->eightbit ? " BODY=8BITMIME" : "", size);
    smtp_talk_say(c, STEP_MAIL, job, "MAIL FROM:<%s\r\n", from);

    if (c->pipelining) {
        smtp_talk_rcpt(c, job);
        smtp_talk_say(c, STEP_DATA, job, "DATA\r\n%s", "");
    }
}


/* Why this server cannot have this message at all; NULL: it can. */
static const char *
smtp_talk_unfit(const smtp_conn_t *c, const smtp_job_t *job)
{
    if (job->item->utf8 && !c->utf8) {
        return "an address needs SMTPUTF8, which the server lacks";
    }

    if (c->size_max > 0 && smtp_talk_size(job) > c->size_max) {
        return "the message is larger than the server takes";
    }

    return NULL;
}


/* Has the connection carried as much, or lived as long, as one should? */
static bool
smtp_talk_spent(const smtp_conn_t *c)
{
    return c->delivered >= c->smtp->deliveries || site_is_over(c->smtp)
           || gw_clock_ms() - c->opened_ms > SMTP_AGE_MS;
}


/* The item that was announced for the connection, else the next; or NULL. */
static item_t *
smtp_talk_item(smtp_conn_t *c, gw_buf_t *content)
{
    item_t  *i;

    i = c->ahead;
    if (i != NULL) {
        c->ahead = NULL;
        if (mail_go(c->smtp->mail, i, content)) {
            return i;
        }
        c->smtp->busy--;
        gw_buf_reset(content);
    }

    i = mail_next(c->smtp->mail, &c->smtp->gate, c->n == 0, content);
    c->smtp->busy += i != NULL;
    return i;
}


/* Where there is work for all, the next but one is announced. */
static void
smtp_talk_ahead(smtp_conn_t *c)
{
    smtp_t  *s;

    s = c->smtp;
    if (c->ahead == NULL && s->gate.n > s->open && site_may_send(s)
        && c->used && !c->closing && !s->draining && !smtp_talk_spent(c))
    {
        c->ahead = mail_ahead(s->mail, &s->gate);
        s->busy += c->ahead != NULL;
    }
}


/* Take the next item, if there is one and the connection may have it. */
void
smtp_talk_next(smtp_conn_t *c)
{
    smtp_job_t  *job;
    const char  *why;

    if (!c->ready || c->closing || c->smtp->draining) {
        return;
    }

    if (smtp_talk_spent(c)) {
        smtp_talk_leave(c);
        if (c->n == 0) {
            c->closing = true;
            smtp_talk_say(c, STEP_QUIT, NULL, "QUIT\r\n%s", "");
        }
        return;
    }

    job = c->job[0].item == NULL ? &c->job[0]
          : c->job[1].item == NULL ? &c->job[1] : NULL;
    if (job == NULL || c->n > 1) {
        return;                 /* one is out, or an envelope is under way */
    }

    for ( ;; ) {
        if (!site_may_send(c->smtp)) {
            smtp_talk_leave(c);
            return;
        }

        gw_buf_reset(&job->content);
        job->item = smtp_talk_item(c, &job->content);
        if (job->item == NULL) {
            return;
        }

        why = smtp_talk_unfit(c, job);
        if (why == NULL) {
            break;
        }
        smtp_talk_tell(c, job, ITEM_FAILED, false, 0, "", why);
    }

    job->refused = job->held = job->dotted = false;
    job->item->tls = c->tls;
    c->delivered++;
    site_sent(c->smtp);
    if (!job->item->journaled) {
        mail_begun(c->smtp->mail, job->item);
    }
    smtp_talk_envelope(c, job);
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
        smtp_talk_rcpt(c, job);
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


/* Content and dot, as soon as the journal has the item on disk. */
static void
smtp_talk_content(smtp_conn_t *c, smtp_job_t *job)
{
    gw_str_t  signature;

    if (!mail_may_dot(c->smtp->mail, job->item)) {
        return;
    }

    if (signing_text(c->smtp->mail, job->item, &signature) != GW_OK) {
        /* without its dot the server forgets it */
        job->item->unjudged = true;
        smtp_talk_tell(c, job, ITEM_QUEUED, true, 0, "",
                       "it could not be signed");
        smtp_conn_close(c, NULL);
        return;
    }

    if (c->pieces + PIECES_MAX > SMTP_PIECES) {
        smtp_conn_close(c, "it answers what it cannot have read");
        return;
    }

    job->held = false;
    gw_buf_str(&c->out, signature);
    smtp_out_put(c, &job->content, &job->item->pieces);
    job->dot_at = c->sent + smtp_out_left(c);
    mail_on_wire(c->smtp->mail, job->item);
    job->dotted = true;
    smtp_conn_dirty(c);

    if (c->pipelining) {
        smtp_talk_next(c);      /* its envelope leaves with this content */
        smtp_talk_ahead(c);
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

    smtp_talk_expect(c, STEP_DOT, job);
    job->held = true;
    smtp_talk_content(c, job);
}


void
smtp_talk_synced(smtp_conn_t *c)
{
    smtp_job_t  *job;

    job = c->n > 0 ? c->steps[c->first].job : NULL;
    if (job != NULL && job->held) {
        smtp_talk_content(c, job);
        if (c->used) {
            smtp_talk_arm(c);
        }
    }
}


static void
smtp_talk_on_dot(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    if (job->held) {
        c->closing = true;      /* no dot has left: a farewell */
        smtp_conn_close(c, r->text);
        return;
    }

    if (r->code / 100 == 2) {
        site_good(c->smtp);
        smtp_talk_tell(c, job, ITEM_SENT, false, r->code, r->text, "");
    } else {
        smtp_talk_verdict(c, job, r);
    }

    smtp_talk_next(c);
}


static void
smtp_talk_on_ignored(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    smtp_talk_next(c);
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
        /* a farewell nobody asked for: an idle one may go */
        smtp_conn_close(c, c->ready ? NULL : r->text);
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
        c->closing = true;
        smtp_conn_close(c, r->text);
        return;
    }

    smtp_talk_arm(c);
}
