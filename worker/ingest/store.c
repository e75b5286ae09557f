/*
 * The transaction of a batch: the COPY of its events, the compare-and-set of
 * spool_pos, the persons, what they add up to, the commit; in this order.
 *
 * Exactly once comes from the compare-and-set being in the transaction, not
 * from its place: the events are there when, and only when, pos went from the
 * step's start to its end, and the row lock lets one transaction do that. So
 * events may be sent before the steps in front are committed (lanes.c): until
 * then nobody sees them, and they go if pos is not what the step starts from.
 * All after it needs what the step in front has committed: pos itself, then
 * the rows of engagement that are read and changed. Each statement sees what
 * was committed before it: ingest_begin asks for read committed.
 *
 * Crash points: after_copy, after_cas, after_new (persons.c), after_engagement,
 * after_tracked, after_rollup, before_commit, after_commit.
 */
#include "worker/ingest/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/ingest/bulk.h"
#include "worker/ingest/persons.h"
#include "worker/ingest/rows.h"
#include "worker/ingest/said.h"
#include "worker/ingest/wishes.h"

#define STORE_NUMBER_LEN  24

/* Run a statement for its effect. */
static int
store_run(db_t *db, const db_query_t *q, const db_args_t *a)
{
    int        rc;
    PGresult  *res;

    rc = db_run(db, q, a, &res);

    if (rc == GW_ERROR) {
        rc = bulk_refused(res);
    }

    PQclear(res);
    return rc;
}


static int
store_cas(db_t *db, const store_step_t *s, const char *at)
{
    int        rc, rows = 0;
    char       pos[STORE_NUMBER_LEN], next[STORE_NUMBER_LEN];
    char       records[STORE_NUMBER_LEN], rejects[STORE_NUMBER_LEN];
    PGresult  *res;

    (void) snprintf(pos, sizeof(pos), "%llu", (unsigned long long) s->pos);
    (void) snprintf(next, sizeof(next), "%llu", (unsigned long long) s->next);
    (void) snprintf(records, sizeof(records), "%u", s->batch->rows);
    (void) snprintf(rejects, sizeof(rejects), "%u", s->rejects);

    rc = db_run(db, &Q_INGEST_CAS, &(db_args_t) {
                { s->id, pos, next, records, rejects, at }, 6 }, &res);

    if (rc == GW_ERROR) {
        rc = bulk_refused(res);

    } else if (rc == GW_OK) {
        rows = PQntuples(res);
        s->batch->told = rows == 1 && PQgetvalue(res, 0, 0)[0] == 't';
    }

    PQclear(res);

    return rc == GW_OK && rows != 1 ? GW_EBUSY : rc;
}


static const bulk_table_t  store_hours = {
    &Q_INGEST_HOURS, sizeof(batch_hour_t), {
        WIRE_COLUMN(WIRE_INT4, batch_hour_t, tenant),
        WIRE_COLUMN(WIRE_INT8, batch_hour_t, campaign),
        WIRE_COLUMN(WIRE_TIME, batch_hour_t, hour),
        WIRE_COLUMN(WIRE_INT2, batch_hour_t, kind),
        WIRE_COLUMN(WIRE_INT2, batch_hour_t, class),
        WIRE_COLUMN(WIRE_INT8, batch_hour_t, n)
    }
};

static const bulk_table_t  store_totals = {
    &Q_INGEST_TOTALS, sizeof(batch_campaign_t), {
        WIRE_COLUMN(WIRE_INT4, batch_campaign_t, tenant),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, campaign),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, opens),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, unique_opens),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, clicks),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, unique_clicks),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, unsubscribes),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, human_opens),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, human_unique_opens),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, human_clicks),
        WIRE_COLUMN(WIRE_INT8, batch_campaign_t, human_unique_clicks),
        WIRE_COLUMN(WIRE_TIME, batch_campaign_t, since),
        WIRE_COLUMN(WIRE_TIME, batch_campaign_t, until),
        WIRE_COLUMN(WIRE_TIME, batch_campaign_t, noted)
    }
};


