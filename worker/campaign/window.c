/*
 * Windows of a campaign's cursor. Postgres knows the intent [pos, intent_end)
 * before anybody of it is sent; the next window is asked for while the present
 * one is sent, and nothing waits for the answer.
 *
 * Crash points: after_intent, after_ahead.
 */
#include "worker/campaign/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/person.h"
#include "worker/campaign/policy.h"
#include "worker/mail/lane.h"


/* As many as its rate sends in the life of a window, and its share; of those
   that the warm-up of its domain leaves, maybe none. */
int64_t
window_size(const mail_t *m, const campaign_t *c)
{
    int64_t  n, by_rate;

    n = m->w->conf.mail_window;
    if (m->n_campaigns > MAIL_WINDOWS) {
        n = n * MAIL_WINDOWS / m->n_campaigns;
        n = n > 0 ? n : 1;
    }

    if (c->rate > 0) {
        by_rate = c->rate * m->w->conf.mail_window_age / 1000 + 1;
        n = by_rate < n ? by_rate : n;
    }

    if (c->warming && c->state == CAMPAIGN_RUNNING) {
        n = c->warm_left < n ? c->warm_left : n;
    }

    return n;
}


void
window_free(window_t *w)
{
    if (w != NULL) {
        if (w->at != NULL) {
            *w->at = w->next;
            if (w->next != NULL) {
                w->next->at = w->at;
            }
        }
        PQclear(w->rows);
        columns_free(&w->close);
        free(w->item);
        free(w);
    }
}


void
window_stored(window_t *w, item_t *i)
{
    i->campaign->refs--;
    i->campaign = NULL;
    if (--w->open == 0) {
        window_free(w);
    }
}


/* The ready items of one of them go to the chain, which ends at `last`. */
static item_t **
window_part(mail_t *m, const campaign_t *c, window_t *w, item_t **last)
{
    item_t    *i;
    unsigned   n;

    for (n = 0; n < w->n; n++) {
        i = &w->item[n];
        if (i->at != NULL && i->campaign == c) {
            c->channel->part(m, i);
            lane_leave(m, i);
            *last = i;
            last = &i->next;
        }
    }

    return last;
}


item_t *
window_withdraw(mail_t *m, const campaign_t *c, window_t *w, int64_t before_ms)
{
    item_t    *out, **last;
    window_t  *claim;

    out = NULL;
    last = &out;
    if (w != NULL) {
        last = window_part(m, c, w, last);
    }

    for (claim = m->claims; w == NULL && c->n_ready > 0 && claim != NULL;
         claim = claim->next)
    {
        if (claim->opened_ms < before_ms) {
            last = window_part(m, c, claim, last);
        }
    }

    return out;
}


static void
window_item(item_t *i, const PGresult *res, int row)
{
    int          rc;
    char        *end;
    const char  *why;

    i->row = row;
    i->contact = strtoull(PQgetvalue(res, row, ROW_CONTACT), &end, 10);
    i->person = i->contact;
    i->ordinal = strtoll(PQgetvalue(res, row, ROW_ORDINAL), &end, 10);
    i->attempt = 1;
    i->first_us = i->at_us = gw_clock_us();
    rc = i->campaign->channel->address(i, &why);

    i->decided = policy_read(i);
    if ((!i->decided || i->put_off) && person_arm(i) == GW_ASSIGN_HELD) {
        i->state = ITEM_SUPPRESSED;
        (void) snprintf(i->reason, sizeof(i->reason),
                        "held out of the experiment");
        i->decided = true;

    } else if (!i->decided && rc != GW_OK) {
        i->state = ITEM_INVALID;
        (void) snprintf(i->reason, sizeof(i->reason), "%s", why);
        i->decided = true;
    }

    i->touched = i->decided;
}


/* The rows of campaign_take as a window; decided ones never become ready. */
static window_t *
window_fill(mail_t *m, campaign_t *c, PGresult *res)
{
    int        row, n;
    char      *end;
    window_t  *w;

    /* one row without a contact: every one of the window had his before */
    n = PQgetisnull(res, 0, ROW_CONTACT) ? 0 : PQntuples(res);
    w = calloc(1, sizeof(window_t));
    if (w == NULL
        || (w->item = calloc((size_t) n + 1, sizeof(item_t))) == NULL)
    {
        free(w);
        return NULL;
    }

    w->campaign = c;
    w->rows = res;
    w->n = (unsigned) n;
    w->from = strtoll(PQgetvalue(res, 0, ROW_FROM), &end, 10);
    w->to = strtoll(PQgetvalue(res, 0, ROW_TO), &end, 10);
    w->opened_ms = gw_clock_ms();

    for (row = 0; row < n; row++) {
        w->item[row].campaign = c;
        w->item[row].window = w;
        window_item(&w->item[row], res, row);
        if (w->item[row].decided) {
            m->outcomes[w->item[row].state]++;
        } else {
            w->undecided++;
            mail_ready(m, &w->item[row]);
        }
    }

    return w;
}


