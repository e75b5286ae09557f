/* Array parameters of a statement in their binary form, built row by row. */
#include "worker/campaign/columns.h"

#include <endian.h>
#include <string.h>

#define COLUMNS_BYTES  (64 * 1024 * 1024)
#define COLUMNS_HEAD   20               /* bytes before the first element   */
#define COLUMNS_EPOCH  946684800000000  /* 2000-01-01, us: zero of a time   */

/* Types of Postgres, as pg_type.dat numbers them. */
enum {
    COLUMNS_INT8 = 20, COLUMNS_INT2 = 21, COLUMNS_INT4 = 23, COLUMNS_TEXT = 25,
    COLUMNS_TIMESTAMPTZ = 1184
};


void
columns_init(columns_t *c, const char *types)
{
    int  i;

    c->types = types;
    c->n = (int) strlen(types);
    c->at = 0;
    c->rows = 0;
    for (i = 0; i < c->n; i++) {
        gw_buf_init(&c->text[i], COLUMNS_BYTES);
        if (gw_buf_room(&c->text[i], COLUMNS_HEAD) != NULL) {
            c->text[i].len = COLUMNS_HEAD;
        }
    }
}


void
columns_free(columns_t *c)
{
    int  i;

    for (i = 0; i < c->n; i++) {
        gw_buf_free(&c->text[i]);
    }
    c->n = 0;
}


/* An element: its length, its bytes. */
static void
columns_put(columns_t *c, const void *p, size_t n)
{
    gw_buf_t       *b;
    uint32_t        len;
    unsigned char  *to;

    b = &c->text[c->at++];
    to = gw_buf_room(b, sizeof(len) + n);
    if (to == NULL) {
        return;
    }

    len = htobe32((uint32_t) n);
    memcpy(to, &len, sizeof(len));
    memcpy(to + sizeof(len), p, n);
    b->len += sizeof(len) + n;
}


void
columns_number(columns_t *c, int64_t v)
{
    size_t         n;
    uint64_t       be;
    unsigned char  bytes[8];

    n = (size_t) (c->types[c->at] - '0');
    be = htobe64((uint64_t) v);
    memcpy(bytes, &be, sizeof(be));
    columns_put(c, bytes + sizeof(be) - n, n);
}


void
columns_null(columns_t *c)
{
    uint32_t  null = 0xffffffff;

    gw_buf_put(&c->text[c->at++], &null, sizeof(null));
}


void
columns_time(columns_t *c, int64_t us)
{
    uint64_t  be;

    be = htobe64((uint64_t) (us - COLUMNS_EPOCH));
    columns_put(c, &be, sizeof(be));
}


void
columns_text(columns_t *c, const char *s)
{
    if (*s == '\0') {
        columns_null(c);
        return;
    }

    columns_put(c, s, strlen(s));
}


void
columns_end(columns_t *c)
{
    c->at = 0;
    c->rows++;
}


static uint32_t
columns_oid(char type)
{
    switch (type) {
    case '2':
        return COLUMNS_INT2;
    case '4':
        return COLUMNS_INT4;
    case '8':
        return COLUMNS_INT8;
    case 't':
        return COLUMNS_TIMESTAMPTZ;
    default:
        return COLUMNS_TEXT;
    }
}


int
columns_args(columns_t *c, const char *const *first, int n_first,
    db_args_t *args, int *len)
{
    int       i, k;
    uint32_t  head[5];

    args->n = n_first + c->n;
    for (i = 0; i < n_first; i++) {
        args->v[i] = first[i];
        len[i] = 0;
    }

    for (i = 0; i < c->n; i++) {
        if (c->text[i].failed) {
            return GW_ENOMEM;
        }

        /* dimensions, may there be nulls, type, length, first index */
        head[0] = 1;
        head[1] = 1;
        head[2] = columns_oid(c->types[i]);
        head[3] = c->rows;
        head[4] = 1;
        for (k = 0; k < 5; k++) {
            head[k] = htobe32(head[k]);
        }
        memcpy(c->text[i].data, head, sizeof(head));
        args->v[n_first + i] = (char *) c->text[i].data;
        len[n_first + i] = (int) c->text[i].len;
    }

    return GW_OK;
}


int
columns_run(db_t *db, const db_query_t *q, columns_t *c,
    const char *const *first, int n_first, PGresult **res)
{
    int        rc, len[DB_PARAMS_MAX];
    db_args_t  a;

    *res = NULL;
    rc = columns_args(c, first, n_first, &a, len);

    if (rc == GW_OK) {
        rc = db_run_binary(db, q, &a, len, res);
        if (rc == GW_ERROR) {
            log_error("%s: %s", q->name, db_message(*res));
        }
    }

    columns_free(c);
    return rc;
}
