/*
 * The role `cache`: keeps what the edge and the sender look up without
 * Postgres. Every start, every midnight and every erasure of a person makes a
 * new generation, which forgets what was erased; between them it follows the
 * change feed.
 *
 * Crash points: cache_before_publish, cache_after_publish.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/cache/load.h"
#include "worker/live.h"

#define CACHE_CHECK_MS     5000         /* slots of dead readers         */
#define CACHE_AGAIN_FIRST  200          /* ms after a failure, doubled   */
#define CACHE_AGAIN_LAST   5000
#define CACHE_AWAY_MAX     (30 * 60 * 1000)     /* the feed keeps an hour */
#define CACHE_DAY_US       (24 * 3600 * 1000000LL)

typedef struct {
    worker_t           *w;
    loop_t             *loop;
    loop_timer_t        tick;
    db_t               *db;
    feed_t             *feed;
    gw_cache_writer_t  *writer;         /* NULL: none is published by us */
    char                dir[256];
    int                 lock;
    int64_t             day;            /* of the generation             */
    int64_t             polled_ms;      /* the last look at the feed     */
    int64_t             checked_ms;
    bool                erased;         /* somebody, since it was built  */
    int64_t             again;          /* ms to the next attempt        */
    bool                said;           /* that Postgres is away         */
    int                 rc;             /* of the last round, for --once */
} cache_t;


static int
cache_connect(cache_t *c)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    if (c->db != NULL) {
        return GW_OK;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = db_open(&c->db, c->w, "gw_worker", &err);

    if (rc == GW_OK && c->said) {
        log_info("Postgres is back");
        c->said = false;

    } else if (rc != GW_OK && !c->said) {
        log_warn("%s; the cache stays as it is", gw_buf_c(&err));
        c->said = true;
    }

    return rc;
}


/* A new generation; the one before serves until this one is whole. */
static int
cache_build(cache_t *c)
{
    int                 rc;
    feed_t             *feed;
    load_count_t        count;
    gw_cache_writer_t  *w;

    w = NULL;
    rc = feed_create(&feed);

    /* the place in the feed first: what comes meanwhile is applied after */
    rc = rc == GW_OK ? feed_start(feed, c->db) : rc;
    rc = rc == GW_OK ? gw_cache_writer_create(&w, c->dir,
                                 (size_t) c->w->conf.cache_map_size) : rc;
    rc = rc == GW_OK ? load_all(w, c->db, &count) : rc;

    if (rc == GW_OK) {
        worker_crash_point("cache_before_publish");
        rc = gw_cache_publish(w);
        worker_crash_point("cache_after_publish");
    }

    if (rc != GW_OK) {
        gw_cache_writer_close(w);
        feed_free(feed);
        return rc;
    }

    gw_cache_writer_close(c->writer);
    feed_free(c->feed);
    c->writer = w;
    c->feed = feed;
    c->day = gw_clock_us() / CACHE_DAY_US;
    c->erased = false;
    c->polled_ms = gw_clock_ms();
    log_info("a new cache: %llu links, %llu suppressions, %llu keys",
             (unsigned long long) count.links,
             (unsigned long long) count.suppressions,
             (unsigned long long) count.keys);
    return GW_OK;
}


/* What is told of whoever changed it; the cache itself has nothing of it. */
static const struct {
    const char         *kind;
    const live_kind_t  *live;
} cache_told[] = {
    { "campaign", &live_campaign_changed },
    { "operation", &live_operation_changed },
    { NULL, NULL }
};


static void
cache_tell(const feed_change_t *change)
{
    int        i;
    long long  id;

    for (i = 0; cache_told[i].kind != NULL; i++) {
        if (strcmp(change->kind, cache_told[i].kind) == 0
            && gw_str_int(gw_str_of(change->key), 1, INT64_MAX, &id) == GW_OK)
        {
            live_note(cache_told[i].live, change->tenant, id, NULL);
        }
    }
}


static int
cache_apply(void *arg, const feed_change_t *change, unsigned n)
{
    cache_t   *c = arg;
    unsigned   i;

    for (i = 0; i < n; i++) {
        c->erased |= strcmp(change[i].kind, "erasure") == 0;
        cache_tell(&change[i]);
    }

    return load_changes(c->writer, c->db, change, n);
}


