/* Misbehaviour on demand: what to do at which SMTP command. */
#ifndef SINK_FAULT_H
#define SINK_FAULT_H

#include <stdbool.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define FAULTS_MAX  32

typedef enum {
    FAULT_NONE,
    FAULT_REPLY,                /* answer `text` instead              */
    FAULT_DROP,                 /* close without a reply; at the dot the
                                   message is kept, as a server that
                                   accepted and then lost the line would */
    FAULT_DROP_UNSTORED,        /* at the dot: close, keep nothing    */
    FAULT_DELAY,                /* answer rightly, `ms` later         */
    FAULT_GARBAGE               /* answer bytes that are no reply     */
} fault_action_t;

typedef struct {
    char            at[12];     /* connect ehlo mail rcpt data dot ... */
    fault_action_t  action;
    unsigned        code;
    char            text[200];
    long long       ms;
    char            to[100];    /* only when the recipient contains it */
    long long       first;      /* only the first N times; 0 = always  */
    long long       every;      /* only each Nth time; 0 = each        */
    long long       seen;
} fault_t;

typedef struct {
    fault_t   row[FAULTS_MAX];
    unsigned  n;
} faults_t;

/*
 * Parse `AT=ACTION[,first=N][,every=N][,to=TEXT]`; ACTION is `CODE text`,
 * drop, drop_unstored, delay:MS or garbage. GW_EINVAL with a sentence in err.
 */
int fault_parse(faults_t *f, const char *spec, gw_buf_t *err) GW_MUSTCHECK;

/* The fault that strikes at this command now, or NULL; counts the visit. */
const fault_t *fault_at(faults_t *f, const char *at, gw_str_t rcpt);

#endif
