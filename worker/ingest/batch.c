/* Events of one transaction: binary COPY rows, persons and hours. */
#include "worker/ingest/batch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_utf8.h"

#define BATCH_FIELDS    11
#define BATCH_EPOCH_US  946684800000000LL      /* 2000-01-01, Postgres's zero */
#define BATCH_HOUR_US   3600000000LL
#define BATCH_PAST_US   (35 * 24 * BATCH_HOUR_US)
#define BATCH_AHEAD_US  (24 * BATCH_HOUR_US)


void
batch_init(batch_t *b)
{
    memset(b, 0, sizeof(batch_t));
    gw_buf_init(&b->copy, BATCH_BYTES);
    batch_reset(b);
}


void
batch_free(batch_t *b)
{
    gw_buf_free(&b->copy);
    free(b->person);
    free(b->person_slot);
    free(b->hour);
}


void
batch_reset(batch_t *b)
{
    gw_buf_reset(&b->copy);
    gw_buf_put(&b->copy, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    b->records = 0;
    b->persons = 0;
    b->hours = 0;
    b->failed = false;
    if (b->person_slot != NULL) {
        memset(b->person_slot, 0, b->person_slots * sizeof(unsigned));
    }
}


/* ---- fields of the binary format: a length, then big-endian bytes ---- */


static void
batch_int(gw_buf_t *out, uint64_t v, unsigned bytes)
{
    uint32_t  len;
    uint64_t  be;

    len = htonl(bytes);
    be = htobe64(v << 8 * (8 - bytes));
    gw_buf_put(out, &len, 4);
    gw_buf_put(out, &be, bytes);
}


static void
batch_null(gw_buf_t *out)
{
    gw_buf_put(out, "\xff\xff\xff\xff", 4);
}


/* Text that Postgres takes: wrong UTF-8 and NUL become a question mark. */
static void
batch_text(gw_buf_t *out, gw_str_t s)
{
    size_t          i, n;
    uint32_t        len;
    unsigned char  *to;

    if (s.len == 0) {
        batch_null(out);
        return;
    }

    len = htonl((uint32_t) s.len);
    gw_buf_put(out, &len, 4);
    to = gw_buf_room(out, s.len);
    if (to == NULL) {
        return;
    }

    memcpy(to, s.data, s.len);
    out->len += s.len;

    for (i = 0; i < s.len; i += n) {
        n = gw_utf8_len(to + i, s.len - i);
        if (n == 0 || to[i] == '\0') {
            to[i] = '?';
            n = 1;
        }
    }
}


/* inet: family, bits, is_cidr, length, address (network order). */
static void
batch_ip(gw_buf_t *out, const unsigned char ip[16])
{
    unsigned char               b[24];
    static const unsigned char  mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                               0xff, 0xff };

    if (memcmp(ip, mapped, 12) == 0) {
        memcpy(b, "\0\0\0\10\2\40\0\4", 8);
        memcpy(b + 8, ip + 12, 4);
        gw_buf_put(out, b, 12);
        return;
    }

    memcpy(b, "\0\0\0\24\3\200\0\20", 8);
    memcpy(b + 8, ip, 16);
    gw_buf_put(out, b, 24);
}


/* ---- what the rows add up to ---- */


static uint64_t
batch_hash(uint32_t tenant, uint32_t campaign, uint64_t contact)
{
    uint64_t  x;

    x = contact * 0x9e3779b97f4a7c15 ^ ((uint64_t) tenant << 32 | campaign);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}


/* Double the slots (they hold index + 1) and sort the persons in again. */
static int
batch_grow(batch_t *b)
{
    unsigned         i, at, cap;
    unsigned        *slot;
    batch_person_t  *p;

    cap = b->person_cap > 0 ? b->person_cap * 2 : 1024;
    p = realloc(b->person, cap * sizeof(batch_person_t));
    if (p == NULL) {
        return GW_ENOMEM;
    }
    b->person = p;
    b->person_cap = cap;

    slot = calloc(cap * 2, sizeof(unsigned));
    if (slot == NULL) {
        return GW_ENOMEM;
    }

    free(b->person_slot);
    b->person_slot = slot;
    b->person_slots = cap * 2;

    for (i = 0; i < b->persons; i++) {
        at = (unsigned) batch_hash(p[i].tenant, p[i].campaign, p[i].contact);
        while (slot[at &= b->person_slots - 1] != 0) {
            at++;
        }
        slot[at] = i + 1;
    }

    return GW_OK;
}


static batch_person_t *
batch_person(batch_t *b, const gw_token_t *t)
{
    unsigned         at;
    batch_person_t  *p;

    if (b->persons == b->person_cap && batch_grow(b) != GW_OK) {
        return NULL;
    }

    at = (unsigned) batch_hash(t->tenant, t->id2, t->id);
    while (b->person_slot[at &= b->person_slots - 1] != 0) {
        p = &b->person[b->person_slot[at] - 1];
        if (p->contact == t->id && p->campaign == t->id2
            && p->tenant == t->tenant)
        {
            return p;
        }
        at++;
    }

    p = &b->person[b->persons];
    memset(p, 0, sizeof(batch_person_t));
    p->tenant = t->tenant;
    p->campaign = t->id2;
    p->contact = t->id;
    b->person_slot[at] = ++b->persons;
    return p;
}


