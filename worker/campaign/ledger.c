/* The ledger: outcomes into Postgres, by window and one by one. */
#include "worker/campaign/campaign.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/columns.h"

#define LEDGER_CLAIM_N  500         /* the limit of mail_claim */


int64_t
ledger_due(const mail_t *m, uint64_t contact, unsigned attempt, int64_t at_us,
    int64_t first_us)
{
    int64_t                wait;
    uint64_t               x;
    unsigned               n;
    const gw_conf_list_t  *list;

    list = &m->w->conf.retry_schedule;
    n = attempt > list->n ? list->n : attempt;
    wait = list->v[n > 0 ? n - 1 : 0];

    /* +-20 %, by the recipient: many that fail together part again */
    x = (contact * 0x9e3779b97f4a7c15ull + attempt) >> 33;
    wait += wait * (int64_t) (x % 401) / 1000 - wait / 5;

    if (at_us + wait * 1000 > first_us + m->w->conf.retry_lifetime * 1000) {
        return 0;
    }

    return at_us + wait * 1000;
}


/* How many attempts were made: this one counts when the server judged it. */
static unsigned
ledger_attempts(const item_t *i)
{
    if (i->on_wire || i->retry || i->state == ITEM_SENT
        || (i->state == ITEM_FAILED && i->code > 0))
    {
        return i->attempt;
    }

    return i->attempt - 1;
}


/* One recipient's row among the columns of a statement. */
static void
ledger_row(mail_t *m, columns_t *c, const item_t *i, bool keys)
{
    int64_t       due;
    item_state_t  state;
    const char   *reason;

    state = i->state;
    reason = i->reason;
    due = 0;

    if (state == ITEM_QUEUED) {
        due = i->retry ? ledger_due(m, i->contact, i->attempt, i->at_us,
                                    i->first_us) : i->at_us;
        if (due == 0) {
            state = ITEM_FAILED;
            reason = "no attempt succeeded within retry_lifetime";
        }
    }

    if (keys) {
        columns_number(c, i->campaign->tenant);
        columns_number(c, i->campaign->id);
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
    columns_end(c);
}


/* An outcome is in Postgres: its journal record is no longer needed. */
static void
ledger_stored(mail_t *m, item_t *i)
{
    if (i->on_wire) {
        journal_settled(m->journal, i->file);
        i->on_wire = false;
    }
}


/*
 * How far the cursor goes: to the first of those at its end whom nobody has
 * touched. One who broke a connection goes to the queue, lest he be first
 * again in every window.
 */
static unsigned
ledger_passed(const window_t *w, int64_t *pos)
{
    unsigned  n;

    n = w->n;
    while (n > 0 && !w->item[n - 1].touched && w->item[n - 1].drops == 0) {
        n--;
    }

    *pos = n == w->n ? w->to : w->item[n].ordinal;
    return n;
}


int
ledger_close(mail_t *m, campaign_t *c)
{
    int        rc;
    char       tenant[16], id[16], epoch[24], host[16], pos[24], now[32];
    int64_t    to;
    unsigned   n, passed;
    PGresult  *res;
    window_t  *w;
    item_t    *i;
    columns_t  columns;

    w = c->window;
    passed = ledger_passed(w, &to);
    columns_init(&columns, 8);

    for (n = 0; n < passed; n++) {
        i = &w->item[n];
        if (!i->decided) {
            /* on the wire, or back from a connection that broke */
            i->state = i->on_wire ? ITEM_IN_FLIGHT : ITEM_QUEUED;
            i->at_us = gw_clock_us();
        }
        ledger_row(m, &columns, i, false);
    }

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(epoch, sizeof(epoch), "%lld", (long long) w->epoch);
    (void) snprintf(host, sizeof(host), "%d", m->host);
    (void) snprintf(pos, sizeof(pos), "%lld", (long long) to);
    gw_clock_print(gw_clock_us(), now);

    rc = columns_run(m->db, &Q_MAIL_CLOSE, &columns, (const char *[]) {
                     tenant, id, epoch, host, pos, now }, 6, &res);
    if (rc == GW_OK && *PQgetvalue(res, 0, 0) != 't') {
        log_warn("campaign cmp_%u: its window was closed before, or another "
                 "host has taken it over", c->id);
    }
    PQclear(res);
    if (rc != GW_OK) {
        return rc;
    }

    c->window = NULL;
    c->pos = to;
    w->closed = true;
    w->open = 1;                /* ours, until the loop is through */
    c->refs++;

    for (n = 0; n < passed; n++) {
        i = &w->item[n];
        if (i->decided) {
            ledger_stored(m, i);
        } else if (i->on_wire) {
            w->open++;
            c->refs++;
        }
    }

    c->refs--;
    if (--w->open == 0) {
        window_free(w);
    }

    return GW_OK;
}


int
ledger_settle(mail_t *m)
{
    int        rc;
    char       host[16], now[32];
    item_t    *i, *next;
    PGresult  *res;
    columns_t  columns;

    if (m->settle == NULL) {
        return GW_OK;
    }

    columns_init(&columns, 10);
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
        ledger_stored(m, i);
        window_stored(i->window, i);
    }

    m->settle = NULL;
    m->n_settle = 0;
    return GW_OK;
}


