/*
 * Routes as operators see and rein them: what is set is read from Postgres
 * once a second, what is so is told there when it has changed.
 */
#include "worker/mail/smtp_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/mail/exchangers.h"
#include "worker/mail/lane.h"
#include "worker/mail/routes.h"

#define ROUTE_LOOK_MS   1000
#define ROUTE_AGAIN_MS  60000           /* told although nothing has changed */
#define ROUTE_TOLD      500             /* at a time                         */
#define ROUTE_SMART     "smart_host"

/* The columns of route_settings. */
enum { SET_NAME, SET_PAUSED, SET_RATE, SET_CONNECTIONS };


static const char *
route_name(const route_t *r)
{
    return r->limits.name[0] != '\0' ? r->limits.name : r->exchanger;
}


int
route_smart(mail_t *m)
{
    m->smart = calloc(1, sizeof(route_t));
    if (m->smart == NULL) {
        return GW_ENOMEM;
    }

    (void) snprintf(m->smart->exchanger, sizeof(m->smart->exchanger), "%s",
                    ROUTE_SMART);
    return GW_OK;
}


void
route_free(route_t *r)
{
    if (r != NULL) {
        json_decref(r->told);
        free(r);
    }
}


void
route_forget(mail_t *m)
{
    PQclear(m->settings);
    m->settings = NULL;
    route_free(m->smart);
    m->smart = NULL;
}


/* The limits of the table or of the configuration. */
static void
route_limits(const mail_t *m, route_t *r)
{
    if (r != m->smart) {
        r->limits = *shaping_limits(m->routes->shaping, r->exchanger);
        return;
    }

    memset(&r->limits, 0, sizeof(r->limits));
    r->limits.connections = m->w->conf.smtp_connections;
}


/* What waits at a route that is paused goes back. */
static void
route_pause(mail_t *m, route_t *r)
{
    smtp_t  *s;

    for (s = m->smtp; s != NULL; s = s->next) {
        if (s->route == r) {
            site_spill(s);
        }
    }
}


void
route_set(mail_t *m, route_t *r)
{
    int              i, n;
    bool             was;
    int64_t          rate, connections;
    const PGresult  *set;

    was = r->paused;
    set = m->settings;
    route_limits(m, r);

    n = set != NULL ? PQntuples(set) : 0;
    for (i = 0; i < n && strcmp(PQgetvalue(set, i, SET_NAME),
                                route_name(r)) != 0; i++)
    {
        /* void */
    }

    r->paused = i < n && *PQgetvalue(set, i, SET_PAUSED) == 't';
    rate = i < n ? strtoll(PQgetvalue(set, i, SET_RATE), NULL, 10) : 0;
    connections = i < n ? strtoll(PQgetvalue(set, i, SET_CONNECTIONS), NULL,
                                  10) : 0;
    r->limits.rate = rate > 0 ? rate : r->limits.rate;
    r->limits.connections = connections > 0 ? connections
                                            : r->limits.connections;

    if (r->paused && !was) {
        route_pause(m, r);
    }
}


void
route_note(const item_t *i, item_state_t state, bool retry)
{
    char      at[16];
    route_t  *r;

    if (i->lane == NULL || i->lane->gate->site == NULL) {
        return;
    }

    r = i->lane->gate->site->reins;
    r->sent += state == ITEM_SENT;
    r->failed += state == ITEM_FAILED;
    r->deferred += state == ITEM_QUEUED && retry && !i->put_off;

    if (i->code > 0) {
        (void) snprintf(at, sizeof(at), "%u", i->code);
        (void) snprintf(r->reply, sizeof(r->reply), "%.3s %s", at, i->reply);
        r->reply_us = gw_clock_us();
    }
}


/* ---- what is told ---- */


/* A second of the day as text, null for 0; a new reference. */
static json_t *
route_time(int64_t us)
{
    char  at[GW_RFC3339_LEN + 1];

    if (us == 0) {
        return json_null();
    }

    gw_clock_print(us - us % 1000000, at);
    return json_string(at);
}


static int64_t
route_wall(int64_t until_ms)
{
    return until_ms > 0 ? gw_clock_us() + (until_ms - gw_clock_ms()) * 1000
                        : 0;
}


/* What its sites add up to. */
typedef struct {
    unsigned     sites, open, window, queued;
    int64_t      dead_us, until_ms;
    const char  *why;
} route_sum_t;


