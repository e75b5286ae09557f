/*
 * The role `ingest`: drains the segments of <state>/spool into Postgres. It
 * wakes at once when a durable record is written, every drain_interval
 * otherwise, and syncs the mapped segments every spool_sync.
 *
 * Crash points: before_unlink, and those of store.c.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/host.h"
#include "worker/ingest/reasons.h"
#include "worker/ingest/segment.h"
#include "worker/live.h"
#include "worker/loop.h"
#include "worker/metrics.h"

#define INGEST_AWAY_FIRST  100          /* ms between attempts to connect */
#define INGEST_AWAY_LAST   1000
#define INGEST_FREE_LEAST  20           /* percent, then nothing is kept  */

typedef struct {
    drain_t        drain;
    loop_t        *loop;
    loop_timer_t   tick, sync;
    loop_fd_t      watch;
    segment_t     *segments;
    char           dir[256];
    int64_t        pause_ms;            /* Postgres is away: until then   */
    int64_t        away;
    bool           said;                /* that it takes nothing          */
    bool           idle;                /* nothing was left to drain      */
    int64_t        idle_ms;             /* when, or the begin             */
    metrics_t      metrics;
} ingest_t;


static segment_t *
ingest_find(ingest_t *i, const char *name)
{
    segment_t  *s;

    for (s = i->segments; s != NULL; s = s->next) {
        if (strcmp(s->name, name) == 0) {
            return s;
        }
    }

    return NULL;
}


static bool
ingest_is_durable(const segment_t *s)
{
    return gw_spool_reader_header(s->reader)->class == GW_SPOOL_DURABLE;
}


/* Durable ones stand in front: an unsubscribe does not wait for opens. */
static void
ingest_insert(ingest_t *i, segment_t *s)
{
    segment_t  **at;

    at = &i->segments;
    while (*at != NULL && !ingest_is_durable(s) && ingest_is_durable(*at)) {
        at = &(*at)->next;
    }

    s->next = *at;
    *at = s;
}


/* Look at the folder: new segments are opened. */
static void
ingest_scan(ingest_t *i)
{
    int              rc;
    size_t           n;
    segment_t       *s;
    int              count, at;
    struct dirent  **e;

    count = scandir(i->dir, &e, NULL, alphasort);
    for (at = 0; at < count; at++) {
        n = strlen(e[at]->d_name);
        if (e[at]->d_name[0] != '.' && n > 4
            && strcmp(e[at]->d_name + n - 4, ".seg") == 0
            && ingest_find(i, e[at]->d_name) == NULL)
        {
            rc = segment_open(&s, i->dir, e[at]->d_name);
            if (rc == GW_OK) {
                ingest_insert(i, s);
            }
        }
        free(e[at]);
    }

    if (count >= 0) {
        free(e);
    }
}


static bool
ingest_disk_is_short(const ingest_t *i)
{
    struct statvfs  v;

    return statvfs(i->dir, &v) == 0 && v.f_blocks > 0
           && (double) v.f_bavail * 100 / (double) v.f_blocks
              < INGEST_FREE_LEAST;
}


/* Remove what has been kept long enough; forget what is gone. */
static void
ingest_sweep(ingest_t *i)
{
    bool        over;
    segment_t  *s, **at;

    over = ingest_disk_is_short(i);

    for (at = &i->segments; (s = *at) != NULL; ) {
        if (s->state == SEGMENT_DRAINED
            && (over || gw_clock_ms() - s->drained_ms
                        >= i->drain.w->conf.spool_keep))
        {
            worker_crash_point("before_unlink");
            (void) unlink(s->path);
            s->state = SEGMENT_GONE;
        }

        if (s->state == SEGMENT_GONE) {
            *at = s->next;
            segment_free(s);
            continue;
        }

        at = &s->next;
    }
}


/* Once, until events are taken again. */
static void
ingest_say(ingest_t *i, const char *why)
{
    if (!i->said) {
        log_warn("Postgres: %s; events wait in the spool", why);
        i->said = true;
    }
}


static int
ingest_connect(ingest_t *i)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = lanes_connect(&i->drain.db, i->drain.w, &err);

    if (rc != GW_OK) {
        ingest_say(i, err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        return rc;
    }

    rc = host_enter(i->drain.w, i->drain.db, &i->drain.host);
    return rc == GW_OK ? reasons_learn(i->drain.db, i->drain.rules,
                                       i->drain.memo.id, NULL) : rc;
}


/* Give the connection up and wait a little before the next. */
static void
ingest_away(ingest_t *i)
{
    char        why[512];
    segment_t  *s;

    if (i->drain.db != NULL) {
        drain_why(&i->drain, why, sizeof(why));
        ingest_say(i, why);
    }

    lanes_close(&i->drain.lanes);
    db_close(i->drain.db);
    i->drain.db = NULL;

    for (s = i->segments; s != NULL; s = s->next) {
        s->known = false;
    }

    i->away = i->away == 0 ? INGEST_AWAY_FIRST : i->away * 2;
    i->away = i->away < INGEST_AWAY_LAST ? i->away : INGEST_AWAY_LAST;
    i->pause_ms = gw_clock_ms() + i->away;
}


/* Drain one; false: Postgres takes nothing. Other trouble is the segment's. */
static bool
ingest_one(ingest_t *i, segment_t *s)
{
    int  rc;

    rc = segment_drain(&i->drain, s);
    return rc != GW_EDB && rc != GW_ERROR;
}


