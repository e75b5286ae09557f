/* One secret of the database, opened. */
#include "queries.gen.h"
#include "worker/secret.h"


int
secret_open(secret_keys_t *keys, db_t *db, const char *tenant, const char *id,
    gw_buf_t *plain, gw_buf_t *err)
{
    int           rc;
    PGresult     *res;
    secret_row_t  row = { tenant, id, NULL, NULL };

    rc = db_run(db, &Q_SECRET_GET, &(db_args_t) { { tenant, id }, 2 }, &res);

    if (rc != GW_OK) {
        gw_buf_cstr(err, rc == GW_ERROR ? db_message(res)
                                        : "the database went away");

    } else if (PQntuples(res) == 0) {
        gw_buf_fmt(err, "there is no secret %s of workspace %s", id, tenant);
        rc = GW_ENOTFOUND;

    } else {
        row.sealed = PQgetvalue(res, 0, 0);
        row.wrapped = PQgetvalue(res, 0, 1);
        rc = secret_unseal(keys, &row, plain, err);
    }

    PQclear(res);
    return rc;
}
