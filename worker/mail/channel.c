/* The channel `email`: campaigns and messages by SMTP. */
#include "worker/campaign/channel.h"

#include "worker/campaign/person.h"
#include "worker/mail/content.h"
#include "worker/mail/message.h"
#include "worker/mail/routes.h"
#include "worker/mail/signing.h"
#include "worker/mail/smtp.h"
#include "worker/mail/warmup.h"


static int
mail_load(mail_t *m, campaign_t *c, const PGresult *res, bool over,
    gw_buf_t *why)
{
    int  rc;

    rc = content_sender(c, why);
    rc = rc == GW_OK ? content_load(c, res, why) : rc;
    return rc == GW_OK && !over ? content_files(m, c, why) : rc;
}


static void
mail_unload(campaign_t *c)
{
    unsigned  i;

    content_free(c);
    signing_forget(c);
    for (i = 0; i < PIECES_MAX; i++) {
        shared_drop(c->parts[i]);
        c->parts[i] = NULL;
    }
}


static int
mail_address(item_t *i, const char **why)
{
    int  rc;

    i->address = window_field(i, ROW_EMAIL);
    rc = mime_check(i->address, &i->utf8, why);
    i->utf8 |= i->campaign->utf8;
    return rc;
}


static gate_t *
mail_gate(mail_t *m, item_t *i)
{
    return m->routes == NULL ? smtp_gate(m->smtp) : routes_gate(m, i);
}


static int
mail_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    int  rc;

    pieces_drop(&i->pieces);
    rc = campaign_is_messages(i->campaign) ? message_render(m, i, out)
                                           : content_render(m, i, out);

    /* all but the final dot is signed */
    return rc == GW_OK
           ? signing_begin(m, i, gw_str_make(out->data, out->len - 3)) : rc;
}


static void
mail_done(mail_t *m, item_t *i, item_state_t state, bool retry)
{
    signing_end(m, i);
    pieces_drop(&i->pieces);
    route_note(i, state, retry);
}


static int
mail_look(mail_t *m)
{
    int  rc;

    rc = routes_work(m);
    rc = rc == GW_OK ? signing_look(m) : rc;
    return rc == GW_OK ? warmup_look(m) : rc;
}


static void
mail_turn(mail_t *m)
{
    routes_turn(m);
    smtp_feed(m->smtp);
}


static void
mail_flush(mail_t *m)
{
    smtp_flush(m->smtp);
}


static void
mail_synced(mail_t *m)
{
    smtp_synced(m->smtp);
}


static unsigned
mail_busy(const mail_t *m)
{
    return smtp_busy(m->smtp);
}


const channel_t  channel_mail = {
    "email", true, "", mail_load, mail_unload, mail_address, mail_gate,
    mail_render, routes_again, routes_part, mail_done, mail_look, mail_turn,
    mail_flush, mail_synced, mail_busy
};
