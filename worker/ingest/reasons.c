/* The names of rules, and their numbers in Postgres. */
#include "worker/ingest/reasons.h"

#include <stdlib.h>

#include "queries.gen.h"
#include "worker/ingest/wire.h"

#define REASONS_TEXT  ((CLASSIFY_RULES + 1) * (CLASSIFY_NAME + 1) + 3)


/* As a text of an array; names have nothing that is to be quoted. */
static void
reasons_print(const classify_rules_t *r, gw_buf_t *out)
{
    unsigned  i;

    for (i = 0; i < r->n; i++) {
        gw_buf_fmt(out, "%s%s", i == 0 ? "{" : ",", r->rule[i].name);
    }

    gw_buf_cstr(out, r->n == 0 ? "{}" : "}");
}


int
reasons_learn(db_t *db, classify_memo_t *memo)
{
    int        rc;
    char       mem[REASONS_TEXT];
    gw_buf_t   names;
    unsigned   i;
    PGresult  *res;

    gw_buf_fixed(&names, mem, sizeof(mem));
    reasons_print(memo->rules, &names);

    rc = db_run(db, &Q_INGEST_REASONS, &(db_args_t) { { gw_buf_c(&names) },
                1 }, &res);
    PQclear(res);
    if (rc != GW_OK) {
        return rc;
    }

    rc = db_run(db, &Q_INGEST_REASON_IDS, &(db_args_t) { { gw_buf_c(&names) },
                1 }, &res);
    if (rc == GW_OK && PQntuples(res) != (int) memo->rules->n) {
        rc = GW_ERROR;
    }

    for (i = 0; rc == GW_OK && i < memo->rules->n; i++) {
        memo->id[i + 1] = (int16_t) strtol(PQgetvalue(res, (int) i, 0), NULL,
                                           10);
    }

    PQclear(res);
    return rc;
}
