/* Events of one transaction: rows, persons and hours. */
#include "worker/ingest/batch.h"

#include <stdlib.h>
#include <string.h>

#include "worker/ingest/said.h"
#include "worker/ingest/tracked.h"

#define BATCH_FIRST     1024
#define BATCH_HOUR_US   3600000000LL
#define BATCH_PAST_US   (35 * 24 * BATCH_HOUR_US)
#define BATCH_AHEAD_US  (24 * BATCH_HOUR_US)


void
batch_init(batch_t *b, classify_memo_t *memo, const privacy_t *privacy)
{
    memset(b, 0, sizeof(batch_t));
    tally_init(&b->persons, sizeof(batch_person_t),
               offsetof(batch_person_t, opened));
    tally_init(&b->hours, sizeof(batch_hour_t), offsetof(batch_hour_t, n));
    tally_init(&b->campaigns, sizeof(batch_campaign_t),
               offsetof(batch_campaign_t, opens));
    tally_init(&b->calls, sizeof(batch_calls_t), offsetof(batch_calls_t, n));
    gw_buf_init(&b->said, SAID_MAX);
    gw_buf_init(&b->tracked, SAID_MAX);
    b->memo = memo;
    b->privacy = privacy;
}


void
batch_free(batch_t *b)
{
    free(b->row);
    tally_free(&b->persons);
    tally_free(&b->hours);
    tally_free(&b->campaigns);
    tally_free(&b->calls);
    gw_buf_free(&b->said);
    gw_buf_free(&b->tracked);
}


void
batch_reset(batch_t *b)
{
    batch_free(b);
    batch_init(b, b->memo, b->privacy);
}


void
batch_begin(batch_t *b, const gw_spool_reader_t *r, uint64_t start,
    int64_t now_us)
{
    batch_reset(b);
    b->reader = r;
    b->start = start;
    b->now_us = now_us;
}


static batch_row_t *
batch_row(batch_t *b)
{
    unsigned      cap;
    batch_row_t  *p;

    if (b->rows == b->cap) {
        cap = b->cap > 0 ? b->cap * 2 : BATCH_FIRST;
        p = realloc(b->row, cap * sizeof(batch_row_t));
        if (p == NULL) {
            return NULL;
        }
        b->row = p;
        b->cap = cap;
    }

    return &b->row[b->rows];
}


static int64_t
batch_first(int64_t known, int64_t at)
{
    return known == 0 || at < known ? at : known;
}


/* The later word counts; of two at once the one for no mail. */
static void
batch_wish(batch_person_t *p, const gw_spool_rec_t *rec, int64_t at)
{
    uint8_t  wish;

    if (rec->flags & GW_EVENT_KEPT) {
        return;
    }

    wish = rec->flags & GW_EVENT_RESUBSCRIBE ? 1 : 2;
    if (wish == 2) {
        p->unsubscribed = batch_first(p->unsubscribed, at);
    }

    if (at > p->wished || (at == p->wished && wish > p->wish)) {
        p->wished = at;
        p->wish = wish;
    }
}


/* What the event says of the person. */
static void
batch_person_event(batch_person_t *p, const gw_spool_rec_t *rec, int64_t at,
    unsigned class)
{
    if (class != 0 && (p->class == 0 || class < p->class)) {
        p->class = (uint16_t) class;    /* one human act makes a human */
    }

    if (classify_human(rec->type, class)) {
        p->human |= rec->type == GW_EVENT_OPEN ? 1 : 2;
    }

    switch (rec->type) {
    case GW_EVENT_OPEN:
        p->opened = batch_first(p->opened, at);
        return;
    case GW_EVENT_CLICK:
        p->clicked = batch_first(p->clicked, at);
        return;
    case GW_EVENT_UNSUBSCRIBE:
    case GW_EVENT_PREFERENCES:
        batch_wish(p, rec, at);
        return;
    default:
        return;
    }
}


int64_t
batch_at(const batch_t *b, const gw_spool_rec_t *rec)
{
    int64_t  at;

    at = (int64_t) rec->ts_us;
    return at > b->now_us + BATCH_AHEAD_US || at < b->now_us - BATCH_PAST_US
           ? b->now_us : at;
}


/* What the event, of a token that is ours, adds up to. */
static int
batch_count(batch_t *b, const gw_spool_rec_t *rec, const gw_token_t *t,
    unsigned class)
{
    int64_t            at;
    batch_hour_t      *hour, key;
    batch_person_t    *person;
    batch_campaign_t  *campaign;

    at = batch_at(b, rec);
    key = (batch_hour_t) { t->tenant, t->id2, at - at % BATCH_HOUR_US,
                           rec->type, class, 0 };
    hour = tally_get(&b->hours, &key);
    person = tally_get(&b->persons, &(batch_person_t) {
                       .tenant = t->tenant, .campaign = t->id2,
                       .contact = t->id });
    if (hour == NULL || person == NULL) {
        return GW_ENOMEM;
    }

    campaign = tally_get(&b->campaigns, person);
    if (campaign == NULL) {
        return GW_ENOMEM;
    }

    hour->n++;
    campaign->opens += rec->type == GW_EVENT_OPEN;
    campaign->clicks += rec->type == GW_EVENT_CLICK;
    if (rec->type == GW_EVENT_OPEN || rec->type == GW_EVENT_CLICK) {
        campaign->since = batch_first(campaign->since, at);
        campaign->until = at > campaign->until ? at : campaign->until;
    }

    if (classify_human(rec->type, class)) {
        campaign->human_opens += rec->type == GW_EVENT_OPEN;
        campaign->human_clicks += rec->type == GW_EVENT_CLICK;
    }

    batch_person_event(person, rec, at, class);
    return GW_OK;
}


