/*
 * What sites and apps tell of their visitors, in the form of Segment's HTTP
 * API: judged when it comes, and the body of its spool record.
 */
#ifndef GW_TRACKED_H
#define GW_TRACKED_H

#include <stdint.h>

#include "shm/gw_apikey.h"
#include "shm/gw_event.h"

#define GW_TRACKED_TEXT_MAX   (32 * 1024)       /* of one event          */
#define GW_TRACKED_BATCH_MAX  (500 * 1024)      /* of a batch, all of it */
#define GW_TRACKED_EVENTS     500               /* of a batch            */
#define GW_TRACKED_ID_MAX     200               /* bytes of a name or id */
#define GW_TRACKED_DAYS       35                /* an event is not older */

enum {                          /* kinds; the drain and Postgres have them */
    GW_TRACKED_TRACK = 1,
    GW_TRACKED_PAGE = 2,
    GW_TRACKED_IDENTIFY = 3,
    GW_TRACKED_ALIAS = 4
};

/* What is wrong with an event: a pointer into it, which rule, a sentence. */
typedef struct {
    const char  *rule;
    char         pointer[32];
    char         message[320];
} gw_tracked_error_t;

/* All but the codec's own members view the text. */
typedef struct {
    uint8_t        kind;
    uint32_t       tenant;
    uint64_t       source;
    uint64_t       contact;     /* whose link led to the page; 0: none     */
    int64_t        at;          /* unix us, by our clock                   */
    unsigned char  ip[16];      /* IPv6, or IPv4 mapped                    */
    gw_str_t       key;         /* when nobody has checked it, else empty  */
    gw_str_t       agent;       /* cut to GW_EVENT_UA_MAX by encode        */
    gw_str_t       text;        /* the event as it was sent                */
    gw_str_t       visit;       /* a token of the page's address, or empty */
} gw_tracked_t;

/* A kind by its name (also screen, which is a page); 0: there is none. */
unsigned gw_tracked_kind(gw_str_t name);

/*
 * Judge the text of one event: kind is 0 when its member `type` says it. now
 * and sent are unix us, sent (0: unknown) when its sender says that it sent it;
 * so a wrong clock of the sender does not matter. Sets kind, at, text and
 * visit; *key becomes its member writeKey, empty without one. GW_EINVAL with
 * err filled.
 */
int gw_tracked_judge(gw_tracked_t *e, unsigned kind, gw_str_t text,
    int64_t now, int64_t sent, gw_str_t *key, gw_tracked_error_t *err)
    GW_MUSTCHECK;

/*
 * The same of a batch: *items becomes the array of its events, *sent when it
 * was sent, or 0.
 */
int gw_tracked_batch(gw_str_t text, gw_str_t *items, int64_t *sent,
    gw_str_t *key, gw_tracked_error_t *err) GW_MUSTCHECK;

/* Bytes that the body of e takes, and it; out has that many. */
size_t gw_tracked_size(const gw_tracked_t *e);
void gw_tracked_encode(unsigned char *out, const gw_tracked_t *e);

/* Read a body; the texts view into it. GW_ECORRUPT when it is none of ours. */
int gw_tracked_decode(gw_tracked_t *e, gw_str_t body) GW_MUSTCHECK;

#endif
