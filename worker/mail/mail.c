/*
 * The role `mail`: claims windows and queued mail, renders, sends, writes the
 * ledger. One process a host; its journal decides after a crash.
 *
 * Crash points: before_journal, after_announce, after_journal, after_dot, and
 * those of queue.c and worker/campaign.
 */
#include "worker/mail/mail.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/campaign/channel.h"
#include "worker/house.h"
#include "worker/http/channel.h"
#include "worker/live.h"
#include "worker/mail/figures.h"
#include "worker/mail/lane.h"
#include "worker/mail/refusal.h"
#include "worker/mail/routes.h"
#include "worker/mail/signing.h"
#include "worker/mail/smtp.h"

#define MAIL_TICK_MS    20
#define MAIL_CACHE_MS   1000
#define MAIL_AWAY_MS    500
#define MAIL_BYTES_MAX  (32 * 1024 * 1024)

static void
mail_stuck(void)
{
    log_error("mail: the journal cannot be written (%s): nothing more is sent",
              strerror(errno));
    exit(1);
}


void
mail_flush_journal(mail_t *m)
{
    if (journal_flush(m->journal) != GW_OK) {
        mail_stuck();
    }
}


/* More of the journal is on disk. */
static void
mail_synced(void *arg, uint32_t events)
{
    mail_t  *m = arg;

    if (journal_heard(m->journal) != GW_OK) {
        mail_stuck();
    }

    channels_synced(m);
}


void
mail_leave(mail_t *m)
{
    unsigned  begun, dots;

    begun = m->begun;
    dots = m->dots;
    m->begun = m->dots = 0;
    if (dots > 0) {
        worker_crash_point("before_journal");
    }

    mail_flush_journal(m);
    if (begun > 0) {
        worker_crash_point("after_announce");
    }
    if (dots > 0) {
        worker_crash_point("after_journal");
    }

    channels_flush(m);
    mail_sync(m);
    if (dots > 0) {
        worker_crash_point("after_dot");
    }
}


static void
mail_after(void *arg)
{
    mail_t  *m = arg;

    if (m->smtp != NULL) {
        mail_leave(m);
        campaign_turn(m);
    }
}


static void
mail_stop(mail_t *m)
{
    m->stopping = true;
    smtp_drain(m->smtp);
}


void
mail_lost(mail_t *m, const campaign_t *c)
{
    log_error("campaign cmp_%u: another process has taken it over; beginning "
              "again", c->id);
    m->lost = true;
    mail_stop(m);
}


/* Is all that was begun in Postgres, or at least in the journal? */
static bool
mail_is_settled(const mail_t *m)
{
    const campaign_t  *c;

    if (m->lost) {
        return channels_busy(m) == 0;
    }

    for (c = m->campaigns; c != NULL && !campaign_is_open(c); c = c->next) {
        /* void */
    }

    return c == NULL && m->settle == NULL && m->claims == NULL && !m->release
           && dbpipe_pending(m->pipe) == 0 && channels_busy(m) == 0;
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

    channels_turn(m);
    live_turn(m->w);
    mail_stay(m);
    figures_turn(m);

    if (m->stopping && mail_is_settled(m)) {
        mail_flush_journal(m);
        loop_stop(m->loop);
        return;
    }

    if (loop_timer_set(m->loop, &m->tick, MAIL_TICK_MS) != GW_OK) {
        loop_stop(m->loop);
    }
}


/*
 * The settings anew, in place: no dot that waits for its reply is given up for
 * them, and nothing waits for it. What cannot change in place lets the role end
 * when its dots have, to be started anew.
 */
