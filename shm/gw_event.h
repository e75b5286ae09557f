/*
 * What the edge saw, as spool record bodies: codec of the track records.
 * The body is a fixed part followed by the user agent and the referer.
 */
#ifndef GW_EVENT_H
#define GW_EVENT_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"
#include "shm/gw_token.h"

enum {                          /* spool record types */
    GW_EVENT_OPEN = 1,
    GW_EVENT_CLICK = 2,
    GW_EVENT_UNSUBSCRIBE = 3,   /* durable class */
    GW_EVENT_PREFERENCES = 4,   /* durable class; in the place of a referer
                                   the page and its words (gw_choices.h);
                                   of mail: RESUBSCRIBE, KEPT, or no more */
    GW_EVENT_VIEW = 5,
    GW_EVENT_CALLS = 6,         /* of the API: tenant, and id: how many   */
    GW_EVENT_CONFIRM = 7,       /* durable class; of a message; in the
                                   place of a referer the page            */
    GW_EVENT_TRACKED = 8        /* of a site; another body: gw_tracked.h;
                                   of either class                        */
};

enum {                          /* spool record flags: evidence */
    GW_EVENT_HEAD = 0x0001,         /* the method was HEAD                */
    GW_EVENT_PREFETCH = 0x0002,     /* Sec-Purpose and such: prefetch      */
    GW_EVENT_ONE_CLICK = 0x0004,    /* RFC 8058 body                      */
    GW_EVENT_RESUBSCRIBE = 0x0008,
    GW_EVENT_UNTRACKED = 0x0010,    /* DNT: 1 or Sec-GPC: 1               */
    GW_EVENT_KEPT = 0x0020          /* nothing is said of mail        */
};

#define GW_EVENT_UA_MAX   512
#define GW_EVENT_REF_MAX  512
#define GW_EVENT_FIXED    (GW_TOKEN_PAYLOAD + 16 + 4)
#define GW_EVENT_MAX      (GW_EVENT_FIXED + GW_EVENT_UA_MAX + GW_EVENT_REF_MAX)

typedef struct {
    unsigned char  token[GW_TOKEN_PAYLOAD];
    unsigned char  ip[16];      /* IPv6, or IPv4 mapped */
    gw_str_t       ua;          /* cut to GW_EVENT_UA_MAX by encode */
    gw_str_t       referer;
} gw_event_t;

/* Write the body to out (GW_EVENT_MAX bytes); returns its length. */
size_t gw_event_encode(unsigned char *out, const gw_event_t *e);

/* Read a body; ua and referer view into it. GW_ECORRUPT when lengths lie. */
int gw_event_decode(gw_event_t *e, gw_str_t body) GW_MUSTCHECK;

#endif