static void
route_add(route_sum_t *sum, const smtp_t *s)
{
    int64_t      until;
    const char  *why;

    sum->open += s->open;
    sum->queued += s->gate.held;
    if (s->draining) {
        return;
    }

    sum->sites++;
    if (s->route == NULL) {
        sum->window += (unsigned) s->reins->limits.connections;
        sum->why = s->reins->paused ? "its route is paused" : sum->why;
        return;
    }

    sum->window += site_connections(s);
    if (s->dead_us > 0 && (sum->dead_us == 0 || s->dead_us < sum->dead_us)) {
        sum->dead_us = s->dead_us;
    }

    until = site_barred(s, &why);
    sum->until_ms = until > sum->until_ms && !s->reins->paused
                    ? until : sum->until_ms;
    sum->why = until > 0 ? why : s->said ? s->why : sum->why;
}


static json_t *
route_state(const mail_t *m, const route_t *r)
{
    const smtp_t  *s;
    route_sum_t    sum;

    memset(&sum, 0, sizeof(sum));
    for (s = m->smtp; s != NULL; s = s->next) {
        if (s->reins == r && s->conns > 0) {
            route_add(&sum, s);
        }
    }

    if (sum.sites == 0 && r == m->smart) {
        return NULL;            /* mail goes to exchangers */
    }

    return json_pack("{s:s, s:i, s:i, s:i, s:I, s:i, s:I, s:I, s:I, s:o, s:o,"
        " s:s?, s:s?, s:o}", "name", route_name(r), "sites", (int) sum.sites,
        "open", (int) sum.open, "window", (int) sum.window, "rate",
        (json_int_t) r->limits.rate, "queued", (int) sum.queued, "sent",
        (json_int_t) r->sent, "deferred", (json_int_t) r->deferred, "failed",
        (json_int_t) r->failed, "dead_since", route_time(sum.dead_us),
        "closed_until", route_time(route_wall(sum.until_ms)), "why", sum.why,
        "reply", r->reply_us > 0 ? r->reply : NULL, "reply_at",
        route_time(r->reply_us));
}


/* Add it to those that are told, if that is due. */
static void
route_tell(const mail_t *m, route_t *r, json_t *told)
{
    json_t  *state;

    if (json_array_size(told) >= ROUTE_TOLD) {
        return;
    }

    state = route_state(m, r);
    if (state == NULL
        || (json_equal(state, r->told)
            && gw_clock_ms() - r->told_ms < ROUTE_AGAIN_MS))
    {
        json_decref(state);
        return;
    }

    (void) json_array_append(told, state);
    json_decref(r->told);
    r->told = state;
    r->told_ms = gw_clock_ms();
}


static int
route_run(mail_t *m, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(m->db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("mail: routes: %s", db_message(*res));
        PQclear(*res);
    }

    return rc;
}


static int
route_tell_all(mail_t *m)
{
    int        rc;
    char       host[16], now[GW_RFC3339_LEN + 1], *text;
    json_t    *told;
    route_t   *r;
    PGresult  *res;

    told = json_array();
    route_tell(m, m->smart, told);
    for (r = m->routes != NULL ? m->routes->route : NULL; r != NULL;
         r = r->next)
    {
        route_tell(m, r, told);
    }

    rc = GW_OK;
    text = json_array_size(told) > 0 ? json_dumps(told, JSON_COMPACT) : NULL;
    if (text != NULL) {
        (void) snprintf(host, sizeof(host), "%d", m->host);
        gw_clock_print(gw_clock_us(), now);
        rc = route_run(m, &Q_ROUTE_STATES, &(db_args_t) {
                       { host, now, text }, 3 }, &res);
        if (rc == GW_OK) {
            PQclear(res);
        }
    }

    free(text);
    json_decref(told);
    return rc;
}


int
route_look(mail_t *m)
{
    int        rc;
    route_t   *r;
    PGresult  *res;

    if (m->settings != NULL && gw_clock_ms() - m->route_ms < ROUTE_LOOK_MS) {
        return GW_OK;
    }

    rc = route_run(m, &Q_ROUTE_SETTINGS, &(db_args_t) { { NULL }, 0 }, &res);
    if (rc != GW_OK) {
        return rc;
    }

    m->route_ms = gw_clock_ms();
    PQclear(m->settings);
    m->settings = res;
    route_set(m, m->smart);
    for (r = m->routes != NULL ? m->routes->route : NULL; r != NULL;
         r = r->next)
    {
        route_set(m, r);
    }

    return route_tell_all(m);
}