/* Few cells a batch: campaigns of the hour times kinds times classes. */
static int
batch_hour(batch_t *b, const gw_token_t *t, int64_t at, unsigned kind,
    unsigned class)
{
    int64_t        hour;
    unsigned       i, cap;
    batch_hour_t  *h;

    hour = at - at % BATCH_HOUR_US;

    for (i = b->hours; i-- > 0; ) {
        h = &b->hour[i];
        if (h->campaign == t->id2 && h->hour == hour && h->kind == kind
            && h->class == class && h->tenant == t->tenant)
        {
            h->n++;
            return GW_OK;
        }
    }

    if (b->hours == b->hour_cap) {
        cap = b->hour_cap > 0 ? b->hour_cap * 2 : 64;
        h = realloc(b->hour, cap * sizeof(batch_hour_t));
        if (h == NULL) {
            return GW_ENOMEM;
        }
        b->hour = h;
        b->hour_cap = cap;
    }

    h = &b->hour[b->hours++];
    h->tenant = t->tenant;
    h->campaign = t->id2;
    h->hour = hour;
    h->kind = (uint8_t) kind;
    h->class = (uint8_t) class;
    h->n = 1;
    return GW_OK;
}


static int64_t
batch_first(int64_t known, int64_t at)
{
    return known == 0 || at < known ? at : known;
}


/* What the event says of the person. */
static void
batch_person_event(batch_person_t *p, unsigned type, unsigned flags,
    int64_t at, unsigned class)
{
    if (class != 0 && p->class != 1) {
        p->class = (uint8_t) class;     /* one human act makes a human */
    }

    switch (type) {
    case GW_EVENT_OPEN:
        p->opens++;
        p->opened = batch_first(p->opened, at);
        return;
    case GW_EVENT_CLICK:
        p->clicks++;
        p->clicked = batch_first(p->clicked, at);
        return;
    case GW_EVENT_UNSUBSCRIBE:
    case GW_EVENT_PREFERENCES:
        p->wished = at;
        if (flags & GW_EVENT_RESUBSCRIBE) {
            p->wish = 1;
            return;
        }
        p->wish = 2;
        p->unsubscribes++;
        p->unsubscribed = batch_first(p->unsubscribed, at);
        return;
    default:
        return;
    }
}


static void
batch_row(gw_buf_t *out, const gw_event_t *e, const gw_token_t *t,
    int64_t at, unsigned type, unsigned flags, unsigned class)
{
    uint16_t  fields;

    fields = htons(BATCH_FIELDS);
    gw_buf_put(out, &fields, 2);
    batch_int(out, t->tenant, 4);
    batch_int(out, (uint64_t) (at - BATCH_EPOCH_US), 8);
    batch_int(out, t->id2, 8);
    batch_int(out, t->id, 8);
    batch_int(out, type, 2);
    batch_int(out, class, 2);
    if (type == GW_EVENT_CLICK) {
        batch_int(out, t->link, 4);
    } else {
        batch_null(out);
    }
    batch_int(out, flags, 4);
    batch_ip(out, e->ip);
    batch_text(out, e->ua);
    batch_text(out, e->referer);
}


int
batch_add(batch_t *b, const gw_spool_rec_t *rec, gw_str_t body,
    int64_t now_us)
{
    int64_t          at;
    unsigned         class;
    gw_event_t       e;
    gw_token_t       t;
    batch_person_t  *p;

    if (rec->type < GW_EVENT_OPEN || rec->type > GW_EVENT_VIEW
        || gw_event_decode(&e, body) != GW_OK)
    {
        return GW_ECORRUPT;
    }

    gw_token_unpack(&t, e.token);
    if (t.tenant == 0 || t.tenant > INT32_MAX || t.id == 0
        || t.id > INT64_MAX || t.kind != GW_TOKEN_CAMPAIGN)
    {
        return GW_ECORRUPT;
    }

    /* a clock that was wrong must not reach a partition that is not there */
    at = (int64_t) rec->ts_us;
    if (at > now_us + BATCH_AHEAD_US || at < now_us - BATCH_PAST_US) {
        at = now_us;
    }

    class = classify(&b->memo, &e, rec->type, rec->flags);
    batch_row(&b->copy, &e, &t, at, rec->type, rec->flags, class);
    b->records++;

    p = batch_person(b, &t);
    if (p == NULL || b->copy.failed
        || batch_hour(b, &t, at, rec->type, class) != GW_OK)
    {
        b->failed = true;
        return GW_ENOMEM;
    }

    batch_person_event(p, rec->type, rec->flags, at, class);
    return GW_OK;
}
