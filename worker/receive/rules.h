/* What replies and bounces mean: the table of conf.d/bounces.yaml, compiled. */
#ifndef RULES_H
#define RULES_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

/* Where in a session a reply was given; what a server was about to hear. */
enum {
    RULES_ANY,                          /* nobody says      */
    RULES_CONNECT,
    RULES_HELO,
    RULES_MAIL,
    RULES_RCPT,
    RULES_DATA,                         /* the final dot too */
    RULES_STAGES
};

enum { RULES_NEVER, RULES_COUNTED, RULES_AT_ONCE };

typedef struct {
    char      name[24];                 /* userunknown, mailboxfull, ...      */
    char      group[16];                /* address, mailbox, size, ...        */
    bool      hard;
    unsigned  suppress;
} rules_class_t;

/* What is known of a failure; texts in the form of phrases_plain. */
typedef struct {
    gw_str_t  text;
    gw_str_t  mta;                      /* names of servers, lower case       */
    unsigned  stage;
    unsigned  code;                     /* 550, or 0                          */
    char      status[12];               /* 5.1.1, or empty                    */
} rules_case_t;

/* Words that tell what a mail is; bits of what rules_marks returns. */
enum {
    RULES_FAILED = 1 << 0,              /* a subject of a bounce             */
    RULES_SENDER = 1 << 1,              /* a sender of bounces               */
    RULES_ABSENT = 1 << 2,              /* a subject of an automatic reply   */
    RULES_RETURNED = 1 << 3             /* a line before what is returned    */
};

typedef struct rules_s  rules_t;

/*
 * Compile the table of path, or the one that the program carries (NULL or
 * empty). One sentence with file and line in err on GW_EINVAL.
 */
int rules_load(rules_t **out, const char *path, gw_buf_t *err) GW_MUSTCHECK;
void rules_free(rules_t *r);

/* The class of the first rule that holds, or NULL. */
const rules_class_t *rules_find(const rules_t *r, const rules_case_t *c);

/* What a refusal at that stage means when nothing else is known, or NULL. */
const rules_class_t *rules_refused(const rules_t *r, unsigned stage);

/* The class of that name; it is there for those that C names. */
const rules_class_t *rules_class(const rules_t *r, const char *name);

/* Marks in text; with at_start those alone that it begins with. */
unsigned rules_marks(const rules_t *r, gw_str_t plain, bool at_start);

/*
 * The stage that text speaks of, such as "in reply to rcpt to": the last one
 * before `at`, where the reply stands, or else the first behind it.
 */
unsigned rules_spoken(const rules_t *r, gw_str_t plain, size_t at);

/* A failure that is counted suppresses at the n-th within so many days. */
void rules_counted(const rules_t *r, unsigned *times, unsigned *days);

#endif
