/*
 * The ways to mail exchangers. Every domain has a site, the connections to its
 * exchangers (a smtp_t); sites of one provider share a route, which says how
 * many connections and messages the provider takes.
 *
 * A site that does not move holds nobody up: what is for it goes back to
 * mail_queue, due when it is tried next, and only a few wait here.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "worker/mail/mail.h"
#include "worker/mail/shaping.h"

/* So many a minute, and not all of them at once. */
typedef struct {
    double    tokens;
    int64_t   at_ms;
} route_bucket_t;

struct route_s {
    route_t          *next;
    shaping_limits_t  limits;   /* of the table, and what is set instead */
    bool              paused;   /* by an operator                        */
    unsigned          open;     /* connections of its sites              */
    route_bucket_t    messages, opened;
    int64_t           until_ms; /* a reply has suspended it              */
    int64_t           slow_ms;  /* or slowed it down, until then         */
    char              why[200];
    char              exchanger[256];   /* the first that was met        */

    /* what is told of it: route_desk.c */
    uint64_t          sent, deferred, failed;
    int64_t           reply_us; /* 0: none came                          */
    char              reply[REPLY_TEXT_MAX + 8];
    json_t           *told;
    int64_t           told_ms;
};

int routes_create(routes_t **out, mail_t *m, gw_buf_t *err) GW_MUSTCHECK;
void routes_free(routes_t *r);

/* Settings were read anew: sites are, too, and items at their gates move. */
void routes_renew(mail_t *m);

/* Where an item waits; NULL: it has got its outcome. */
gate_t *routes_gate(mail_t *m, item_t *i);

/* An item comes back: is its site closed, or gone? Then it was sent on. */
bool routes_again(mail_t *m, item_t *i);

/* Its window closes without it: when it is tried. */
void routes_part(mail_t *m, item_t *i);

/* What of them lies in Postgres, and is told there; as db_run. */
int routes_work(mail_t *m) GW_MUSTCHECK;

/* ---- what operators see of routes and set (route_desk.c) ---- */

/* The way through the smart host; its route is not one of routes_t. */
int route_smart(mail_t *m) GW_MUSTCHECK;

/* A route is new, or the table: its limits, and what was set last. */
void route_set(mail_t *m, route_t *r);

/* Something became of an item that waited for a site. */
void route_note(const item_t *i, item_state_t state, bool retry);

/* Once a second what is set, then what is told; as db_run. */
int route_look(mail_t *m) GW_MUSTCHECK;

void route_free(route_t *r);
void route_forget(mail_t *m);

/* What answers of name servers have changed. */
void routes_turn(mail_t *m);

/* When an item comes again whose way is closed until then: not all at once. */
int64_t routes_due(const item_t *i, int64_t until_ms);

/* Has nobody used a site for so long that it may be freed? Then it is known
   no more. */
bool routes_forget(const smtp_t *s);

/* The route of an exchanger's provider, or its own; NULL: no memory. */
route_t *routes_find(mail_t *m, const char *exchanger);

/* What a reply to an item says of the way; NULL: it is about the recipient. */
const shaping_reply_t *routes_reply(const smtp_t *s, unsigned code,
    const char *text);

/* ---- of a site, for the smtp sources (site.c) ---- */

/* Its exchangers in order of preference and their addresses are known; strict:
   only over TLS with certificates that are known. */
smtp_t *site_find(mail_t *m, const char *key);
int site_create(smtp_t **out, mail_t *m, const char *key, const char *exchanger,
    bool strict) GW_MUSTCHECK;

/* Until when nothing leaves at all; 0: something may. why: in words. */
int64_t site_barred(const smtp_t *s, const char **why);

/* Everybody at its gate goes back to mail_queue. */
void site_spill(smtp_t *s);

/*
 * Until when one more is not let in at its gate, or one that waits there need
 * not go on waiting; 0: it may. why: in words.
 */
int64_t site_closed(const smtp_t *s, bool more, const char **why);

/* How many connections it may have now; may one more be opened? */
unsigned site_connections(const smtp_t *s);
bool site_may_open(smtp_t *s);

/* May a message leave now? Only then it counts. Has it more connections than it
   may have by now? Both also of the smart host. */
bool site_may_send(const smtp_t *s);
void site_sent(smtp_t *s);
bool site_is_over(const smtp_t *s);

/* A reply was about the way: its route is suspended, or slow from now on. */
void site_obey(smtp_t *s, const shaping_reply_t *r, const char *text);

/* An item had its verdict; all exchangers failed, or broke connections. */
void site_good(smtp_t *s);
void site_bad(smtp_t *s, const char *why);

#endif
