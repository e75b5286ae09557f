/* Events of one transaction: rows for COPY and what they add up to. */
#ifndef BATCH_H
#define BATCH_H

#include "shm/gw_buf.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"
#include "worker/ingest/classify.h"
#include "worker/ingest/privacy.h"
#include "worker/ingest/tally.h"

/* An event. There are many, so that what it says stays in the segment. */
typedef struct {
    uint64_t  contact;
    uint32_t  tenant;
    uint32_t  place;            /* of its record, in bytes from the start */
    uint16_t  len;              /* of the record without padding          */
    uint8_t   class, reason;    /* classify_verdict_t                     */
    uint8_t   cut;              /* keep the network of its address alone  */
} batch_row_t;

/* A person of a campaign; the key is its first three fields. */
typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
    int64_t   opened, clicked, unsubscribed;    /* first time, unix us; or 0 */
    int64_t   wished;           /* the last word on subscription, its time */
    uint16_t  class;            /* the most human of what they did; or 0   */
    uint8_t   wish;             /* 0 none, 1 subscribe, 2 unsubscribe      */
    uint8_t   human;            /* bits: a person 1 opened, 2 clicked      */
} batch_person_t;

/* What a campaign's totals grow by. */
typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  opens, unique_opens, clicks, unique_clicks, unsubscribes;
    uint64_t  human_opens, human_unique_opens;  /* those of people */
    uint64_t  human_clicks, human_unique_clicks;
    int64_t   since, until;     /* of opens and clicks, unix us; or 0 */
    int64_t   noted;            /* when it is stored                  */
} batch_campaign_t;

/* A cell of campaign_hours; the key is all before n. */
typedef struct {
    uint32_t  tenant, campaign;
    int64_t   hour;             /* unix us */
    uint32_t  kind, class;
    uint64_t  n;
} batch_hour_t;

/* Calls of the API in an hour; the key is all before n. */
typedef struct {
    uint64_t  tenant;
    int64_t   hour;             /* unix us */
    uint64_t  n;
    int64_t   drained;          /* unix us */
} batch_calls_t;

typedef struct {
    const gw_spool_reader_t  *reader;   /* of the segment; borrowed  */
    uint64_t          start;        /* where the batch starts in it  */
    int64_t           now_us;       /* bounds the time of its events */
    batch_row_t      *row;
    unsigned          rows, cap;
    tally_t           persons;      /* of batch_person_t */
    tally_t           hours;        /* of batch_hour_t   */
    tally_t           campaigns;    /* of batch_campaign_t; the uniques are
                                       for who asks Postgres */
    tally_t           calls;        /* of batch_calls_t */
    gw_buf_t          said;         /* by forms, as said_add has it */
    gw_buf_t          tracked;      /* of sites, as tracked_add has it */
    classify_memo_t  *memo;         /* borrowed          */
    const privacy_t  *privacy;      /* borrowed          */
    bool              told;         /* who opens or clicks first is told of */
} batch_t;

/* An empty one; memo is shared by the batches of one thread. */
void batch_init(batch_t *b, classify_memo_t *memo, const privacy_t *privacy);
void batch_free(batch_t *b);

/* Empty it; its memory is given back. */
void batch_reset(batch_t *b);

/* The same for the next transaction: of records of r that start at `start`. */
void batch_begin(batch_t *b, const gw_spool_reader_t *r, uint64_t start,
    int64_t now_us);

/*
 * Add the record at pos, at most 4 GiB after the start, but for one of whom is
 * not to be tracked. GW_ECORRUPT: the body
 * is none that we write; reject it. Nothing is added then. GW_ENOMEM.
 */
int batch_add(batch_t *b, uint64_t pos, const gw_spool_rec_t *rec,
    gw_str_t body) GW_MUSTCHECK;

/*
 * Nothing more comes: put rows and persons into the order of the indexes they
 * go to, so that neighbours share pages and drainers that meet wait instead
 * of locking each other out.
 */
void batch_close(batch_t *b);

/*
 * When an event was, unix us: a clock that was wrong must not reach a partition
 * that is not there.
 */
int64_t batch_at(const batch_t *b, const gw_spool_rec_t *rec);

/* Does it tell what was chosen on a page? */
bool batch_says(const gw_spool_rec_t *rec, const gw_event_t *e);

/* All are written: only how many there were is kept of them. */
void batch_written(batch_t *b);

#endif
