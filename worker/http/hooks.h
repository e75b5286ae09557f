/*
 * Webhooks out: what is due is taken endpoint by endpoint under a lease, so
 * that one process sends to it: in order, at its rate, over few connections.
 */
#ifndef HOOKS_H
#define HOOKS_H

#include <jansson.h>

#include "worker/db.h"
#include "worker/http/endpoint.h"

#define HOOKS_LEASE_MS    30000
#define HOOKS_RENEW_MS    10000
#define HOOKS_POLL_MS     200
#define HOOKS_ACTIVE_MAX  512           /* requests at once                  */
#define HOOKS_MEMORY_MAX  8192          /* deliveries                        */
#define HOOKS_LATER_MS    1000          /* after Postgres has refused        */
#define HOOKS_AGAIN_MS    60000         /* until one that could not be sent or
                                           told is tried again               */

typedef struct send_s   send_t;
typedef struct hook_s   hook_t;
typedef struct hooks_s  hooks_t;

typedef enum {
    SEND_WAITS,
    SEND_ACTIVE,
    SEND_ENDED,                         /* its result is not in Postgres yet */
    SEND_TOLD                           /* on its way there                  */
} send_state_e;

/* One delivery in memory, in the order of its endpoint. */
struct send_s {
    send_t        *next;
    hook_t        *hook;
    send_state_e   state;
    char           id[24], event[24];
    int            attempt;             /* from 1                            */
    int            tries;               /* before it, since the last replay  */
    int64_t        at_us;               /* when it began                     */
    gw_str_t       body;                /* behind the struct                 */
    char          *request;             /* its headers, as they were sent    */
    json_t        *result;
};

/* An endpoint under our lease. */
struct hook_s {
    hook_t        *next;
    hooks_t       *of;
    char           tenant[16], id[24], epoch[24];
    endpoint_t     endpoint;
    bool           ordered;             /* one after the other, by id        */
    int            rate;                /* requests a second, 0: any         */

    send_t        *first, **last;
    unsigned       sends, waits, active;
    unsigned       window;              /* grows with success                */
    int64_t        lease_ms;            /* gw_clock_boot_ms: nothing begins
                                           after it                          */
    int64_t        next_us;             /* by the rate                       */
    int64_t        pause_ms;            /* it asked for                      */
    int64_t        load_ms;             /* when to look for more             */
    int            page;                /* how many were asked for           */
    int64_t        idle_ms;             /* since when nothing was there      */
    bool           loading;
    bool           asked;               /* whether it is still held          */
    bool           lost;                /* another's, or it was changed      */
};

struct hooks_s {
    const worker_t  *w;
    loop_t          *loop;
    dbpipe_t        *db;
    http_t          *http;
    secret_keys_t   *secrets;
    int              host, lock;
    hook_t          *first;
    unsigned         n, sends;
    unsigned         ended;             /* results that are not told         */
    bool             claiming, telling, renewing;
    bool             dry;               /* the last claim found nothing      */
    bool             leaving;
    bool             passes;            /* why results were refused          */
    int64_t          later_ms;          /* Postgres has refused: until then  */
    int64_t          claim_ms, renew_ms;
    loop_timer_t     tick, soon;
};

/* hooks.c: look again in ms at the latest. */
void hooks_wake(hooks_t *h, int64_t ms);

/* hooks_claim.c: take endpoints with something due; more of one. */
void hooks_claim(hooks_t *h);
void hooks_load(hook_t *k);
void hooks_renew(hooks_t *h);

/* Give it back; nobody takes it for ms. It is lost then. */
void hooks_release(hook_t *k, int64_t ms);

/* Out of the lists of their owner, and freed. */
void hook_free(hook_t *k);
void send_free(send_t *s);

/* hooks_send.c: begin the request of one that waits. */
int hooks_send(send_t *s) GW_MUSTCHECK;

/* hooks_tell.c: the results that are there, to Postgres. */
void hooks_tell(hooks_t *h);

#endif
