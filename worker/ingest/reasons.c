/* The names of rules, and their numbers in Postgres. */
#include "worker/ingest/reasons.h"

#include <stdlib.h>

#include "queries.gen.h"
#include "worker/ingest/wire.h"

#define REASONS_TEXT  ((CLASSIFY_RULES + TIMED) * (CLASSIFY_NAME + 1) + 3)


/* As a text of an array; names have nothing that is to be quoted. */
static void
reasons_print(const classify_rules_t *r, gw_buf_t *out)
{
    unsigned  i;

    for (i = 0; i < TIMED + r->n; i++) {
        gw_buf_fmt(out, "%s%s", i == 0 ? "{" : ",",
                   i < TIMED ? classify_timed[i] : r->rule[i - TIMED].name);
    }

    gw_buf_cstr(out, "}");
}


int
reasons_learn(db_t *db, const classify_rules_t *r,
    int16_t id[CLASSIFY_RULES + 1], int16_t timed[TIMED])
{
    int        rc;
    char       mem[REASONS_TEXT];
    int16_t    n;
    gw_buf_t   names;
    unsigned   i;
    PGresult  *res;

    gw_buf_fixed(&names, mem, sizeof(mem));
    reasons_print(r, &names);

    rc = db_run(db, &Q_INGEST_REASONS, &(db_args_t) { { gw_buf_c(&names) },
                1 }, &res);
    PQclear(res);
    if (rc != GW_OK) {
        return rc;
    }

    rc = db_run(db, &Q_INGEST_REASON_IDS, &(db_args_t) { { gw_buf_c(&names) },
                1 }, &res);
    if (rc == GW_OK && PQntuples(res) != (int) (TIMED + r->n)) {
        rc = GW_ERROR;
    }

    for (i = 0; rc == GW_OK && i < TIMED + r->n; i++) {
        n = (int16_t) strtol(PQgetvalue(res, (int) i, 0), NULL, 10);
        if (i < TIMED && timed != NULL) {
            timed[i] = n;
        } else if (i >= TIMED && id != NULL) {
            id[i - TIMED + 1] = n;
        }
    }

    PQclear(res);
    return rc;
}
