/*
 * The channel `null`: a test double. It takes everybody, announces and notes
 * each in the journal as a channel must, and answers at once as his address
 * says. Nothing leaves this house, so no database may have it by itself: the
 * check of godwit.templates.channel has to be taken off first.
 */
#include <stdio.h>
#include <string.h>

#include "worker/campaign/channel.h"
#include "worker/mail/refusal.h"
#include "worker/receive/rules.h"

#define NULL_ROOM   64          /* not decided at a time */
#define NULL_TAKEN  250


static int
null_load(mail_t *m, campaign_t *c, const PGresult *res, bool over,
    gw_buf_t *why)
{
    c->signable = true;         /* by nobody */
    return GW_OK;
}


static void
null_unload(campaign_t *c)
{
    /* it has nothing */
}


static int
null_address(item_t *i, const char **why)
{
    i->address = window_field(i, ROW_EMAIL);
    return GW_OK;
}


static gate_t *
null_gate(mail_t *m, item_t *i)
{
    return &m->null.gate;
}


static int
null_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    return GW_OK;
}


static bool
null_again(mail_t *m, item_t *i)
{
    return false;
}


static void
null_part(mail_t *m, item_t *i)
{
    /* it may come at once */
}


static void
null_done(mail_t *m, item_t *i, item_state_t state, bool retry)
{
    /* it has kept nothing */
}


static int
null_look(mail_t *m)
{
    return GW_OK;
}


/* The three digits between the last + and the @ of an address. */
static unsigned
null_code(gw_str_t address)
{
    long long             code;
    const unsigned char  *at;

    at = address.len > 4 ? memrchr(address.data, '@', address.len) : NULL;
    if (at == NULL || at - address.data < 4 || at[-4] != '+'
        || gw_str_int(gw_str_make(at - 3, 3), 0, 599, &code) != GW_OK)
    {
        return NULL_TAKEN;
    }

    return (unsigned) code;
}


static void
null_verdict(mail_t *m, item_t *i)
{
    char      why[80];
    reply_t   r;

    r.code = null_code(i->address);
    r.len = (size_t) snprintf(r.text, sizeof(r.text), "as its address says");

    switch (r.code / 100) {
    case 2:
        mail_outcome(m, i, ITEM_SENT, false, r.code, r.text, "");
        break;
    case 4:
        mail_outcome(m, i, ITEM_QUEUED, true, r.code, r.text,
                     "asked to try later");
        break;
    case 5:
        i->stage = RULES_DATA;
        refusal_reason(m, i->stage, &r, why);
        mail_outcome(m, i, ITEM_FAILED, false, r.code, r.text, why);
        break;
    default:
        mail_outcome(m, i, ITEM_UNCERTAIN, false, 0, "", "no answer came");
    }
}


/* Everybody on the list whose announcement is on disk is as good as out. */
static void
null_synced(mail_t *m)
{
    item_t  *i, **at;

    for (at = &m->null.begun; (i = *at) != NULL; ) {
        if (!mail_may_dot(m, i)) {
            at = &i->next;
            continue;
        }

        *at = i->next;
        i->next = m->null.out;
        m->null.out = i;
        mail_on_wire(m, i);
    }
}


static void
null_turn(mail_t *m)
{
    item_t  *i;

    null_synced(m);
    while (m->null.busy < NULL_ROOM) {
        gw_buf_reset(&m->proof);
        i = mail_next(m, &m->null.gate, true, &m->proof);
        if (i == NULL) {
            break;
        }

        m->null.busy++;
        i->next = m->null.begun;
        m->null.begun = i;
        mail_begun(m, i);
    }
}


static void
null_flush(mail_t *m)
{
    item_t  *i;

    while ((i = m->null.out) != NULL) {
        m->null.out = i->next;
        i->next = NULL;
        m->null.busy--;
        null_verdict(m, i);
    }
}


static unsigned
null_busy(const mail_t *m)
{
    return m->null.busy;
}


const channel_t  channel_null = {
    "null", null_load, null_unload, null_address, null_gate, null_render,
    null_again, null_part, null_done, null_look, null_turn, null_flush,
    null_synced, null_busy
};
