/* Parts of the ceilings of domains, asked for together. */
#include "worker/mail/warmup.h"

#include <stdio.h>
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"

#define WARMUP_LOOK_MS  1000
#define WARMUP_PART     500             /* messages that are held at most */
#define WARMUP_DAY_US   86400000000     /* a day of UTC                   */


/* Does a ceiling concern it at all? */
static bool
warmup_concerns(const campaign_t *c)
{
    return c->state == CAMPAIGN_RUNNING && !c->test
           && !c->calls && !campaign_is_messages(c);
}


static bool
warmup_is_due(const mail_t *m)
{
    const campaign_t  *c;

    if (gw_clock_ms() - m->warmed_ms >= WARMUP_LOOK_MS) {
        return m->campaigns != NULL;
    }

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (!c->warmed && warmup_concerns(c)) {
            return true;
        }
    }

    return false;
}


/* How many more it can use: what is granted and not sent is lost. */
static int64_t
warmup_wants(const campaign_t *c)
{
    int64_t  n;

    n = c->audience - c->taken + c->n_ready;
    n = n < WARMUP_PART ? n : WARMUP_PART;
    n = n > 0 ? n : 1;          /* one of the queue */
    return n > c->warm_left ? n - c->warm_left : 0;
}


/* Row by row in the order of the campaigns that were asked for. */
static void
warmup_grant(mail_t *m, const PGresult *res)
{
    int          row;
    long long    n;
    campaign_t  *c;

    for (c = m->campaigns; c != NULL; c = c->next) {
        c->warming = false;     /* one that does not run is asked for anew */
        c->warmed = c->test || c->calls || campaign_is_messages(c)
                    || warmup_concerns(c);
    }

    for (row = 0; row < PQntuples(res); row++) {
        n = strtoll(PQgetvalue(res, row, 0), NULL, 10);
        for (c = m->campaigns; c != NULL; c = c->next) {
            if (warmup_concerns(c) && --n == 0) {
                break;
            }
        }
        if (c != NULL && !PQgetisnull(res, row, 1)) {
            c->warming = true;
            c->warm_left += strtoll(PQgetvalue(res, row, 1), NULL, 10);
        }
    }
}


int
warmup_look(mail_t *m)
{
    int          rc;
    char         now[GW_RFC3339_LEN + 1];
    int64_t      day;
    PGresult    *res;
    columns_t    columns;
    campaign_t  *c;

    if (!warmup_is_due(m)) {
        return GW_OK;
    }

    columns_init(&columns, "4s4");
    day = gw_clock_us() / WARMUP_DAY_US;
    for (c = m->campaigns; c != NULL; c = c->next) {
        if (c->warm_day != day) {
            c->warm_day = day;
            c->warm_left = 0;   /* of the day before */
        }
        if (warmup_concerns(c)) {
            columns_number(&columns, c->tenant);
            columns_text(&columns, c->domain);
            columns_number(&columns, warmup_wants(c));
            columns_end(&columns);
        }
    }

    gw_clock_print(gw_clock_us(), now);
    rc = columns_run(m->db, &Q_WARMUP_TAKE, &columns,
                     (const char *[]) { now }, 1, &res);
    if (rc == GW_OK) {
        warmup_grant(m, res);
    }

    PQclear(res);
    m->warmed_ms = gw_clock_ms();
    return rc;
}
