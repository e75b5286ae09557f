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
    shaping_limits_t  limits;
    unsigned          open;     /* connections of its sites              */
    route_bucket_t    messages, opened;
    int64_t           until_ms; /* a reply has suspended it              */
    int64_t           slow_ms;  /* or slowed it down, until then         */
    char              why[200];
    char              exchanger[256];   /* the first that was met        */
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

/* What answers of name servers have changed. */
void routes_turn(mail_t *m);

/* When an item comes again whose way is closed until then: not all at once. */
int64_t routes_due(const item_t *i, int64_t until_ms);

/* Has nobody used a site for so long that it may be freed? Then it is known
   no more. */
bool routes_forget(const smtp_t *s);

/* The route of an exchanger's provider, or its own; NULL: no memory. */
route_t *routes_find(routes_t *r, const char *exchanger);

/* What a reply to an item says of the way; NULL: it is about the recipient. */
const shaping_reply_t *routes_reply(const smtp_t *s, unsigned code,
    const char *text);

/* ---- of a site, for the smtp sources (site.c) ---- */

/* Its exchangers in order of preference and their addresses are known. */
smtp_t *site_find(mail_t *m, const char *key);
int site_create(smtp_t **out, mail_t *m, const char *key, const char *exchanger)
    GW_MUSTCHECK;

/*
 * Until when one more is not let in at its gate, or one that waits there need
 * not go on waiting; 0: it may. why: in words.
 */
int64_t site_closed(const smtp_t *s, bool more, const char **why);

/* How many connections it may have now; may one more be opened? */
unsigned site_connections(const smtp_t *s);
bool site_may_open(smtp_t *s);

/* May a message leave now? Only then it counts. */
bool site_may_send(const smtp_t *s);
void site_sent(smtp_t *s);

/* A reply was about the way: its route is suspended, or slow from now on. */
void site_obey(smtp_t *s, const shaping_reply_t *r, const char *text);

/* An item had its verdict; all exchangers failed, or broke connections. */
void site_good(smtp_t *s);
void site_bad(smtp_t *s, const char *why);

#endif
