/* The ledger: outcomes into Postgres, by window and one by one. */
#include "worker/campaign/channel.h"
#include "worker/campaign/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define LEDGER_EVER_US  253402300799000000      /* the end of year 9999 */
#define LEDGER_OLD_MS   500


retries_t
ledger_retries(const mail_t *m, bool smtp, bool message)
{
    const gw_conf_t  *conf;

    conf = &m->w->conf;
    return !smtp ? (retries_t) { &conf->webhook_retry_schedule,
                       conf->webhook_retry_lifetime,
                       "no attempt succeeded within webhook_retry_lifetime" }
           : message ? (retries_t) { &conf->retry_schedule,
                           conf->message_lifetime,
                           "no attempt succeeded within message_lifetime" }
                     : (retries_t) { &conf->retry_schedule,
                           conf->retry_lifetime,
                           "no attempt succeeded within retry_lifetime" };
}


int64_t
ledger_due(const retries_t *r, uint64_t contact, unsigned attempt,
    int64_t at_us, int64_t first_us)
{
    int64_t                wait;
    uint64_t               x;
    unsigned               n;
    const gw_conf_list_t  *list;

    list = r->schedule;
    n = attempt > list->n ? list->n : attempt;
    wait = list->v[n > 0 ? n - 1 : 0];

    /* +-20 %, by the recipient: many that fail together part again */
    x = (contact * 0x9e3779b97f4a7c15ull + attempt) >> 33;
    wait += wait * (int64_t) (x % 401) / 1000 - wait / 5;

    if (at_us + wait * 1000 > first_us + r->lifetime * 1000) {
        return 0;
    }

    return at_us + wait * 1000;
}


/* When who is queued is due; 0: never, his first was too long ago. */
static int64_t
ledger_when(const item_t *i, const retries_t *r)
{
    int64_t  due, end;

    due = i->due_us > i->at_us ? i->due_us : i->at_us;
    if (i->put_off) {
        return due;
    }

    end = i->first_us + r->lifetime * 1000;
    if (i->retry) {
        due = ledger_due(r, i->contact, i->attempt, i->at_us, i->first_us);
        if (due > 0 && i->wait_ms > 0) {
            due = i->at_us + i->wait_ms * 1000;
        }
    }

    return i->due_us > 0 && due > end ? 0 : due;
}


/* How many attempts were made: this one counts when it was judged. */
static unsigned
ledger_attempts(const item_t *i)
{
    if (i->state == ITEM_QUEUED && i->unjudged) {
        return i->attempt - 1;
    }

    if (i->on_wire || i->retry || i->state == ITEM_SENT
        || (i->state == ITEM_FAILED && i->code > 0))
    {
        return i->attempt;
    }

    return i->attempt - 1;
}


item_state_t
ledger_row(const mail_t *m, columns_t *c, const item_t *i, bool keys)
{
    int64_t       due;
    retries_t     retries;
    item_state_t  state;
    const char   *reason;

    state = i->state;
    reason = i->reason;
    due = 0;

    if (state == ITEM_QUEUED) {
        retries = ledger_retries(m, i->campaign->channel->smtp, i->message);
        due = ledger_when(i, &retries);
        if (due == 0) {
            state = ITEM_FAILED;
            reason = retries.over;
        }
    }

    if (keys) {
        columns_number(c, i->campaign->tenant);
        columns_number(c, i->message ? JOURNAL_MESSAGE : i->campaign->id);
    }
    columns_number(c, (int64_t) i->contact);
    columns_number(c, state);
    columns_number(c, ledger_attempts(i));
    if (i->code > 0) {
        columns_number(c, i->code);
    } else {
        columns_null(c);
    }
    columns_time(c, i->at_us);
    columns_text(c, reason);
    columns_text(c, i->reply);
    if (due > 0) {
        columns_time(c, due);
    } else {
        columns_null(c);
    }
    if (i->tls > 0) {
        columns_number(c, i->tls);
    } else {
        columns_null(c);
    }
    if (keys && i->policy > 0) {
        columns_number(c, i->policy);
    } else if (keys) {
        columns_null(c);
    }
    columns_end(c);
    return state;
}


