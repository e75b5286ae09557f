/* The sums of a batch as live updates; the drain waits for nobody here. */
#include "worker/ingest/told.h"

#include "worker/live.h"


void
told_note(const batch_t *b)
{
    unsigned                 i;
    const batch_campaign_t  *c;

    c = (const batch_campaign_t *) b->campaigns.item;

    for (i = 0; i < b->campaigns.n; i++, c++) {
        if (c->opens + c->clicks + c->unsubscribes > 0) {
            live_note(&live_campaign_engaged, c->tenant, c->campaign,
                      (const int64_t[LIVE_NUMBERS]) {
                (int64_t) c->opens, (int64_t) c->unique_opens,
                (int64_t) c->human_opens, (int64_t) c->clicks,
                (int64_t) c->unique_clicks, (int64_t) c->human_clicks,
                (int64_t) c->unsubscribes });
        }
    }
}
