/* Campaigns under way: content, cursor window, ledger. */
#ifndef CAMPAIGN_H
#define CAMPAIGN_H

#include "shm/gw_assign.h"
#include "shm/gw_clock.h"
#include "worker/campaign/columns.h"
#include "worker/mail/mail.h"
#include "worker/tenant_key.h"

/*
 * Columns of campaign_take and mail_claim: the same from the contact on.
 */
enum {
    ROW_EPOCH, ROW_FROM, ROW_TO,                /* of a window              */
    ROW_TENANT = 0, ROW_CAMPAIGN, ROW_ATTEMPT,  /* of a claim               */
    ROW_CONTACT, ROW_ORDINAL, ROW_FIRST_AT, ROW_VERDICT, ROW_REASON,
    ROW_EMAIL, ROW_PHONE, ROW_EXTERNAL_ID, ROW_FIRST_NAME, ROW_LAST_NAME,
    ROW_ZONE, ROW_LOCALE, ROW_ATTRIBUTES, ROW_TRACKING, ROW_ARM, ROW_POLICY,
    ROW_UNTIL, ROW_ADDRESS,
    ROW_PERSON, ROW_MESSAGE, ROW_DATA,          /* of one that was asked for */
    /* of a claim of messages, behind the address */
    ROW_SENDER = ROW_EMAIL + 1, ROW_SUBJECT, ROW_TEXT, ROW_HTML,
    ROW_MESSAGE_ID, ROW_IPAD, ROW_OPAD, ROW_TEST
};

/*
 * Recipients that were read together: a window of a cursor, or a claim of
 * mail_queue. It lives until each of them is decided and stored.
 *
 * A window is OPEN until its close is sent, CLOSING until Postgres has said
 * that it is stored, then CLOSED: whoever still is on the wire is settled one
 * by one. A close whose answer is lost is sent again as it was.
 */
struct window_s {
    campaign_t     *campaign;   /* NULL: a claim                            */
    window_t       *next, **at; /* claims only: their list                  */
    item_t         *item;       /* array of n                               */
    unsigned        n;
    unsigned        undecided;
    unsigned        passed;     /* CLOSING: so many get their row           */
    unsigned        open;       /* CLOSED: not stored yet                   */
    int64_t         from, to;   /* ordinals, `to` is after the last         */
    int64_t         pos;        /* CLOSING: where the cursor goes           */
    int64_t         opened_ms, again_ms;
    int64_t         lease_ms;   /* that its close asks for; 0: too late     */
    enum { WINDOW_OPEN, WINDOW_CLOSING, WINDOW_CLOSED } state;
    PGresult       *rows;       /* items view into it                       */
    columns_t       close;      /* CLOSING: what was sent                   */
    int64_t         counts[8];  /* of its rows by state                     */
    bool            lost;       /* CLOSING: the epoch is another's          */
};


/* A column of the row of an item; data == NULL: it is null. */
static inline gw_str_t
window_field(const item_t *i, int column)
{
    const PGresult  *rows;

    rows = i->window->rows;
    if (PQgetisnull(rows, i->row, column)) {
        return (gw_str_t) gw_null_string;
    }

    return gw_str_make(PQgetvalue(rows, i->row, column),
                       (size_t) PQgetlength(rows, i->row, column));
}


typedef struct content_s  content_t;

/* What is rendered: in a language, or for an arm of an experiment. */
struct content_s {
    content_t    *next;
    char          locale[36];   /* "": not known                            */
    int           arm;          /* 0: of none, or of the first              */
    char         *from_name;    /* of an arm; NULL: the campaign's          */
    gw_liquid_t  *subject, *html, *text;
    json_t       *doc;          /* of what is no mail, and its texts in the */
    gw_liquid_t **part;         /* order of gw_content_texts                */
    unsigned      parts;
};

/*
 * The cursor's [pos, intent_end) spans two windows at most: `window` is being
 * sent and closed, `ahead` was taken meanwhile. They close in order; one that
 * closes short withdraws the later one, unless that has begun.
 */
