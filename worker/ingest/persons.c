/*
 * The persons of a batch against engagement: one look for all of them, then
 * those without a row are made and those whose row says less are changed. Most
 * do neither: who opens again costs a look.
 *
 * What was read need not be locked. A person that another drainer makes
 * meanwhile stops the COPY, one that it changes has another xmin; the batch
 * comes again then.
 */
#include "worker/ingest/persons.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "worker/ingest/bulk.h"

#define PERSONS_FIELDS  8
#define PERSONS_STEP    8192            /* what is in memory of the answers */

/* A row as it shall be, and where and what it was when it was read. */
typedef struct {
    batch_person_t  row;
    uint32_t        xmin;
    uint64_t        ctid;               /* block and item, of 48 bits     */
} persons_change_t;

/* The first open (1) or click (2) of a person. */
typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
    int64_t   at, drained;              /* unix us */
    uint32_t  kind, class;
} persons_told_t;

/* Some of a batch, under way. */
typedef struct {
    batch_person_t    *person;
    unsigned           n;
    int64_t            now_us;
    persons_told_t    *told;            /* NULL: nobody wants to know     */
    unsigned           tellings;
    unsigned          *made;            /* indexes of who is new          */
    unsigned           news;
    persons_change_t  *changed;
    unsigned           changes;
} persons_t;

static const bulk_table_t  persons_known = {
    &Q_INGEST_KNOWN, sizeof(batch_person_t), {
        WIRE_COLUMN(WIRE_INT4, batch_person_t, tenant),
        WIRE_COLUMN(WIRE_INT8, batch_person_t, campaign),
        WIRE_COLUMN(WIRE_INT8, batch_person_t, contact)
    }
};

static const bulk_table_t  persons_changed = {
    &Q_INGEST_CHANGED, sizeof(persons_change_t), {
        WIRE_COLUMN(WIRE_INT4, persons_change_t, row.tenant),
        WIRE_COLUMN(WIRE_INT8, persons_change_t, row.campaign),
        WIRE_COLUMN(WIRE_INT8, persons_change_t, row.contact),
        WIRE_COLUMN(WIRE_TIME, persons_change_t, row.opened),
        WIRE_COLUMN(WIRE_TIME, persons_change_t, row.clicked),
        WIRE_COLUMN(WIRE_TIME, persons_change_t, row.unsubscribed),
        WIRE_COLUMN(WIRE_INT2, persons_change_t, row.class),
        WIRE_COLUMN(WIRE_INT2, persons_change_t, row.human),
        WIRE_COLUMN(WIRE_XID, persons_change_t, xmin),
        WIRE_COLUMN(WIRE_TID, persons_change_t, ctid)
    }
};

static const bulk_table_t  persons_told = {
    &Q_INGEST_TOLD, sizeof(persons_told_t), {
        WIRE_COLUMN(WIRE_INT4, persons_told_t, tenant),
        WIRE_COLUMN(WIRE_INT8, persons_told_t, campaign),
        WIRE_COLUMN(WIRE_INT8, persons_told_t, contact),
        WIRE_COLUMN(WIRE_INT2, persons_told_t, kind),
        WIRE_COLUMN(WIRE_INT2, persons_told_t, class),
        WIRE_COLUMN(WIRE_TIME, persons_told_t, at),
        WIRE_COLUMN(WIRE_TIME, persons_told_t, drained)
    }
};


/* ---- who is new, who changes ---- */


/* The earlier of two first times, of which 0 is none. */
static int64_t
persons_first(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}


/* What the person's row becomes; false: it stays what it is. */
static bool
persons_merge(batch_person_t *row, const batch_person_t *p)
{
    batch_person_t  was = *row;

    row->opened = persons_first(row->opened, p->opened);
    row->clicked = persons_first(row->clicked, p->clicked);
    row->unsubscribed = persons_first(row->unsubscribed, p->unsubscribed);
    if (p->class != 0 && (row->class == 0 || p->class < row->class)) {
        row->class = p->class;
    }

    row->human |= p->human;
    return row->opened != was.opened || row->clicked != was.clicked
           || row->unsubscribed != was.unsubscribed
           || row->class != was.class || row->human != was.human;
}


/* The first of each that p did, when `row` (all 0 when new) had none. */
static void
persons_count(batch_campaign_t *c, const batch_person_t *row,
    const batch_person_t *p)
{
    c->unique_opens += p->opened != 0 && row->opened == 0;
    c->unique_clicks += p->clicked != 0 && row->clicked == 0;
    c->unsubscribes += p->unsubscribed != 0 && row->unsubscribed == 0;
    c->human_unique_opens += (p->human & ~row->human & 1) != 0;
    c->human_unique_clicks += (p->human & ~row->human & 2) != 0;
}


/* The same of opens and clicks, one by one, and the first of the person. */
static void
persons_tell(persons_t *p, const batch_person_t *row, const batch_person_t *x)
{
    unsigned  kind;
    int64_t   at;

    for (kind = 1; p->told != NULL && kind <= 2; kind++) {
        at = kind == 1 ? x->opened : x->clicked;

        if (at != 0 && ((kind == 1 ? row->opened : row->clicked) == 0
                        || (x->human & ~row->human & kind) != 0))
        {
            p->told[p->tellings++] = (persons_told_t) { x->tenant, x->campaign,
                x->contact, at, p->now_us, kind, x->class };
        }
    }
}


