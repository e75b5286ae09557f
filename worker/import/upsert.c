/* How a batch meets the contacts that are there: rounds of the upsert. */
#include "worker/import/run.h"

#include "queries.gen.h"

#define UPSERT_ROUNDS  20

/* Columns of Q_IMPORT_UPSERT with the lines that it refuses, and why. */
static const struct {
    int          column;
    const char  *why;
} upsert_refused[] = {
    { 3, "the email is one contact's, the external_id another's" },
    { 4, "the contact would have more than 64 KiB of attributes" }
};


bool
import_tells(const import_t *i, import_field_t from, import_field_t to)
{
    unsigned  n;

    for (n = 0; n < i->columns.n; n++) {
        if (i->columns.field[n] >= from && i->columns.field[n] <= to) {
            return true;
        }
    }

    return false;
}


/* One round of the upsert; *left rows want another. */
static int
import_round(import_t *i, const char *now, long long *left)
{
    int        rc;
    unsigned   n;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_COUNTED, &(db_args_t) { { NULL }, 0 }, NULL);
    rc = rc == IMPORT_OK
         ? import_run(i, &Q_IMPORT_UPSERT, &(db_args_t) {
                      { i->tenant, i->list_id[0] ? i->list_id : NULL, now,
                        i->made.seen.repeats ? "t" : "f", i->id,
                        import_tells(i, IMPORT_CONSENT_EMAIL,
                                     IMPORT_CONSENT_VOICE) ? "t" : "f" }, 6 },
                      &res) : rc;
    if (rc != IMPORT_OK) {
        return rc;
    }

    i->created += import_number(res, 0);
    i->updated += import_number(res, 1);
    *left = import_number(res, 2);
    for (n = 0; n < sizeof(upsert_refused) / sizeof(upsert_refused[0]); n++) {
        if (!PQgetisnull(res, 0, upsert_refused[n].column)) {
            import_reject_lines(i, PQgetvalue(res, 0,
                                              upsert_refused[n].column),
                                upsert_refused[n].why);
        }
    }

    PQclear(res);
    return IMPORT_OK;
}


/*
 * Rounds of the upsert until no row of the batch is left. Rows that repeat an
 * identity are made one after the first, so that few rounds do: what is left
 * after many is one address under many external ids, or the reverse.
 */
static int
import_upsert(import_t *i, const char *now)
{
    int        rc, round;
    long long  left;
    PGresult  *res;

    rc = import_round(i, now, &left);
    if (rc == IMPORT_OK && left > 0) {
        rc = import_run(i, &Q_IMPORT_MERGE, &(db_args_t) { { NULL }, 0 },
                        &res);
        if (rc == IMPORT_OK) {
            i->updated += import_number(res, 0);
            PQclear(res);
        }
    }

    for (round = 1; rc == IMPORT_OK && left > 0 && round < UPSERT_ROUNDS;
         round++)
    {
        rc = import_round(i, now, &left);
    }

    if (rc == IMPORT_OK && left > 0) {
        rc = import_run(i, &Q_IMPORT_LEFT, &(db_args_t) { { NULL }, 0 },
                        &res);
        if (rc == IMPORT_OK) {
            import_reject_lines(i, PQgetvalue(res, 0, 0), "one person under "
                               "too many emails or external_ids, or with more "
                               "attributes than there is room for");
            PQclear(res);
        }
    }

    return rc;
}


int
import_fill(import_t *i)
{
    int                             rc, n;
    static const db_query_t *const  first[] = { &Q_IMPORT_PLAN,
                                                &Q_IMPORT_CLEAR };

    rc = IMPORT_OK;
    for (n = 0; rc == IMPORT_OK && n < 2; n++) {
        rc = import_run(i, first[n], &(db_args_t) { { NULL }, 0 }, NULL);
    }

    rc = rc == IMPORT_OK ? import_copy(i, &Q_IMPORT_COPY, &i->made.copy) : rc;
    worker_crash_point("import_after_copy");
    return rc;
}


/* What people of the batch are known by besides, now that they are there. */
static int
import_others(import_t *i, const char *now)
{
    int       rc;
    gw_buf_t *others;

    others = &i->made.others;
    if (others->len == 0) {
        return IMPORT_OK;
    }

    gw_buf_char(others, ']');
    rc = others->failed ? import_fail(i, IMPORT_INPUT, "%s", "there is no "
                                      "memory left")
         : import_run(i, &Q_IMPORT_OTHERS, &(db_args_t) {
                      { i->tenant, gw_buf_c(others), now }, 3 }, NULL);
    others->len -= others->len > 0;     /* the batch may be tried again */
    return rc;
}


int
import_contacts(import_t *i, int64_t us, const char *now)
{
    int   rc;
    bool  done;

    rc = import_direct(i, us, &done);
    if (rc != IMPORT_OK || done) {
        worker_crash_point("import_after_copy");
        return rc;
    }

    rc = import_fill(i);
    rc = rc == IMPORT_OK ? import_upsert(i, now) : rc;
    return rc == IMPORT_OK ? import_others(i, now) : rc;
}