struct campaign_s {
    campaign_t     *next;
    mail_t         *mail;
    const channel_t  *channel;
    uint32_t        tenant, id;
    enum { CAMPAIGN_RUNNING, CAMPAIGN_PAUSED, CAMPAIGN_CANCELLED } state;
    bool            broken;     /* cannot be loaded: it waits               */
    bool            test;       /* see mail_way                             */
    bool            calls;      /* transactional: its items are messages    */
    bool            asks;       /* to be confirmed: there is confirm_url    */
    bool            tracking;   /* of links and openings                    */
    bool            seen;       /* by the current look                      */
    bool            mine;       /* epoch was begun by this process          */
    bool            asking;     /* for a window                             */
    bool            stale;      /* nothing is asked before the next look    */
    unsigned        refs;       /* items of closed windows and claims       */
    int64_t         rate;       /* messages a second; 0 = any               */
    unsigned        most;       /* under way at once; 0 = any               */
    unsigned        flying;     /* so many are                              */
    double          tokens;
    int64_t         tokens_ms;
    int64_t         epoch;
    int64_t         audience;   /* the end of what is due of it           */
    int64_t         lease_ms;   /* of the cursor, gw_clock_boot_ms()        */
    int64_t         take_ms, renew_ms;  /* the one that is asked for        */
    int64_t         renewed_ms; /* asked for last                           */
    bool            renewing;
    int64_t         unclaimed_ms;   /* old claims were looked for         */
    int64_t         taken, intent;      /* ordinals: the next `from`, and
                                           the end of what is asked for     */
    int             version;
    char            word[24];                   /* cmp_N                    */
    char            list[24];                   /* lst_N; "": of none       */
    gw_assign_t     experiment; /* salted with word; n == 0: none           */
    gw_str_t        from;                       /* own copy                 */

    /* of the channel mail */
    gw_str_t        from_name, from_address;    /* views into from          */
    char            address[320];
    char            domain[256];                /* of the sender, lower case */
    char            returns[184];   /* its bounce_domain; "": the house's   */
    bool            utf8;                       /* so is the sender         */
    dkim_identity_t *identity;                  /* that signs; NULL: none   */
    bool            signable;   /* it is known, and its keys are open       */
    bool            unsigned_said;      /* that they are not                */
    bool            warmed;     /* it is known whether its domain warms up  */
    bool            warming;    /* it does: so many messages may leave now  */
    int64_t         warm_left, warm_day;
    shared_t       *parts[PIECES_MAX];  /* files, see part_as_t; or NULL */
    content_t       content;    /* and behind it its variants              */

    /* of the channel webhook */
    struct endpoint_use_s  *endpoint;   /* NULL: it has none yet           */

    char           *name;
    json_t         *brand;      /* what templates see of the workspace      */
    char           *query;      /* what links get: utm_source=a&...         */
    tenant_key_t    key;
    window_t       *window, *ahead;
    PGresult       *asked;      /* rows of a take that is not committed yet */
    unsigned        n_ready;    /* its items in lanes                       */
};

/*
 * Messages (worker/mail/message.c) that are on their way stand as a campaign
 * too, of id JOURNAL_MESSAGE: one a workspace and sender, without a cursor,
 * gone when they are.
 */
static inline bool
campaign_is_messages(const campaign_t *c)
{
    return c->id == JOURNAL_MESSAGE;
}

/* Has neither rate nor warm-up a say in when it goes? */
static inline bool
campaign_is_free(const campaign_t *c)
{
    return c->rate == 0 && !c->warming;
}

/* Must it wait for a part of the ceiling of its domain's day? */
static inline bool
campaign_is_spent(const campaign_t *c)
{
    return !c->warmed || (c->warming && c->warm_left == 0);
}

/* Learn which campaigns there are; GW_EDB. */
int campaign_look(mail_t *m) GW_MUSTCHECK;
void campaign_free_all(mail_t *m);
campaign_t *campaign_find(mail_t *m, uint32_t tenant, uint32_t id);

/* A new one of that channel, sent from `from`; NULL: no memory. It is among
   those of m from campaign_link on. */
campaign_t *campaign_make(mail_t *m, const channel_t *channel, uint32_t tenant,
    uint32_t id, const char *from);
