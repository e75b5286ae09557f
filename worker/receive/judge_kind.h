/* What a mail is by its fields; for the judge alone. */
#ifndef JUDGE_KIND_H
#define JUDGE_KIND_H

#include "worker/receive/decode.h"
#include "worker/receive/rules.h"

/* The fields of the mail itself that tell; views, still folded. */
typedef struct {
    gw_str_t  from, to, subject, mailer, failed;
    gw_str_t  returns;                  /* Return-Path                       */
    gw_str_t  submitted;                /* Auto-Submitted                    */
    gw_str_t  precedence, answers, thread;
    bool      automatic;                /* has a field that programs write   */
    bool      has_returns;
} kind_top_t;

/* The parts that tell, and what the words of subject and sender say. */
typedef struct {
    kind_top_t  top;
    bool        report, feedback, receipt;  /* parts of that type           */
    bool        null_sender;
    bool        daemon;                     /* From: mailer-daemon          */
    bool        re;                         /* the subject begins with Re:  */
    unsigned    marks;                      /* of subject and sender        */
} kind_t;

void kind_read(kind_t *k, const parse_t *p, const rules_t *r, decode_t *d,
    gw_buf_t *a, gw_buf_t *b);

/* Is it surely, or perhaps, a bounce? Perhaps: its words must say so. */
bool kind_is_bounce(const kind_t *k);
bool kind_may_bounce(const kind_t *k);

/* A mail that is no bounce and no complaint: JUDGE_AUTO, _REPLY, _OTHER. */
unsigned kind_else(const kind_t *k);

#endif
