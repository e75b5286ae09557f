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
#define SITE_FULL_MS     2000


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


/* Does anything wait of which nothing was heard for a while? */
static bool
site_is_stuck(const smtp_t *s, int64_t now)
{
    int64_t  since;

    since = s->heard_ms > s->gate.since_ms ? s->heard_ms : s->gate.since_ms;
    return s->gate.held > 0 && now - since > SITE_STUCK_MS;
}


int64_t
site_closed(const smtp_t *s, bool more, const char **why)
{
    int64_t  now;

    now = gw_clock_ms();
    *why = s->why;
    if (s->until_ms > now) {
        return s->until_ms;
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
    unsigned  n, room;

    if (s->until_ms > gw_clock_ms()) {
        return 0;
    }

    n = s->said || s->heard_ms == 0 ? 1 : (unsigned) s->concurrency;
    room = s->route->open < s->route->connections
           ? s->route->connections - s->route->open : 0;
    return n < s->open + room ? n : s->open + room;
}


void
site_good(smtp_t *s)
{
    if (s->route == NULL) {
        return;
    }

    smtp_works(s);
    s->cohorts = s->deaths = 0;
    s->failing = false;
    s->concurrency += 1 / s->concurrency;
    if (s->concurrency > s->conns) {
        s->concurrency = s->conns;
    }
}


/* Everybody at its gate goes back to mail_queue. */
static void
site_spill(smtp_t *s)
{
    item_t      *i, *next;
    const char  *why;

    for (i = lane_empty(s->mail, &s->gate); i != NULL; i = next) {
        next = i->next;
        i->next = NULL;
        mail_spill(s->mail, i, routes_due(i, site_closed(s, true, &why)),
                   s->why);
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
    s->until_ms = n == SITE_DEAD_MAX ? gw_clock_ms() + 3600000 : s->until_ms;
    s->concurrency = SITE_START;
    log_warn("mail: %s is tried again in %lld s", s->host,
             (long long) (s->until_ms - gw_clock_ms()) / 1000);
    site_spill(s);
}


int
site_create(smtp_t **out, mail_t *m, const char *key, const char *exchanger)
{
    smtp_t   *s;
    route_t  *route;

    route = routes_find(m->routes, exchanger);
    s = route != NULL ? smtp_new(m, route->connections) : NULL;
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->route = route;
    s->deliveries = route->deliveries;
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
