/* Rows as suppressions: the address and, in the column `reason`, why. */
#include "worker/import/run.h"

#include "queries.gen.h"


/* What one statement found wrong, a list of lines or null. */
static void
import_refused(import_t *i, const PGresult *res, int column, const char *why)
{
    if (!PQgetisnull(res, 0, column)) {
        import_reject_lines(i, PQgetvalue(res, 0, column), why);
    }
}


int
import_suppress(import_t *i, const char *now)
{
    int        rc;
    long long  rejected;
    PGresult  *res;

    rc = import_fill(i);
    if (rc != IMPORT_OK) {
        return rc;
    }

    rc = import_run(i, &Q_IMPORT_SUPPRESS, &(db_args_t) {
                    { i->tenant, now, i->reason }, 3 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    rejected = i->rejected;
    import_refused(i, res, 1, "the row has no email");
    import_refused(i, res, 2, "the reason is unsubscribe, complaint, "
                   "hard_bounce or manual");
    i->created += import_number(res, 0);
    i->updated += i->batch - import_number(res, 0) - (i->rejected - rejected);
    PQclear(res);
    return IMPORT_OK;
}