void campaign_link(mail_t *m, campaign_t *c);

/* Is a window of any of them asked for? */
bool campaign_is_asking(const mail_t *m);

/* Is a window of c open, or asked for? */
bool campaign_is_open(const campaign_t *c);

/*
 * Close windows that are done, too old, or of a campaign that stopped; ask for
 * new ones where there is something to send. Waits for nothing.
 */
void campaign_turn(mail_t *m);

/* Ask for the next window of c, if it is time (window.c). */
void window_take(mail_t *m, campaign_t *c);

/* How many recipients of c are taken together. */
int64_t window_size(const mail_t *m, const campaign_t *c);

/*
 * Take the ready items of w, NULL: those of c that were claimed before then,
 * out of their lanes; their chain.
 */
item_t *window_withdraw(mail_t *m, const campaign_t *c, window_t *w,
    int64_t before_ms);

/* Close the first window of c, if it is time (close.c). */
void window_close(mail_t *m, campaign_t *c);

/*
 * The end of a lease that is asked for now, as Postgres gets it and as c keeps
 * it once it is granted (lease.c).
 */
int64_t lease_ask(const mail_t *m, char end[GW_RFC3339_LEN + 1]);
void lease_granted(campaign_t *c, int64_t until);

/* May an envelope of a window of c begin? */
bool lease_holds(const mail_t *m, const campaign_t *c);

/* Ask for a longer lease, if it is time and a window needs it. */
void lease_renew(mail_t *m, campaign_t *c);

/* May a message of c leave now, by its rate, what is under way and the warm-up
   of its domain? Takes the token. */
bool campaign_token(campaign_t *c);

/* An item of a closed window is done with; the last one frees it. */
void window_stored(window_t *w, item_t *i);
void window_free(window_t *w);

/* ---- ledger ---- */

/*
 * Claim what is due in mail_queue and make it ready; GW_EDB. calls: only of
 * campaigns whose messages are asked for one by one.
 */
int ledger_claim(mail_t *m, bool calls) GW_MUSTCHECK;

/* Rows of a claim, each of the campaign that of() tells, are on their way. */
int ledger_claimed(mail_t *m, PGresult *res,
    campaign_t *(*of)(mail_t *m, const PGresult *res, int row)) GW_MUSTCHECK;

/*
 * What is claimed of c and cannot be sent now leaves the memory: to be
 * released, or, when c is cancelled, with its outcome. So does what has waited
 * for longer than a lease, so that the policy is asked again.
 */
void ledger_unclaim(mail_t *m, campaign_t *c);

/* Free what this host holds of mail_queue beyond its memory; GW_EDB. */
int ledger_release(mail_t *m) GW_MUSTCHECK;

/* Write the outcomes of items that have a row; GW_EDB. */
int ledger_settle(mail_t *m) GW_MUSTCHECK;

/*
 * One recipient's row among columns; returns its state. keys: tenant and
 * campaign come first, the version of the rules last.
 */
item_state_t ledger_row(const mail_t *m, columns_t *c, const item_t *i,
    bool keys);

/* Columns of ledger_row, without and with keys; a journal has no versions. */
#define LEDGER_ROW      "8222tsst4"
#define LEDGER_WORDS    "48" LEDGER_ROW
#define LEDGER_COLUMNS  LEDGER_WORDS "4"

/* Settle what the journal of an earlier life knows; GW_EDB, GW_ESYS. */
int ledger_recover(mail_t *m) GW_MUSTCHECK;

/* When attempts are made again, and for how long. */
typedef struct {
    const gw_conf_list_t  *schedule;
    int64_t                lifetime;    /* ms */
    const char            *over;        /* why an end after it has failed   */
} retries_t;

/*
 * When the attempt after this one, made at at_us, is due; 0: the recipient's
 * first was longer ago than the lifetime allows.
 */
int64_t ledger_due(const retries_t *r, uint64_t contact, unsigned attempt,
    int64_t at_us, int64_t first_us);

/* Those of mail, of mail to one person (somebody waits for it), of all else. */
retries_t ledger_retries(const mail_t *m, bool smtp, bool message);

#endif
