/* What the parts of the role `mail` share: items on their way, the role. */
#ifndef MAIL_H
#define MAIL_H

#include "shm/gw_cache.h"
#include "shm/gw_liquid.h"
#include "shm/gw_token.h"
#include "worker/db.h"
#include "worker/mail/dkim_pool.h"
#include "worker/mail/journal.h"
#include "worker/mail/mime.h"
#include "worker/mail/pieces.h"
#include "worker/mail/reply.h"
#include "worker/metrics.h"
#include "worker/secret_keys.h"

typedef struct mail_s      mail_t;
typedef struct item_s      item_t;
typedef struct campaign_s  campaign_t;
typedef struct window_s    window_t;
typedef struct smtp_s      smtp_t;
typedef struct lane_s      lane_t;
typedef struct domain_s    domain_t;
typedef struct route_s     route_t;
typedef struct routes_s    routes_t;
typedef struct channel_s   channel_t;

/* The states of sends.state. */
typedef enum {
    ITEM_QUEUED, ITEM_IN_FLIGHT, ITEM_SENT, ITEM_FAILED, ITEM_SUPPRESSED,
    ITEM_INVALID, ITEM_NOT_RENDERED, ITEM_UNCERTAIN
} item_state_t;

#define MAIL_STATES  (ITEM_UNCERTAIN + 1)

/*
 * A recipient on his way. Owned by the window or the queue claim that read
 * him; freed when his outcome is in Postgres.
 */
struct item_s {
    item_t        *next;        /* in a lane or the settle list          */
    item_t       **at;          /* what points to it; NULL: in no lane   */
    lane_t        *lane;        /* it is in, or was taken from           */
    domain_t      *domain;      /* whose route it waits for              */
    campaign_t    *campaign;
    window_t      *window;      /* that read it                           */
    int64_t        ordinal;
    uint64_t       contact;     /* of a message: its id                   */
    uint64_t       person;      /* who gets it: the contact; 0: nobody's  */
    int            row;         /* of the window's rows                   */
    gw_str_t       address;     /* on the channel of the campaign         */
    item_state_t   state;
    bool           touched;     /* left its lane                          */
    bool           away;        /* and has neither outcome nor lane       */
    bool           decided;     /* has its outcome                        */
    bool           rowed;       /* in the close of its window: with it,   */
    bool           flying;      /* or as in_flight                        */
    bool           retry;       /* QUEUED again: due after a while        */
    bool           unjudged;    /* for a cause of ours or of the way: no
                                   attempt                                */
    bool           message;     /* of godwit.messages                     */
    bool           put_off;     /* QUEUED by policy until due_us: its time
                                   begins then                            */
    bool           journaled;   /* its D is in a file of the journal      */
    bool           on_wire;     /* so is its T: its dot may have left     */
    bool           utf8;
    unsigned       attempt;     /* this one, from 1                       */
    unsigned       drops;       /* connections that broke over it         */
    unsigned       code;
    uint8_t        stage;       /* what it answered, as refusal_reason takes */
    uint32_t       tls;         /* how it left, as godwit.tls has it; 0: not */
    journal_place_t place;      /* of its D, when journaled               */
    pieces_t       pieces;      /* files of its message, as rendered      */
    dkim_task_t   *sign;        /* NULL: unsigned, or not under way       */
    int64_t        first_us;    /* the first attempt of all               */
    int64_t        at_us;
    int64_t        wait_ms;     /* after this attempt; 0: as scheduled    */
    int64_t        due_us;      /* QUEUED: not before then; 0: now        */
    int64_t        until_us;    /* may leave until then; 0: at any time   */
    int            policy;      /* version of the rules; 0: there are none */
    char           reason[128];
    char           reply[REPLY_TEXT_MAX + 1];
};

/* How the mail of a campaign leaves, see mail_way. */
typedef enum {
    MAIL_LEAVES, MAIL_STAYS
} mail_way_t;

/* Where items wait that are ready to be sent, see lane.h. */
typedef struct {
    lane_t    *lanes;
    smtp_t    *site;            /* that takes them; NULL: not a site's   */
    unsigned   n;               /* items in its lanes                    */
    unsigned   held;            /* those, and those that were taken      */
    uint64_t   turn;            /* counts who was served                 */
    uint64_t   round;
    int64_t    since_ms;        /* there was anything of late            */
} gate_t;

#define PERSON_URLS  4
#define MAIL_DOTS    8

