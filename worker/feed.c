/* A reader of the change feed that waits for late commits. */
#include "worker/feed.h"

#include <stdio.h>
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define FEED_QSHARD   "0"
#define FEED_WAIT_MS  (10 * 60 * 1000)
#define FEED_TEXT     (16 * 1024 * 1024)

/* Ids lo..hi are below `last` and were not there when it was read. */
typedef struct {
    int64_t  lo, hi;
    int64_t  since_ms;
} feed_gap_t;

struct feed_s {
    int64_t         last;               /* the newest id that was told */
    feed_gap_t     *gap;                /* ascending                   */
    unsigned        gaps, cap;
    feed_change_t   change[FEED_PAGE];
};


int
feed_create(feed_t **f)
{
    *f = calloc(1, sizeof(feed_t));
    return *f == NULL ? GW_ENOMEM : GW_OK;
}


void
feed_free(feed_t *f)
{
    if (f != NULL) {
        free(f->gap);
        free(f);
    }
}


static int
feed_gap_insert(feed_t *f, unsigned at, feed_gap_t gap)
{
    unsigned     cap;
    feed_gap_t  *p;

    if (gap.lo > gap.hi) {
        return GW_OK;
    }

    if (f->gaps == f->cap) {
        cap = f->cap > 0 ? f->cap * 2 : 64;
        p = realloc(f->gap, cap * sizeof(feed_gap_t));
        if (p == NULL) {
            return GW_ENOMEM;
        }
        f->gap = p;
        f->cap = cap;
    }

    memmove(&f->gap[at + 1], &f->gap[at],
            (f->gaps - at) * sizeof(feed_gap_t));
    f->gap[at] = gap;
    f->gaps++;
    return GW_OK;
}


/* An id of a gap has come: what is left of the gap is one piece or two. */
static int
feed_gap_fill(feed_t *f, int64_t id)
{
    unsigned    at;
    feed_gap_t  g;

    for (at = 0; at < f->gaps && f->gap[at].hi < id; at++) {
        /* the gap that may hold it */
    }

    if (at == f->gaps || f->gap[at].lo > id) {
        return GW_OK;
    }

    g = f->gap[at];
    f->gap[at].hi = id - 1;
    g.lo = id + 1;

    if (f->gap[at].lo <= f->gap[at].hi) {
        return feed_gap_insert(f, at + 1, g);
    }

    if (g.lo <= g.hi) {
        f->gap[at] = g;
        return GW_OK;
    }

    f->gaps--;
    memmove(&f->gap[at], &f->gap[at + 1],
            (f->gaps - at) * sizeof(feed_gap_t));
    return GW_OK;
}


/* After they were read once more: a transaction that long is none of ours. */
static void
feed_gap_expire(feed_t *f)
{
    unsigned  at, to;
    int64_t   now;

    now = gw_clock_ms();
    for (at = 0, to = 0; at < f->gaps; at++) {
        if (now - f->gap[at].since_ms < FEED_WAIT_MS) {
            f->gap[to++] = f->gap[at];
        }
    }
    f->gaps = to;
}


static int
feed_run(db_t *db, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
        PQclear(*res);
    }

    return rc;
}


static int64_t
feed_number(const PGresult *res, int row, int column)
{
    return strtoll(PQgetvalue(res, row, column), NULL, 10);
}


int
feed_start(feed_t *f, db_t *db)
{
    int        i, rc;
    PGresult  *res;

    rc = feed_run(db, &Q_FEED_START, &(db_args_t) { { FEED_QSHARD }, 1 },
                  &res);
    if (rc != GW_OK) {
        return rc;
    }

    f->gaps = 0;

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        if (PQgetisnull(res, i, 0)) {
            f->last = feed_number(res, i, 1);
            continue;
        }

        rc = feed_gap_insert(f, f->gaps, (feed_gap_t) {
            feed_number(res, i, 0), feed_number(res, i, 1), gw_clock_ms() });
    }

    PQclear(res);
    return rc;
}


/* Rows to changes; they view into the result. */
static unsigned
feed_rows(feed_t *f, const PGresult *res)
{
    int             i;
    feed_change_t  *c;

    for (i = 0; i < PQntuples(res) && i < FEED_PAGE; i++) {
        c = &f->change[i];
        c->id = feed_number(res, i, 0);
        c->tenant = (int) feed_number(res, i, 1);
        c->kind = PQgetvalue(res, i, 2);
        c->key = PQgetvalue(res, i, 3);
    }

    return (unsigned) i;
}


static int
feed_missing(feed_t *f, db_t *db, feed_pt call, void *arg)
{
    int        rc;
    char       page[16];
    unsigned   i, n;
    gw_buf_t   lo, hi;
    PGresult  *res;

    gw_buf_init(&lo, FEED_TEXT);
    gw_buf_init(&hi, FEED_TEXT);
    for (i = 0; i < f->gaps; i++) {
        gw_buf_fmt(&lo, "%c%lld", i ? ',' : '{', (long long) f->gap[i].lo);
        gw_buf_fmt(&hi, "%c%lld", i ? ',' : '{', (long long) f->gap[i].hi);
    }
    gw_buf_char(&lo, '}');
    gw_buf_char(&hi, '}');
    (void) snprintf(page, sizeof(page), "%d", FEED_PAGE);

    rc = lo.failed || hi.failed ? GW_ENOMEM
         : feed_run(db, &Q_FEED_MISSING, &(db_args_t) {
                    { FEED_QSHARD, gw_buf_c(&lo), gw_buf_c(&hi), page }, 4 },
                    &res);
    gw_buf_free(&lo);
    gw_buf_free(&hi);
    if (rc != GW_OK) {
        return rc;
    }

    n = feed_rows(f, res);
    rc = n > 0 ? call(arg, f->change, n) : GW_OK;
    for (i = 0; rc == GW_OK && i < n; i++) {
        rc = feed_gap_fill(f, f->change[i].id);
    }

    PQclear(res);
    if (rc == GW_OK && n < FEED_PAGE) {
        feed_gap_expire(f);
    }

    return rc == GW_OK && n == FEED_PAGE ? GW_EAGAIN : rc;
}


static int
feed_next(feed_t *f, db_t *db, feed_pt call, void *arg)
{
    int        rc;
    char       last[24], page[16];
    unsigned   i, n;
    PGresult  *res;

    (void) snprintf(last, sizeof(last), "%lld", (long long) f->last);
    (void) snprintf(page, sizeof(page), "%d", FEED_PAGE);

    rc = feed_run(db, &Q_FEED_NEXT,
                  &(db_args_t) { { FEED_QSHARD, last, page }, 3 }, &res);
    if (rc != GW_OK) {
        return rc;
    }

    n = feed_rows(f, res);
    rc = n > 0 ? call(arg, f->change, n) : GW_OK;

    for (i = 0; rc == GW_OK && i < n; i++) {
        rc = feed_gap_insert(f, f->gaps, (feed_gap_t) {
            f->last + 1, f->change[i].id - 1, gw_clock_ms() });
        if (rc == GW_OK) {
            f->last = f->change[i].id;
        }
    }

    PQclear(res);
    return rc == GW_OK && n == FEED_PAGE ? GW_EAGAIN : rc;
}


int
feed_poll(feed_t *f, db_t *db, feed_pt call, void *arg)
{
    int  rc;

    rc = f->gaps > 0 ? feed_missing(f, db, call, arg) : GW_OK;
    return rc == GW_OK ? feed_next(f, db, call, arg) : rc;
}
