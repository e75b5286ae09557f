/*
 * A batch of people whom nobody knows goes straight into contacts and the
 * list by COPY: half the work of the upsert. That nobody knows them is not
 * asked but tried: a unique key that is there already sends the batch back to
 * the upsert, and the next ones are not tried for a while.
 */
#include "worker/import/run.h"

#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/import/copy.h"

#define DIRECT_SKIP_MAX  64             /* batches after failures in a row */
#define DIRECT_EPOCH_US  946684800000000    /* 2000-01-01, Postgres's zero */

/* where the fields of import_rows are; between them what contacts has too */
enum { DIRECT_EMAIL = 1, DIRECT_CONSENT_EMAIL = 8, DIRECT_CONSENT_VOICE = 11,
       DIRECT_HASH = 15, DIRECT_FIELDS };

typedef struct {
    gw_str_t  field[DIRECT_FIELDS];     /* data == NULL: null */
} direct_row_t;


/* The next row of a binary COPY; false at its end. */
static bool
direct_next(gw_str_t *in, direct_row_t *row)
{
    int       n;
    int16_t   fields;
    uint32_t  len;

    memcpy(&fields, in->data, 2);
    if (fields == -1) {
        return false;
    }

    in->data += 2;
    for (n = 0; n < DIRECT_FIELDS; n++) {
        memcpy(&len, in->data, 4);
        len = ntohl(len);
        in->data += 4;
        row->field[n] = len == UINT32_MAX ? gw_str_make(NULL, 0)
                                          : gw_str_make(in->data, len);
        in->data += row->field[n].len;
    }

    return true;
}


static gw_str_t
direct_rows(const import_t *i)
{
    return gw_str_make(i->made.copy.data + IMPORT_HEAD,
                       i->made.copy.len - IMPORT_HEAD);
}


/* Ids for the batch, and which of its addresses are suppressed. */
static int
direct_ask(import_t *i, PGresult **res)
{
    int            rc;
    char           n[24];
    gw_str_t       in;
    gw_buf_t       hashes;
    direct_row_t   row;
    unsigned char *p;

    gw_buf_init(&hashes, IMPORT_BATCH * 64 + 8);
    gw_buf_cstr(&hashes, "\\x");

    for (in = direct_rows(i); direct_next(&in, &row); ) {
        p = gw_buf_room(&hashes, 64);
        if (p == NULL) {
            break;
        }
        memset(p, '0', 64);             /* of nobody */
        if (row.field[DIRECT_HASH].len == 32) {
            gw_hex_encode(p, row.field[DIRECT_HASH].data, 32);
        }
        hashes.len += 64;
    }

    (void) snprintf(n, sizeof(n), "%u", i->batch);
    rc = import_run(i, &Q_IMPORT_DIRECT, &(db_args_t) {
                    { i->tenant, gw_buf_c(&hashes), n }, 3 }, res);
    gw_buf_free(&hashes);
    return rc;
}


/* The next number of `{1,2,3}`; -1 when there is none. */
static long long
direct_number(const char **p)
{
    char      *end;
    long long  n;

    *p += strspn(*p, "{,");
    n = strtoll(*p, &end, 10);
    if (end == *p) {
        return -1;
    }

    *p = end;
    return n;
}


/* One contact as COPY takes it, in the order of Q_IMPORT_COPY_CONTACTS. */
static void
direct_contact(const import_t *i, const direct_row_t *row, int64_t at,
    long long id, bool out, gw_buf_t *copy)
{
    int        n;
    gw_str_t   f;

    gw_buf_put(copy, "\0\x12", 2);      /* 18 fields */
    copy_put_int(copy, i->workspace, 4);
    copy_put_int(copy, id, 8);

    for (n = DIRECT_EMAIL; n < DIRECT_HASH; n++) {
        f = row->field[n];
        if (n == DIRECT_CONSENT_EMAIL && out) {
            copy_put_int(copy, 2, 2);
        } else if (f.data != NULL) {
            copy_put(copy, f.data, f.len);
        } else if (n >= DIRECT_CONSENT_EMAIL && n <= DIRECT_CONSENT_VOICE) {
            copy_put_int(copy, 0, 2);
        } else {
            copy_null(copy);
        }
    }

    copy_put_int(copy, at, 8);
    copy_put_int(copy, at, 8);
}


