/*
 * How much a site takes: concurrency by feedback in the manner of Postfix, and
 * what is done about one that takes nothing.
 */
#include "worker/mail/smtp_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/mail/lane.h"
#include "worker/mail/routes.h"

#define SITE_START       5.0            /* connections                       */
#define SITE_COHORTS     3              /* failed in a row: dead             */
#define SITE_DEAD_MS     60000          /* then twice as long, ...           */
#define SITE_DEAD_MAX    6              /* ... up to an hour                 */
#define SITE_STUCK_MS    500            /* nothing was heard for so long     */
#define SITE_STUCK_N     2              /* items wait at a site that is stuck */
#define SITE_AGAIN_MS    15000          /* then they come back               */
#define SITE_PACED_N     10             /* wait where a rate has its end     */
#define SITE_PACED_MS    5000
#define SITE_FULL_MS     2000
#define SITE_BURST_S     10             /* of a rate, at once                */
#define SITE_SLOW        1              /* messages a minute                 */


smtp_t *
site_find(mail_t *m, const char *key)
{
    smtp_t  *s;

    for (s = m->smtp; s != NULL; s = s->next) {
        if (s->route != NULL && !s->draining && strcmp(s->key, key) == 0) {
            return s;
        }
    }

    return NULL;
}


/*
 * Does anything wait of which nothing was heard for a while? Not where a
 * connection has nothing to do: what waits there waits for its campaign's rate.
 */
static bool
site_is_stuck(const smtp_t *s, int64_t now)
{
    int64_t   since;
    unsigned  i;

    since = s->heard_ms > s->gate.since_ms ? s->heard_ms : s->gate.since_ms;
    if (s->gate.held == 0 || now - since <= SITE_STUCK_MS) {
        return false;
    }

    for (i = 0; s->open > 0 && i < s->conns; i++) {
        if (s->conn[i].used && s->conn[i].ready && s->conn[i].n == 0) {
            return false;
        }
    }

    return true;
}


int64_t
site_barred(const smtp_t *s, const char **why)
{
    int64_t  now;

    now = gw_clock_ms();
    if (s->until_ms > now) {
        *why = s->why;
        return s->until_ms;
    }

    if (s->route->until_ms > now) {
        *why = s->route->why;
        return s->route->until_ms;
    }

    *why = "its route is paused";
    return s->route->paused ? now + SITE_AGAIN_MS : 0;
}


int64_t
site_closed(const smtp_t *s, bool more, const char **why)
{
    int64_t  now, until;

    now = gw_clock_ms();
    until = site_barred(s, why);
    if (until > 0) {
        return until;
    }

    if (!site_may_send(s)) {
        *why = "its provider takes no more just now";
        return !more || s->gate.n >= SITE_PACED_N ? now + SITE_PACED_MS : 0;
    }

    if ((s->said || site_is_stuck(s, now))
        && (!more || s->gate.n >= SITE_STUCK_N))
    {
        *why = s->said ? s->why : "its mail exchanger does not move";
        return now + SITE_AGAIN_MS;
    }

    if (more && s->gate.n >= (unsigned) s->mail->w->conf.mail_window) {
        *why = "many wait for its mail exchanger";
        return now + SITE_FULL_MS;
    }

    return 0;
}


/* One that never answered, or failed last, gets one to try it with. */
unsigned
site_connections(const smtp_t *s)
{
    int64_t   now;
    unsigned  n, most, room;

    now = gw_clock_ms();
    if (s->until_ms > now || s->route->until_ms > now || s->route->paused) {
        return 0;
    }

    n = s->said || s->heard_ms == 0 ? 1 : (unsigned) s->concurrency;
    most = s->route->slow_ms > now
           ? 1 : (unsigned) s->route->limits.connections;
    room = s->route->open < most ? most - s->route->open : 0;
    return n < s->open + room ? n : s->open + room;
}


/* Is there a token in a bucket that gets so many a minute? 0: always. */
static bool
site_bucket(route_bucket_t *b, int64_t minute)
{
    double   most;
    int64_t  now;

    if (minute == 0) {
        return true;
    }

    now = gw_clock_ms();
    most = (double) minute / 60 * SITE_BURST_S;
    most = most < 1 ? 1 : most;
    b->tokens = b->at_ms == 0 ? most
                : b->tokens + (double) (minute * (now - b->at_ms)) / 60000;
    b->tokens = b->tokens < most ? b->tokens : most;
    b->at_ms = now;
    return b->tokens >= 1;
}


