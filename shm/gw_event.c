/* Codec of the track records: a fixed part, user agent, referer. */
#include "shm/gw_event.h"


static void
gw_event_u16(unsigned char *p, size_t v)
{
    p[0] = (unsigned char) v;
    p[1] = (unsigned char) (v >> 8);
}


size_t
gw_event_encode(unsigned char *out, const gw_event_t *e)
{
    size_t          ua, referer;
    unsigned char  *p;

    ua = e->ua.len < GW_EVENT_UA_MAX ? e->ua.len : GW_EVENT_UA_MAX;
    referer = e->referer.len < GW_EVENT_REF_MAX ? e->referer.len
                                                : GW_EVENT_REF_MAX;
    p = out;
    memcpy(p, e->token, GW_TOKEN_PAYLOAD);
    p += GW_TOKEN_PAYLOAD;
    memcpy(p, e->ip, 16);
    p += 16;
    gw_event_u16(p, ua);
    gw_event_u16(p + 2, referer);
    p += 4;

    if (ua > 0) {
        memcpy(p, e->ua.data, ua);
        p += ua;
    }

    if (referer > 0) {
        memcpy(p, e->referer.data, referer);
        p += referer;
    }

    return (size_t) (p - out);
}


int
gw_event_decode(gw_event_t *e, gw_str_t body)
{
    size_t                ua, referer;
    const unsigned char  *p;

    if (body.len < GW_EVENT_FIXED) {
        return GW_ECORRUPT;
    }

    p = body.data + GW_TOKEN_PAYLOAD + 16;
    ua = p[0] | (size_t) p[1] << 8;
    referer = p[2] | (size_t) p[3] << 8;

    if (body.len != GW_EVENT_FIXED + ua + referer) {
        return GW_ECORRUPT;
    }

    memcpy(e->token, body.data, GW_TOKEN_PAYLOAD);
    memcpy(e->ip, body.data + GW_TOKEN_PAYLOAD, 16);
    e->ua = gw_str_make(body.data + GW_EVENT_FIXED, ua);
    e->referer = gw_str_make(body.data + GW_EVENT_FIXED + ua, referer);
    return GW_OK;
}
