/*
 * Ready items: who may go next, policy once more before the envelope, and
 * what became of him.
 *
 * Crash points: after_reply.
 */
#include "worker/mail/mail.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "shm/gw_clock.h"
#include "worker/campaign/channel.h"
#include "worker/campaign/policy.h"
#include "worker/live.h"
#include "worker/mail/lane.h"
#include "worker/mail/signing.h"

#define MAIL_STAY_N    200      /* a turn, so that the loop goes on */
#define MAIL_SHORT_US  1000000


mail_way_t
mail_way(const campaign_t *c)
{
    return c->test ? MAIL_STAYS : MAIL_LEAVES;
}


void
mail_ready(mail_t *m, item_t *i)
{
    gate_t  *gate;

    gate = mail_way(i->campaign) == MAIL_STAYS ? &m->stays
           : i->campaign->channel->gate(m, i);
    if (gate != NULL && lane_add(m, gate, i) != GW_OK) {
        mail_spill(m, i, gw_clock_us() + MAIL_SHORT_US, "");
    }
}


/* Take an item out of its lane. */
static item_t *
mail_take_out(mail_t *m, item_t *i)
{
    lane_take(m, i);
    i->touched = i->away = true;
    i->campaign->flying++;
    i->at_us = gw_clock_us();
    i->code = 0;
    i->stage = 0;
    i->tls = 0;
    i->unjudged = false;
    i->reply[0] = '\0';
    return i;
}


/* Policy once more, then the message; false: the item got its outcome. */
static bool
mail_prepare(mail_t *m, item_t *i, gw_buf_t *out)
{
    int          rc;
    const char  *reason;

    switch (policy_again(m, i, &reason)) {
    case POLICY_REFUSES:
        mail_outcome(m, i, ITEM_SUPPRESSED, false, 0, "", reason);
        return false;

    case POLICY_PUTS_OFF:
        i->put_off = i->unjudged = true;
        i->due_us = i->at_us;
        mail_outcome(m, i, ITEM_QUEUED, true, 0, "", reason);
        return false;

    case POLICY_MAY:
        break;
    }

    rc = i->campaign->channel->render(m, i, out);
    if (rc == GW_ENOMEM) {
        i->unjudged = true;
        mail_outcome(m, i, ITEM_QUEUED, true, 0, "", "no memory to sign it");
    } else if (rc != GW_OK) {
        mail_outcome(m, i, ITEM_NOT_RENDERED, false, 0, "", i->reason);
    }

    return rc == GW_OK;
}


/* May an item go now, for all we know? */
static bool
mail_runs(const mail_t *m, const item_t *i)
{
    const campaign_t  *c;

    c = i->campaign;
    return c->state == CAMPAIGN_RUNNING && c->signable && !m->stopping
           && (i->window->campaign == NULL || lease_holds(m, c));
}


/* May the first item of this lane go now, but for the rate? */
static bool
mail_may(const mail_t *m, const lane_t *l, bool alone)
{
    return (alone || l->first->drops == 0) && mail_runs(m, l->first);
}


/* Who comes back would have had a place in a rate for nothing. */
static bool
mail_may_ahead(const mail_t *m, const lane_t *l, bool alone)
{
    return campaign_is_free(l->campaign) && mail_may(m, l, alone);
}


item_t *
mail_next(mail_t *m, gate_t *gate, bool alone, gw_buf_t *out)
{
    item_t  *i;
    lane_t  *l;

    while (gate->n > 0) {
        l = lane_turn(m, gate, alone, mail_may, campaign_token);
        if (l == NULL) {
            return NULL;
        }

        i = mail_take_out(m, l->first);
        if (mail_prepare(m, i, out)) {
            return i;
        }

        gw_buf_reset(out);
    }

    return NULL;
}


item_t *
mail_ahead(mail_t *m, gate_t *gate)
{
    item_t  *i;
    lane_t  *l;

    l = lane_turn(m, gate, false, mail_may_ahead, campaign_token);
    if (l == NULL) {
        return NULL;
    }

    i = mail_take_out(m, l->first);
    mail_begun(m, i);
    return i;
}


bool
mail_go(mail_t *m, item_t *i, gw_buf_t *out)
{
    if (!mail_runs(m, i)) {
        mail_outcome(m, i, ITEM_QUEUED, false, 0, "", "");
        return false;
    }

    i->at_us = gw_clock_us();
    return mail_prepare(m, i, out);
}


static void
mail_note(mail_t *m, const item_t *i, uint8_t kind, journal_record_t *r)
{
    memset(r, 0, sizeof(journal_record_t));
    r->kind = kind;
    r->attempt = (uint8_t) i->attempt;
    r->key.tenant = i->campaign->tenant;
    r->key.campaign = i->message ? JOURNAL_MESSAGE : i->campaign->id;
    r->key.contact = i->contact;
    r->at_us = gw_clock_us();
    r->code = (uint16_t) i->code;
    r->stage = i->stage;
    r->reply_len = (uint16_t) strnlen(i->reply, JOURNAL_REPLY_MAX - 1);
    memcpy(r->reply, i->reply, r->reply_len);
}