int
ledger_settle(mail_t *m)
{
    int        rc;
    char       host[16], now[32];
    item_t    *i, *next;
    PGresult  *res;
    columns_t  columns;

    /*
     * Postgres holds the cursor's row until all rows of a window are read, and
     * nobody reads them while this waits for that very row.
     */
    m->settle_waits = m->settle != NULL && campaign_is_asking(m);
    if (m->settle == NULL || m->settle_waits) {
        return GW_OK;
    }

    columns_init(&columns, LEDGER_COLUMNS);
    for (i = m->settle; i != NULL; i = i->next) {
        ledger_row(m, &columns, i, true);
    }

    (void) snprintf(host, sizeof(host), "%d", m->host);
    gw_clock_print(gw_clock_us(), now);
    rc = columns_run(m->db, &Q_MAIL_SETTLE, &columns,
                     (const char *[]) { host, now }, 2, &res);
    PQclear(res);
    if (rc != GW_OK) {
        return rc;
    }

    for (i = m->settle; i != NULL; i = next) {
        next = i->next;
        mail_forget(m, i);
        window_stored(i->window, i);
    }

    m->settle = NULL;
    m->n_settle = 0;
    return GW_OK;
}


/* A row of mail_claim: ready again, or decided at once by policy. */
static void
ledger_item(mail_t *m, item_t *i, const PGresult *res, int row)
{
    int          rc;
    bool         decided;
    char        *end;
    const char  *why;

    i->row = row;
    i->contact = strtoull(PQgetvalue(res, row, ROW_CONTACT), &end, 10);
    i->message = i->campaign->calls || campaign_is_messages(i->campaign);
    i->person = i->campaign->calls
                ? strtoull(PQgetvalue(res, row, ROW_PERSON), &end, 10)
                : i->contact;
    i->attempt = (unsigned) strtoul(PQgetvalue(res, row, ROW_ATTEMPT), &end,
                                    10) + 1;
    i->ordinal = strtoll(PQgetvalue(res, row, ROW_ORDINAL), &end, 10);
    i->first_us = strtoll(PQgetvalue(res, row, ROW_FIRST_AT), &end, 10);
    i->at_us = gw_clock_us();
    i->touched = true;
    rc = i->campaign->channel->address(i, &why);
    decided = policy_read(i);

    if (decided && i->put_off) {
        mail_spill(m, i, i->due_us, i->reason);
        return;
    }

    if (decided) {
        mail_outcome(m, i, i->state, false, 0, "", i->reason);
        return;
    }

    if (rc != GW_OK) {
        mail_outcome(m, i, ITEM_INVALID, false, 0, "", why);
        return;
    }

    if (i->campaign->broken) {
        mail_outcome(m, i, ITEM_FAILED, false, 0, "",
                     i->campaign->channel->smtp
                     ? "its sender is no address that mail can have"
                     : "its content cannot be read");
        return;
    }

    mail_ready(m, i);
}


/* Each campaign's share: no more than a window of it is in memory. calls: of
   those alone whose messages somebody waits for. */
static int
ledger_claim_run(mail_t *m, bool calls, PGresult **res)
{
    char         host[16];
    int64_t      n;
    columns_t    columns;
    campaign_t  *c;

    columns_init(&columns, "484t");
    for (c = m->campaigns; c != NULL; c = c->next) {
        n = window_size(m, c) - c->refs;
        if (n > 0 && (c->calls || !calls) && c->state != CAMPAIGN_PAUSED
            && !campaign_is_messages(c))
        {
            columns_number(&columns, c->tenant);
            columns_number(&columns, c->id);
            columns_number(&columns, n);
            columns_time(&columns, c->state == CAMPAIGN_CANCELLED
                                   ? LEDGER_EVER_US : gw_clock_us());
            columns_end(&columns);
        }
    }

    if (columns.rows == 0) {
        columns_free(&columns);
        *res = NULL;
        return GW_OK;
    }

    (void) snprintf(host, sizeof(host), "%d", m->host);
    return columns_run(m->db, &Q_MAIL_CLAIM, &columns,
                       (const char *[]) { host }, 1, res);
}