/* A row of ingest_known as that of person x. */
static void
persons_row(const PGresult *res, int i, const batch_person_t *x,
    persons_change_t *c)
{
    c->row.tenant = x->tenant;
    c->row.campaign = x->campaign;
    c->row.contact = x->contact;
    c->row.opened = wire_read_time(res, i, 1);
    c->row.clicked = wire_read_time(res, i, 2);
    c->row.unsubscribed = wire_read_time(res, i, 3);
    c->row.class = (uint16_t) wire_read(res, i, 4);
    c->row.human = (uint8_t) wire_read(res, i, 5);
    c->xmin = (uint32_t) wire_read(res, i, 6);
    c->ctid = (uint64_t) wire_read(res, i, 7);
}


/* Rows come in the order of the persons: walk both. */
static int
persons_judge(persons_t *p, tally_t *campaigns, const PGresult *res)
{
    int                at;
    bool               known;
    unsigned           i;
    batch_person_t    *x;
    batch_campaign_t  *sum;
    persons_change_t   c;

    p->made = calloc(p->n, sizeof(unsigned));
    p->changed = calloc((size_t) PQntuples(res) + 1, sizeof(persons_change_t));
    if (p->made == NULL || p->changed == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0, at = 0; i < p->n; i++) {
        x = &p->person[i];
        memset(&c, 0, sizeof(persons_change_t));

        known = at < PQntuples(res) && wire_read(res, at, 0) == (int64_t) i + 1;
        if (known) {
            persons_row(res, at++, x, &c);
        }

        if (x->opened == 0 && x->clicked == 0 && x->unsubscribed == 0) {
            continue;           /* who did nothing of it makes no row */
        }

        sum = tally_get(campaigns, x);
        if (sum == NULL) {
            return GW_ENOMEM;
        }

        persons_count(sum, &c.row, x);
        persons_tell(p, &c.row, x);
        if (!known) {
            p->made[p->news++] = i;
        } else if (persons_merge(&c.row, x)) {
            p->changed[p->changes++] = c;
        }
    }

    return GW_OK;
}


/* ---- making and changing ---- */


static void
persons_when(gw_buf_t *out, int64_t us)
{
    if (us == 0) {
        wire_null(out);
        return;
    }

    wire_time(out, us);
}


/* A row of ingest_new. */
static void
persons_write(const void *arg, unsigned i, gw_buf_t *out)
{
    uint16_t               fields;
    const persons_t       *p = arg;
    const batch_person_t  *x;

    x = &p->person[p->made[i]];
    fields = htons(PERSONS_FIELDS);
    gw_buf_put(out, &fields, 2);
    wire_int(out, x->tenant, 4);
    wire_int(out, x->campaign, 8);
    wire_int(out, x->contact, 8);
    persons_when(out, x->opened);
    persons_when(out, x->clicked);
    persons_when(out, x->unsubscribed);
    wire_int(out, x->class, 2);
    wire_int(out, x->human, 2);
}


static int
persons_change(db_t *db, const persons_t *p)
{
    int       rc;
    unsigned  rows;

    rows = 0;
    rc = bulk_run(db, &persons_changed, p->changed, p->changes, &rows);
    return rc == GW_OK && rows != p->changes ? GW_EAGAIN : rc;
}


static int
persons_look(db_t *db, persons_t *p, tally_t *campaigns)
{
    int        rc;
    PGresult  *res;

    rc = bulk_ask(db, &persons_known, p->person, p->n, &res);
    rc = rc == GW_OK ? persons_judge(p, campaigns, res) : rc;
    PQclear(res);
    return rc;
}


static int
persons_some(db_t *db, batch_t *b, batch_person_t *person, unsigned n,
    int64_t now_us)
{
    int        rc;
    persons_t  p;

    memset(&p, 0, sizeof(p));
    p.person = person;
    p.n = n;
    p.now_us = now_us;
    if (b->told) {
        p.told = calloc(2 * (size_t) n, sizeof(persons_told_t));
        if (p.told == NULL) {
            return GW_ENOMEM;
        }
    }
    rc = persons_look(db, &p, &b->campaigns);

    if (rc == GW_OK && p.news > 0) {
        rc = bulk_copy(db, &Q_INGEST_NEW, persons_write, &p, p.news);
    }
    worker_crash_point("after_new");

    rc = rc == GW_OK ? persons_change(db, &p) : rc;
    rc = rc == GW_OK ? bulk_run(db, &persons_told, p.told, p.tellings, NULL)
                     : rc;
    free(p.told);
    free(p.made);
    free(p.changed);
    return rc;
}


int
persons_store(db_t *db, batch_t *b, int64_t now_us)
{
    int              rc;
    unsigned         at, n;
    batch_person_t  *person;

    rc = GW_OK;
    person = (batch_person_t *) b->persons.item;

    for (at = 0; rc == GW_OK && at < b->persons.n; at += n) {
        n = b->persons.n - at;
        n = n < PERSONS_STEP ? n : PERSONS_STEP;
        rc = persons_some(db, b, &person[at], n, now_us);
    }

    return rc;
}
