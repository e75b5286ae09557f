/*
 * The role `segments`: who is in a segment. What happened to contacts comes by
 * the change feed, what time alone changes by timers; a segment that is new or
 * was changed is looked at contact by contact, a few thousand at a time, so
 * that the others go on. One process of all hosts does it. When it begins it
 * looks at all of them: nobody knows what it has missed.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/feed.h"
#include "worker/loop.h"

#define SEGMENTS_AGAIN_MS  2000         /* after the database was away    */
#define SEGMENTS_DUE       "2000"       /* timers of a turn               */
#define SEGMENTS_REFRESH   "5000"       /* contacts of a turn             */

typedef struct {
    worker_t      *w;
    loop_t        *loop;
    db_t          *db;
    feed_t        *feed;
    loop_timer_t   timer;
    bool           leads;
    bool           failed;              /* the last round, for --once     */
} segments_t;


/* One statement, with the time as its last parameter; *out is of its row. */
static int
segments_run(segments_t *s, const db_query_t *q, const char *first, char *out,
    size_t size)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;
    db_args_t  a;

    gw_clock_print(gw_clock_us(), at);
    a = (db_args_t) { { first, at }, q->params };
    rc = db_run(s->db, q, &a, &res);

    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(res));
    }

    if (rc == GW_OK) {
        (void) snprintf(out, size, "%s", PQgetvalue(res, 0, 0));
    }

    PQclear(res);
    return rc;
}


/* Which of these changes are about contacts is known to the statement. */
static int
segments_changes(void *arg, const feed_change_t *change, unsigned n)
{
    int          rc;
    char        *text, none[8];
    json_t      *rows;
    unsigned     i;
    segments_t  *s = arg;

    rows = json_array();

    for (i = 0; i < n; i++) {
        if (strncmp(change[i].kind, "contact", 7) == 0
            || strcmp(change[i].kind, "events") == 0)
        {
            (void) json_array_append_new(rows, json_pack("[i, s, s]",
                       change[i].tenant, change[i].kind, change[i].key));
        }
    }

    rc = GW_OK;
    if (json_array_size(rows) > 0) {
        text = json_dumps(rows, JSON_COMPACT);
        rc = text == NULL ? GW_ENOMEM
             : segments_run(s, &Q_SEGMENTS_CHANGES, text, none, sizeof(none));
        free(text);
    }

    json_decref(rows);
    return rc;
}


/* The lock belongs to the session: a leader that dies gives it back. */
static int
segments_lead(segments_t *s)
{
    int   rc;
    char  got[8];

    if (s->leads) {
        return GW_OK;
    }

    rc = segments_run(s, &Q_SEGMENTS_LEAD, NULL, got, sizeof(got));
    s->leads = rc == GW_OK && strcmp(got, "t") == 0;

    if (s->leads) {
        rc = feed_start(s->feed, s->db);
        rc = rc == GW_OK ? segments_run(s, &Q_SEGMENTS_STALE, NULL, got,
                                        sizeof(got)) : rc;
    }

    return rc;
}


/* One turn; *more: there is more to do at once. */
static int
segments_turn(segments_t *s, bool *more)
{
    int   rc;
    char  n[24], again[8];

    *more = false;
    rc = segments_lead(s);
    if (rc != GW_OK || !s->leads) {
        return rc;
    }

    rc = feed_poll(s->feed, s->db, segments_changes, s);
    *more = rc == GW_EAGAIN;

    if (rc == GW_OK || rc == GW_EAGAIN) {
        rc = segments_run(s, &Q_SEGMENTS_DUE, SEGMENTS_DUE, n, sizeof(n));
        *more = *more || (rc == GW_OK && strcmp(n, SEGMENTS_DUE) == 0);
    }

    if (rc == GW_OK) {
        rc = segments_run(s, &Q_SEGMENTS_REFRESH, SEGMENTS_REFRESH, again,
                          sizeof(again));
        *more = *more || (rc == GW_OK && strcmp(again, "t") == 0);
    }

    return rc;
}


static void
segments_lost(segments_t *s)
{
    db_close(s->db);
    s->db = NULL;
    s->leads = false;
}


static void
segments_tick(void *arg)
{
    int          rc;
    char         mem[512];
    bool         more;
    gw_buf_t     err;
    segments_t  *s = arg;

    rc = GW_OK;
    more = false;

    if (s->db == NULL) {
        gw_buf_fixed(&err, mem, sizeof(mem));
        rc = db_open(&s->db, s->w, "gw_worker", &err);
        if (rc != GW_OK) {
            log_warn("%s", gw_buf_c(&err));
        }
    }

    rc = rc == GW_OK ? segments_turn(s, &more) : rc;
    s->failed = rc != GW_OK;

    /* what cannot be told again would be told for ever: look at all instead */
    if (s->db != NULL && rc != GW_OK) {
        segments_lost(s);
    }

    rc = loop_timer_set(s->loop, &s->timer, s->failed ? SEGMENTS_AGAIN_MS
                                            : more ? 0 : FEED_POLL_MS);

    if (rc != GW_OK || (s->w->once && !more)) {
        loop_stop(s->loop);
    }
}


static void
segments_signal(void *arg)
{
    segments_t  *s = arg;

    if (loop_terminating(s->loop)) {
        loop_stop(s->loop);
    }
}


int
segments_role(worker_t *w)
{
    int         rc;
    segments_t  s;

    memset(&s, 0, sizeof(s));
    s.w = w;
    s.timer.call = segments_tick;
    s.timer.arg = &s;

    rc = feed_create(&s.feed);
    rc = rc == GW_OK ? loop_create(&s.loop) : rc;
    rc = rc == GW_OK ? loop_signals(s.loop, segments_signal, &s) : rc;
    rc = rc == GW_OK ? loop_timer_set(s.loop, &s.timer, 0) : rc;
    rc = rc == GW_OK ? loop_run(s.loop) : rc;

    db_close(s.db);
    loop_free(s.loop);
    feed_free(s.feed);

    return rc != GW_OK || (w->once && s.failed) ? 1 : 0;
}
