/* Which way an item goes: domains, sites, routes as tables. */
#include "worker/mail/routes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/mail/exchangers.h"
#include "worker/mail/lane.h"

#define ROUTES_REAP_MS    60000
#define ROUTES_UNUSED_MS  900000
#define ROUTES_ASKING     1000          /* questions at a time               */
#define ROUTES_SHORT_MS   2000
#define ROUTES_SLOW_MS    5000          /* name servers take their time      */


int
routes_create(routes_t **out, mail_t *m, gw_buf_t *err)
{
    int        rc;
    routes_t  *r;

    r = calloc(1, sizeof(routes_t));
    if (r == NULL) {
        return GW_ENOMEM;
    }

    rc = shaping_load(&r->shaping, &m->w->conf, err);
    rc = rc == GW_OK ? dns_create(&r->dns, m->loop, &m->w->conf, err) : rc;
    rc = rc == GW_OK ? sts_create(&r->sts, m, r->dns) : rc;
    if (rc != GW_OK) {
        routes_free(r);
        return rc;
    }

    *out = r;
    return GW_OK;
}


void
routes_free(routes_t *r)
{
    route_t   *route;
    domain_t  *d;
    unsigned   i;

    if (r == NULL) {
        return;
    }

    sts_free(r->sts);
    dns_free(r->dns);
    shaping_free(r->shaping);
    for (i = 0; i < ROUTES_BUCKETS; i++) {
        while ((d = r->domain[i]) != NULL) {
            r->domain[i] = d->next;
            free(d->ask);
            free(d);
        }
    }

    while ((route = r->route) != NULL) {
        r->route = route->next;
        route_free(route);
    }
    free(r);
}


/* The domain of an address in lower case; false: it has none. */
static bool
routes_domain(gw_str_t address, char out[256])
{
    size_t    i;
    gw_str_t  domain;

    domain = mime_domain(address);
    if (domain.len == 0 || domain.len > 255) {
        return false;
    }

    for (i = 0; i < domain.len; i++) {
        out[i] = (char) tolower(domain.data[i]);
    }
    out[i] = '\0';
    return true;
}


/* A domain, known or new; NULL: no memory. */
static domain_t *
routes_known(mail_t *m, const char *name)
{
    uint32_t     x;
    domain_t    *d, **at;
    const char  *p;

    for (x = 2166136261u, p = name; *p != '\0'; p++) {
        x = (x ^ (unsigned char) *p) * 16777619u;
    }

    at = &m->routes->domain[(x ^ x >> 15) % ROUTES_BUCKETS];
    for (d = *at; d != NULL; d = d->next) {
        if (strcmp(d->name, name) == 0) {
            return d;
        }
    }

    d = calloc(1, sizeof(domain_t));
    if (d != NULL) {
        d->mail = m;
        (void) snprintf(d->name, sizeof(d->name), "%s", name);
        d->next = *at;
        *at = d;
    }

    return d;
}


int64_t
routes_due(const item_t *i, int64_t until_ms)
{
    int64_t  wait;

    wait = until_ms - gw_clock_ms();
    wait = wait > 0 ? wait : 0;
    return gw_clock_us() + wait * 1000
           + wait * (int64_t) ((i->contact * 0x9e3779b97f4a7c15ull >> 33)
                               % 250);
}


gate_t *
routes_gate(mail_t *m, item_t *i)
{
    char         name[256];
    int64_t      until;
    domain_t    *d;
    const char  *why;

    if (!routes_domain(i->address, name)) {
        mail_outcome(m, i, ITEM_FAILED, false, 0, "",
                     "its domain is no name of a host");
        return NULL;
    }

    d = routes_known(m, name);
    if (d != NULL && d->state != DOMAIN_ASKING
        && d->until_ms <= gw_clock_ms()
        && m->routes->asking < ROUTES_ASKING)
    {
        exchangers_ask(d);
    }

    if (d == NULL || d->state == DOMAIN_NEW) {
        mail_spill(m, i, routes_due(i, gw_clock_ms() + ROUTES_SHORT_MS), "");
        return NULL;
    }

    switch (d->state) {
    case DOMAIN_ASKING:
        return &m->asking;
    case DOMAIN_KNOWN:
        until = site_closed(d->site, true, &why);
        d->site->used_ms = gw_clock_ms();
        if (until == 0) {
            return &d->site->gate;
        }
        mail_spill(m, i, routes_due(i, until), why);
        return NULL;
    default:
        mail_outcome(m, i, d->state == DOMAIN_NEVER ? ITEM_FAILED : ITEM_QUEUED,
                     d->state == DOMAIN_LATER, 0, "", d->why);
        return NULL;
    }
}


bool
routes_again(mail_t *m, item_t *i)
{
    smtp_t      *s;
    int64_t      until;
    const char  *why;

    s = i->lane->gate->site;
    if (s->draining && !m->stopping) {
        lane_leave(m, i);       /* of the settings before */
        mail_ready(m, i);
        return true;
    }

    if (s->route == NULL) {
        return false;
    }

    until = site_barred(s, &why);
    if (until > 0) {
        mail_spill(m, i, routes_due(i, until), why);
        return true;
    }

    return false;
}


