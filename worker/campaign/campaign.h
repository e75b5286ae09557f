/* Campaigns under way: content, cursor window, ledger. */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include "worker/mail/mail.h"
#include "worker/tenant_key.h"

/*
 * Recipients that were read together: a window of a cursor, or a claim of
 * mail_queue. It lives until each of them is decided and stored.
 */
struct window_s {
    campaign_t     *campaign;   /* NULL: a claim                            */
    item_t         *item;       /* array of n                               */
    unsigned        n, open;    /* open: of a closed one, not stored yet    */
    int64_t         to;         /* ordinal after the last                   */
    int64_t         epoch;
    int64_t         opened_ms;
    bool            closed;
    PGresult       *rows;       /* email and data view into it              */
};

struct campaign_s {
    campaign_t     *next;
    uint32_t        tenant, id;
    enum { CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_CANCELLED } state;
    bool            seen;       /* by the current look                      */
    bool            waiting;    /* has rows in mail_queue                   */
    unsigned        refs;       /* items that point here                    */
    int64_t         rate;       /* messages a second; 0 = any               */
    double          tokens;
    int64_t         tokens_ms;
    int64_t         pos, audience, in_flight;
    int             version;
    gw_str_t        from, from_name, from_address;      /* own copy in from */
    char            address[320];
    gw_liquid_t    *subject, *html, *text;
    tenant_key_t    key;
    window_t       *window;     /* the open one, or NULL                    */
    item_t         *ready, **ready_last;    /* may be sent next, in order   */
};

/* The envelope sender of a campaign, NUL-terminated. */
const char *campaign_from(const campaign_t *c);

/* Learn which campaigns there are; GW_EDB. */
int campaign_look(mail_t *m) GW_MUSTCHECK;
void campaign_free_all(mail_t *m);
campaign_t *campaign_find(mail_t *m, uint32_t tenant, uint32_t id);

/* Open a window where none is open and there is something to send; GW_EDB. */
int campaign_open_windows(mail_t *m) GW_MUSTCHECK;

/* Close windows that are done, too old, or of a campaign that stopped. */
int campaign_close_windows(mail_t *m) GW_MUSTCHECK;

/* May a message of c leave now, by its rate? Takes the token. */
bool campaign_token(campaign_t *c);

/*
 * Render and compose the message of an item. GW_EINVAL: the item is not
 * rendered, its reason is set.
 */
int campaign_render(mail_t *m, item_t *i, gw_buf_t *out) GW_MUSTCHECK;

/* One item of a closed window is stored; the last one frees the window. */
void window_stored(window_t *w, item_t *i);
void window_free(window_t *w);

/* ---- ledger ---- */

/* Claim what is due in mail_queue and make it ready; GW_EDB. */
int ledger_claim(mail_t *m) GW_MUSTCHECK;

/* Write the outcomes of items that have a row; GW_EDB. */
int ledger_settle(mail_t *m) GW_MUSTCHECK;

/* Close the window of c: rows for what it passed; GW_EDB. */
int ledger_close(mail_t *m, campaign_t *c) GW_MUSTCHECK;

/* Settle what the journal of an earlier life knows; GW_EDB, GW_ESYS. */
int ledger_recover(mail_t *m) GW_MUSTCHECK;

/*
 * When the attempt after this one, made at at_us, is due; 0: the recipient's
 * first was longer ago than retry_lifetime allows.
 */
int64_t ledger_due(const mail_t *m, uint64_t contact, unsigned attempt,
    int64_t at_us, int64_t first_us);

#endif