static void
mail_reload(mail_t *m)
{
    int        rc;
    char       mem[512];
    gw_buf_t   err;
    gw_conf_t  conf, old;

    if (house_again(m->w, &conf) != GW_OK) {
        return;
    }

    if (!gw_conf_reloads(&m->w->conf, &conf)
        || (conf.smart_host.len > 0) != (m->routes == NULL))
    {
        log_info("mail: a setting that cannot change in place: starting anew");
        gw_conf_free(&conf);
        mail_stop(m);
        return;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    old = m->w->conf;
    m->w->conf = conf;
    rc = refusal_load(m, &err);
    rc = rc == GW_OK ? smtp_renew(&m->smtp, m, &err) : rc;
    if (rc != GW_OK) {
        log_error("reload refused, the old configuration stays: %s",
                  err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        m->w->conf = old;
        old = conf;
    }

    gw_conf_free(&old);
    log_open(m->w->role, (int) m->w->conf.log_level,
             (int) m->w->conf.log_form);
    if (rc == GW_OK) {
        log_info("mail: has read its settings anew");
    }
}


static void
mail_signal(void *arg)
{
    mail_t  *m = arg;

    if (loop_terminating(m->loop)) {
        mail_stop(m);
    }

    if (loop_take_hup(m->loop) && !m->stopping) {
        mail_reload(m);
    }
}


static int
mail_listen(mail_t *m)
{
    m->synced.fd = journal_event(m->journal);
    m->synced.call = mail_synced;
    m->synced.arg = m;
    return m->synced.fd < 0 ? GW_OK
           : loop_fd_set(m->loop, &m->synced, EPOLLIN);
}


static int
mail_start(mail_t *m, gw_buf_t *err)
{
    int       rc;
    char      path[512];
    unsigned  i;

    /* what a large mail gives back leaves the process; once said, it stays */
    (void) mallopt(M_MMAP_THRESHOLD, SMTP_KEEP);

    for (i = 0; i < PERSON_URLS; i++) {
        gw_buf_init(&m->urls[i], 8192);
    }
    gw_buf_init(&m->text, MAIL_BYTES_MAX);
    gw_buf_init(&m->html, MAIL_BYTES_MAX);
    gw_buf_init(&m->subject, 65536);
    gw_buf_init(&m->proof, MAIL_BYTES_MAX);

    m->data = json_object();
    rc = m->data != NULL ? loop_create(&m->loop) : GW_ENOMEM;
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
    rc = rc == GW_OK ? refusal_load(m, err) : rc;
    rc = rc == GW_OK ? gw_liquid_run_create(&m->liquid) : rc;
    rc = rc == GW_OK ? route_smart(m) : rc;
    rc = rc == GW_OK ? smtp_create(&m->smtp, m, err) : rc;
    rc = rc == GW_OK && m->w->conf.smart_host.len == 0
         ? routes_create(&m->routes, m, err) : rc;
    rc = rc == GW_OK ? dbpipe_create(&m->pipe, m->loop, m->w, "gw_worker")
                     : rc;
    rc = rc == GW_OK ? loop_signals(m->loop, mail_signal, m) : rc;
    rc = rc == GW_OK ? mail_listen(m) : rc;
    rc = rc == GW_OK ? signing_start(m) : rc;

    m->tick.call = mail_tick;
    m->tick.arg = m;
    if (rc == GW_OK) {
        loop_few(m->loop, MAIL_DOTS);
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
        || channels_busy(m) > 0 || m->looked_ms == 0 || m->queue_ms == 0)
    {
        return false;
    }

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (campaign_is_open(c) || c->refs > 0
            || (c->state != CAMPAIGN_PAUSED && c->taken < c->audience))
        {
            return false;
        }
    }

    return true;
}


/* Until nothing is to do, and one more look at everything has found nothing. */
static int
mail_once(mail_t *m)
{
    int       rc, idle;
    int64_t   until;

    idle = 0;
    until = gw_clock_ms() + 60000;
    do {
        rc = loop_turn(m->loop, 50);
        if (!mail_is_idle(m)) {
            idle = idle == 1 && (m->looked_ms == 0 || m->queue_ms == 0);
        } else if (idle++ == 0) {
            m->looked_ms = m->queue_ms = 0;
        }
    } while (rc == GW_OK && idle < 2 && gw_clock_ms() < until
             && !(m->stopping && mail_is_settled(m)));

    return idle == 2 ? rc : GW_EAGAIN;
}


int
mail_role(worker_t *w)
{
    int       rc;
    mail_t    m;
    unsigned  i;
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
    routes_free(m.routes);
    route_forget(&m);
    refusal_free(&m);
    lane_free(&m.stays);
    lane_free(&m.null.gate);
    lane_free(&m.asking);
    dbpipe_free(m.pipe);
    campaign_free_all(&m);
    webhooks_free(&m);
    signing_stop(&m);
    metrics_end(&m.metrics, w);
    journal_close(m.journal);
    gw_cache_close(m.cache);
    gw_token_keys_free(m.keys);
    gw_liquid_run_free(m.liquid);
    gw_buf_free(&m.text);
    gw_buf_free(&m.html);
    gw_buf_free(&m.subject);
    gw_buf_free(&m.proof);
    for (i = 0; i < PERSON_URLS; i++) {
        gw_buf_free(&m.urls[i]);
    }
    json_decref(m.data);
    gw_buf_free(&err);
    db_close(m.db);
    loop_free(m.loop);
    return rc == GW_OK && !m.lost ? 0 : 1;
}
