/*
 * History by new rules. When `version` of classes.yaml has grown, the stored
 * evidence of each open and click is judged as ingest judges a new one, a
 * campaign after the other, some thousand events a transaction: what changes,
 * its roll-ups and how far it is. Each step notes its time for verdicts.c,
 * which judges by timing what is human then; so in the end an event has the
 * class that a fresh ingest of all would give it. What has no evidence any
 * more, or too little of its address, stays what it was.
 *
 * It begins a while after the new version was seen first: by then no drain
 * works by the old one. A lower version is somebody's who is late.
 *
 * Crash points: after_rescore, before_rescore_commit.
 */
#include "worker/cron/rescore.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/cron/verdicts.h"
#include "worker/ingest/reasons.h"

#define RESCORE_EVENTS   5000
#define RESCORE_WAIT_US  60000000LL
#define RESCORE_TEXT     64             /* an instant as Postgres prints it */

/* How far it is, as Postgres says it. */
typedef struct {
    int64_t  version, wanted;
    bool     due;
    char     tenant[16], campaign[24], at[RESCORE_TEXT], event[24];
} rescore_state_t;

typedef struct {
    db_t             *db;
    classify_memo_t  *memo;
    int16_t           timed[TIMED];
    rescore_state_t   state;
    char              now[GW_RFC3339_LEN + 1];
} rescore_t;

/* The columns of rescore_events. */
enum { COL_ID, COL_US, COL_AT, COL_KIND, COL_CLASS, COL_REASON, COL_FLAGS,
       COL_IP, COL_AGENT, COL_REFERER };


static int64_t
rescore_number(const PGresult *res, int row, int column)
{
    return strtoll(PQgetvalue(res, row, column), NULL, 10);
}


static int
rescore_run(rescore_t *s, const db_query_t *q, const db_args_t *a)
{
    int        rc;
    PGresult  *res;

    rc = db_run(s->db, q, a, &res);
    PQclear(res);
    return rc;
}


static int
rescore_look(rescore_t *s, const classify_rules_t *r)
{
    int        rc;
    char       version[16];
    PGresult  *res;

    (void) snprintf(version, sizeof(version), "%d", r->version);
    rc = db_run(s->db, &Q_RESCORE_STATE, &(db_args_t) { { version, s->now },
                2 }, &res);
    if (rc == GW_OK) {
        s->state.version = rescore_number(res, 0, 0);
        s->state.wanted = rescore_number(res, 0, 1);
        s->state.due = *PQgetvalue(res, 0, 2) == 't';
        (void) snprintf(s->state.tenant, sizeof(s->state.tenant), "%s",
                        PQgetvalue(res, 0, 3));
        (void) snprintf(s->state.campaign, sizeof(s->state.campaign), "%s",
                        PQgetvalue(res, 0, 4));
        (void) snprintf(s->state.at, sizeof(s->state.at), "%s",
                        PQgetvalue(res, 0, 5));
        (void) snprintf(s->state.event, sizeof(s->state.event), "%s",
                        PQgetvalue(res, 0, 6));
    }

    PQclear(res);
    return rc;
}


static int
rescore_begin(rescore_t *s, const classify_rules_t *r)
{
    char  version[16], begin[GW_RFC3339_LEN + 1];

    (void) snprintf(version, sizeof(version), "%d", r->version);
    gw_clock_print(gw_clock_us() + RESCORE_WAIT_US, begin);
    log_info("classes: version %d: opens and clicks are judged anew",
             r->version);
    return rescore_run(s, &Q_RESCORE_BEGIN, &(db_args_t) { { version, begin },
                       2 });
}