/* Both COPYs of the batch, from its rows and what direct_ask got. */
static int
direct_build(import_t *i, const PGresult *res, int64_t us, gw_buf_t *contacts,
    gw_buf_t *members)
{
    long long     id, n, next, list;
    int64_t       at;
    gw_str_t      in;
    const char   *ids, *outs;
    direct_row_t  row;

    ids = PQgetvalue(res, 0, 0);
    outs = PQgetvalue(res, 0, 1);
    next = direct_number(&outs);
    at = us - DIRECT_EPOCH_US;
    list = -1;
    if (i->list_id[0] != '\0') {
        (void) !gw_str_int(gw_str_of(i->list_id), 1, INT64_MAX, &list);
    }

    gw_buf_put(contacts, i->made.copy.data, IMPORT_HEAD);
    gw_buf_put(members, i->made.copy.data, IMPORT_HEAD);
    n = 0;

    for (in = direct_rows(i); direct_next(&in, &row); n++) {
        id = direct_number(&ids);
        direct_contact(i, &row, at, id, n == next, contacts);
        next = n == next ? direct_number(&outs) : next;

        if (list > 0) {
            gw_buf_put(members, "\0\4", 2);
            copy_put_int(members, i->workspace, 4);
            copy_put_int(members, list, 8);
            copy_put_int(members, id, 8);
            copy_put_int(members, at, 8);
        }
    }

    gw_buf_put(contacts, "\xff\xff", 2);
    gw_buf_put(members, "\xff\xff", 2);
    return contacts->failed || members->failed
           ? import_fail(i, IMPORT_INPUT, "%s", "there is no memory left")
           : IMPORT_OK;
}


/* Send what direct_ask prepared; i->met: somebody is there already. */
static int
direct_send(import_t *i, int64_t us)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    rc = direct_ask(i, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    i->met = PQgetvalue(res, 0, 2)[0] == 't';
    if (i->met) {
        PQclear(res);
        return IMPORT_OK;
    }

    gw_buf_reset(&i->contacts);
    gw_buf_reset(&i->members);
    rc = direct_build(i, res, us, &i->contacts, &i->members);
    rc = rc == IMPORT_OK ? import_copy(i, &Q_IMPORT_COPY_CONTACTS,
                                       &i->contacts) : rc;

    if (rc == IMPORT_OK
        && import_tells(i, IMPORT_CONSENT_EMAIL, IMPORT_CONSENT_VOICE))
    {
        gw_clock_print(us, now);
        rc = import_run(i, &Q_IMPORT_CONSENTS, &(db_args_t) {
                        { i->tenant, PQgetvalue(res, 0, 0), now, i->id }, 4 },
                        NULL);
    }

    if (rc == IMPORT_OK && import_tells(i, IMPORT_TAGS, IMPORT_TAGS)) {
        rc = import_run(i, &Q_IMPORT_TAGS, &(db_args_t) {
                        { i->tenant, PQgetvalue(res, 0, 0) }, 2 }, NULL);
    }

    PQclear(res);
    return rc == IMPORT_OK && i->list_id[0] != '\0'
           ? import_copy(i, &Q_IMPORT_COPY_MEMBERS, &i->members) : rc;
}


int
import_direct(import_t *i, int64_t us, bool *done)
{
    int  rc;

    *done = false;
    if (i->made.seen.repeats) {
        return IMPORT_OK;
    }
    if (i->skip > 0) {
        i->skip--;
        return IMPORT_OK;
    }

    rc = import_exec(i, &Q_IMPORT_SAVE);
    rc = rc == IMPORT_OK ? direct_send(i, us) : rc;
    if (!i->met) {
        *done = rc == IMPORT_OK;
        i->created += *done ? i->batch : 0;
        i->skip_next = 0;
        return rc;
    }

    i->met = false;
    gw_buf_reset(&i->why);
    i->skip_next = i->skip_next == 0 ? 1 : i->skip_next * 2;
    i->skip_next = i->skip_next < DIRECT_SKIP_MAX ? i->skip_next
                                                  : DIRECT_SKIP_MAX;
    i->skip = i->skip_next;
    return import_exec(i, &Q_IMPORT_BACK);
}
