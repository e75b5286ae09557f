/*
 * What a reply, or the end of its connection, means for an item: the one table
 * of verdicts. A 421 is the route's trouble and no attempt; but one that comes
 * over the same recipient again and again must not keep the others waiting.
 */
#include "worker/mail/smtp_conn.h"

#include "worker/mail/refusal.h"
#include "worker/mail/routes.h"
#include "worker/receive/rules.h"

#define SMTP_DROPS_MAX  3       /* in a row, then it is an attempt */


void
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
    gw_buf_trim(&job->content, SMTP_KEEP);      /* nobody signs it any more */
}


/*
 * A connection ended over this item. True when others are to pass: the last
 * time in a row, or when it goes through the ledger and nobody counts on.
 */
static bool
smtp_talk_dropped(const smtp_job_t *job)
{
    item_t  *i;

    i = job->item;
    if (i == NULL
        || (++i->drops < SMTP_DROPS_MAX && !mail_is_ledgers(i)))
    {
        return false;
    }

    i->drops = 0;
    return true;
}


void
smtp_talk_leave(smtp_conn_t *c)
{
    item_t  *i;

    i = c->ahead;
    if (i != NULL) {
        c->ahead = NULL;
        c->smtp->busy--;
        mail_outcome(c->smtp->mail, i, ITEM_QUEUED, false, 0, "", "");
    }
}


void
smtp_talk_verdict(smtp_conn_t *c, smtp_job_t *job, const reply_t *r)
{
    char                    why[80];
    smtp_step_t             step;
    const shaping_reply_t  *about;

    step = c->steps[(c->first + SMTP_STEPS - 1) % SMTP_STEPS].step;
    if (r->code != 421) {
        site_good(c->smtp);     /* it answers as it should */
    } else if (job->item != NULL) {
        job->item->unjudged = true;
    }

    about = job->item != NULL ? routes_reply(c->smtp, r->code, r->text) : NULL;
    if (about != NULL && about->wait_ms == 0) {
        site_obey(c->smtp, about, r->text);
        smtp_talk_tell(c, job, ITEM_QUEUED, about->slow_ms > 0, r->code,
                       r->text, "the reply is about the way, not about him");
        return;
    }

    if (about != NULL) {
        job->item->wait_ms = about->wait_ms;
        smtp_talk_tell(c, job, ITEM_QUEUED, true, r->code, r->text,
                       "the server asked to try later");
        return;
    }

    if (r->code / 100 == 5 && job->item != NULL) {
        job->item->stage = step == STEP_MAIL ? RULES_MAIL
                           : step == STEP_RCPT ? RULES_RCPT : RULES_DATA;
        refusal_reason(c->smtp->mail, job->item->stage, r, why);
        smtp_talk_tell(c, job, ITEM_FAILED, false, r->code, r->text, why);
    } else if (r->code == 421) {
        smtp_talk_tell(c, job, ITEM_QUEUED,
                       step != STEP_MAIL && smtp_talk_dropped(job), r->code,
                       r->text, "the server closed the connection over it");
    } else {
        smtp_talk_tell(c, job, ITEM_QUEUED, true, r->code, r->text,
                       "the server asked to try later");
    }
}


void
smtp_talk_lost(smtp_conn_t *c, const char *why)
{
    int          i;
    smtp_job_t  *job;

    smtp_talk_leave(c);

    for (i = 0; i < 2; i++) {
        job = &c->job[i];
        if (job->item == NULL) {
            continue;
        }

        if (job->dotted && c->sent >= job->dot_at) {
            smtp_talk_tell(c, job, ITEM_UNCERTAIN, false, 0, "",
                           "the connection broke after the final dot");
        } else if (!c->closing && smtp_talk_dropped(job)) {
            smtp_talk_tell(c, job, ITEM_QUEUED, true, 0, "",
                           "the connection broke before the final dot");
        } else {
            smtp_talk_tell(c, job, ITEM_QUEUED, false, 0, "", "");
        }
    }
}
