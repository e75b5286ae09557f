/*
 * The transaction of a batch: the compare-and-set of spool_pos, the rows, what
 * they add up to, the commit; in this order.
 *
 * Crash points: after_cas, after_copy, after_rollup, before_commit,
 * after_commit.
 */
#include "worker/ingest/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"

#define STORE_ARRAYS      10
#define STORE_ARRAY_MAX   (64 * 1024 * 1024)
#define STORE_NUMBER_LEN  24

/* The text forms of a statement's array parameters. */
typedef struct {
    gw_buf_t   text[STORE_ARRAYS];
    unsigned   n;
} store_arrays_t;


/* Run a statement for its effect; *rows gets the count of them. */
static int
store_run(db_t *db, const db_query_t *q, const db_args_t *a, long *rows)
{
    int        rc;
    PGresult  *res;

    rc = db_run(db, q, a, &res);

    if (rc == GW_ERROR) {
        log_warn("%s: %s", q->name, db_message(res));
    }

    if (rc == GW_OK && rows != NULL) {
        *rows = strtol(PQcmdTuples(res), NULL, 10);
    }

    PQclear(res);
    return rc;
}


static int
store_cas(db_t *db, const store_step_t *s, const char *at)
{
    int   rc;
    char  pos[STORE_NUMBER_LEN], next[STORE_NUMBER_LEN];
    char  records[STORE_NUMBER_LEN], rejects[STORE_NUMBER_LEN];
    long  rows;

    (void) snprintf(pos, sizeof(pos), "%llu", (unsigned long long) s->pos);
    (void) snprintf(next, sizeof(next), "%llu", (unsigned long long) s->next);
    (void) snprintf(records, sizeof(records), "%u", s->batch->records);
    (void) snprintf(rejects, sizeof(rejects), "%u", s->rejects);

    rc = store_run(db, &Q_INGEST_CAS, &(db_args_t) {
                   { s->id, pos, next, records, rejects, at }, 6 }, &rows);

    return rc == GW_OK && rows != 1 ? GW_EBUSY : rc;
}


static int
store_copy(db_t *db, batch_t *b)
{
    int        rc;
    PGconn    *conn;
    PGresult  *res;

    conn = db_conn(db);
    gw_buf_put(&b->copy, "\xff\xff", 2);
    if (b->copy.failed) {
        return GW_ENOMEM;
    }

    res = PQexec(conn, Q_INGEST_COPY.text);
    rc = PQresultStatus(res) == PGRES_COPY_IN ? GW_OK : GW_ERROR;
    PQclear(res);

    if (rc == GW_OK
        && (PQputCopyData(conn, (char *) b->copy.data, (int) b->copy.len) != 1
            || PQputCopyEnd(conn, NULL) != 1))
    {
        rc = GW_EDB;
    }

    while ((res = PQgetResult(conn)) != NULL) {
        if (PQresultStatus(res) != PGRES_COMMAND_OK) {
            log_warn("events: %s", db_message(res));
            rc = GW_ERROR;
        }
        PQclear(res);
    }

    return PQstatus(conn) == CONNECTION_BAD ? GW_EDB : rc;
}


/* ---- arrays as text: {1,2,3} ---- */


static void
store_arrays_init(store_arrays_t *a, unsigned n)
{
    unsigned  i;

    a->n = n;
    for (i = 0; i < n; i++) {
        gw_buf_init(&a->text[i], STORE_ARRAY_MAX);
        gw_buf_char(&a->text[i], '{');
    }
}


static void
store_number(store_arrays_t *a, unsigned i, uint64_t v)
{
    gw_buf_fmt(&a->text[i], "%s%llu", a->text[i].len > 1 ? "," : "",
               (unsigned long long) v);
}


/* An instant, or NULL for 0. */
static void
store_time(store_arrays_t *a, unsigned i, int64_t us)
{
    char  text[GW_RFC3339_LEN + 1];

    if (a->text[i].len > 1) {
        gw_buf_char(&a->text[i], ',');
    }

    if (us == 0) {
        gw_buf_cstr(&a->text[i], "NULL");
        return;
    }

    gw_clock_print(us, text);
    gw_buf_cstr(&a->text[i], text);
}


