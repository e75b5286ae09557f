/*
 * Windows of a campaign's cursor. While one is open Postgres knows the intent
 * [pos, intent_end); it is closed with a row for each recipient it has
 * passed, when all are decided or after mail_window_age.
 *
 * Crash points: after_intent, before_close, after_close.
 */
#include "worker/campaign/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define WINDOW_LEASE_MS  30000


/* As many as its rate sends in the life of a window, no more. */
static int64_t
window_size(const mail_t *m, const campaign_t *c)
{
    int64_t  n, by_rate;

    n = m->w->conf.mail_window;
    if (c->rate > 0) {
        by_rate = c->rate * m->w->conf.mail_window_age / 1000 + 1;
        n = by_rate < n ? by_rate : n;
    }

    return n;
}


void
window_free(window_t *w)
{
    if (w != NULL) {
        PQclear(w->rows);
        free(w->item);
        free(w);
    }
}


void
window_stored(window_t *w, item_t *i)
{
    i->campaign->refs--;
    if (--w->open == 0) {
        window_free(w);
    }
}


static void
window_item(item_t *i, const PGresult *res, int row)
{
    char       *end;
    const char *why;

    i->contact = strtoull(PQgetvalue(res, row, 3), &end, 10);
    i->email = gw_str_make(PQgetvalue(res, row, 4),
                           PQgetlength(res, row, 4));
    i->data = gw_str_make(PQgetvalue(res, row, 7), PQgetlength(res, row, 7));
    i->ordinal = strtoll(PQgetvalue(res, row, 8), &end, 10);
    i->attempt = 1;
    i->first_us = i->at_us = gw_clock_us();

    if (!PQgetisnull(res, row, 5)) {
        i->state = (item_state_t) strtol(PQgetvalue(res, row, 5), &end, 10);
        (void) snprintf(i->reason, sizeof(i->reason), "%s",
                        PQgetvalue(res, row, 6));
        i->touched = i->decided = true;

    } else if (mime_check(i->email, &i->utf8, &why) != GW_OK) {
        i->state = ITEM_INVALID;
        (void) snprintf(i->reason, sizeof(i->reason), "%s", why);
        i->touched = i->decided = true;
    }
}


/* The rows of campaign_take as a window; decided ones never become ready. */
static int
window_fill(mail_t *m, campaign_t *c, PGresult *res)
{
    int        row, n;
    char      *end;
    window_t  *w;

    n = PQntuples(res);
    w = calloc(1, sizeof(window_t));
    if (w == NULL || (w->item = calloc((size_t) n, sizeof(item_t))) == NULL) {
        free(w);
        PQclear(res);
        return GW_ENOMEM;
    }

    w->campaign = c;
    w->rows = res;
    w->n = (unsigned) n;
    w->epoch = strtoll(PQgetvalue(res, 0, 0), &end, 10);
    w->to = strtoll(PQgetvalue(res, 0, 2), &end, 10);
    w->opened_ms = gw_clock_ms();
    c->window = w;

    /* one row without a contact: every one of the window had his before */
    if (PQgetisnull(res, 0, 3)) {
        w->n = 0;
        return GW_OK;
    }

    for (row = 0; row < n; row++) {
        w->item[row].campaign = c;
        w->item[row].window = w;
        window_item(&w->item[row], res, row);
        if (!w->item[row].decided) {
            mail_ready(m, &w->item[row]);
        }
    }

    return GW_OK;
}


static int
window_open(mail_t *m, campaign_t *c)
{
    int        rc;
    char       tenant[16], id[16], host[16], n[24], now[32], lease[32];
    PGresult  *res;

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(host, sizeof(host), "%d", m->host);
    (void) snprintf(n, sizeof(n), "%lld", (long long) window_size(m, c));
    gw_clock_print(gw_clock_us(), now);
    gw_clock_print(gw_clock_us() + WINDOW_LEASE_MS * 1000, lease);

    rc = db_run(m->db, &Q_MAIL_TAKE, &(db_args_t) {
                { tenant, id, host, n, now, lease }, 6 }, &res);
    worker_crash_point("after_intent");

    if (rc != GW_OK) {
        if (rc == GW_ERROR) {
            log_error("campaign cmp_%u: %s", c->id, db_message(res));
        }
        PQclear(res);
        return rc;
    }

    if (PQntuples(res) == 0) {
        PQclear(res);
        return GW_EAGAIN;               /* another host has it */
    }

    return window_fill(m, c, res);
}


int
campaign_open_windows(mail_t *m)
{
    int          rc;
    campaign_t  *c;

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (c->window != NULL || c->pos >= c->audience
            || c->state == CAMPAIGN_PAUSED || m->stopping
            || m->n_ready >= MAIL_READY_WINDOWS
                             * (unsigned) m->w->conf.mail_window)
        {
            continue;
        }

        rc = window_open(m, c);
        if (rc != GW_OK && rc != GW_EAGAIN) {
            return rc;
        }
    }

    return GW_OK;
}


/* Take what is still ready of this window out of the queue. */
static void
window_withdraw(mail_t *m, campaign_t *c)
{
    item_t  **at, *i;

    c->ready_last = &c->ready;
    for (at = &c->ready; (i = *at) != NULL; ) {
        if (i->window == c->window) {
            *at = i->next;
            m->n_ready--;
            continue;
        }
        at = &i->next;
        c->ready_last = at;
    }
}


/* Recipients who are touched but neither decided nor on the wire. */
static bool
window_has_envelopes(const window_t *w)
{
    unsigned  n;

    for (n = 0; n < w->n; n++) {
        if (w->item[n].touched && !w->item[n].decided
            && !w->item[n].on_wire)
        {
            return true;
        }
    }

    return false;
}


static bool
window_is_due(const mail_t *m, const campaign_t *c)
{
    unsigned         n;
    const window_t  *w;

    w = c->window;
    for (n = 0; n < w->n && w->item[n].decided; n++) { /* void */ }

    return n == w->n || m->stopping || c->state != CAMPAIGN_RUNNING
           || gw_clock_ms() - w->opened_ms >= m->w->conf.mail_window_age;
}


int
campaign_close_windows(mail_t *m)
{
    int          rc;
    campaign_t  *c;

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (c->window == NULL || !window_is_due(m, c)) {
            continue;
        }

        window_withdraw(m, c);
        if (window_has_envelopes(c->window)) {
            continue;           /* an envelope is under way: a moment yet */
        }

        mail_flush_journal(m);          /* the replies this turn has read */
        worker_crash_point("before_close");
        rc = ledger_close(m, c);
        if (rc != GW_OK) {
            return rc;
        }
        worker_crash_point("after_close");
    }

    return GW_OK;
}
