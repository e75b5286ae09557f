/*
 * The role `segments`: who is in a segment. What happened to contacts comes by
 * the change feed, what time alone changes by timers; a segment that is new or
 * was changed is looked at contact by contact, a few thousand at a time, so
 * that the others go on. Each segment is a statement of its own: one that fails
 * or takes too long stops no other. One process of all hosts does it. When it
 * begins it looks at all of them: nobody knows what it has missed.
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
#define SEGMENTS_KEPT_MS   (30 * 60 * 1000)     /* half of what a change is */

typedef struct {
    worker_t      *w;
    loop_t        *loop;
    db_t          *db;
    feed_t        *feed;
    loop_timer_t   timer;
    int64_t        place_ms;            /* the feed is told until; 0: no  */
    char           turn[16];            /* the workspace that had it      */
    bool           leads;
    bool           failed;              /* the last round, for --once     */
} segments_t;


/* *res is of the caller when it is GW_OK. */
static int
segments_ask(segments_t *s, const db_query_t *q, const db_args_t *a,
    PGresult **res)
{
    int  rc;

    rc = db_run(s->db, q, a, res);

    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
    }

    if (rc != GW_OK) {
        PQclear(*res);
        *res = NULL;
    }

    return rc;
}


/* It looks at these contacts; NULL: at the next of all. */
static int
segments_one(segments_t *s, const char *tenant, const char *segment,
    const char *ids)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = segments_ask(s, &Q_SEGMENT_TURN, &(db_args_t) {
                      { tenant, segment, ids, SEGMENTS_REFRESH, at }, 5 },
                      &res);
    PQclear(res);
    return rc;
}


/* All of the workspace look at these contacts. */
static int
segments_all(segments_t *s, const char *tenant, const char *ids)
{
    int        i, rc;
    PGresult  *res;

    rc = segments_ask(s, &Q_SEGMENTS_OF, &(db_args_t) { { tenant }, 1 }, &res);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        rc = segments_one(s, tenant, PQgetvalue(res, i, 0), ids);
    }

    PQclear(res);
    return rc;
}


/* What time alone may have changed; *more: there was some. */
static int
segments_due(segments_t *s, bool *more)
{
    int        i, rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = segments_ask(s, &Q_SEGMENTS_DUE,
                      &(db_args_t) { { SEGMENTS_DUE, at }, 2 }, &res);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        *more = true;
        rc = segments_one(s, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1),
                          PQgetvalue(res, i, 2));
    }

    PQclear(res);
    return rc;
}


/* The next contacts of one that is looked at as a whole. */
static int
segments_refresh(segments_t *s, bool *more)
{
    int        rc;
    PGresult  *res;

    rc = segments_ask(s, &Q_SEGMENTS_REFRESH, &(db_args_t) { { s->turn }, 1 },
                      &res);

    if (rc == GW_OK && PQntuples(res) > 0) {
        *more = true;
        (void) snprintf(s->turn, sizeof(s->turn), "%s",
                        PQgetvalue(res, 0, 0));
        rc = segments_one(s, s->turn, PQgetvalue(res, 0, 1), NULL);
    }

    PQclear(res);
    return rc;
}


static int
segments_told(segments_t *s, const char *rows)
{
    int        i, rc;
    PGresult  *res;

    rc = segments_ask(s, &Q_SEGMENTS_CHANGED, &(db_args_t) { { rows }, 1 },
                      &res);

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        rc = segments_all(s, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1));
    }

    PQclear(res);
    return rc;
}


/* Which of these changes are about contacts is known to the statement. */
static int
segments_changes(void *arg, const feed_change_t *change, unsigned n)
{
    int          rc;
    char        *text;
    json_t      *rows;
    unsigned     i;
    segments_t  *s = arg;

    rows = json_array();

    for (i = 0; i < n; i++) {
        if (strncmp(change[i].kind, "contact", 7) == 0
            || strcmp(change[i].kind, "campaign") == 0
            || strcmp(change[i].kind, "events") == 0)
        {
            (void) json_array_append_new(rows, json_pack("[i, s, s]",
                       change[i].tenant, change[i].kind, change[i].key));
        }
    }

    rc = GW_OK;
    if (json_array_size(rows) > 0) {
        text = json_dumps(rows, JSON_COMPACT);
        rc = text == NULL ? GW_ENOMEM : segments_told(s, text);
        free(text);
    }

    json_decref(rows);
    return rc;
}


/*
 * The lock belongs to the session: a leader that dies gives it back. Who comes
 * back soon knows what was told, also when another led meanwhile.
 */
static int
segments_lead(segments_t *s)
{
    int        rc;
    PGresult  *res;

    if (s->leads) {
        return GW_OK;
    }

    rc = segments_ask(s, &Q_SEGMENTS_LEAD, &(db_args_t) { .n = 0 }, &res);
    s->leads = rc == GW_OK && strcmp(PQgetvalue(res, 0, 0), "t") == 0;
    PQclear(res);

    if (!s->leads || (s->place_ms != 0
                      && gw_clock_ms() - s->place_ms < SEGMENTS_KEPT_MS))
    {
        return rc;
    }

    rc = feed_start(s->feed, s->db);
    if (rc == GW_OK) {
        rc = segments_ask(s, &Q_SEGMENTS_STALE, &(db_args_t) { .n = 0 }, &res);
        PQclear(res);
    }

    return rc;
}


/* One turn; *more: there is more to do at once. */
static int
segments_turn(segments_t *s, bool *more)
{
    int  rc;

    *more = false;
    rc = segments_lead(s);
    if (rc != GW_OK || !s->leads) {
        return rc;
    }

    rc = feed_poll(s->feed, s->db, segments_changes, s);
    *more = rc == GW_EAGAIN;

    if (rc == GW_OK) {
        s->place_ms = gw_clock_ms();
    }

    if (rc == GW_OK || rc == GW_EAGAIN) {
        rc = segments_due(s, more);
    }

    return rc == GW_OK ? segments_refresh(s, more) : rc;
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
    if (rc != GW_OK && rc != GW_EDB) {
        s->place_ms = 0;
    }

    if (rc != GW_OK) {
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
    s.turn[0] = '0';
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