bool
site_may_open(smtp_t *s)
{
    if (s->route == NULL) {
        return true;
    }

    if (!site_bucket(&s->route->opened, s->route->limits.opened)) {
        return false;
    }

    s->route->opened.tokens--;
    return true;
}


bool
site_may_send(const smtp_t *s)
{
    route_t  *r;

    r = s->reins;
    return !r->paused && site_bucket(&r->messages, r->slow_ms > gw_clock_ms()
                                     ? SITE_SLOW : r->limits.rate);
}


void
site_sent(smtp_t *s)
{
    s->reins->messages.tokens--;
}


bool
site_is_over(const smtp_t *s)
{
    return (s->route != NULL ? s->route->open : s->open)
           > (unsigned) s->reins->limits.connections;
}


void
site_good(smtp_t *s)
{
    if (s->route == NULL) {
        return;
    }

    smtp_works(s);
    s->cohorts = s->deaths = 0;
    s->dead_us = 0;
    s->failing = false;
    s->concurrency += 1 / s->concurrency;
    if (s->concurrency > s->conns) {
        s->concurrency = s->conns;
    }
}


void
site_spill(smtp_t *s)
{
    item_t      *i, *next;
    int64_t      until;
    const char  *why;

    until = site_closed(s, true, &why);
    for (i = lane_empty(s->mail, &s->gate); i != NULL; i = next) {
        next = i->next;
        i->next = NULL;
        mail_spill(s->mail, i, routes_due(i, until), why);
    }
}


void
site_obey(smtp_t *s, const shaping_reply_t *r, const char *text)
{
    smtp_t   *site;
    route_t  *route;

    route = s->route;
    if (r->slow_ms > 0) {
        route->slow_ms = gw_clock_ms() + r->slow_ms;
        route->messages.tokens = 0;
    } else {
        route->until_ms = gw_clock_ms() + r->suspend_ms;
    }

    (void) snprintf(route->why, sizeof(route->why), "%s: %s", r->name, text);
    log_warn("mail: %s is %s for %lld s: %s", route->exchanger,
             r->slow_ms > 0 ? "slowed down" : "suspended",
             (long long) (r->slow_ms + r->suspend_ms) / 1000, route->why);

    for (site = s->mail->smtp; r->suspend_ms > 0 && site != NULL;
         site = site->next)
    {
        if (site->route == route) {
            site_spill(site);
        }
    }
}


void
site_bad(smtp_t *s, const char *why)
{
    unsigned  n;

    if (!s->failing) {
        s->failing = true;      /* once, where a run of failures begins */
        s->concurrency -= 1 / s->concurrency;
        s->concurrency = s->concurrency < 1 ? 1 : s->concurrency;
    }

    (void) snprintf(s->why, sizeof(s->why), "its mail exchanger: %s", why);
    if (++s->cohorts < SITE_COHORTS) {
        return;
    }

    n = s->deaths < SITE_DEAD_MAX ? s->deaths++ : SITE_DEAD_MAX;
    s->until_ms = gw_clock_ms() + ((int64_t) SITE_DEAD_MS << n);
    s->dead_us = s->dead_us > 0 ? s->dead_us : gw_clock_us();
    s->until_ms = n == SITE_DEAD_MAX ? gw_clock_ms() + 3600000 : s->until_ms;
    s->concurrency = SITE_START;
    log_warn("mail: %s is tried again in %lld s", s->host,
             (long long) (s->until_ms - gw_clock_ms()) / 1000);
    site_spill(s);
}


int
site_create(smtp_t **out, mail_t *m, const char *key, const char *exchanger,
    bool strict)
{
    smtp_t   *s;
    route_t  *route;

    route = routes_find(m, exchanger);
    s = route != NULL ? smtp_new(m, (unsigned) route->limits.connections)
                        : NULL;
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->route = s->reins = route;
    s->deliveries = (unsigned) route->limits.deliveries;
    s->tls_policy = strict ? GW_TLS_REQUIRED
                    : route->limits.tls >= 0 ? route->limits.tls
                                             : s->tls_policy;
    s->concurrency = SITE_START;
    s->used_ms = gw_clock_ms();
    s->tls = m->smtp->tls;
    (void) SSL_CTX_up_ref(s->tls);
    (void) snprintf(s->host, sizeof(s->host), "%s", exchanger);
    (void) snprintf(s->key, sizeof(s->key), "%s", key);
    s->next = m->smtp->next;
    m->smtp->next = s;
    *out = s;
    return GW_OK;
}
