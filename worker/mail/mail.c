/*
 * The role `mail`: claims windows and queued mail, renders, sends, writes the
 * ledger. One process a host; its journal decides after a crash.
 *
 * Crash points: before_journal, after_journal, after_dot, after_reply, and
 * those of worker/campaign.
 */
#include "worker/mail/mail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"
#include "worker/host.h"
#include "worker/mail/smtp.h"

#define MAIL_TICK_MS    20
#define MAIL_LOOK_MS    300
#define MAIL_QUEUE_MS   500
#define MAIL_SETTLE_MS  200
#define MAIL_SETTLE_N   500
#define MAIL_CACHE_MS   1000
#define MAIL_AWAY_MS    500
#define MAIL_SKIP_MAX   64            /* items of campaigns that must wait */
#define MAIL_BYTES_MAX  (32 * 1024 * 1024)


/* Suppressed since the window was read? */
static bool
mail_is_suppressed(mail_t *m, const item_t *i)
{
    int             rc;
    size_t          n;
    gw_cache_key_t  key;
    unsigned char   hash[32], reason[16];

    campaign_address_hash(i->campaign, i->email, hash);
    key = gw_cache_key_suppression(i->campaign->tenant, hash);
    n = sizeof(reason);
    rc = gw_cache_get(m->cache, &key, reason, &n);
    gw_cache_release(m->cache);
    return rc == GW_OK;
}


/* Take the item at *at out of the ready queue. */
static item_t *
mail_take_out(mail_t *m, item_t **at)
{
    item_t  *i;

    i = *at;
    *at = i->next;
    if (*at == NULL) {
        m->ready_last = at;
    }
    m->n_ready--;
    i->next = NULL;
    i->touched = true;
    i->at_us = gw_clock_us();
    i->code = 0;
    i->reply[0] = '\0';
    return i;
}


/* Policy once more, then the message; false: the item got its outcome. */
static bool
mail_prepare(mail_t *m, item_t *i, gw_buf_t *out)
{
    if (i->campaign->state == CAMPAIGN_CANCELLED) {
        i->attempt--;
        mail_outcome(m, i, ITEM_SUPPRESSED, false, 0, "", "cancelled");
        return false;
    }

    if (mail_is_suppressed(m, i)) {
        i->attempt--;
        mail_outcome(m, i, ITEM_SUPPRESSED, false, 0, "",
                     "suppressed since the campaign began");
        return false;
    }

    if (campaign_render(m, i, out) != GW_OK) {
        i->attempt--;
        mail_outcome(m, i, ITEM_NOT_RENDERED, false, 0, "", i->reason);
        return false;
    }

    return true;
}


/* May this item leave the queue now? */
static bool
mail_may(mail_t *m, const item_t *i)
{
    if (i->campaign->state == CAMPAIGN_CANCELLED) {
        return i->window->closed;       /* else its window gives it back */
    }

    return i->campaign->state == CAMPAIGN_RUNNING && !m->stopping
           && campaign_token(i->campaign);
}


item_t *
mail_next(mail_t *m, gw_buf_t *out)
{
    item_t    *i, **at;
    unsigned   skipped;

    skipped = 0;
    for (at = &m->ready; *at != NULL && skipped < MAIL_SKIP_MAX; ) {
        if (!mail_may(m, *at)) {
            at = &(*at)->next;
            skipped++;
            continue;
        }

        i = mail_take_out(m, at);
        if (mail_prepare(m, i, out)) {
            return i;
        }

        gw_buf_reset(out);
        at = &m->ready;
    }

    return NULL;
}


static void
mail_note(mail_t *m, const item_t *i, uint8_t kind, journal_record_t *r)
{
    memset(r, 0, sizeof(journal_record_t));
    r->kind = kind;
    r->attempt = (uint8_t) i->attempt;
    r->key.tenant = i->campaign->tenant;
    r->key.campaign = i->campaign->id;
    r->key.contact = i->contact;
    r->at_us = gw_clock_us();
    r->code = (uint16_t) i->code;
    r->reply_len = (uint16_t) strnlen(i->reply, JOURNAL_REPLY_MAX - 1);
    memcpy(r->reply, i->reply, r->reply_len);
}


void
mail_on_wire(mail_t *m, item_t *i)
{
    journal_record_t  r;

    mail_note(m, i, JOURNAL_D, &r);
    i->file = journal_add(m->journal, &r);
    i->on_wire = true;
}


/* Back to the head of the queue: nothing was held against it. */
static void
mail_again(mail_t *m, item_t *i)
{
    i->next = m->ready;
    m->ready = i;
    if (i->next == NULL) {
        m->ready_last = &i->next;
    }
    m->n_ready++;
    i->touched = i->window->closed;
}