/* Calls of the API make no row: they add up. */
static int
batch_called(batch_t *b, const gw_spool_rec_t *rec, const gw_token_t *t)
{
    int64_t         at;
    batch_calls_t  *calls;

    at = batch_at(b, rec);
    calls = tally_get(&b->calls, &(batch_calls_t) { t->tenant,
                      at - at % BATCH_HOUR_US, 0, 0 });
    if (calls == NULL) {
        return GW_ENOMEM;
    }

    calls->n += t->id;
    calls->drained = b->now_us;
    return GW_OK;
}


/* What people want of a mail they get, tracked or not. */
static bool
batch_is_wish(const gw_spool_rec_t *rec)
{
    return rec->type == GW_EVENT_UNSUBSCRIBE
           || rec->type == GW_EVENT_PREFERENCES
           || rec->type == GW_EVENT_CONFIRM;
}


bool
batch_says(const gw_spool_rec_t *rec, const gw_event_t *e)
{
    return (rec->type == GW_EVENT_PREFERENCES
            || rec->type == GW_EVENT_CONFIRM) && e->referer.len > 0;
}


static int
batch_say(batch_t *b, const gw_spool_rec_t *rec, const gw_token_t *t,
    gw_event_t e, unsigned cut)
{
    if (cut) {
        privacy_cut(e.ip);
    }

    said_add(&b->said, t, &e, batch_at(b, rec));
    return b->said.failed ? GW_ENOMEM : GW_OK;
}


static int
batch_tracked(batch_t *b, const gw_spool_rec_t *rec, gw_str_t body)
{
    int  rc;

    rc = tracked_add(&b->tracked, rec, body, b->privacy, batch_at(b, rec));
    return rc == GW_OK && b->tracked.failed ? GW_ENOMEM : rc;
}


int
batch_add(batch_t *b, uint64_t pos, const gw_spool_rec_t *rec, gw_str_t body)
{
    int                  rc;
    unsigned             privacy;
    gw_event_t           e;
    gw_token_t           t;
    batch_row_t         *r;
    classify_verdict_t   v;

    if (rec->type == GW_EVENT_TRACKED) {
        return batch_tracked(b, rec, body);
    }

    if (rec->type < GW_EVENT_OPEN || rec->type > GW_EVENT_CONFIRM
        || body.len > GW_EVENT_MAX || gw_event_decode(&e, body) != GW_OK)
    {
        return GW_ECORRUPT;
    }

    gw_token_unpack(&t, e.token);
    if (t.tenant == 0 || t.tenant > INT32_MAX || t.id == 0
        || t.id > INT64_MAX
        || (t.kind != GW_TOKEN_CAMPAIGN
            && (t.kind != GW_TOKEN_MESSAGE || rec->type != GW_EVENT_CONFIRM)))
    {
        return GW_ECORRUPT;
    }

    if (rec->type == GW_EVENT_CALLS) {
        return batch_called(b, rec, &t);
    }

    privacy = privacy_of(b->privacy, t.tenant);
    if (rec->flags & GW_EVENT_UNTRACKED && privacy & PRIVACY_HEED
        && !batch_is_wish(rec))
    {
        return GW_OK;
    }

    if (batch_says(rec, &e)
        && batch_say(b, rec, &t, e, privacy & PRIVACY_CUT) != GW_OK)
    {
        return GW_ENOMEM;
    }

    if (rec->type == GW_EVENT_CONFIRM) {
        return GW_OK;                   /* no number of a campaign */
    }

    r = batch_row(b);
    if (r == NULL) {
        return GW_ENOMEM;
    }

    r->contact = t.id;
    r->tenant = t.tenant;
    r->place = (uint32_t) (pos - b->start);
    r->len = (uint16_t) (sizeof(gw_spool_rec_t) + body.len);
    v = classify(b->memo, &e, rec->type, rec->flags);
    r->class = v.class;
    r->reason = v.reason;
    r->cut = (privacy & PRIVACY_CUT) != 0;

    rc = batch_count(b, rec, &t, r->class);
    b->rows += rc == GW_OK;
    return rc;
}


#define BATCH_ORDER(a, b, field)                                             \
    if ((a)->field != (b)->field) {                                          \
        return (a)->field < (b)->field ? -1 : 1;                             \
    }


static int
batch_by_contact(const void *x, const void *y)
{
    const batch_row_t  *a = x, *b = y;

    BATCH_ORDER(a, b, tenant);
    BATCH_ORDER(a, b, contact);
    BATCH_ORDER(a, b, place);
    return 0;
}


static int
batch_by_person(const void *x, const void *y)
{
    const batch_person_t  *a = x, *b = y;

    BATCH_ORDER(a, b, tenant);
    BATCH_ORDER(a, b, campaign);
    BATCH_ORDER(a, b, contact);
    return 0;
}


void
batch_close(batch_t *b)
{
    if (b->rows > 1) {
        qsort(b->row, b->rows, sizeof(batch_row_t), batch_by_contact);
    }

    tally_sort(&b->persons, batch_by_person);
}


void
batch_written(batch_t *b)
{
    free(b->row);
    b->row = NULL;
    b->cap = 0;
}