struct mail_s {
    worker_t              *w;
    loop_t                *loop;
    db_t                  *db;
    dbpipe_t              *pipe;        /* windows: nothing waits for it */
    int                    host;
    journal_t             *journal;
    gw_cache_t            *cache;
    gw_token_keys_t       *keys;
    struct rules_s        *bounces;     /* what a refusal says, see refusal.h */
    gw_liquid_run_t       *liquid;
    campaign_t            *campaigns;
    unsigned               n_campaigns;
    unsigned               n_ready;     /* items in lanes                */
    gate_t                 stays;       /* tests: they leave this house not */
    struct {                            /* of campaign/null.c            */
        gate_t             gate;
        item_t            *begun, *out; /* D is noted, T too             */
        unsigned           busy;        /* both                          */
    } null;
    struct webhooks_s     *webhooks;    /* of http/channel.c; NULL: none yet */
    gate_t                 asking;      /* it is not known yet which way */
    route_t               *smart;       /* the way through the smart host */
    PGresult              *settings;    /* of routes, as last read       */
    int64_t                route_ms;    /* when                          */
    routes_t              *routes;      /* to mail exchangers; NULL: all goes
                                           to the smart host             */
    item_t                *settle;      /* decided, have a row or a queue id */
    unsigned               n_settle;
    bool                   settle_waits;    /* for windows that are asked for */
    window_t              *claims;      /* of mail_queue               */
    bool                   release;     /* more is claimed than known  */
    int64_t                released_ms;
    smtp_t                *smtp;
    struct {
        dkim_pool_t       *pool;
        secret_keys_t     *secrets;     /* NULL: not read yet          */
        loop_fd_t          event;
        int64_t            looked_ms;
    } signing;
    int64_t                warmed_ms;   /* warm-ups were asked for     */
    unsigned               begun, dots; /* D and T records not written yet */
    bool                   due;         /* one may dot when D is on disk   */
    gw_buf_t               text, html, subject;         /* scratch     */
    gw_buf_t               proof;       /* a message that stays here   */
    gw_buf_t               urls[PERSON_URLS];           /* of a person */
    json_t                *data;        /* of a person, see person.c   */
    metrics_t              metrics;
    int64_t                outcomes[MAIL_STATES];       /* since the begin */
    loop_timer_t           tick;
    loop_fd_t              synced;      /* the journal's event         */
    int64_t                looked_ms;   /* at the campaigns            */
    int64_t                queue_ms;    /* at mail_queue               */
    int64_t                calls_ms;    /* there, for what is waited for */
    int64_t                settled_ms;
    int64_t                cache_ms;
    int64_t                away_ms;     /* Postgres: not before then   */
    bool                   recovered;
    bool                   said_away;
    bool                   stopping;
    bool                   lost;        /* a window: the next life settles */
};

/* So many whole windows in memory; more campaigns share them. */
#define MAIL_WINDOWS  16

/*
 * The one place that says whether anything of a campaign leaves this house: a
 * test does not. Every message goes through mail_next, which asks it.
 */
mail_way_t mail_way(const campaign_t *c);

/* Tests that are ready get the outcome that they would have: sent. */
void mail_stay(mail_t *m);

/*
 * An item may be sent: it waits at the gate of its way from now on, or has its
 * outcome at once.
 */
void mail_ready(mail_t *m, item_t *i);

/*
 * The next item that may go through a gate now, rendered into out (with the
 * final CRLF.CRLF); NULL: none now. alone: no other's dot is out on the
 * connection, so an item that broke one may go as well.
 */
item_t *mail_next(mail_t *m, gate_t *gate, bool alone, gw_buf_t *out);

/*
 * The next but one of a connection: its D goes to disk while the content of
 * others is on the wire, so that its own need not wait. NULL: none.
 */
item_t *mail_ahead(mail_t *m, gate_t *gate);

/*
 * Its turn: as mail_next renders it. false: it may not go any more and has its
 * outcome, or is back in its lane.
 */
bool mail_go(mail_t *m, item_t *i, gw_buf_t *out);

/* Its way is closed: back to mail_queue until then, which is no attempt. */
void mail_spill(mail_t *m, item_t *i, int64_t due_us, const char *reason);

/* Its envelope begins: its D, in the next journal flush. */
void mail_begun(mail_t *m, item_t *i);

/* Sync the journal, when one that it announces waits for nothing else. */
void mail_sync(mail_t *m);

/* Is its D on disk and its signature made, so that its dot may leave? */
bool mail_may_dot(mail_t *m, const item_t *i);

/*
 * What was said since leaves now, after its records: at the end of a turn of
 * the loop, and whenever MAIL_DOTS dots wait for it; so servers work while the
 * next messages are made.
 */
void mail_leave(mail_t *m);

/* Its dot leaves after the next journal flush, which has its T. */
void mail_on_wire(mail_t *m, item_t *i);

/* All that is known of it is in Postgres, or it was taken back. */
void mail_forget(mail_t *m, item_t *i);

/*
 * What became of an item: state SENT, FAILED, UNCERTAIN, or QUEUED with retry
 * (4xx), or QUEUED without (not its fault: it goes back to the queue's head).
 */
void mail_outcome(mail_t *m, item_t *i, item_state_t state, bool retry,
    unsigned code, const char *reply, const char *reason);

/* Does its row say in_flight, or does its dot not let it go back? Then it is
   queued again through the ledger only. */
bool mail_is_ledgers(const item_t *i);

/* A decided item that has a row: its outcome goes to Postgres soon. */
void mail_settle(mail_t *m, item_t *i);

/*
 * An open window of c is another's: this life sends nothing more, and ends when
 * its dots have their replies. What became of the window is in the journal.
 */
void mail_lost(mail_t *m, const campaign_t *c);

/*
 * All that Postgres is needed for now: windows, outcomes, claims; campaigns
 * of which nothing is left. As db_run.
 */
int mail_work(mail_t *m) GW_MUSTCHECK;
int mail_finish(mail_t *m) GW_MUSTCHECK;

/* What the journal was told goes to disk now; a failure ends the process. */
void mail_flush_journal(mail_t *m);

#endif
