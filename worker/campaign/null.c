/*
 * The channel `null`: a test double. It takes everybody, announces and notes
 * each in the journal as a channel must, and answers at once as his address
 * says. Nothing leaves this house, so no database may have it by itself: the
 * check of godwit.templates.channel has to be taken off first.
 *
 * SMS and WhatsApp are rendered and addressed as they are to be, and then it
 * stands for the provider that they have not: godwit.channel_missing lets no
 * campaign of theirs begin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_utf8.h"
#include "worker/campaign/channel.h"
#include "worker/campaign/person.h"
#include "worker/campaign/texts.h"
#include "worker/mail/refusal.h"
#include "worker/receive/rules.h"

#define NULL_ROOM   64          /* not decided at a time */
#define NULL_TAKEN  250
#define NULL_PHONE  7           /* digits at least, of at most 15 */


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


static int
phone_load(mail_t *m, campaign_t *c, const PGresult *res, bool over,
    gw_buf_t *why)
{
    c->signable = true;
    return texts_load(c, res, why);
}


/* A number as E.164 has it. */
static int
phone_address(item_t *i, const char **why)
{
    gw_str_t   s;
    long long  n;

    i->address = s = window_field(i, ROW_ADDRESS);
    if (s.len == 0 || (s.len > NULL_PHONE && s.len <= 16 && s.data[0] == '+'
        && gw_str_int(gw_str_make(s.data + 1, s.len - 1), 1, INT64_MAX, &n)
           == GW_OK))
    {
        return GW_OK;
    }

    *why = "its telephone number is none like +4915112345678";
    return GW_EINVAL;
}


/* The log shows what it would be. */
static int
phone_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    int      rc;
    char    *text;
    json_t  *made;

    rc = texts_render(m, i, &made);
    if (rc == GW_OK) {
        text = json_dumps(made, JSON_COMPACT);
        (void) snprintf(i->reply, sizeof(i->reply), "%s",
                        text != NULL ? text : "");
        gw_utf8_mend(i->reply, strlen(i->reply));
        free(text);
        json_decref(made);
    }

    return rc;
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


/* The three digits between the last + and the @ of an address, or at the end of
   a number behind 000. */
static unsigned
null_code(gw_str_t address)
{
    long long             code;
    const unsigned char  *at;

    if (address.len > 6 && address.data[0] == '+') {
        at = address.data + address.len - 6;
        return memcmp(at, "000", 3) == 0
               && gw_str_int(gw_str_make(at + 3, 3), 0, 599, &code) == GW_OK
               ? (unsigned) code : NULL_TAKEN;
    }

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
    r.len = (size_t) snprintf(r.text, sizeof(r.text), "%s", i->reply[0] != '\0'
                              ? i->reply : "as its address says");

    switch (r.code / 100) {
    case 2:
        mail_outcome(m, i, ITEM_SENT, false, r.code, r.text, "");
        break;
    case 4:
        mail_outcome(m, i, ITEM_QUEUED, true, r.code, r.text,
                     "asked to try later");
        break;
    case 5:
        if (i->campaign->channel->smtp) {
            i->stage = RULES_DATA;
            refusal_reason(m, i->stage, &r, why);
        } else {
            (void) snprintf(why, sizeof(why), CHANNEL_REFUSED, r.text);
        }
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
        i->stage = i->campaign->channel->smtp ? 0 : JOURNAL_NO_MAIL;
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


/* Those of one double do their work once. */
static void
null_rest(mail_t *m)
{
    /* channel_null has done it */
}


static unsigned
null_none(const mail_t *m)
{
    return 0;
}


const channel_t  channel_null = {
    "null", true, "", null_load, null_unload, null_address, null_gate,
    null_render, null_again, null_part, null_done, null_look, null_turn,
    null_flush, null_synced, null_busy
};

const channel_t  channel_sms = {
    "sms", false, "", phone_load, content_free, phone_address, null_gate,
    phone_render, null_again, null_part, null_done, null_look, null_rest,
    null_rest, null_rest, null_none
};

const channel_t  channel_whatsapp = {
    "whatsapp", false, "", phone_load, content_free, phone_address, null_gate,
    phone_render, null_again, null_part, null_done, null_look, null_rest,
    null_rest, null_rest, null_none
};
