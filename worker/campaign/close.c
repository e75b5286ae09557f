/*
 * A window is closed with a row for each recipient it has passed, when all are
 * decided or after mail_window_age.
 *
 * Crash points: before_close, after_close.
 */
#include "worker/campaign/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/live.h"

#define CLOSE_AGAIN_MS   500
#define CLOSE_ROUTES_MS  500

static void close_send(mail_t *m, window_t *w);


/* Has a server heard of anybody of the window? */
static bool
close_has_begun(const window_t *w)
{
    unsigned       n;
    const item_t  *i;

    for (n = 0; n < w->n; n++) {
        i = &w->item[n];
        if (i->on_wire || i->retry || i->drops > 0 || i->code > 0
            || (i->touched && !i->decided))
        {
            return true;
        }
    }

    return false;
}


/*
 * How far the cursor goes: to the first of those at its end whom nobody has
 * touched. One who broke a connection goes to the queue, lest he be first
 * again in every window. All, when the window ahead has begun.
 */
static void
close_passed(window_t *w, bool all)
{
    unsigned  n;

    n = w->n;
    while (!all && n > 0 && !w->item[n - 1].touched
           && w->item[n - 1].drops == 0)
    {
        n--;
    }

    w->passed = n;
    w->pos = n == w->n ? w->to : w->item[n].ordinal;
}


/*
 * The rows of those it has passed, as they are now. Whose envelope has begun is
 * in flight: it may stand behind a dot that waits long for its reply.
 */
static void
close_rows(mail_t *m, window_t *w)
{
    item_t    *i;
    unsigned   n;

    columns_init(&w->close, LEDGER_ROW);
    memset(w->counts, 0, sizeof(w->counts));

    for (n = 0; n < w->passed; n++) {
        i = &w->item[n];
        i->rowed = i->decided;
        i->flying = !i->decided && i->journaled;
        if (!i->decided) {
            i->state = i->flying ? ITEM_IN_FLIGHT : ITEM_QUEUED;
            i->at_us = gw_clock_us();
        }
        w->counts[ledger_row(m, &w->close, i, false)]++;
    }
}


/* It is stored: who still is on the wire is settled one by one. */
static void
close_done(mail_t *m, window_t *w)
{
    item_t      *i;
    unsigned     n;
    campaign_t  *c;

    c = w->campaign;
    c->window = c->ahead;
    c->ahead = NULL;
    w->state = WINDOW_CLOSED;
    columns_free(&w->close);
    live_note(&live_campaign_sent, c->tenant, c->id, w->counts);
    w->open = 1;                /* ours, until the loop is through */
    c->refs++;

    for (n = 0; n < w->passed; n++) {
        i = &w->item[n];
        if (i->rowed) {
            mail_forget(m, i);
        } else if (i->flying) {
            w->open++;
            c->refs++;
            if (i->decided) {
                mail_settle(m, i);
            }
        }
    }

    if (c->window == NULL && c->taken >= c->audience) {
        m->looked_ms = 0;       /* perhaps it is finished: no pause */
    }

    c->refs--;
    if (--w->open == 0) {
        window_free(w);
    }
}


static void
close_answer(void *arg, int n, PGresult **res, int rc)
{
    mail_t      *m;
    window_t    *w = arg;
    campaign_t  *c;

    c = w->campaign;
    m = c->mail;

    if (res != NULL) {
        if (rc != GW_OK) {
            log_error("campaign cmp_%u: %s", c->id, db_message(*res));
        } else if (*PQgetvalue(*res, 0, 0) != 'c') {
            w->lease_ms = 0;
            w->lost = *PQgetvalue(*res, 0, 0) == 'l';
        }
        return;
    }

    if (rc == GW_OK && w->lost) {
        mail_lost(m, c);        /* nothing is stored: the journal settles it */
    } else if (rc == GW_OK) {
        worker_crash_point("after_close");
        lease_granted(c, w->lease_ms);
        close_done(m, w);
    } else if (rc == GW_EDB) {
        close_send(m, w);       /* unknown whether it is stored */
    } else {
        w->again_ms = gw_clock_ms() + CLOSE_AGAIN_MS;
    }
}


static void
close_send(mail_t *m, window_t *w)
{
    char         tenant[16], id[16], epoch[24], host[16], from[24], pos[24];
    char         intent[24], now[32], lease[32], counts[8 * 8 + 2];
    char         policy[16];
    int          i, n, len[DB_PARAMS_MAX];
    db_args_t    args;
    campaign_t  *c;

    c = w->campaign;
    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(epoch, sizeof(epoch), "%lld", (long long) c->epoch);
    (void) snprintf(host, sizeof(host), "%d", m->host);
    (void) snprintf(from, sizeof(from), "%lld", (long long) w->from);
    (void) snprintf(pos, sizeof(pos), "%lld", (long long) w->pos);
    (void) snprintf(intent, sizeof(intent), "%lld", (long long) c->intent);
    gw_clock_print(gw_clock_us(), now);
    w->lease_ms = lease_ask(m, lease);

    for (i = 0, n = 0; i < 8; i++) {
        n += snprintf(counts + n, sizeof(counts) - (size_t) n, "%c%lld",
                      i == 0 ? '{' : ',', (long long) w->counts[i]);
    }
    (void) snprintf(counts + n, sizeof(counts) - (size_t) n, "}");
    (void) snprintf(policy, sizeof(policy), "%d", w->item[0].policy);

    w->again_ms = 0;
    if (columns_args(&w->close, (const char *[]) { tenant, id, epoch, host,
                     from, pos, intent, now, lease, counts,
                     w->item[0].policy > 0 ? policy : NULL }, 11, &args, len)
                     != GW_OK
        || dbpipe_send_binary(m->pipe, &Q_MAIL_CLOSE, &args, len,
                              close_answer, w) != GW_OK)
    {
        log_error("campaign cmp_%u: no memory to close a window", c->id);
        w->again_ms = gw_clock_ms() + CLOSE_AGAIN_MS;
    }
}


/*
 * How long a window is open at most. Where there are many exchangers one that
 * is slow must not keep the next window from the others.
 */
static int64_t
close_age(const mail_t *m)
{
    int64_t  ms;

    ms = m->w->conf.mail_window_age;
    return m->routes == NULL || ms < CLOSE_ROUTES_MS ? ms : CLOSE_ROUTES_MS;
}


void
window_close(mail_t *m, campaign_t *c)
{
    bool       begun;
    window_t  *w;

    w = c->window;
    if (w == NULL) {
        return;
    }

    if (w->state == WINDOW_CLOSING) {
        if (w->again_ms > 0 && gw_clock_ms() >= w->again_ms) {
            close_send(m, w);
        }
        return;
    }

    if (w->undecided > 0 && !m->stopping && c->state == CAMPAIGN_RUNNING
        && gw_clock_ms() - w->opened_ms < close_age(m))
    {
        return;
    }

    begun = c->ahead != NULL && close_has_begun(c->ahead);
    (void) window_withdraw(m, c, w, 0);
    close_passed(w, begun);
    if (w->pos != w->to) {
        /* what was taken, or is asked for, beyond it begins anew from there */
        if (c->ahead != NULL) {
            (void) window_withdraw(m, c, c->ahead, 0);
            window_free(c->ahead);
            c->ahead = NULL;
        }
        c->taken = c->intent = w->pos;
    }

    mail_flush_journal(m);      /* the replies this turn has read */
    worker_crash_point("before_close");
    w->state = WINDOW_CLOSING;
    close_rows(m, w);
    close_send(m, w);
}