/* All segments, and after each of events again what is durable. */
static bool
ingest_drain(ingest_t *i)
{
    segment_t  *s, *d;

    for (s = i->segments; s != NULL; s = s->next) {
        if (!ingest_one(i, s)) {
            return false;
        }

        for (d = i->segments; d != s && ingest_is_durable(d); d = d->next) {
            if (!ingest_one(i, d)) {
                return false;
            }
        }
    }

    return true;
}


/* One round over all segments. */
static void
ingest_round(ingest_t *i)
{
    if (gw_clock_ms() < i->pause_ms) {
        return;
    }

    ingest_scan(i);
    lanes_idle(&i->drain.lanes);

    if (i->drain.db == NULL && ingest_connect(i) != GW_OK) {
        ingest_away(i);
        return;
    }

    if (!ingest_drain(i)) {
        ingest_away(i);
        return;
    }

    live_turn(i->drain.w);

    if (i->said) {
        log_info("Postgres takes events again");
        i->said = false;
    }

    i->away = 0;
    i->idle = true;
    i->idle_ms = gw_clock_ms();
    ingest_sweep(i);
}


static void
ingest_tell(ingest_t *i)
{
    int64_t           n;
    const segment_t  *s;

    if (!metrics_due(&i->metrics)) {
        return;
    }

    n = 0;
    for (s = i->segments; s != NULL; s = s->next) {
        n += s->state == SEGMENT_OPEN;
    }

    metrics_about(&i->metrics, "godwit_ingest_lag_seconds", "gauge",
                  "What was in the spool so long ago is in Postgres.");
    metrics_time(&i->metrics, "godwit_ingest_lag_seconds", NULL, NULL,
                 gw_clock_ms() - i->idle_ms);
    metrics_about(&i->metrics, "godwit_ingest_segments", "gauge",
                  "Segments of the spool that are not drained.");
    metrics_put(&i->metrics, "godwit_ingest_segments", NULL, NULL, n);
    metrics_about(&i->metrics, "godwit_ingest_database_up", "gauge",
                  "1: Postgres is reached.");
    metrics_put(&i->metrics, "godwit_ingest_database_up", NULL, NULL,
                i->drain.db != NULL);
    metrics_write(&i->metrics, i->drain.w);
}


static void
ingest_tick(void *arg)
{
    ingest_t  *i = arg;

    ingest_round(i);
    ingest_tell(i);

    if (loop_timer_set(i->loop, &i->tick, i->drain.w->conf.drain_interval)
        != GW_OK)
    {
        loop_stop(i->loop);
    }
}


/* What a power cut may cost is bounded by this. */
static void
ingest_sync(void *arg)
{
    ingest_t   *i = arg;
    segment_t  *s;

    for (s = i->segments; s != NULL; s = s->next) {
        if (s->state == SEGMENT_OPEN
            && gw_spool_reader_header(s->reader)->class == GW_SPOOL_EVENT
            && gw_spool_reader_sync(s->reader) != GW_OK)
        {
            log_error("spool: cannot sync %s: %s", s->path, strerror(errno));
        }
    }

    if (loop_timer_set(i->loop, &i->sync, i->drain.w->conf.spool_sync)
        != GW_OK)
    {
        loop_stop(i->loop);
    }
}


/* A durable record was written, or a segment appeared. */
static void
ingest_wake(void *arg, uint32_t events)
{
    char       block[4096];
    ingest_t  *i = arg;

    while (read(i->watch.fd, block, sizeof(block)) > 0) { /* all of it */ }
    ingest_round(i);
}


static void
ingest_signal(void *arg)
{
    ingest_t  *i = arg;

    if (loop_terminating(i->loop) || loop_take_hup(i->loop)) {
        loop_stop(i->loop);
    }
}


static int
ingest_start(ingest_t *i)
{
    int  rc;

    rc = gw_conf_path(&i->drain.w->conf, "spool", i->dir, sizeof(i->dir));
    rc = rc == GW_OK ? loop_create(&i->loop) : rc;
    rc = rc == GW_OK ? loop_signals(i->loop, ingest_signal, i) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    i->watch.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    i->watch.call = ingest_wake;
    i->watch.arg = i;
    if (i->watch.fd < 0
        || inotify_add_watch(i->watch.fd, i->dir, IN_MODIFY | IN_MOVED_TO) < 0
        || loop_fd_set(i->loop, &i->watch, EPOLLIN) != GW_OK)
    {
        log_error("spool: cannot watch %s: %s", i->dir, strerror(errno));
        return GW_ESYS;
    }

    i->idle_ms = gw_clock_ms();
    i->tick.call = ingest_tick;
    i->tick.arg = i;
    i->sync.call = ingest_sync;
    i->sync.arg = i;
    rc = loop_timer_set(i->loop, &i->tick, 1);
    return rc == GW_OK ? loop_timer_set(i->loop, &i->sync, 1) : rc;
}


int
ingest_role(worker_t *w)
{
    int         rc;
    ingest_t    i;
    segment_t  *s;

    memset(&i, 0, sizeof(i));
    rc = drain_init(&i.drain, w);
    rc = rc == GW_OK ? ingest_start(&i) : rc;

    if (rc == GW_OK && w->once) {
        ingest_round(&i);
        rc = i.idle ? GW_OK : GW_EDB;
    } else if (rc == GW_OK) {
        rc = loop_run(i.loop);
        ingest_round(&i);               /* what came with the signal */
    }

    live_end(w);

    while ((s = i.segments) != NULL) {
        i.segments = s->next;
        segment_free(s);
    }

    metrics_end(&i.metrics, w);
    lanes_close(&i.drain.lanes);
    db_close(i.drain.db);
    drain_free(&i.drain);
    loop_free(i.loop);
    return rc == GW_OK ? 0 : 1;
}
