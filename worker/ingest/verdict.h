/* Who was it? What events say together, by when they came. */
#ifndef VERDICT_H
#define VERDICT_H

#include "worker/ingest/classify.h"

/* An open or click of a campaign; times are unix us. */
typedef struct {
    int64_t   id, at, contact;
    int64_t   net;                      /* hash of its network; 0 = none   */
    int64_t   sent;                     /* to a click: the mail was; or 0  */
    uint16_t  link;
    bool      click;
    bool      erased;                   /* its address is gone             */
    int16_t   class, reason;            /* as stored                       */
    int16_t   to_class, to_reason;      /* as it shall be                  */
    unsigned  person;                   /* its contact's number            */
} verdict_event_t;

/*
 * Judge n events of one campaign, in any order; `timed` are the numbers of the
 * reasons. Those of since to until must be all of that time, and with them all
 * that came so much before or after as timing is about; of the others those
 * that become a scanner's are told, no verdict on them is taken back. Puts
 * those that change in front and their number into *changes. GW_ENOMEM.
 */
int verdict_judge(const classify_timing_t *t, const int16_t timed[TIMED],
    verdict_event_t *e, unsigned n, int64_t since, int64_t until,
    unsigned *changes) GW_MUSTCHECK;

#endif
