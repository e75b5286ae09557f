/*
 * Opens and clicks that came a moment ago are judged together. The drain notes
 * in its transaction what came of a campaign and when; the note waits until the
 * ledger tells when mail was delivered, then all of that time is read and
 * judged, whatever of it came before. What changes, the roll-ups and the end of
 * the note are one transaction. Events that come late bring their own note.
 *
 * Crash points: after_verdicts, before_verdicts_commit.
 */
#include "worker/cron/verdicts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/cron/rescore.h"
#include "worker/ingest/bulk.h"
#include "worker/ingest/reasons.h"
#include "worker/ingest/verdict.h"

#define VERDICTS_WAIT_US  10000000LL    /* the window of a cursor, and more  */
#define VERDICTS_FOR_MS   500
#define VERDICTS_EVENTS   100000        /* in memory                         */

/* A note, and what was read of it. */
typedef struct {
    const char       *tenant, *campaign, *since, *last;     /* of the result */
    char              until[GW_RFC3339_LEN + 1];
    verdict_event_t  *event;
    unsigned          n, changes;
} verdicts_note_t;

typedef struct {
    uint32_t  tenant;
    uint64_t  campaign;
    uint64_t  id;
    int64_t   at;
    uint32_t  was, class, reason;
} verdicts_change_t;

static const bulk_table_t  verdicts_columns = {
    &Q_VERDICT_CHANGE, sizeof(verdicts_change_t), {
        WIRE_COLUMN(WIRE_INT4, verdicts_change_t, tenant),
        WIRE_COLUMN(WIRE_INT8, verdicts_change_t, campaign),
        WIRE_COLUMN(WIRE_INT8, verdicts_change_t, id),
        WIRE_COLUMN(WIRE_TIME, verdicts_change_t, at),
        WIRE_COLUMN(WIRE_INT2, verdicts_change_t, was),
        WIRE_COLUMN(WIRE_INT2, verdicts_change_t, class),
        WIRE_COLUMN(WIRE_INT2, verdicts_change_t, reason)
    }
};


static int64_t
verdicts_number(const PGresult *res, int row, int column)
{
    return strtoll(PQgetvalue(res, row, column), NULL, 10);
}


static void
verdicts_event(const PGresult *res, int i, verdict_event_t *e)
{
    e->id = verdicts_number(res, i, 0);
    e->at = verdicts_number(res, i, 1);
    e->contact = verdicts_number(res, i, 2);
    e->click = verdicts_number(res, i, 3) == GW_EVENT_CLICK;
    e->class = (int16_t) verdicts_number(res, i, 4);
    e->reason = (int16_t) verdicts_number(res, i, 5);
    e->link = (uint16_t) verdicts_number(res, i, 6);
    e->net = verdicts_number(res, i, 7);
    e->sent = verdicts_number(res, i, 8);
    e->erased = *PQgetvalue(res, i, 9) == 't';
}


/* The events of the note; of very many the first, and the rest later. */
static int
verdicts_read(db_t *db, const classify_timing_t *t, verdicts_note_t *note)
{
    int        i, n, rc, around;
    char       ms[16], most[16];
    int64_t    since, until;
    PGresult  *res;

    around = t->links_within > t->burst_within ? t->links_within
                                               : t->burst_within;
    (void) snprintf(ms, sizeof(ms), "%d", around);
    (void) snprintf(most, sizeof(most), "%d", VERDICTS_EVENTS);

    rc = db_run(db, &Q_VERDICT_EVENTS, &(db_args_t) { { note->tenant,
                note->campaign, note->since, note->until, ms, most }, 6 },
                &res);
    n = rc == GW_OK ? PQntuples(res) : 0;
    note->event = calloc((size_t) n + 1, sizeof(verdict_event_t));
    if (rc == GW_OK && note->event == NULL) {
        rc = GW_ENOMEM;
    }

    for (i = 0; rc == GW_OK && i < n; i++) {
        verdicts_event(res, i, &note->event[i]);
    }

    PQclear(res);
    note->n = rc == GW_OK ? (unsigned) n : 0;
    if (rc != GW_OK || n < VERDICTS_EVENTS
        || gw_clock_parse(gw_str_of(note->since), &since) != GW_OK
        || gw_clock_parse(gw_str_of(note->until), &until) != GW_OK)
    {
        return rc;
    }

    /* what they reach is done, and at least a little */
    since = since + 1000LL * around > note->event[n - 1].at
            ? since + 1000LL * around : note->event[n - 1].at;
    gw_clock_print(since < until ? since : until, note->until);
    return GW_OK;
}