/* Run q with the arrays (nothing when they are empty) and free them. */
static int
store_arrays_run(db_t *db, const db_query_t *q, store_arrays_t *a)
{
    int        rc;
    unsigned   i;
    db_args_t  args;

    rc = a->text[0].len > 1 ? GW_OK : GW_EAGAIN;
    args.n = (int) a->n;

    for (i = 0; i < a->n; i++) {
        gw_buf_char(&a->text[i], '}');
        args.v[i] = gw_buf_c(&a->text[i]);
        if (a->text[i].failed) {
            rc = GW_ENOMEM;
        }
    }

    rc = rc == GW_OK ? store_run(db, q, &args, NULL)
                     : rc == GW_EAGAIN ? GW_OK : rc;

    for (i = 0; i < a->n; i++) {
        gw_buf_free(&a->text[i]);
    }

    return rc;
}


static int
store_hours(db_t *db, const batch_t *b)
{
    unsigned             i;
    store_arrays_t       a;
    const batch_hour_t  *h;

    store_arrays_init(&a, 6);

    for (i = 0; i < b->hours; i++) {
        h = &b->hour[i];
        store_number(&a, 0, h->tenant);
        store_number(&a, 1, h->campaign);
        store_time(&a, 2, h->hour);
        store_number(&a, 3, h->kind);
        store_number(&a, 4, h->class);
        store_number(&a, 5, h->n);
    }

    return store_arrays_run(db, &Q_INGEST_HOURS, &a);
}


static int
store_engagement(db_t *db, const batch_t *b)
{
    unsigned               i;
    store_arrays_t         a;
    const batch_person_t  *p;

    store_arrays_init(&a, 10);

    for (i = 0; i < b->persons; i++) {
        p = &b->person[i];
        if (p->opens == 0 && p->clicks == 0 && p->unsubscribes == 0) {
            continue;
        }

        store_number(&a, 0, p->tenant);
        store_number(&a, 1, p->campaign);
        store_number(&a, 2, p->contact);
        store_number(&a, 3, p->opens);
        store_number(&a, 4, p->clicks);
        store_number(&a, 5, p->unsubscribes);
        store_time(&a, 6, p->opened);
        store_time(&a, 7, p->clicked);
        store_time(&a, 8, p->unsubscribed);
        store_number(&a, 9, p->class);
    }

    return store_arrays_run(db, &Q_INGEST_ENGAGEMENT, &a);
}


/* wish: 1 those who want mail again, 2 those who want no more. */
static int
store_wishes(db_t *db, const batch_t *b, unsigned wish)
{
    unsigned               i, at;
    store_arrays_t         a;
    const batch_person_t  *p;

    store_arrays_init(&a, wish == 2 ? 4 : 3);

    for (i = 0; i < b->persons; i++) {
        p = &b->person[i];
        if (p->wish != wish) {
            continue;
        }

        at = 0;
        store_number(&a, at++, p->tenant);
        if (wish == 2) {
            store_number(&a, at++, p->campaign);
        }
        store_number(&a, at++, p->contact);
        store_time(&a, at, p->wished);
    }

    return store_arrays_run(db, wish == 2 ? &Q_INGEST_UNSUBSCRIBE
                                          : &Q_INGEST_RESUBSCRIBE, &a);
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
                   { s->id, pos, at, r->reason, gw_buf_c(&hex) }, 5 }, NULL);
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

    if (rc == GW_OK && s->batch->records > 0) {
        rc = store_copy(db, s->batch);
    }
    worker_crash_point("after_copy");

    rc = rc == GW_OK ? store_hours(db, s->batch) : rc;
    rc = rc == GW_OK ? store_engagement(db, s->batch) : rc;
    rc = rc == GW_OK ? store_wishes(db, s->batch, 2) : rc;
    rc = rc == GW_OK ? store_wishes(db, s->batch, 1) : rc;
    worker_crash_point("after_rollup");

    for (i = 0; rc == GW_OK && i < s->rejects; i++) {
        rc = store_reject(db, s, &s->reject[i], at);
    }

    return rc;
}


int
store_step(db_t *db, store_step_t *s)
{
    int  rc;

    rc = db_exec(db, Q_INGEST_BEGIN.text);
    rc = rc == GW_OK ? store_body(db, s) : rc;

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
