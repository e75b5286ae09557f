/*
 * What carries the messages of a campaign: a table for each channel. Cursor,
 * lanes and ledger know no more of one than this; it knows of them mail_next,
 * mail_begun, mail_may_dot, mail_on_wire and mail_outcome.
 *
 * A channel pulls. Who is ready waits at the gate that it names, and nothing is
 * rendered before it asks mail_next: one that has no room does not ask, and who
 * still waits when his window closes goes to the queue.
 *
 * Codes of outcomes are those of SMTP, whatever it speaks: 2xx taken, 4xx
 * later, 5xx never. After a crash the journal has nothing else to tell by.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "worker/campaign/campaign.h"

/* The columns of mail_campaign. */
enum {
    LOAD_FROM, LOAD_VERSION, LOAD_SUBJECT, LOAD_HTML, LOAD_TEXT, LOAD_IPAD,
    LOAD_OPAD, LOAD_NAME, LOAD_PROBLEM, LOAD_TEST, LOAD_TRACKING, LOAD_QUERY,
    LOAD_LOCALE, LOAD_VARIANTS, LOAD_SNIPPETS, LOAD_CHANNEL, LOAD_ARMS,
    LOAD_HOLD_OUT, LOAD_TESTED, LOAD_WEIGHTS,   /* of its experiment        */
    LOAD_BRAND, LOAD_KIND, LOAD_CONTENT,
    LOAD_LIST, LOAD_RETURNS
};

/* The reason of who was refused by what is no mail server: so much of what it
   said names the answer. */
#define CHANNEL_REFUSED  "it was refused: %.8s"

struct channel_s {
    const char  *name;          /* of godwit.templates.channel */
    bool         smtp;          /* it speaks that: retry_schedule and the table
                                   of bounces are for it                    */
    const char  *deaf;          /* letters of suppressions that do not stop it,
                                   see policy.c                             */

    /* ---- a campaign ---- */

    /*
     * Make of a row of mail_campaign what recipients are rendered from; over:
     * none will be. GW_EINVAL with a phrase in why, GW_EDB, GW_ENOMEM; unload
     * also after an error.
     */
    int       (*load)(mail_t *m, campaign_t *c, const PGresult *res, bool over,
                      gw_buf_t *why);
    void      (*unload)(campaign_t *c);

    /* ---- a recipient ---- */

    /*
     * His address on this channel, out of his row into i->address (empty: he
     * has none). GW_EINVAL with a static phrase: it cannot be written to.
     */
    int       (*address)(item_t *i, const char **why);

    /* Where he waits; NULL: he has got his outcome. */
    gate_t   *(*gate)(mail_t *m, item_t *i);

    /*
     * His message into out. GW_EINVAL: it cannot be made, i->reason says why;
     * GW_ENOMEM: not now.
     */
    int       (*render)(mail_t *m, item_t *i, gw_buf_t *out);

    /*
     * He comes back as he was. True: he has been sent on; false: he waits at
     * the head of his lane.
     */
    bool      (*again)(mail_t *m, item_t *i);

    /* His window closes while he waits: i->due_us, if it is known when. */
    void      (*part)(mail_t *m, item_t *i);

    /* What became of an attempt; what was kept for it is given back. */
    void      (*done)(mail_t *m, item_t *i, item_state_t state, bool retry);

    /* ---- the process ---- */

    /* What of it lies in Postgres; as db_run. */
    int       (*look)(mail_t *m);

    /* A tick has passed: take what there is room for. */
    void      (*turn)(mail_t *m);

    /* The journal is written: what was told before may leave. */
    void      (*flush)(mail_t *m);

    /* More of the journal is on disk: mail_may_dot. */
    void      (*synced)(mail_t *m);

    /* How many it has that are not decided. */
    unsigned  (*busy)(const mail_t *m);
};

extern const channel_t  channel_mail;           /* worker/mail/channel.c */
extern const channel_t  channel_webhook;        /* worker/http/channel.c */

/*
 * For tests: everybody is taken and answered at once, `a+550@example.com` with
 * the code 550, `+000` never, who has no code with 250. No database that is
 * migrated lets a template have it (null.c). SMS and WhatsApp have all but a
 * provider, for which it stands: none lets a campaign of theirs begin
 * (godwit.channel_missing).
 */
extern const channel_t  channel_null, channel_sms, channel_whatsapp;

/* NULL: no such channel. */
const channel_t *channel_find(const char *name);

/* Of all of them. */
int channels_look(mail_t *m) GW_MUSTCHECK;
void channels_turn(mail_t *m);
void channels_flush(mail_t *m);
void channels_synced(mail_t *m);
unsigned channels_busy(const mail_t *m);

#endif
