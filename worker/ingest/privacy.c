/* What workspaces keep of those who open and click; read when it changes. */
#include "worker/ingest/privacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define PRIVACY_EVERY  1000             /* ms */

enum { PRIVACY_VERSION, PRIVACY_TENANT, PRIVACY_TRUNCATE, PRIVACY_RESPECT };


static bool
privacy_number(const PGresult *res, int row, int column, long long *v)
{
    return gw_str_int(gw_str_of(PQgetvalue(res, row, column)), 0, INT64_MAX, v)
           == GW_OK;
}


static int
privacy_take(privacy_t *p, const PGresult *res)
{
    int             i, n;
    long long       version, tenant, truncate, respect;
    privacy_row_t  *row;

    n = PQntuples(res);
    row = calloc((size_t) n, sizeof(privacy_row_t));
    if (row == NULL) {
        return GW_ENOMEM;
    }

    version = 0;
    for (i = 0; i < n && !PQgetisnull(res, i, PRIVACY_TENANT); i++) {
        if (!privacy_number(res, i, PRIVACY_TENANT, &tenant)
            || !privacy_number(res, i, PRIVACY_TRUNCATE, &truncate)
            || !privacy_number(res, i, PRIVACY_RESPECT, &respect))
        {
            free(row);
            return GW_ERROR;
        }

        row[i].tenant = (uint32_t) tenant;
        row[i].bits = (truncate ? PRIVACY_CUT : 0)
                      | (respect ? PRIVACY_HEED : 0);
    }

    if (!privacy_number(res, 0, PRIVACY_VERSION, &version)) {
        free(row);
        return GW_ERROR;
    }

    free(p->row);
    p->row = row;
    p->n = (unsigned) i;
    p->version = version;
    return GW_OK;
}


int
privacy_refresh(privacy_t *p, db_t *db)
{
    int        rc;
    char       version[24];
    PGresult  *res;

    if (p->version >= 0 && gw_clock_ms() - p->looked_ms < PRIVACY_EVERY) {
        return GW_OK;
    }

    (void) snprintf(version, sizeof(version), "%lld", p->version);
    rc = db_run(db, &Q_INGEST_PRIVACY, &(db_args_t) { { version }, 1 }, &res);

    if (rc == GW_OK && PQntuples(res) > 0) {
        rc = privacy_take(p, res);
    }

    if (rc == GW_OK) {
        p->looked_ms = gw_clock_ms();
    }

    PQclear(res);
    return rc;
}


void
privacy_free(privacy_t *p)
{
    free(p->row);
}


static int
privacy_order(const void *x, const void *y)
{
    const privacy_row_t  *a = x, *b = y;

    return a->tenant < b->tenant ? -1 : a->tenant > b->tenant;
}


unsigned
privacy_of(const privacy_t *p, uint32_t tenant)
{
    privacy_row_t   key = { tenant, 0 };
    privacy_row_t  *row;

    row = p->n > 0 ? bsearch(&key, p->row, p->n, sizeof(key), privacy_order)
                   : NULL;

    return row != NULL ? row->bits : PRIVACY_HEED;
}


void
privacy_cut(unsigned char ip[16])
{
    static const unsigned char  mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                               0xff, 0xff };

    if (memcmp(ip, mapped, sizeof(mapped)) == 0) {
        ip[15] = 0;
        return;
    }

    memset(ip + 6, 0, 10);
}