static void
window_dropped(void *arg, int n, PGresult **res, int rc)
{
    if (res != NULL && rc != GW_OK) {
        log_error("mail_withdraw: %s", db_message(*res));
    }
}


/* Nobody of it is sent: another host may have them. */
static void
window_drop(mail_t *m, const campaign_t *c)
{
    char       tenant[16], id[16], epoch[24], pos[24];
    db_args_t  args;

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(epoch, sizeof(epoch), "%lld", (long long) c->epoch);
    (void) snprintf(pos, sizeof(pos), "%lld", (long long) c->taken);
    args = (db_args_t) { { tenant, id, epoch, pos }, 4 };
    (void) !dbpipe_send(m->pipe, (const db_query_t *[]) { &Q_MAIL_WITHDRAW },
                        &args, 1, window_dropped, NULL);
}


/* The rows are here and their intent is in Postgres. */
static void
window_taken(mail_t *m, campaign_t *c, PGresult *res)
{
    char      *end;
    int64_t    from;
    window_t  *w;

    if (PQntuples(res) == 0) {
        PQclear(res);
        c->mine = false;                /* another host has it */
        c->stale = true;
        c->lease_ms = 0;
        return;
    }

    from = strtoll(PQgetvalue(res, 0, ROW_FROM), &end, 10);
    if (!c->mine) {
        c->mine = true;
        c->epoch = strtoll(PQgetvalue(res, 0, ROW_EPOCH), &end, 10);
        c->taken = from;
    }

    lease_granted(c, c->take_ms);
    worker_crash_point(c->window != NULL ? "after_ahead" : "after_intent");

    /* the window before it closed short, or nothing is to be sent now */
    if (from != c->taken || m->stopping || c->state == CAMPAIGN_PAUSED
        || (w = window_fill(m, c, res)) == NULL)
    {
        PQclear(res);
        if (c->window == NULL) {
            window_drop(m, c);
        }
        return;
    }

    c->taken = c->intent = w->to;       /* perhaps less than was asked for */
    if (c->window == NULL) {
        c->window = w;
    } else {
        c->ahead = w;
    }
}


static void
window_answer(void *arg, int n, PGresult **res, int rc)
{
    campaign_t  *c = arg;

    if (res != NULL) {
        if (rc != GW_OK) {
            log_error("campaign cmp_%u: %s", c->id, db_message(*res));
            return;
        }
        c->asked = *res;
        *res = NULL;
        return;
    }

    c->asking = false;
    if (rc == GW_OK && c->asked != NULL) {
        window_taken(c->mail, c, c->asked);
        c->asked = NULL;
        return;
    }

    /* unknown whether an epoch was begun: the next look tells */
    PQclear(c->asked);
    c->asked = NULL;
    c->stale = true;
    c->mine = c->mine && c->window != NULL;
}


/* Is it time for the window after the present one? */
static bool
window_may_ahead(const mail_t *m, const campaign_t *c)
{
    return campaign_is_free(c) && c->state == CAMPAIGN_RUNNING && c->mine
           && c->n_ready <= (unsigned) m->w->conf.mail_window / 2;
}


void
window_take(mail_t *m, campaign_t *c)
{
    char       tenant[16], id[16], host[16], epoch[24], from[24], n[24];
    char       now[32], lease[32];
    int64_t    size;
    db_args_t  args;

    if (c->asking || c->stale || c->ahead != NULL || c->taken >= c->audience
        || c->state == CAMPAIGN_PAUSED || m->stopping || !m->recovered
        || m->settle_waits
        || (c->state == CAMPAIGN_RUNNING && campaign_is_spent(c))
        || (c->window != NULL && !window_may_ahead(m, c)))
    {
        return;
    }

    size = window_size(m, c);
    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(host, sizeof(host), "%d", m->host);
    (void) snprintf(epoch, sizeof(epoch), "%lld", (long long) c->epoch);
    (void) snprintf(from, sizeof(from), "%lld", (long long) c->taken);
    (void) snprintf(n, sizeof(n), "%lld", (long long) size);
    gw_clock_print(gw_clock_us(), now);
    c->take_ms = lease_ask(m, lease);
    args = (db_args_t) { { tenant, id, host, epoch, c->mine ? from : NULL, n,
                           now, lease }, 8 };

    c->asking = dbpipe_send(m->pipe, (const db_query_t *[]) { &Q_MAIL_TAKE },
                            &args, 1, window_answer, c) == GW_OK;
    c->intent = c->taken + size < c->audience ? c->taken + size
                                              : c->audience;
}
