/*
 * The body of the spool record of an event of a site: numbers, little-endian,
 * then the lengths of key and agent, these two, and the text to the end.
 */
#include "shm/gw_tracked.h"

#define TRACKED_FIXED  (1 + 4 + 8 + 8 + 8 + 16 + 1 + 2)


static unsigned char *
tracked_put(unsigned char *p, uint64_t v, unsigned bytes)
{
    for ( /* void */ ; bytes > 0; bytes--, v >>= 8) {
        *p++ = (unsigned char) v;
    }

    return p;
}


static uint64_t
tracked_get(const unsigned char **p, unsigned bytes)
{
    uint64_t  v;
    unsigned  i;

    for (v = 0, i = 0; i < bytes; i++) {
        v |= (uint64_t) (*p)[i] << 8 * i;
    }

    *p += bytes;
    return v;
}


static gw_str_t
tracked_agent(const gw_tracked_t *e)
{
    return gw_str_make(e->agent.data, e->agent.len < GW_EVENT_UA_MAX
                                      ? e->agent.len : GW_EVENT_UA_MAX);
}


static unsigned char *
tracked_text(unsigned char *p, gw_str_t s)
{
    if (s.len > 0) {
        memcpy(p, s.data, s.len);
    }

    return p + s.len;
}


size_t
gw_tracked_size(const gw_tracked_t *e)
{
    return TRACKED_FIXED + e->key.len + tracked_agent(e).len + e->text.len;
}


void
gw_tracked_encode(unsigned char *out, const gw_tracked_t *e)
{
    gw_str_t  agent;

    agent = tracked_agent(e);
    out = tracked_put(out, e->kind, 1);
    out = tracked_put(out, e->tenant, 4);
    out = tracked_put(out, e->source, 8);
    out = tracked_put(out, e->contact, 8);
    out = tracked_put(out, (uint64_t) e->at, 8);
    out = tracked_text(out, gw_str_make(e->ip, 16));
    out = tracked_put(out, e->key.len, 1);
    out = tracked_put(out, agent.len, 2);
    out = tracked_text(out, e->key);
    out = tracked_text(out, agent);
    (void) tracked_text(out, e->text);
}


int
gw_tracked_decode(gw_tracked_t *e, gw_str_t body)
{
    size_t                key, agent;
    const unsigned char  *p;

    if (body.len < TRACKED_FIXED) {
        return GW_ECORRUPT;
    }

    p = body.data;
    e->kind = (uint8_t) tracked_get(&p, 1);
    e->tenant = (uint32_t) tracked_get(&p, 4);
    e->source = tracked_get(&p, 8);
    e->contact = tracked_get(&p, 8);
    e->at = (int64_t) tracked_get(&p, 8);
    memcpy(e->ip, p, 16);
    p += 16;
    key = tracked_get(&p, 1);
    agent = tracked_get(&p, 2);

    if (body.len - TRACKED_FIXED < key + agent || key > GW_APIKEY_MAX
        || agent > GW_EVENT_UA_MAX)
    {
        return GW_ECORRUPT;
    }

    e->key = gw_str_make(p, key);
    e->agent = gw_str_make(p + key, agent);
    e->text = gw_str_make(p + key + agent, body.len - TRACKED_FIXED - key
                                           - agent);
    e->visit = gw_str_of(NULL);

    return e->kind >= GW_TRACKED_TRACK && e->kind <= GW_TRACKED_ALIAS
           && e->tenant > 0 && e->tenant <= INT32_MAX && e->source > 0
           && e->source <= INT64_MAX && e->contact <= INT64_MAX
           && e->text.len > 0 && e->text.len <= GW_TRACKED_TEXT_MAX
           ? GW_OK : GW_ECORRUPT;
}
