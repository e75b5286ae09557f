/* Array parameters of a statement, built row by row. */
#include "worker/campaign/columns.h"

#include "shm/gw_clock.h"

#define COLUMNS_BYTES  (64 * 1024 * 1024)


void
columns_init(columns_t *c, int n)
{
    int  i;

    c->n = n;
    c->at = 0;
    c->rows = 0;
    for (i = 0; i < n; i++) {
        gw_buf_init(&c->text[i], COLUMNS_BYTES);
        gw_buf_char(&c->text[i], '{');
    }
}


static gw_buf_t *
columns_next(columns_t *c)
{
    gw_buf_t  *b;

    b = &c->text[c->at++];
    if (c->rows > 0) {
        gw_buf_char(b, ',');
    }

    return b;
}


void
columns_number(columns_t *c, int64_t v)
{
    gw_buf_fmt(columns_next(c), "%lld", (long long) v);
}


void
columns_null(columns_t *c)
{
    gw_buf_cstr(columns_next(c), "NULL");
}


void
columns_time(columns_t *c, int64_t us)
{
    char  text[GW_RFC3339_LEN + 1];

    gw_clock_print(us, text);
    gw_buf_cstr(columns_next(c), text);
}


void
columns_text(columns_t *c, const char *s)
{
    gw_buf_t  *b;

    if (*s == '\0') {
        columns_null(c);
        return;
    }

    b = columns_next(c);
    gw_buf_char(b, '"');
    for ( /* void */ ; *s; s++) {
        if (*s == '"' || *s == '\\') {
            gw_buf_char(b, '\\');
        }
        gw_buf_char(b, (unsigned char) *s);
    }
    gw_buf_char(b, '"');
}


void
columns_end(columns_t *c)
{
    c->at = 0;
    c->rows++;
}


int
columns_run(db_t *db, const db_query_t *q, columns_t *c,
    const char *const *first, int n_first, PGresult **res)
{
    int        rc, i;
    db_args_t  a;

    rc = GW_OK;
    *res = NULL;
    a.n = n_first + c->n;

    for (i = 0; i < n_first; i++) {
        a.v[i] = first[i];
    }

    for (i = 0; i < c->n; i++) {
        gw_buf_char(&c->text[i], '}');
        a.v[n_first + i] = gw_buf_c(&c->text[i]);
        if (c->text[i].failed) {
            rc = GW_ENOMEM;
        }
    }

    if (rc == GW_OK) {
        rc = db_run(db, q, &a, res);
        if (rc == GW_ERROR) {
            log_error("%s: %s", q->name, db_message(*res));
        }
    }

    for (i = 0; i < c->n; i++) {
        gw_buf_free(&c->text[i]);
    }

    return rc;
}
