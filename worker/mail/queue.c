/*
 * The ready queues: who may go next, policy once more before the envelope, and
 * what became of him.
 *
 * Crash points: after_reply.
 */
#include "worker/mail/mail.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"
#include "worker/mail/message.h"
#include "worker/mail/signing.h"

#define MAIL_STAY_N  200        /* a turn, so that the loop goes on */


/* Suppressed since the window was read? */
static bool
mail_is_suppressed(mail_t *m, const item_t *i)
{
    int             rc;
    bool            messages;
    size_t          n;
    gw_cache_key_t  key;
    unsigned char   hash[32], reason[16];

    messages = campaign_is_messages(i->campaign);
    if (messages && i->campaign->tenant == MESSAGE_HOUSE) {
        return false;
    }

    tenant_key_address(&i->campaign->key, i->email, hash);
    key = gw_cache_key_suppression(i->campaign->tenant, hash);
    n = sizeof(reason);
    rc = gw_cache_get(m->cache, &key, reason, &n);
    gw_cache_release(m->cache);
    return rc == GW_OK
           && (!messages || (n > 0 && message_is_stopped(reason[0])));
}


mail_way_t
mail_way(const campaign_t *c)
{
    return c->test ? MAIL_STAYS : MAIL_SMART_HOST;
}


void
mail_ready(mail_t *m, item_t *i)
{
    campaign_t  *c;

    c = i->campaign;
    i->next = NULL;
    if (c->ready == NULL) {
        c->ready_last = &c->ready;
    }
    *c->ready_last = i;
    c->ready_last = &i->next;
    m->n_ready[mail_way(c)]++;
    c->n_ready++;
}


/* Take the first ready item of a campaign. */
static item_t *
mail_take_out(mail_t *m, campaign_t *c)
{
    item_t  *i;

    i = c->ready;
    c->ready = i->next;
    m->n_ready[mail_way(c)]--;
    c->n_ready--;
    i->next = NULL;
    i->touched = true;
    i->at_us = gw_clock_us();
    i->code = 0;
    i->reply[0] = '\0';
    return i;
}


/* Policy once more, then the message; false: the item got its outcome. */
static bool
mail_prepare(mail_t *m, item_t *i, gw_buf_t *out)
{
    if (mail_is_suppressed(m, i)) {
        mail_outcome(m, i, ITEM_SUPPRESSED, false, 0, "",
                     campaign_is_messages(i->campaign)
                     ? "suppressed since it was queued"
                     : "suppressed since the campaign began");
        return false;
    }

    if ((campaign_is_messages(i->campaign) ? message_render(m, i, out)
                                           : campaign_render(m, i, out))
        != GW_OK)
    {
        mail_outcome(m, i, ITEM_NOT_RENDERED, false, 0, "", i->reason);
        return false;
    }

    /* all but the final dot */
    if (signing_begin(m, i, gw_str_make(out->data, out->len - 3)) != GW_OK) {
        mail_outcome(m, i, ITEM_QUEUED, true, 0, "", "no memory to sign it");
        return false;
    }

    return true;
}


/* May the first ready item of this campaign go this way now? */
static bool
mail_may(const mail_t *m, campaign_t *c, mail_way_t way, bool alone)
{
    if (c->ready == NULL || mail_way(c) != way
        || (!alone && c->ready->drops > 0))
    {
        return false;
    }

    return c->state == CAMPAIGN_RUNNING && c->signable && !m->stopping
           && (c->ready->window->campaign == NULL || lease_holds(m, c))
           && campaign_token(c);
}


/* The campaigns take turns: one that must wait holds up no other. */
item_t *
mail_next(mail_t *m, mail_way_t way, bool alone, gw_buf_t *out)
{
    item_t      *i;
    unsigned     waiting;
    campaign_t  *c;

    for (waiting = 0; m->n_ready[way] > 0 && waiting <= m->n_campaigns; ) {
        c = m->turn != NULL ? m->turn : m->campaigns;
        if (c == NULL) {
            return NULL;
        }

        m->turn = c->next;
        if (!mail_may(m, c, way, alone)) {
            waiting++;
            continue;
        }

        waiting = 0;
        i = mail_take_out(m, c);
        if (mail_prepare(m, i, out)) {
            return i;
        }

        gw_buf_reset(out);
    }

    return NULL;
}


static void
mail_note(mail_t *m, const item_t *i, uint8_t kind, journal_record_t *r)
{
    memset(r, 0, sizeof(journal_record_t));
    r->kind = kind;
    r->attempt = (uint8_t) i->attempt;
    r->key.tenant = i->campaign->tenant;
    r->key.campaign = i->campaign->id;
    r->key.contact = i->contact;
    r->at_us = gw_clock_us();
    r->code = (uint16_t) i->code;
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


/* Back to the head of the queue: nothing was held against it. */
static void
mail_again(mail_t *m, item_t *i)
{
    campaign_t  *c;

    c = i->campaign;
    i->next = c->ready;
    c->ready = i;
    if (i->next == NULL) {
        c->ready_last = &i->next;
    }
    m->n_ready[mail_way(c)]++;
    c->n_ready++;
    i->touched = i->window->state == WINDOW_CLOSED;
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

    local = i->email;
    local.len -= mime_domain(i->email).len;
    local.len -= local.len > 0;
    (void) snprintf(i->reply, sizeof(i->reply), "%s", reply);
    mail_hide(i->reply, i->email);
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


void
mail_outcome(mail_t *m, item_t *i, item_state_t state, bool retry,
    unsigned code, const char *reply, const char *reason)
{
    journal_record_t  r;

    signing_end(m, i);
    i->code = code;
    mail_keep_reply(i, reply);

    if (i->journaled && state != ITEM_UNCERTAIN) {
        mail_note(m, i, JOURNAL_A, &r);
        /* taken back, it is no attempt */
        r.attempt -= state == ITEM_QUEUED && (!retry || code == 421);
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

    if (reason != i->reason) {
        (void) snprintf(i->reason, sizeof(i->reason), "%s", reason);
    }
    i->state = state;
    i->retry = retry;
    i->decided = true;
    i->at_us = gw_clock_us();
    i->window->undecided--;

    if (i->window->state == WINDOW_CLOSED) {
        mail_settle(m, i);
    }
}


void
mail_stay(mail_t *m)
{
    item_t    *i;
    unsigned   n;

    for (n = 0; n < MAIL_STAY_N; n++) {
        gw_buf_reset(&m->proof);
        i = mail_next(m, MAIL_STAYS, true, &m->proof);
        if (i == NULL) {
            return;
        }

        mail_outcome(m, i, ITEM_SENT, false, 0, "",
                     "a test: nothing has left this house");
    }
}
