/*
 * Each secret by itself, so that a kill at any point leaves every one readable:
 * first the key of its workspace is stored, then the row changes in one
 * statement, unless somebody has changed it meanwhile.
 *
 * Crash points: secret_before_key, secret_before_bind, secret_after_bind.
 */
#include "worker/secret_round.h"

#include <stdio.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_seal.h"

#define SECRET_PAGE   "100"
#define SECRET_LATER  600000000LL           /* us */

/* The columns of secret_edge and secret_stale. */
enum {
    SECRET_TENANT,
    SECRET_ID,
    SECRET_SEALED,
    SECRET_WRAPPED,
    SECRET_NEWEST
};

/* The key in the newest version of the workspace that was seen last. */
typedef struct {
    char      tenant[16];
    char      mem[256];
    gw_buf_t  wrapped;
} secret_owner_t;


/* Run it; what the database refuses is logged. */
static int
secret_run(db_t *db, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(db, q, a, res);
    if (rc == GW_ERROR) {
        log_error("%s: %s", q->name, db_message(*res));
    }

    return rc;
}


static int
secret_owner(secret_keys_t *keys, db_t *db, const char *tenant,
    const char *wrapped, secret_owner_t *owner, gw_buf_t *err)
{
    int        rc;
    char       mem[256], version[16], now[GW_RFC3339_LEN + 1];
    gw_buf_t   made;
    PGresult  *res;

    if (owner->wrapped.len > 0 && strcmp(owner->tenant, tenant) == 0) {
        return GW_OK;
    }

    (void) snprintf(owner->tenant, sizeof(owner->tenant), "%s", tenant);
    gw_buf_fixed(&owner->wrapped, owner->mem, sizeof(owner->mem));

    if (*wrapped != '\0') {
        gw_buf_cstr(&owner->wrapped, wrapped);
        return GW_OK;
    }

    gw_buf_fixed(&made, mem, sizeof(mem));
    rc = secret_new_key(keys, tenant, &made, err);
    if (rc != GW_OK) {
        return rc;
    }

    (void) snprintf(version, sizeof(version), "%u",
                    secret_keys_newest(keys)->version);
    gw_clock_print(gw_clock_us(), now);
    worker_crash_point("secret_before_key");

    rc = secret_run(db, &Q_SECRET_KEY_ADD, &(db_args_t) { { tenant, version,
                    gw_buf_c(&made), now }, 4 }, &res);

    if (rc == GW_OK && PQntuples(res) > 0) {
        gw_buf_cstr(&owner->wrapped, PQgetvalue(res, 0, 0));
    }

    PQclear(res);
    return rc;
}


/* Ten minutes later again; the sentence is logged. */
static int
secret_wrong(db_t *db, const secret_row_t *row, gw_buf_t *err)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    log_error("%s", gw_buf_c(err));
    gw_clock_print(gw_clock_us() + SECRET_LATER, at);
    rc = secret_run(db, &Q_SECRET_WRONG, &(db_args_t) { { row->tenant,
                    row->id, at }, 3 }, &res);
    PQclear(res);
    return rc;
}


static int
secret_bind(secret_keys_t *keys, db_t *db, const secret_row_t *row,
    const secret_owner_t *owner, gw_buf_t *err)
{
    int        rc;
    gw_buf_t   plain, made;
    PGresult  *res;

    gw_buf_init(&plain, 2 * GW_SEAL_MAX);
    gw_buf_init(&made, 4 * GW_SEAL_MAX);

    rc = secret_unseal(keys, row, &plain, err);
    rc = rc == GW_OK ? secret_seal(keys, row, owner->mem, gw_buf_view(&plain),
                                   &made, err) : rc;
    secret_wipe(&plain);

    if (rc != GW_OK) {
        rc = secret_wrong(db, row, err);

    } else {
        worker_crash_point("secret_before_bind");
        rc = secret_run(db, &Q_SECRET_BIND, &(db_args_t) { { row->tenant,
                        row->id, gw_buf_c(&made), row->sealed }, 4 }, &res);
        PQclear(res);
        worker_crash_point("secret_after_bind");
    }

    gw_buf_free(&made);
    return rc;
}


int
secret_round(secret_keys_t *keys, db_t *db, bool old, unsigned *n)
{
    int             i, rc;
    char            mem[512], version[16], now[GW_RFC3339_LEN + 1];
    gw_buf_t        err;
    PGresult       *res;
    secret_row_t    row;
    secret_owner_t  owner = { 0 };

    *n = 0;
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (secret_keys_again(keys, &err) != GW_OK) {
        log_error("%s", gw_buf_c(&err));
        return GW_ESYS;
    }

    (void) snprintf(version, sizeof(version), "%u",
                    secret_keys_newest(keys)->version);
    gw_clock_print(gw_clock_us(), now);
    rc = secret_run(db, old ? &Q_SECRET_STALE : &Q_SECRET_EDGE,
                    &(db_args_t) { { version, now, SECRET_PAGE }, 3 }, &res);
    *n = rc == GW_OK ? (unsigned) PQntuples(res) : 0;

    for (i = 0; rc == GW_OK && i < (int) *n; i++) {
        row.tenant = PQgetvalue(res, i, SECRET_TENANT);
        row.id = PQgetvalue(res, i, SECRET_ID);
        row.sealed = PQgetvalue(res, i, SECRET_SEALED);
        row.wrapped = PQgetvalue(res, i, SECRET_WRAPPED);
        gw_buf_reset(&err);

        rc = secret_owner(keys, db, row.tenant,
                          PQgetvalue(res, i, SECRET_NEWEST), &owner, &err);

        if (rc == GW_OK && owner.wrapped.len > 0) {
            gw_buf_c(&owner.wrapped);
            rc = secret_bind(keys, db, &row, &owner, &err);
        }
    }

    PQclear(res);
    return rc;
}