/* A row of mail_claim: ready again, or decided at once by policy. */
static void
ledger_claimed(mail_t *m, item_t *i, const PGresult *res, int row)
{
    char        *end;
    const char  *why;

    i->contact = strtoull(PQgetvalue(res, row, 3), &end, 10);
    i->attempt = (unsigned) strtoul(PQgetvalue(res, row, 4), &end, 10) + 1;
    if (gw_clock_parse(gw_str_of(PQgetvalue(res, row, 5)), &i->first_us)
        != GW_OK)
    {
        i->first_us = gw_clock_us();
    }
    i->email = gw_str_make(PQgetvalue(res, row, 6),
                           PQgetlength(res, row, 6));
    i->data = gw_str_make(PQgetvalue(res, row, 9), PQgetlength(res, row, 9));
    i->at_us = gw_clock_us();
    i->touched = true;

    if (!PQgetisnull(res, row, 7)) {
        mail_outcome(m, i, (item_state_t) strtol(PQgetvalue(res, row, 7),
                     &end, 10), false, 0, "", PQgetvalue(res, row, 8));
        return;
    }

    if (mime_check(i->email, &i->utf8, &why) != GW_OK) {
        mail_outcome(m, i, ITEM_INVALID, false, 0, "", why);
        return;
    }

    mail_ready(m, i);
}


/* The campaign of a claimed row; one that began just now is looked up. */
static campaign_t *
ledger_campaign(mail_t *m, const PGresult *res, int row)
{
    char        *end;
    uint32_t     tenant, id;
    campaign_t  *c;

    tenant = (uint32_t) strtoul(PQgetvalue(res, row, 1), &end, 10);
    id = (uint32_t) strtoul(PQgetvalue(res, row, 2), &end, 10);
    c = campaign_find(m, tenant, id);

    if (c == NULL && campaign_look(m) == GW_OK) {
        c = campaign_find(m, tenant, id);
    }

    return c;
}


int
ledger_claim(mail_t *m)
{
    int          rc, row, n;
    char         host[16], now[32];
    PGresult    *res;
    window_t    *w;
    campaign_t  *c;

    (void) snprintf(host, sizeof(host), "%d", m->host);
    gw_clock_print(gw_clock_us(), now);
    rc = db_run(m->db, &Q_MAIL_CLAIM, &(db_args_t) { { host, now }, 2 },
                &res);
    n = rc == GW_OK ? PQntuples(res) : 0;

    if (n == 0) {
        if (rc == GW_ERROR) {
            log_error("mail_claim: %s", db_message(res));
        }
        PQclear(res);
        return rc;
    }

    w = calloc(1, sizeof(window_t));
    if (w == NULL || (w->item = calloc((size_t) n, sizeof(item_t))) == NULL) {
        free(w);
        PQclear(res);
        return GW_ENOMEM;
    }

    if (n == LEDGER_CLAIM_N) {
        m->queue_ms = 0;        /* there is more: no pause */
    }

    w->rows = res;
    w->n = (unsigned) n;
    w->open = (unsigned) n;
    w->closed = true;

    for (row = 0; row < n; row++) {
        c = ledger_campaign(m, res, row);
        if (c == NULL) {
            w->open--;          /* it ended meanwhile: a start releases it */
            continue;
        }
        c->refs++;
        w->item[row].campaign = c;
        w->item[row].window = w;
        ledger_claimed(m, &w->item[row], res, row);
    }

    if (w->open == 0) {
        window_free(w);
    }

    return GW_OK;               /* NOLINT(clang-analyzer-unix.Malloc): the
                                   items keep their window */
}
