/* Requests of campaigns on their way; inside the channel `webhook` only. */
#ifndef CALLS_H
#define CALLS_H

#include <jansson.h>

#include "worker/campaign/channel.h"
#include "worker/http/endpoint.h"
#include "worker/http/origin.h"

typedef struct call_s          call_t;
typedef struct webhooks_s      webhooks_t;
typedef struct endpoint_use_s  endpoint_use_t;

/* One recipient on his way; his campaign lives as long. */
struct call_s {
    call_t    *next;
    item_t    *item;
    origin_t  *origin;
    json_t    *made;                    /* the content, rendered             */
    char      *headers;                 /* its lines                         */
};

/* What a campaign is sent with. */
struct endpoint_use_s {
    origin_t    *origin;                /* of its content                    */
    endpoint_t   endpoint;              /* url NULL: there is none now       */
    bool         said;                  /* that its secrets do not open      */
};

struct webhooks_s {
    http_t     *http;
    origin_t   *origins;
    call_t     *begun, *out;            /* D is noted, T too                 */
    unsigned    busy;                   /* calls                             */
    call_t      made;                   /* by the last render                */
    int64_t     looked_ms;
};

/* m->webhooks is there from then on. */
int calls_open(mail_t *m) GW_MUSTCHECK;

void call_clear(call_t *call);

/* Of channel_t. */
void calls_turn(mail_t *m);
void calls_flush(mail_t *m);
void calls_synced(mail_t *m);
unsigned calls_busy(const mail_t *m);

#endif