void
mail_outcome(mail_t *m, item_t *i, item_state_t state, bool retry,
    unsigned code, const char *reply, const char *reason)
{
    journal_record_t  r;

    i->code = code;
    (void) snprintf(i->reply, sizeof(i->reply), "%s", reply);

    if (i->on_wire && state != ITEM_UNCERTAIN) {
        mail_note(m, i, JOURNAL_A, &r);
        (void) journal_add(m->journal, &r);
        worker_crash_point("after_reply");
    }

    if (state == ITEM_QUEUED && !retry && !i->on_wire) {
        mail_again(m, i);
        return;
    }

    if (reason != i->reason) {
        (void) snprintf(i->reason, sizeof(i->reason), "%s", reason);
    }
    i->state = state;
    i->retry = retry || state == ITEM_QUEUED;
    i->decided = true;
    i->at_us = gw_clock_us();

    if (i->window->closed) {
        i->next = m->settle;
        m->settle = i;
        m->n_settle++;
    }
}


int
mail_flush(mail_t *m)
{
    int  rc;

    worker_crash_point("before_journal");
    rc = journal_flush(m->journal);
    if (rc != GW_OK) {
        log_error("mail: the journal cannot be written: nothing more is sent");
        return rc;
    }

    worker_crash_point("after_journal");
    smtp_flush(m->smtp);
    worker_crash_point("after_dot");
    return GW_OK;
}


static void
mail_after(void *arg)
{
    mail_t  *m = arg;

    if (m->smtp != NULL && mail_flush(m) != GW_OK) {
        exit(1);
    }
}


/* ---- Postgres ---- */


static int
mail_connect(mail_t *m)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = db_open(&m->db, m->w, "gw_worker", &err);
    rc = rc == GW_OK ? host_enter(m->w, m->db, &m->host) : rc;

    if (rc == GW_OK && !m->recovered) {
        rc = ledger_recover(m);
        m->recovered = rc == GW_OK;
    }

    if (rc != GW_OK && !m->said_away) {
        log_warn("mail: %.*s; trying again", (int) err.len, mem);
        m->said_away = true;
    }

    if (rc == GW_OK) {
        m->said_away = false;
    }

    return rc;
}


/* All that needs Postgres, in the order that loses nothing. */
static int
mail_work(mail_t *m)
{
    int      rc;
    int64_t  now;

    rc = m->db != NULL ? GW_OK : mail_connect(m);
    now = gw_clock_ms();

    if (rc == GW_OK && now - m->looked_ms >= MAIL_LOOK_MS) {
        m->looked_ms = now;
        rc = campaign_look(m);
    }

    rc = rc == GW_OK ? campaign_close_windows(m) : rc;

    if (rc == GW_OK && (now - m->settled_ms >= MAIL_SETTLE_MS
                        || m->n_settle >= MAIL_SETTLE_N || m->stopping))
    {
        m->settled_ms = now;
        rc = ledger_settle(m);
    }

    if (rc == GW_OK && now - m->queue_ms >= MAIL_QUEUE_MS && !m->stopping
        && m->n_ready < (unsigned) m->w->conf.mail_window)
    {
        m->queue_ms = now;
        rc = ledger_claim(m);
    }

    return rc == GW_OK ? campaign_open_windows(m) : rc;
}