static const bulk_table_t  store_calls = {
    &Q_INGEST_CALLS, sizeof(batch_calls_t), {
        WIRE_COLUMN(WIRE_INT4, batch_calls_t, tenant),
        WIRE_COLUMN(WIRE_TIME, batch_calls_t, hour),
        WIRE_COLUMN(WIRE_INT8, batch_calls_t, n),
        WIRE_COLUMN(WIRE_TIME, batch_calls_t, drained)
    }
};


/* Rows that all drainers share come last: others wait for them to the end. */
static int
store_sums(db_t *db, batch_t *b, int64_t now_us)
{
    int                rc;
    unsigned           i;
    batch_campaign_t  *campaign;

    campaign = (batch_campaign_t *) b->campaigns.item;
    for (i = 0; i < b->campaigns.n; i++) {
        campaign[i].noted = now_us;
    }

    rc = wishes_store(db, &b->persons, now_us);
    rc = rc == GW_OK ? said_store(db, &Q_INGEST_SAID, &b->said, now_us) : rc;
    rc = rc == GW_OK ? said_store(db, &Q_INGEST_TRACKED, &b->tracked, now_us)
                     : rc;
    worker_crash_point("after_tracked");
    rc = rc == GW_OK ? bulk_run(db, &store_hours, b->hours.item, b->hours.n,
                                NULL) : rc;
    rc = rc == GW_OK ? bulk_run(db, &store_totals, b->campaigns.item,
                                b->campaigns.n, NULL) : rc;
    return rc == GW_OK ? bulk_run(db, &store_calls, b->calls.item, b->calls.n,
                                  NULL) : rc;
}


static int
store_reject(db_t *db, const store_step_t *s, const store_reject_t *r,
    const char *at)
{
    int             rc;
    char            pos[STORE_NUMBER_LEN];
    gw_buf_t        hex;
    unsigned char  *to;

    gw_buf_init(&hex, 2 * GW_SPOOL_REC_MAX + 1);
    to = gw_buf_room(&hex, 2 * r->bytes.len + 1);
    if (to == NULL) {
        return GW_ENOMEM;
    }

    gw_hex_encode(to, r->bytes.data, r->bytes.len);
    hex.len = 2 * r->bytes.len;
    (void) snprintf(pos, sizeof(pos), "%llu", (unsigned long long) r->pos);

    rc = store_run(db, &Q_INGEST_REJECT, &(db_args_t) {
                   { s->id, pos, at, r->reason, gw_buf_c(&hex) }, 5 });
    gw_buf_free(&hex);
    return rc;
}


static int
store_body(db_t *db, store_step_t *s)
{
    int       rc;
    char      at[GW_RFC3339_LEN + 1];
    unsigned  i;

    gw_clock_print(s->now_us, at);
    rc = store_cas(db, s, at);
    worker_crash_point("after_cas");

    rc = rc == GW_OK ? persons_store(db, s->batch, s->now_us) : rc;
    worker_crash_point("after_engagement");

    rc = rc == GW_OK ? store_sums(db, s->batch, s->now_us) : rc;
    worker_crash_point("after_rollup");

    for (i = 0; rc == GW_OK && i < s->rejects; i++) {
        rc = store_reject(db, s, &s->reject[i], at);
    }

    return rc;
}


void
store_copy(db_t *db, store_step_t *s)
{
    int  rc;

    rc = db_exec(db, Q_INGEST_BEGIN.text);
    if (rc == GW_OK && s->batch->rows > 0) {
        rc = rows_copy(db, s->batch);
    }
    batch_written(s->batch);
    worker_crash_point("after_copy");

    s->begun = true;
    s->copied = rc;
}


int
store_step(db_t *db, store_step_t *s)
{
    int  rc;

    if (!s->begun) {
        store_copy(db, s);
    }

    s->begun = false;
    rc = s->copied == GW_OK ? store_body(db, s) : s->copied;
    db_why(db, s->why, sizeof(s->why));

    if (rc == GW_OK) {
        worker_crash_point("before_commit");
        rc = db_exec(db, Q_INGEST_COMMIT.text);
        worker_crash_point("after_commit");
        return rc == GW_OK ? GW_OK : GW_EDB;
    }

    if (rc != GW_EDB && db_exec(db, Q_INGEST_ROLLBACK.text) != GW_OK) {
        return GW_EDB;
    }

    return rc;
}