int
verdicts_change(db_t *db, const char *tenant, const char *campaign,
    const verdict_event_t *e, unsigned n)
{
    int                 rc;
    unsigned            i;
    PGresult           *res;
    verdicts_change_t  *c;

    if (n == 0) {
        return GW_OK;
    }

    c = calloc(n, sizeof(verdicts_change_t));
    if (c == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0; i < n; i++) {
        c[i] = (verdicts_change_t) {
            (uint32_t) strtoul(tenant, NULL, 10),
            strtoull(campaign, NULL, 10), (uint64_t) e[i].id, e[i].at,
            (uint32_t) e[i].class, (uint32_t) e[i].to_class,
            (uint32_t) e[i].to_reason
        };
    }

    rc = bulk_ask(db, &verdicts_columns, c, n, &res);
    if (rc == GW_ERROR || rc == GW_EAGAIN) {
        log_warn("verdicts: %s", db_message(res));
    }

    PQclear(res);
    free(c);
    return rc;
}


static int
verdicts_store(db_t *db, const verdicts_note_t *note)
{
    int        rc;
    PGresult  *res;

    rc = db_exec(db, Q_INGEST_BEGIN.text);
    rc = rc == GW_OK ? verdicts_change(db, note->tenant, note->campaign,
                                       note->event, note->changes) : rc;
    worker_crash_point("after_verdicts");

    if (rc == GW_OK) {
        rc = db_run(db, &Q_VERDICT_DONE, &(db_args_t) { { note->tenant,
                    note->campaign, note->since, note->until, note->last }, 5 },
                    &res);
        PQclear(res);
    }
    worker_crash_point("before_verdicts_commit");

    if (rc == GW_OK) {
        return db_exec(db, Q_INGEST_COMMIT.text);
    }

    return db_exec(db, Q_INGEST_ROLLBACK.text) == GW_OK ? rc : GW_EDB;
}


static int
verdicts_note(db_t *db, const classify_rules_t *r, verdicts_note_t *note)
{
    int      rc;
    int16_t  timed[TIMED];
    int64_t  since, until;

    rc = reasons_learn(db, r, NULL, timed);
    rc = rc == GW_OK ? verdicts_read(db, &r->timing, note) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    if (gw_clock_parse(gw_str_of(note->since), &since) != GW_OK
        || gw_clock_parse(gw_str_of(note->until), &until) != GW_OK)
    {
        return GW_ERROR;
    }

    rc = verdict_judge(&r->timing, timed, note->event, note->n, since, until,
                       &note->changes);
    return rc == GW_OK ? verdicts_store(db, note) : rc;
}


/* The oldest note; GW_ENOTFOUND: there is none. */
static int
verdicts_one(db_t *db, const classify_rules_t *r)
{
    int              rc;
    char             before[GW_RFC3339_LEN + 1];
    PGresult        *res;
    verdicts_note_t  note;

    memset(&note, 0, sizeof(note));
    gw_clock_print(gw_clock_us() - VERDICTS_WAIT_US, before);
    rc = db_run(db, &Q_VERDICT_NEXT, &(db_args_t) { { before }, 1 }, &res);

    if (rc == GW_OK && PQntuples(res) == 0) {
        rc = GW_ENOTFOUND;

    } else if (rc == GW_OK) {
        note.tenant = PQgetvalue(res, 0, 0);
        note.campaign = PQgetvalue(res, 0, 1);
        note.since = PQgetvalue(res, 0, 2);
        (void) snprintf(note.until, sizeof(note.until), "%s",
                        PQgetvalue(res, 0, 3));
        note.last = PQgetvalue(res, 0, 4);
        rc = verdicts_note(db, r, &note);
    }

    PQclear(res);
    free(note.event);
    return rc;
}


int
verdicts_round(verdicts_t *v, const worker_t *w, db_t *db, bool *more)
{
    int       rc, old;
    bool      again;
    char      mem[512];
    int64_t   end;
    gw_buf_t  err;

    *more = false;
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (v->rules == NULL
        && classify_load(&v->rules, (char *) w->conf.class_rules.data, &err)
           != GW_OK)
    {
        if (!v->wrong) {
            log_error("%s", gw_buf_c(&err));
        }
        v->wrong = true;
        return GW_OK;
    }

    end = gw_clock_ms() + VERDICTS_FOR_MS;
    do {
        old = rescore_step(w, v->rules, db, &again);
        rc = old == GW_EDB ? old : verdicts_one(db, v->rules);
        rc = rc == GW_ENOTFOUND && again ? GW_OK : rc;
    } while (rc == GW_OK && (w->once || gw_clock_ms() < end));

    /* history that cannot be judged keeps nobody from what is new */
    *more = rc == GW_OK;
    rc = rc == GW_ENOTFOUND || rc == GW_EAGAIN ? GW_OK : rc;
    return rc != GW_OK || old == GW_EAGAIN ? rc : old;
}


void
verdicts_free(verdicts_t *v)
{
    classify_free(v->rules);
}