static int
mail_finish(mail_t *m)
{
    int          rc;
    char         tenant[16], id[16], now[32];
    PGresult    *res;
    campaign_t  *c;

    rc = GW_OK;
    for (c = m->campaigns; rc == GW_OK && c != NULL; c = c->next) {
        if (c->window != NULL || c->refs > 0 || c->pos < c->audience
            || c->state == CAMPAIGN_PAUSED)
        {
            continue;
        }

        (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
        (void) snprintf(id, sizeof(id), "%u", c->id);
        gw_clock_print(gw_clock_us(), now);
        rc = db_run(m->db, &Q_MAIL_FINISH, &(db_args_t) {
                    { tenant, id, now }, 3 }, &res);
        PQclear(res);
    }

    return rc;
}


/* Is all that was begun in Postgres? */
static bool
mail_is_settled(const mail_t *m)
{
    const campaign_t  *c;

    for (c = m->campaigns; c != NULL && c->window == NULL; c = c->next) {
        /* void */
    }

    return c == NULL && m->settle == NULL && smtp_busy(m->smtp) == 0;
}


static void
mail_tick(void *arg)
{
    int      rc;
    mail_t  *m = arg;
    int64_t  now;

    now = gw_clock_ms();
    if (now - m->cache_ms >= MAIL_CACHE_MS) {
        m->cache_ms = now;
        gw_cache_refresh(m->cache);
    }

    if (now >= m->away_ms) {
        rc = mail_work(m);
        if (rc == GW_OK && m->looked_ms == now) {
            rc = mail_finish(m);
        }
        if (rc != GW_OK && rc != GW_EAGAIN) {
            db_close(m->db);
            m->db = NULL;
            m->away_ms = gw_clock_ms() + MAIL_AWAY_MS;
        }
    }

    smtp_feed(m->smtp);

    if (m->stopping && mail_is_settled(m)) {
        loop_stop(m->loop);
        return;
    }

    if (loop_timer_set(m->loop, &m->tick, MAIL_TICK_MS) != GW_OK) {
        loop_stop(m->loop);
    }
}


static void
mail_signal(void *arg)
{
    mail_t  *m = arg;

    if (loop_terminating(m->loop) || loop_take_hup(m->loop)) {
        m->stopping = true;
        smtp_drain(m->smtp);
    }
}


static int
mail_start(mail_t *m, gw_buf_t *err)
{
    int   rc;
    char  path[512];

    m->ready_last = &m->ready;
    gw_buf_init(&m->text, MAIL_BYTES_MAX);
    gw_buf_init(&m->html, MAIL_BYTES_MAX);
    gw_buf_init(&m->subject, 65536);
    gw_buf_init(&m->url, 8192);

    rc = loop_create(&m->loop);
    rc = rc == GW_OK ? journal_open(&m->journal, &m->w->conf, err) : rc;
    rc = rc == GW_OK ? gw_conf_path(&m->w->conf, "cache", path, sizeof(path))
                     : rc;
    rc = rc == GW_OK ? gw_cache_open(&m->cache, path) : rc;
    rc = rc == GW_OK ? gw_conf_path(&m->w->conf, "keys/token", path,
                                    sizeof(path)) : rc;
    rc = rc == GW_OK ? gw_token_keys_load(&m->keys,
                           m->w->conf.token_keys.len > 0
                           ? (char *) m->w->conf.token_keys.data : path, err)
                     : rc;
    rc = rc == GW_OK ? gw_liquid_run_create(&m->liquid) : rc;
    rc = rc == GW_OK ? smtp_create(&m->smtp, m, err) : rc;
    rc = rc == GW_OK ? loop_signals(m->loop, mail_signal, m) : rc;

    m->tick.call = mail_tick;
    m->tick.arg = m;
    if (rc == GW_OK) {
        loop_after(m->loop, mail_after, m);
        rc = loop_timer_set(m->loop, &m->tick, 1);
    }

    return rc;
}


/* Nothing to do now: for --once. */
static bool
mail_is_idle(const mail_t *m)
{
    const campaign_t  *c;

    if (m->db == NULL || m->n_ready > 0 || m->settle != NULL
        || smtp_busy(m->smtp) > 0 || m->looked_ms == 0 || m->queue_ms == 0)
    {
        return false;
    }

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (c->window != NULL || c->refs > 0
            || (c->state != CAMPAIGN_PAUSED && c->pos < c->audience))
        {
            return false;
        }
    }

    return true;
}


static int
mail_once(mail_t *m)
{
    int       rc, idle;
    int64_t   until;

    idle = 0;
    until = gw_clock_ms() + 60000;
    do {
        rc = loop_turn(m->loop, 50);
        idle = mail_is_idle(m) ? idle + 1 : 0;
    } while (rc == GW_OK && idle < 40 && gw_clock_ms() < until);

    return idle >= 40 ? rc : GW_EAGAIN;
}


int
mail_role(worker_t *w)
{
    int       rc;
    mail_t    m;
    gw_buf_t  err;

    memset(&m, 0, sizeof(m));
    m.w = w;
    gw_buf_init(&err, 2048);
    rc = mail_start(&m, &err);

    if (rc != GW_OK) {
        log_error("mail: %s", err.len ? gw_buf_c(&err) : gw_strerror(rc));
    } else {
        rc = w->once ? mail_once(&m) : loop_run(m.loop);
    }

    smtp_free(m.smtp);
    campaign_free_all(&m);
    journal_close(m.journal);
    gw_cache_close(m.cache);
    gw_token_keys_free(m.keys);
    gw_liquid_run_free(m.liquid);
    gw_buf_free(&m.text);
    gw_buf_free(&m.html);
    gw_buf_free(&m.subject);
    gw_buf_free(&m.url);
    gw_buf_free(&err);
    db_close(m.db);
    loop_free(m.loop);
    return rc == GW_OK ? 0 : 1;
}
