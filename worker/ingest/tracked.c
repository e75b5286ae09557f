/* Events of sites and apps in a batch: a list in JSON. */
#include "worker/ingest/tracked.h"

#include "shm/gw_tracked.h"
#include "worker/ingest/said.h"


int
tracked_add(gw_buf_t *list, const gw_spool_rec_t *rec, gw_str_t body,
    const privacy_t *privacy, int64_t received)
{
    unsigned      bits;
    gw_tracked_t  e;

    if (gw_tracked_decode(&e, body) != GW_OK) {
        return GW_ECORRUPT;
    }

    bits = privacy_of(privacy, e.tenant);
    if (rec->flags & GW_EVENT_UNTRACKED && bits & PRIVACY_HEED) {
        return GW_OK;
    }

    if (bits & PRIVACY_CUT) {
        privacy_cut(e.ip);
    }

    /* the length so far is a number of its own for each event */
    gw_buf_fmt(list, "%c{\"no\":%zu,\"tenant\":%u,\"source\":%llu,\"kind\":%u,"
               "\"at\":%lld,\"got\":%lld", list->len > 0 ? ',' : '[',
               list->len, e.tenant, (unsigned long long) e.source, e.kind,
               (long long) e.at, (long long) received);
    if (e.contact != 0) {
        gw_buf_fmt(list, ",\"contact\":%llu", (unsigned long long) e.contact);
    }
    if (e.key.len > 0) {
        said_text(list, "key", e.key);
    }
    said_address(list, "ip", e.ip);
    said_text(list, "agent", e.agent);
    gw_buf_cstr(list, ",\"body\":");
    gw_buf_str(list, e.text);           /* the edge has found that it is JSON */
    gw_buf_char(list, '}');
    return GW_OK;
}
