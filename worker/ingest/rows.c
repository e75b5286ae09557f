/*
 * Rows go in the order of contacts, records lie in that of time. So a slice of
 * the rows at a time is looked up in the order in which they lie, and kept:
 * the segment passes by once a slice, and little of it is in memory at once.
 */
#include "worker/ingest/rows.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "worker/ingest/bulk.h"
#include "worker/ingest/wire.h"

#define ROWS_FIELDS  12
#define ROWS_SLICE   8192               /* rows, at most            */
#define ROWS_BYTES   (1024 * 1024)      /* of their records, about  */
#define ROWS_BEHIND  (1024 * 1024)      /* of the segment in memory */
#define ROWS_AROUND  (64 * 1024)        /* read with the last page  */

typedef struct {
    uint32_t  place;                    /* as in batch_row_t        */
    uint32_t  row;                      /* of the slice             */
} rows_record_t;

typedef struct {
    const batch_t  *batch;
    unsigned        first, n;           /* rows of the slice        */
    gw_buf_t        bytes;              /* their records            */
    uint32_t        at[ROWS_SLICE];     /* where, for each row      */
    rows_record_t   record[ROWS_SLICE]; /* in the order of places   */
} rows_t;


static int
rows_by_place(const void *x, const void *y)
{
    const rows_record_t  *a = x, *b = y;

    return a->place < b->place ? -1 : a->place > b->place;
}


/* The rows from i on whose records together are no more than a slice. */
static void
rows_choose(rows_t *s, unsigned i)
{
    size_t              bytes;
    const batch_row_t  *r;

    s->first = i;
    bytes = 0;
    for (s->n = 0; s->n < ROWS_SLICE && i < s->batch->rows; s->n++, i++) {
        r = &s->batch->row[i];
        bytes += r->len;
        if (bytes > ROWS_BYTES && s->n > 0) {
            break;
        }
        s->record[s->n] = (rows_record_t) { r->place, s->n };
    }

    qsort(s->record, s->n, sizeof(rows_record_t), rows_by_place);
}


/* Keep their records; GW_ENOMEM, GW_ECORRUPT: one is not in the file. */
static int
rows_keep(rows_t *s)
{
    uint64_t              from, at;
    gw_str_t              record;
    unsigned              i;
    const batch_t        *b;
    const rows_record_t  *p;

    b = s->batch;
    gw_buf_reset(&s->bytes);
    from = b->start;
    at = from;

    for (i = 0; i < s->n; i++) {
        p = &s->record[i];
        at = b->start + p->place;
        if (at - from > ROWS_BEHIND) {
            gw_spool_reader_forget(b->reader, from, at - from);
            from = at;
        }

        record = gw_spool_reader_at(b->reader, at,
                                    b->row[s->first + p->row].len);
        if (record.data == NULL) {
            return GW_ECORRUPT;
        }

        s->at[p->row] = (uint32_t) s->bytes.len;
        gw_buf_str(&s->bytes, record);
    }

    gw_spool_reader_forget(b->reader, from, at - from + ROWS_AROUND);
    return s->bytes.failed ? GW_ENOMEM : GW_OK;
}


/* Append the event of a record as a row of events. */
static void
rows_event(const batch_t *b, const batch_row_t *r, const gw_spool_rec_t *rec,
    const gw_event_t *e, gw_buf_t *out)
{
    uint16_t       fields;
    gw_token_t     t;
    unsigned char  ip[16];

    gw_token_unpack(&t, e->token);
    fields = htons(ROWS_FIELDS);
    gw_buf_put(out, &fields, 2);
    wire_int(out, r->tenant, 4);
    wire_time(out, batch_at(b, rec));
    wire_int(out, t.id2, 8);
    wire_int(out, r->contact, 8);
    wire_int(out, rec->type, 2);
    wire_int(out, r->class, 2);
    if (rec->type == GW_EVENT_CLICK) {
        wire_int(out, t.link, 4);
    } else {
        wire_null(out);
    }
    wire_int(out, rec->flags, 4);
    memcpy(ip, e->ip, sizeof(ip));
    if (r->cut) {
        privacy_cut(ip);
    }
    wire_ip(out, ip);
    wire_text(out, e->ua);
    if (batch_says(rec, e)) {
        wire_null(out);
    } else {
        wire_text(out, e->referer);
    }
    if (r->reason != 0) {
        wire_int(out, (uint64_t) b->memo->id[r->reason], 2);
    } else {
        wire_null(out);
    }
}


/* Append row i; they come in their order. */
static void
rows_write(const void *arg, unsigned i, gw_buf_t *out)
{
    rows_t               *s;
    gw_event_t            e;
    gw_spool_rec_t        head;
    const batch_row_t    *r;
    const unsigned char  *p;

    s = *(rows_t *const *) arg;
    if (i == s->first + s->n) {
        rows_choose(s, i);
        if (rows_keep(s) != GW_OK) {
            out->failed = true;
            return;
        }
    }

    r = &s->batch->row[i];
    p = s->bytes.data + s->at[i - s->first];
    if (gw_event_decode(&e, gw_str_make(p + sizeof(head),
                                        r->len - sizeof(head))) != GW_OK)
    {
        out->failed = true;     /* it was decoded once: the file changes */
        return;
    }

    memcpy(&head, p, sizeof(head));
    rows_event(s->batch, r, &head, &e, out);
}


int
rows_copy(db_t *db, const batch_t *b)
{
    int      rc;
    rows_t  *s;

    s = malloc(sizeof(rows_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->batch = b;
    s->first = 0;
    s->n = 0;
    gw_buf_init(&s->bytes, ROWS_BYTES + GW_SPOOL_REC_MAX);

    rc = bulk_copy(db, &Q_INGEST_COPY, rows_write, &s, b->rows);

    gw_buf_free(&s->bytes);
    free(s);
    return rc;
}
