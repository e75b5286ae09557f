/* What a mail that came in is, and what it says of whom. */
#ifndef JUDGE_H
#define JUDGE_H

#include "worker/receive/decode.h"
#include "worker/receive/evidence.h"
#include "worker/receive/rules.h"

#define JUDGE_REASON  200

enum { JUDGE_BOUNCE, JUDGE_COMPLAINT, JUDGE_AUTO, JUDGE_REPLY, JUDGE_OTHER };

/* One recipient; texts are UTF-8 and end with NUL. */
typedef struct {
    const rules_class_t  *class;        /* NULL: nothing is said          */
    bool                  delayed;      /* the server will try again      */
    bool                  temporary;    /* so no proof of a dead address  */
    unsigned              code;         /* 550, or 0                      */
    char                  status[12];   /* 5.1.1, or ""                   */
    char                  recipient[EVIDENCE_ADDRESS + 1];
    char                  original[EVIDENCE_ADDRESS + 1];   /* "": not said */
    char                  reason[JUDGE_REASON + 1];
} verdict_t;

typedef struct {
    unsigned   kind;
    unsigned   n;                       /* at least 1 */
    verdict_t  v[EVIDENCE_RECIPIENTS];
    gw_str_t   returned;                /* fields of the mail that came back */
} judged_t;

typedef struct judge_s  judge_t;

/* Is the address proven dead; what is to be done about it (RULES_NEVER...). */
bool verdict_is_hard(const verdict_t *v);
unsigned verdict_suppress(const verdict_t *v);

/* A judge over a table, which must outlive it; NULL = no memory. */
judge_t *judge_create(const rules_t *r);
void judge_free(judge_t *j);

/*
 * Judge one mail, whatever bytes it is. The result is of the judge and good
 * until the next; so are its views. As parse_mail.
 */
int judge_mail(judge_t *j, gw_str_t mail, const judged_t **out) GW_MUSTCHECK;

/* Would the mail that was judged last be an answer if it named a mail? */
bool judge_is_letter(const judge_t *j);

/* The mail that was judged last: for who keeps more of it. */
const parse_t *judge_parsed(const judge_t *j);

/*
 * What a server said to a command (RULES_RCPT...): never NULL, and of a code
 * 4xx no class that is hard.
 */
const rules_class_t *judge_reply(const rules_t *r, unsigned stage,
    unsigned code, gw_str_t text);

/* bounce, complaint, auto_reply, reply, other */
const char *judge_kind(unsigned kind);

#endif