/* The evidence of a row, an address of either kind as 16 bytes. */
static void
rescore_evidence(const PGresult *res, int row, gw_event_t *e)
{
    const char  *ip;

    memset(e, 0, sizeof(gw_event_t));
    ip = PQgetvalue(res, row, COL_IP);
    if (inet_pton(AF_INET, ip, e->ip + 12) == 1) {
        memset(e->ip + 10, 0xff, 2);
    } else {
        (void) inet_pton(AF_INET6, ip, e->ip);
    }

    e->ua = gw_str_make(PQgetvalue(res, row, COL_AGENT),
                        (size_t) PQgetlength(res, row, COL_AGENT));
    e->referer = gw_str_make(PQgetvalue(res, row, COL_REFERER),
                             (size_t) PQgetlength(res, row, COL_REFERER));
}


/*
 * A workspace may keep addresses cut to their network: /24, of IPv6 /48. What
 * is asked of a smaller one within it cannot be told any more.
 */
static bool
rescore_is_blind(const classify_rules_t *r, const unsigned char ip[16])
{
    bool                    v4;
    unsigned                i, k;
    uint64_t                cut[2], a[2];
    const classify_net_t   *n;

    static const unsigned char  mapped[12] = { [10] = 0xff, [11] = 0xff };

    v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
    memset(cut, 0, sizeof(cut));
    memset(cut, 0xff, v4 ? 15 : 6);
    memcpy(a, ip, sizeof(a));
    if (((a[0] & ~cut[0]) | (a[1] & ~cut[1])) != 0) {
        return false;                   /* it is whole */
    }

    for (i = 0; i < r->n; i++) {
        for (k = 0; k < r->rule[i].nets; k++) {
            n = &r->rule[i].net[k];
            if (((n->mask[0] & ~cut[0]) | (n->mask[1] & ~cut[1])) != 0
                && (((n->addr[0] ^ a[0]) & cut[0])
                    | ((n->addr[1] ^ a[1]) & cut[1])) == 0)
            {
                return true;
            }
        }
    }

    return false;
}


static bool
rescore_is_timed(const rescore_t *s, int16_t reason)
{
    unsigned  i;

    for (i = 0; i < TIMED && s->timed[i] != reason; i++) {
        /* void */
    }

    return i < TIMED;
}


/* Judge a row; is it another class or reason than it has? */
static bool
rescore_judge(rescore_t *s, const PGresult *res, int row, verdict_event_t *e)
{
    gw_event_t          evidence;
    classify_verdict_t  v;

    memset(e, 0, sizeof(verdict_event_t));
    e->id = rescore_number(res, row, COL_ID);
    e->at = rescore_number(res, row, COL_US);
    e->class = (int16_t) rescore_number(res, row, COL_CLASS);
    e->reason = (int16_t) rescore_number(res, row, COL_REASON);

    rescore_evidence(res, row, &evidence);
    if (rescore_is_blind(s->memo->rules, evidence.ip)) {
        return false;
    }

    v = classify(s->memo, &evidence,
                 (unsigned) rescore_number(res, row, COL_KIND),
                 (unsigned) rescore_number(res, row, COL_FLAGS));
    e->to_class = v.class;
    e->to_reason = v.reason > 0 ? s->memo->id[v.reason] : 0;

    /* what timing said of a human is for verdicts.c to take back */
    return !(v.class == CLASS_HUMAN && rescore_is_timed(s, e->reason))
           && (e->to_class != e->class || e->to_reason != e->reason);
}


/* What changes, the notes and how far it is: one transaction. */
static int
rescore_store(rescore_t *s, const verdict_event_t *e, unsigned n,
    const char *first, const char *last, const char *event)
{
    int               rc;
    rescore_state_t  *at;

    at = &s->state;
    rc = db_exec(s->db, Q_INGEST_BEGIN.text);
    rc = rc == GW_OK ? verdicts_change(s->db, at->tenant, at->campaign, e, n)
                     : rc;
    worker_crash_point("after_rescore");
    rc = rc == GW_OK ? rescore_run(s, &Q_RESCORE_NOTES, &(db_args_t) {
                           { at->tenant, at->campaign, first, last, s->now },
                           5 }) : rc;
    rc = rc == GW_OK ? rescore_run(s, &Q_RESCORE_REACHED, &(db_args_t) {
                           { at->tenant, at->campaign, last, event }, 4 })
                     : rc;
    worker_crash_point("before_rescore_commit");

    if (rc == GW_OK) {
        return db_exec(s->db, Q_INGEST_COMMIT.text);
    }

    return db_exec(s->db, Q_INGEST_ROLLBACK.text) == GW_OK ? rc : GW_EDB;
}


