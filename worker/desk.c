/* The database and the words of commands that change the directory. */
#include "worker/desk.h"

#include <stdio.h>
#include <unistd.h>

#include "shm/gw_clock.h"


int
desk_say(const desk_t *d, int code, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", d->word, sentence);
    return code;
}


int
desk_open(desk_t *d)
{
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    return db_open(&d->db, d->w, "gw_worker", &err) == GW_OK
           ? 0 : desk_say(d, DESK_DATABASE, gw_buf_c(&err));
}


int
desk_run(desk_t *d, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(d->db, q, a, res);

    if (rc == GW_OK) {
        return 0;
    }

    if (rc == GW_ERROR) {
        rc = desk_say(d, DESK_INPUT, db_message(*res));
        PQclear(*res);
        return rc;
    }

    return desk_say(d, DESK_DATABASE,
                    "the connection to the database was lost");
}


int
desk_print(desk_t *d, const db_query_t *q, const db_args_t *a)
{
    int        i, code;
    PGresult  *res;

    code = desk_run(d, q, a, &res);

    if (code == 0) {
        for (i = 0; i < PQntuples(res); i++) {
            puts(PQgetvalue(res, i, 0));
        }
        PQclear(res);
    }

    return code;
}


void
desk_context(char *out, size_t size)
{
    char  at[GW_RFC3339_LEN + 1];

    gw_clock_print(gw_clock_us(), at);
    snprintf(out, size, "{\"user\":\"cli\",\"scopes\":[\"*\"],"
             "\"now\":\"%s\",\"request_id\":\"cli-%d-%lld\"}", at,
             (int) getpid(), (long long) gw_clock_us());
}
