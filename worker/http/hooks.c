/*
 * The role `http`: requests to others. Today it has one source, webhooks out:
 * wait, claim endpoints, send, tell what came back.
 *
 * A delivery is in Postgres until its result is: a process that dies loses
 * none, and what it has sent without telling is sent once more, under the same
 * id. Crash points: hooks_after_answer, hooks_before_tell, hooks_after_tell.
 */
#include "worker/http/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/host.h"
#include "worker/house.h"

#define HOOKS_WAIT_MS   1000            /* after the database was away     */
#define HOOKS_IDLE_MS   1000            /* an endpoint is kept without work */
#define HOOKS_LEAVE_MS  5000            /* for answers, when it has to end  */
#define HOOKS_BURST_US  100000          /* of its rate, that was not used  */


void
hooks_wake(hooks_t *h, int64_t ms)
{
    if (h->soon.due_ms == 0 || h->soon.due_ms > gw_clock_ms() + ms) {
        (void) !loop_timer_set(h->loop, &h->soon, ms);
    }
}


/* May it send one now? Else it is looked at again in time. */
static bool
hook_may(hook_t *k)
{
    int64_t  now, us;

    if (k->waits == 0 || k->active >= (k->ordered ? 1 : k->window)
        || http_active(k->of->http) >= HOOKS_ACTIVE_MAX
        || gw_clock_boot_ms() >= k->lease_ms || k->of->leaving)
    {
        return false;
    }

    now = gw_clock_ms();
    us = now * 1000;
    if (k->pause_ms > now) {
        hooks_wake(k->of, k->pause_ms - now);
        return false;
    }

    if (k->rate > 0) {
        if (k->next_us > us) {
            hooks_wake(k->of, (k->next_us - us) / 1000 + 1);
            return false;
        }
        k->next_us = (k->next_us > us - HOOKS_BURST_US ? k->next_us
                      : us - HOOKS_BURST_US) + 1000000 / k->rate;
    }

    return true;
}


static void
hook_start(hook_t *k)
{
    int      rc;
    send_t  *s;

    while (hook_may(k)) {
        for (s = k->first; s->state != SEND_WAITS; s = s->next) {
            /* one waits */
        }

        rc = hooks_send(s);
        if (rc != GW_OK) {
            log_error("webhook %s of workspace %s: %s", k->id, k->tenant,
                      gw_strerror(rc));
            hooks_release(k, HOOKS_AGAIN_MS);
            return;
        }
    }
}


/* One that is lost ends what it has on the way, and goes. */
static void
hook_end(hook_t *k)
{
    send_t  *s, *next;

    for (s = k->first; s != NULL; s = next) {
        next = s->next;
        if (s->state == SEND_WAITS) {
            k->waits--;
            send_free(s);
        }
    }

    if (k->sends == 0 && !k->loading) {
        hook_free(k);
    }
}


static void
hook_pump(hook_t *k)
{
    int64_t   now;
    hooks_t  *h = k->of;

    if (k->lost) {
        hook_end(k);
        return;
    }

    hook_start(k);
    now = gw_clock_ms();

    if (!k->loading && !h->leaving && now >= k->load_ms && k->pause_ms <= now
        && (k->ordered ? k->sends == 0 : k->waits < k->window)
        && h->sends < HOOKS_MEMORY_MAX)
    {
        hooks_load(k);
    }

    if (k->sends > 0 || k->loading) {
        k->idle_ms = now;
    } else if (h->leaving || k->pause_ms > now
               || now - k->idle_ms >= (h->w->once ? 0 : HOOKS_IDLE_MS))
    {
        hooks_release(k, k->pause_ms > now ? k->pause_ms - now : 0);
    }
}


/* After each turn of the loop. */
static void
hooks_pump(void *arg)
{
    hook_t   *k, *next;
    hooks_t  *h = arg;

    for (k = h->first; k != NULL; k = next) {
        next = k->next;
        hook_pump(k);
    }

    /* who stood first stands last, so that all get their turn when there are
       more than there is room for */

    if (http_active(h->http) >= HOOKS_ACTIVE_MAX && h->first != NULL
        && h->first->next != NULL)
    {
        for (k = h->first; k->next != NULL; k = k->next) {
            /* the last */
        }
        k->next = h->first;
        h->first = h->first->next;
        k->next->next = NULL;
    }

    if (h->ended > 0 && !h->telling && gw_clock_ms() >= h->later_ms) {
        hooks_tell(h);
    }

    if ((h->leaving || (h->w->once && h->dry)) && h->n == 0
        && dbpipe_pending(h->db) == 0)
    {
        loop_stop(h->loop);
    }
}