void
mail_begun(mail_t *m, item_t *i)
{
    journal_record_t  r;

    mail_note(m, i, JOURNAL_D, &r);
    i->place = journal_add(m->journal, &r);
    i->journaled = true;
    m->begun++;
    m->due = m->due || signing_is_done(m, i);
}


void
mail_sync(mail_t *m)
{
    if (m->due) {
        m->due = false;
        journal_kick(m->journal);
    }
}


bool
mail_may_dot(mail_t *m, const item_t *i)
{
    return journal_is_safe(m->journal, i->place.record)
           && signing_is_done(m, i);
}


void
mail_on_wire(mail_t *m, item_t *i)
{
    journal_record_t  r;

    mail_note(m, i, JOURNAL_T, &r);
    (void) journal_add(m->journal, &r);
    i->on_wire = true;
    m->dots++;
}


void
mail_forget(mail_t *m, item_t *i)
{
    if (i->journaled) {
        journal_settled(m->journal, i->place.file);
        i->journaled = i->on_wire = false;
    }
}


/* Back to the head of its lane: nothing was held against it. */
static void
mail_again(mail_t *m, item_t *i)
{
    i->touched = i->window->state == WINDOW_CLOSED;
    if (!i->campaign->channel->again(m, i)) {
        lane_return(m, i);
    }
}


/* Each place of a word in a reply, in any case, becomes `***`. */
static void
mail_hide(char *reply, gw_str_t word)
{
    char    *p;
    size_t   n;

    for (p = reply; *p != '\0'; p++) {
        if (word.len > 3
            && strncasecmp(p, (char *) word.data, word.len) == 0)
        {
            n = strlen(p + word.len) + 1;
            memset(p, '*', 3);
            memmove(p + 3, p + word.len, n);
            p += 2;
        }
    }
}


/*
 * What the server said, without the address: journal, ledger and log tell who
 * it was by his id, which names nobody once he is erased.
 */
static void
mail_keep_reply(item_t *i, const char *reply)
{
    gw_str_t  local;

    local = i->address;
    local.len -= mime_domain(i->address).len;
    local.len -= local.len > 0;
    (void) snprintf(i->reply, sizeof(i->reply), "%s", reply);
    mail_hide(i->reply, i->address);
    mail_hide(i->reply, local);
}


bool
mail_is_ledgers(const item_t *i)
{
    return i->flying || (i->on_wire && i->window->state != WINDOW_OPEN);
}


void
mail_settle(mail_t *m, item_t *i)
{
    i->next = m->settle;
    m->settle = i;
    m->n_settle++;
}


static void
mail_decide(mail_t *m, item_t *i, item_state_t state, const char *reason)
{
    int64_t  numbers[LIVE_NUMBERS] = { 0 };

    lane_leave(m, i);
    if (reason != i->reason) {
        (void) snprintf(i->reason, sizeof(i->reason), "%s", reason);
    }

    i->state = state;
    m->outcomes[state]++;
    i->touched = i->decided = true;
    i->at_us = gw_clock_us();
    i->window->undecided--;
    numbers[state] = 1;
    live_note(&live_campaign_progress, i->campaign->tenant, i->campaign->id,
              numbers);

    if (i->window->state == WINDOW_CLOSED) {
        mail_settle(m, i);
    }
}


void
mail_outcome(mail_t *m, item_t *i, item_state_t state, bool retry,
    unsigned code, const char *reply, const char *reason)
{
    journal_record_t  r;

    i->campaign->flying -= i->away;
    i->away = false;
    i->code = code;
    mail_keep_reply(i, reply);
    i->campaign->channel->done(m, i, state, retry);

    if (i->journaled && state != ITEM_UNCERTAIN) {
        mail_note(m, i, JOURNAL_A, &r);
        /* taken back, it is no attempt */
        r.attempt -= state == ITEM_QUEUED && (!retry || i->unjudged);
        (void) journal_add(m->journal, &r);
        worker_crash_point("after_reply");
    }

    if (state == ITEM_QUEUED && !retry) {
        if (!mail_is_ledgers(i)) {
            mail_forget(m, i);
            mail_again(m, i);
            return;
        }
        i->on_wire = false;     /* no attempt; back through the ledger */
    }

    i->retry = retry;
    mail_decide(m, i, state, reason);
}


void
mail_spill(mail_t *m, item_t *i, int64_t due_us, const char *reason)
{
    i->due_us = due_us;
    i->retry = false;
    mail_decide(m, i, ITEM_QUEUED, reason);
}


void
mail_stay(mail_t *m)
{
    item_t    *i;
    unsigned   n;

    for (n = 0; n < MAIL_STAY_N; n++) {
        gw_buf_reset(&m->proof);
        i = mail_next(m, &m->stays, true, &m->proof);
        if (i == NULL) {
            return;
        }

        mail_outcome(m, i, ITEM_SENT, false, 0, "",
                     "a test: nothing has left this house");
    }
}
