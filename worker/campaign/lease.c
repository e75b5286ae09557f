/*
 * The lease of a campaign's cursor: no envelope of a window begins without it.
 *
 * What forbids two senders is the epoch in Postgres, and that no other host
 * takes an open intent; both hold whatever the clocks say. The lease bounds how
 * long a sender that hears nothing of Postgres, or was stopped, goes on without
 * having asked. It counts from when it was asked for, on a clock that no step
 * of the time of day moves and that runs while the machine sleeps. Rows of
 * mail_queue need none: who has claimed one keeps it until he gives it back.
 */
#include "worker/campaign/campaign.h"

#include <stdio.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define LEASE_AGAIN_MS  500


int64_t
lease_ask(const mail_t *m, char end[GW_RFC3339_LEN + 1])
{
    gw_clock_print(gw_clock_us() + m->w->conf.mail_lease * 1000, end);
    return gw_clock_boot_ms() + m->w->conf.mail_lease;
}


void
lease_granted(campaign_t *c, int64_t until)
{
    c->lease_ms = until > c->lease_ms ? until : c->lease_ms;
}


/* A quarter is kept back: an envelope takes its time. */
bool
lease_holds(const mail_t *m, const campaign_t *c)
{
    return gw_clock_boot_ms() < c->lease_ms - m->w->conf.mail_lease / 4;
}


static void
lease_answer(void *arg, int n, PGresult **res, int rc)
{
    campaign_t  *c = arg;

    if (res != NULL) {
        if (rc != GW_OK) {
            log_error("campaign cmp_%u: %s", c->id, db_message(*res));
        } else if (PQntuples(*res) == 0) {
            c->lease_ms = c->renew_ms = 0;
        }
        return;
    }

    c->renewing = false;
    if (rc == GW_OK && c->renew_ms == 0) {
        mail_lost(c->mail, c);
    } else if (rc == GW_OK) {
        lease_granted(c, c->renew_ms);
    }
}


void
lease_renew(mail_t *m, campaign_t *c)
{
    char       tenant[16], id[16], epoch[24], host[16];
    char       lease[GW_RFC3339_LEN + 1];
    int64_t    now;
    db_args_t  args;

    now = gw_clock_boot_ms();
    if (c->window == NULL || c->renewing || m->lost
        || c->lease_ms - now > m->w->conf.mail_lease / 2
        || now < c->renewed_ms + LEASE_AGAIN_MS)
    {
        return;
    }

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    (void) snprintf(epoch, sizeof(epoch), "%lld", (long long) c->epoch);
    (void) snprintf(host, sizeof(host), "%d", m->host);
    c->renewed_ms = now;
    c->renew_ms = lease_ask(m, lease);
    args = (db_args_t) { { tenant, id, epoch, host, lease }, 5 };
    c->renewing = dbpipe_send(m->pipe, (const db_query_t *[]) { &Q_MAIL_RENEW },
                              &args, 1, lease_answer, c) == GW_OK;
}