void
routes_part(mail_t *m, item_t *i)
{
    int64_t       until;
    const char   *why;
    const gate_t *gate;

    if (m->routes == NULL) {
        return;
    }

    why = "its name servers do not answer yet";
    gate = i->lane->gate;
    until = gate == &m->asking ? gw_clock_ms() + ROUTES_SLOW_MS
            : gate->site != NULL ? site_closed(gate->site, false, &why) : 0;
    if (until > 0) {
        i->touched = true;      /* the cursor passes it */
        i->due_us = routes_due(i, until);
        (void) snprintf(i->reason, sizeof(i->reason), "%s", why);
    }
}


/* Domains that would be asked for anew anyway: nothing points to them. */
static void
routes_reap(routes_t *r, int64_t now)
{
    domain_t  *d, **at;
    unsigned   i;

    r->reaped_ms = now;
    for (i = 0; i < ROUTES_BUCKETS; i++) {
        for (at = &r->domain[i]; (d = *at) != NULL; ) {
            if (d->state == DOMAIN_ASKING || d->until_ms > now) {
                at = &d->next;
                continue;
            }
            *at = d->next;
            free(d);
        }
    }
}


int
routes_work(mail_t *m)
{
    int  rc;

    rc = m->routes != NULL ? sts_look(m->routes->sts, m->db) : GW_OK;
    return rc == GW_OK ? route_look(m) : rc;
}


void
routes_turn(mail_t *m)
{
    item_t  *i, *next;

    if (m->routes == NULL) {
        return;
    }

    if (gw_clock_ms() - m->routes->reaped_ms > ROUTES_REAP_MS) {
        routes_reap(m->routes, gw_clock_ms());
    }

    if (!m->routes->answered) {
        return;
    }

    m->routes->answered = false;
    for (i = lane_empty(m, &m->asking); i != NULL; i = next) {
        next = i->next;
        i->next = NULL;
        mail_ready(m, i);
    }
}


route_t *
routes_find(mail_t *m, const char *exchanger)
{
    route_t                 *route;
    routes_t                *r = m->routes;
    const shaping_limits_t  *limits;

    limits = shaping_limits(r->shaping, exchanger);
    for (route = r->route; route != NULL; route = route->next) {
        if (limits->name[0] != '\0'
            ? strcmp(route->limits.name, limits->name) == 0
            : strcmp(route->exchanger, exchanger) == 0)
        {
            return route;
        }
    }

    route = calloc(1, sizeof(route_t));
    if (route != NULL) {
        (void) snprintf(route->exchanger, sizeof(route->exchanger), "%s",
                        exchanger);
        route->next = r->route;
        r->route = route;
        route_set(m, route);
    }

    return route;
}


const shaping_reply_t *
routes_reply(const smtp_t *s, unsigned code, const char *text)
{
    return s->route == NULL ? NULL
           : shaping_reply(s->mail->routes->shaping, s->route->limits.name,
                           code, text);
}


/* Domains of a site, or, NULL, of any, are asked for again when they come. */
static void
routes_reset(routes_t *r, const smtp_t *s)
{
    domain_t  *d;
    unsigned   i;

    for (i = 0; i < ROUTES_BUCKETS; i++) {
        for (d = r->domain[i]; d != NULL; d = d->next) {
            if (d->state == DOMAIN_KNOWN && (s == NULL || d->site == s)) {
                d->state = DOMAIN_NEW;
                d->until_ms = 0;
                d->site = NULL;
            }
        }
    }
}


void
routes_renew(mail_t *m)
{
    char        mem[512];
    route_t    *route;
    gw_buf_t    err;
    shaping_t  *new;

    routes_reset(m->routes, NULL);
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (shaping_load(&new, &m->w->conf, &err) != GW_OK) {
        log_error("mail: the limits of providers stay: %s", gw_buf_c(&err));
        return;
    }

    if (sts_renew(m->routes->sts) != GW_OK) {
        log_error("mail: no memory for the guard of MTA-STS policies");
    }
    shaping_free(m->routes->shaping);
    m->routes->shaping = new;
    for (route = m->routes->route; route != NULL; route = route->next) {
        route_set(m, route);
    }
}


/* The route goes with its last site, unless a reply still closes it. */
static void
routes_drop(const smtp_t *s, int64_t now)
{
    route_t       *route, **at;
    const smtp_t  *site;

    route = s->route;
    for (site = s->mail->smtp; site != NULL; site = site->next) {
        if (site != s && site->route == route) {
            return;
        }
    }

    if (route->until_ms > now || route->slow_ms > now) {
        return;
    }

    for (at = &s->mail->routes->route; *at != route; at = &(*at)->next) {
        /* void */
    }
    *at = route->next;
    route_free(route);
}


bool
routes_forget(const smtp_t *s)
{
    int64_t  now;

    now = gw_clock_ms();
    if (s->route == NULL || s->open > 0 || s->until_ms > now
        || now - s->used_ms < ROUTES_UNUSED_MS)
    {
        return false;
    }

    routes_reset(s->mail->routes, s);
    routes_drop(s, now);
    return true;
}