static campaign_t *
ledger_campaign(mail_t *m, const PGresult *res, int row)
{
    char  *end;

    return campaign_find(m, (uint32_t) strtoul(PQgetvalue(res, row,
                         ROW_TENANT), &end, 10), (uint32_t) strtoul(
                         PQgetvalue(res, row, ROW_CAMPAIGN), &end, 10));
}


int
ledger_claimed(mail_t *m, PGresult *res,
    campaign_t *(*of)(mail_t *m, const PGresult *res, int row))
{
    int          row, n;
    window_t    *w;
    campaign_t  *c;

    n = PQntuples(res);
    w = calloc(1, sizeof(window_t));
    if (w == NULL || (w->item = calloc((size_t) n, sizeof(item_t))) == NULL) {
        free(w);
        PQclear(res);
        m->release = true;
        return GW_ENOMEM;
    }

    w->rows = res;
    w->n = w->open = w->undecided = (unsigned) n;
    w->state = WINDOW_CLOSED;
    w->opened_ms = gw_clock_ms();
    w->next = m->claims;
    w->at = &m->claims;
    if (w->next != NULL) {
        w->next->at = &w->next;
    }
    m->claims = w;

    for (row = 0; row < n; row++) {
        c = of(m, res, row);
        c->refs++;
        w->item[row].campaign = c;
        w->item[row].window = w;
        ledger_item(m, &w->item[row], res, row);
    }

    return GW_OK;
}


int
ledger_claim(mail_t *m, bool calls)
{
    int        rc, n;
    PGresult  *res;

    rc = ledger_claim_run(m, calls, &res);
    n = rc == GW_OK ? PQntuples(res) : 0;
    if (n >= m->w->conf.mail_window) {
        m->queue_ms = 0;        /* there may be more: no pause */
    }

    if (n > 0) {
        return ledger_claimed(m, res, ledger_campaign);
    }

    PQclear(res);
    return rc;
}


void
ledger_unclaim(mail_t *m, campaign_t *c)
{
    item_t   *i, *next;
    int64_t   now, before;

    now = gw_clock_ms();
    before = INT64_MAX;
    if (c->state == CAMPAIGN_RUNNING && !m->stopping) {
        if (now - c->unclaimed_ms < LEDGER_OLD_MS) {
            return;
        }
        before = now - m->w->conf.mail_lease;
    }

    c->unclaimed_ms = now;
    for (i = window_withdraw(m, c, NULL, before); i != NULL; i = next) {
        next = i->next;
        if (c->state == CAMPAIGN_CANCELLED) {
            mail_outcome(m, i, ITEM_SUPPRESSED, false, 0, "", "cancelled");
        } else {
            window_stored(i->window, i);
            m->release = true;
        }
    }
}


int
ledger_release(mail_t *m)
{
    int        rc;
    char       host[16];
    unsigned   n;
    window_t  *w;
    PGresult  *res;
    columns_t  columns;

    columns_init(&columns, "8");
    for (w = m->claims; w != NULL; w = w->next) {
        for (n = 0; n < w->n; n++) {
            if (w->item[n].campaign != NULL) {
                columns_number(&columns, w->item[n].ordinal);
                columns_end(&columns);
            }
        }
    }

    (void) snprintf(host, sizeof(host), "%d", m->host);
    rc = columns_run(m->db, &Q_MAIL_RELEASE, &columns,
                     (const char *[]) { host }, 1, &res);
    PQclear(res);
    m->release = m->release && rc != GW_OK;
    return rc;
}