static int
cache_round(cache_t *c)
{
    int  rc;

    rc = cache_connect(c);

    if (rc == GW_OK
        && (c->writer == NULL || c->erased
            || c->day != gw_clock_us() / CACHE_DAY_US
            || gw_clock_ms() - c->polled_ms > CACHE_AWAY_MAX))
    {
        rc = cache_build(c);
    }

    while (rc == GW_OK || rc == GW_EAGAIN) {
        rc = feed_poll(c->feed, c->db, cache_apply, c);
        if (rc == GW_OK) {
            c->polled_ms = gw_clock_ms();
            break;
        }
    }

    live_turn(c->w);

    if (c->writer != NULL && gw_clock_ms() - c->checked_ms > CACHE_CHECK_MS) {
        c->checked_ms = gw_clock_ms();
        gw_cache_check(c->writer);
    }

    return rc;
}


/*
 * What went wrong: the connection is made anew; a generation that could not be
 * written is given up, the next attempt starts another.
 */
static void
cache_failed(cache_t *c, int rc)
{
    if (rc == GW_ESYS) {
        log_error("cannot write the cache in %s: %s", c->dir,
                  strerror(errno));
    } else if (rc != GW_EDB) {
        log_error("the cache is not up to date: %s", gw_strerror(rc));
    }

    if (rc != GW_EDB) {
        gw_cache_writer_close(c->writer);
        c->writer = NULL;
    }

    db_close(c->db);
    c->db = NULL;
    c->again = c->again == 0 ? CACHE_AGAIN_FIRST : c->again * 2;
    c->again = c->again < CACHE_AGAIN_LAST ? c->again : CACHE_AGAIN_LAST;
}


static void
cache_tick(void *arg)
{
    cache_t  *c = arg;

    c->rc = cache_round(c);

    if (c->rc == GW_OK) {
        c->again = 0;
    } else {
        cache_failed(c, c->rc);
    }

    if (c->w->once
        || loop_timer_set(c->loop, &c->tick, c->again > 0 ? c->again
                                                        : FEED_POLL_MS)
           != GW_OK)
    {
        loop_stop(c->loop);
    }
}


static void
cache_signal(void *arg)
{
    cache_t  *c = arg;

    if (loop_terminating(c->loop) || loop_take_hup(c->loop)) {
        loop_stop(c->loop);
    }
}


/* Exactly one writes: the lock goes with its process. */
static int
cache_enter(cache_t *c)
{
    int   rc;
    char  path[300];

    rc = gw_conf_path(&c->w->conf, "cache", c->dir, sizeof(c->dir));
    if (rc != GW_OK) {
        return rc;
    }

    (void) snprintf(path, sizeof(path), "%s/.lock", c->dir);
    c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (c->lock < 0) {
        log_error("cannot open %s: %s", path, strerror(errno));
        return GW_ESYS;
    }

    if (flock(c->lock, LOCK_EX | LOCK_NB) != 0) {
        log_error("another process writes the cache in %s; a house has one",
                  c->dir);
        return GW_EBUSY;
    }

    return GW_OK;
}


int
cache_role(worker_t *w)
{
    int      rc;
    cache_t  c;

    memset(&c, 0, sizeof(c));
    c.w = w;
    c.lock = -1;
    c.tick.call = cache_tick;
    c.tick.arg = &c;

    rc = cache_enter(&c);
    rc = rc == GW_OK ? loop_create(&c.loop) : rc;
    rc = rc == GW_OK ? loop_signals(c.loop, cache_signal, &c) : rc;
    rc = rc == GW_OK ? loop_timer_set(c.loop, &c.tick, 1) : rc;
    rc = rc == GW_OK ? loop_run(c.loop) : rc;

    gw_cache_writer_close(c.writer);
    feed_free(c.feed);
    db_close(c.db);
    loop_free(c.loop);
    if (c.lock >= 0) {
        (void) close(c.lock);
    }

    return rc != GW_OK || (w->once && c.rc != GW_OK) ? 1 : 0;
}
