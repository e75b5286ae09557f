/*
 * Who wants mail again, and who no more: a person of two campaigns is one
 * contact, and only the last thing it said counts.
 */
#include "worker/ingest/wishes.h"

#include <stdlib.h>

#include "queries.gen.h"
#include "worker/ingest/bulk.h"

typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
    int64_t   at, drained;      /* unix us            */
    uint32_t  wish;             /* of batch_person_t  */
} wish_t;

static const bulk_table_t  wishes_people = {
    &Q_INGEST_WISHERS, sizeof(wish_t), {
        WIRE_COLUMN(WIRE_INT4, wish_t, tenant),
        WIRE_COLUMN(WIRE_INT8, wish_t, contact)
    }
};

static const bulk_table_t  wishes_words = {
    &Q_INGEST_WISHES, sizeof(wish_t), {
        WIRE_COLUMN(WIRE_INT4, wish_t, tenant),
        WIRE_COLUMN(WIRE_INT8, wish_t, contact),
        WIRE_COLUMN(WIRE_TIME, wish_t, at),
        WIRE_COLUMN(WIRE_INT2, wish_t, wish),
        WIRE_COLUMN(WIRE_INT8, wish_t, campaign),
        WIRE_COLUMN(WIRE_TIME, wish_t, drained)
    }
};


/* By contact, the last word first; of two at once the one for no mail. */
static int
wishes_order(const void *x, const void *y)
{
    const wish_t  *a = x, *b = y;

    if (a->tenant != b->tenant) {
        return a->tenant < b->tenant ? -1 : 1;
    }

    if (a->contact != b->contact) {
        return a->contact < b->contact ? -1 : 1;
    }

    if (a->at != b->at) {
        return a->at > b->at ? -1 : 1;
    }

    return (int) b->wish - (int) a->wish;
}


/* The last word of each contact, in their order; returns how many there are. */
static unsigned
wishes_pick(wish_t *w, const tally_t *persons, int64_t now_us)
{
    unsigned               i, n, last;
    const batch_person_t  *p;

    p = (const batch_person_t *) persons->item;
    for (i = 0, n = 0; i < persons->n; i++) {
        if (p[i].wish != 0) {
            w[n++] = (wish_t) { p[i].tenant, p[i].campaign, p[i].contact,
                                p[i].wished, now_us, p[i].wish };
        }
    }

    qsort(w, n, sizeof(wish_t), wishes_order);

    for (i = 0, last = 0; i < n; i++) {
        if (last == 0 || w[i].tenant != w[last - 1].tenant
            || w[i].contact != w[last - 1].contact)
        {
            w[last++] = w[i];
        }
    }

    return last;
}


int
wishes_store(db_t *db, const tally_t *persons, int64_t now_us)
{
    int                    rc;
    wish_t                *w;
    unsigned               i, n;
    const batch_person_t  *p;

    p = (const batch_person_t *) persons->item;
    for (i = 0, n = 0; i < persons->n; i++) {
        n += p[i].wish != 0;
    }

    if (n == 0) {
        return GW_OK;
    }

    w = calloc(n, sizeof(wish_t));
    if (w == NULL) {
        return GW_ENOMEM;
    }

    n = wishes_pick(w, persons, now_us);
    rc = bulk_run(db, &wishes_people, w, n, NULL);
    rc = rc == GW_OK ? bulk_run(db, &wishes_words, w, n, NULL) : rc;
    free(w);
    return rc;
}