static void
hooks_tick(void *arg)
{
    hooks_t  *h = arg;

    if (!h->leaving && gw_clock_ms() >= h->later_ms) {
        hooks_claim(h);
    }

    hooks_renew(h);

    if (loop_timer_set(h->loop, &h->tick, HOOKS_POLL_MS) != GW_OK) {
        loop_stop(h->loop);
    }
}


static void
hooks_soon(void *arg)
{
    /* the turn ends with hooks_pump */
}


static void
hooks_late(void *arg)
{
    hooks_t  *h = arg;

    log_warn("ends with %u deliveries whose end is not known; they are sent "
             "again", h->sends);
    loop_stop(h->loop);
}


static void
hooks_signal(void *arg)
{
    hooks_t  *h = arg;

    (void) loop_take_child(h->loop);
    (void) loop_take_hup(h->loop);

    if (loop_terminating(h->loop) && !h->leaving) {
        h->leaving = true;
        h->soon.call = hooks_late;
        (void) !loop_timer_set(h->loop, &h->soon, HOOKS_LEAVE_MS);
    }
}


/* One a house: what an earlier one held can then be taken at once. */
static int
hooks_lock(hooks_t *h)
{
    char  path[HOUSE_PATH_MAX];

    if (gw_conf_path(&h->w->conf, "run/http.lock", path, sizeof(path))
        != GW_OK)
    {
        return GW_ERROR;
    }

    h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (h->lock == -1) {
        log_error("can not open %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    if (flock(h->lock, LOCK_EX | LOCK_NB) == -1) {
        log_error("another process sends the requests of this house; it has "
                  "one");
        return GW_EBUSY;
    }

    return GW_OK;
}


/* Which host this is, and what it held is free. */
static int
hooks_enter(hooks_t *h, db_t *db)
{
    int        rc;
    char       host[16], now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    rc = host_enter(h->w, db, &h->host);
    if (rc != GW_OK) {
        return rc;
    }

    (void) snprintf(host, sizeof(host), "%d", h->host);
    gw_clock_print(gw_clock_us(), now);
    rc = db_run(db, &Q_HOOKS_ENTER, &(db_args_t) { { host, now }, 2 }, &res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", Q_HOOKS_ENTER.name, db_message(res));
    }
    PQclear(res);
    return rc;
}


/* Once Postgres is there; then the rest goes by itself. */
static void
hooks_begin(void *arg)
{
    int       rc;
    char      mem[512];
    db_t     *db = NULL;
    hooks_t  *h = arg;
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = db_open(&db, h->w, "gw_worker", &err);
    if (rc != GW_OK) {
        log_warn("%.*s", (int) err.len, mem);
    }

    rc = rc == GW_OK ? hooks_enter(h, db) : rc;
    db_close(db);

    if (rc != GW_OK) {
        if (h->w->once || h->leaving
            || loop_timer_set(h->loop, &h->tick, HOOKS_WAIT_MS) != GW_OK)
        {
            loop_stop(h->loop);
        }
        return;
    }

    h->tick.call = hooks_tick;
    if (dbpipe_create(&h->db, h->loop, h->w, "gw_worker") != GW_OK) {
        loop_stop(h->loop);
        return;
    }

    loop_after(h->loop, hooks_pump, h);
    hooks_tick(h);
}


int
http_role(worker_t *w)
{
    int       rc;
    char      mem[512];
    hooks_t   h;
    gw_buf_t  err;

    memset(&h, 0, sizeof(h));
    h.w = w;
    h.lock = -1;
    h.tick.call = hooks_begin;
    h.tick.arg = &h;
    h.soon.call = hooks_soon;
    h.soon.arg = &h;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = hooks_lock(&h);
    if (rc == GW_OK) {
        rc = secret_keys_open(&h.secrets, &w->conf, &err);
        if (rc != GW_OK) {
            log_error("%.*s", (int) err.len, mem);
        }
    }

    rc = rc == GW_OK ? loop_create(&h.loop) : rc;
    rc = rc == GW_OK ? loop_signals(h.loop, hooks_signal, &h) : rc;
    rc = rc == GW_OK ? http_create(&h.http, h.loop, &w->conf) : rc;
    rc = rc == GW_OK ? loop_timer_set(h.loop, &h.tick, 0) : rc;
    rc = rc == GW_OK ? loop_run(h.loop) : rc;

    http_free(h.http);
    while (h.first != NULL) {
        hook_free(h.first);
    }
    dbpipe_free(h.db);
    loop_free(h.loop);
    secret_keys_free(h.secrets);
    if (h.lock != -1) {
        (void) close(h.lock);
    }

    return rc == GW_OK && (!w->once || h.dry) ? 0 : 1;
}