/* The next events of the campaign at hand; *n: how many there were. */
static int
rescore_events(rescore_t *s, int *n)
{
    int               i, rc;
    char              most[16];
    unsigned          changes;
    PGresult         *res;
    verdict_event_t  *e;

    (void) snprintf(most, sizeof(most), "%d", RESCORE_EVENTS);
    rc = db_run(s->db, &Q_RESCORE_EVENTS, &(db_args_t) { { s->state.tenant,
                s->state.campaign, s->state.at, s->state.event, most }, 5 },
                &res);
    *n = rc == GW_OK ? PQntuples(res) : 0;
    if (*n == 0) {
        PQclear(res);
        return rc;
    }

    e = calloc((size_t) *n, sizeof(verdict_event_t));
    changes = 0;
    for (i = 0; e != NULL && i < *n; i++) {
        changes += rescore_judge(s, res, i, &e[changes]);
    }

    rc = e == NULL ? GW_ENOMEM
         : rescore_store(s, e, changes, PQgetvalue(res, 0, COL_AT),
                         PQgetvalue(res, *n - 1, COL_AT),
                         PQgetvalue(res, *n - 1, COL_ID));
    free(e);
    PQclear(res);
    return rc;
}


/* To the next campaign; or it is done, and *more false. */
static int
rescore_next(rescore_t *s, bool *more)
{
    int        rc;
    PGresult  *res;

    rc = db_run(s->db, &Q_RESCORE_CAMPAIGN, &(db_args_t) { { s->state.tenant,
                s->state.campaign }, 2 }, &res);
    *more = rc == GW_OK && PQntuples(res) > 0;
    if (*more) {
        rc = rescore_run(s, &Q_RESCORE_REACHED, &(db_args_t) {
                         { PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1),
                           "-infinity", "0" }, 4 });
    } else if (rc == GW_OK) {
        rc = rescore_run(s, &Q_RESCORE_DONE, &(db_args_t) { { NULL }, 0 });
        log_info("classes: all opens and clicks are judged by version %lld",
                 (long long) s->state.wanted);
    }

    PQclear(res);
    return rc;
}


static int
rescore_go(rescore_t *s, const classify_rules_t *r, bool *more)
{
    int  rc, n;

    s->memo = malloc(sizeof(classify_memo_t));
    if (s->memo == NULL) {
        return GW_ENOMEM;
    }

    rc = classify_memo(s->memo, r);
    rc = rc == GW_OK ? reasons_learn(s->db, r, s->memo->id, s->timed) : rc;
    rc = rc == GW_OK ? rescore_events(s, &n) : rc;
    *more = rc == GW_OK;
    rc = rc == GW_OK && n == 0 ? rescore_next(s, more) : rc;
    free(s->memo);
    return rc;
}


int
rescore_step(const worker_t *w, const classify_rules_t *r, db_t *db,
    bool *more)
{
    int        rc;
    rescore_t  s;

    *more = false;
    memset(&s, 0, sizeof(s));
    s.db = db;
    gw_clock_print(gw_clock_us(), s.now);

    rc = rescore_look(&s, r);
    if (rc != GW_OK) {
        return rc;
    }

    if (r->version > s.state.wanted) {
        return rescore_begin(&s, r);
    }

    return r->version == s.state.wanted && s.state.version < s.state.wanted
           && s.state.due ? rescore_go(&s, r, more) : GW_OK;
}
