/* Events of one transaction: rows for COPY and what they add up to. */
#ifndef BATCH_H
#define BATCH_H

#include "shm/gw_buf.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"

#define BATCH_BYTES  (64 * 1024 * 1024)

/* A person of a campaign; key is (tenant, campaign, contact). */
typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
    uint32_t  opens, clicks, unsubscribes;
    int64_t   opened, clicked, unsubscribed;    /* unix us; 0 = not       */
    int64_t   wished;           /* the last word on subscription, its time */
    uint8_t   wish;             /* 0 none, 1 subscribe, 2 unsubscribe      */
    uint8_t   class;
} batch_person_t;

/* A cell of campaign_hours. */
typedef struct {
    uint32_t  tenant, campaign;
    int64_t   hour;             /* unix us */
    uint8_t   kind, class;
    uint64_t  n;
} batch_hour_t;

#define CLASSIFY_AGENTS  256

/* User agents seen before, by their hash; len 0 = none. */
typedef struct {
    unsigned       len, class;
    unsigned char  ua[GW_EVENT_UA_MAX];
} classify_agent_t;

typedef struct {
    classify_agent_t  agent[CLASSIFY_AGENTS];
} classify_memo_t;

typedef struct {
    gw_buf_t         copy;      /* binary COPY, without its trailer */
    unsigned         records;   /* in it                            */
    batch_person_t  *person;
    unsigned         persons, person_cap, *person_slot, person_slots;
    batch_hour_t    *hour;
    unsigned         hours, hour_cap;
    bool             failed;    /* out of memory                    */
    classify_memo_t  memo;
} batch_t;

void batch_init(batch_t *b);
void batch_free(batch_t *b);

/* Empty it for the next transaction; memory is kept. */
void batch_reset(batch_t *b);

/*
 * Add a spool record. now_us bounds its time. GW_ECORRUPT: the body is none
 * that we write; reject it. Nothing is added then.
 */
int batch_add(batch_t *b, const gw_spool_rec_t *rec, gw_str_t body,
    int64_t now_us) GW_MUSTCHECK;

/* Class of an event by its evidence alone: see classify.c. */
unsigned classify(classify_memo_t *memo, const gw_event_t *e, unsigned type,
    unsigned flags);

#endif
