/* What the role mail does with Postgres, in the order that loses nothing. */
#include "worker/mail/mail.h"

#include <stdio.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/channel.h"
#include "worker/host.h"
#include "worker/mail/message.h"

#define MAIL_LOOK_MS    300
#define MAIL_QUEUE_MS   500
#define MAIL_CALLS_MS   50       /* somebody waits for it */
#define MAIL_SETTLE_MS  200
#define MAIL_SETTLE_N   500
#define MAIL_RELEASE_MS 30000


static int
mail_connect(mail_t *m)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    memset(mem, 0, sizeof(mem));
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = db_open(&m->db, m->w, "gw_worker", &err);
    rc = rc == GW_OK ? host_enter(m->w, m->db, &m->host) : rc;

    if (rc == GW_OK && !m->recovered) {
        rc = ledger_recover(m);
        m->recovered = rc == GW_OK;
    }

    if (rc != GW_OK && !m->said_away) {
        if (m->db != NULL) {
            db_why(m->db, mem, sizeof(mem));
        }
        log_warn("mail: %s; trying again", mem);
        m->said_away = true;
    }

    if (rc == GW_OK) {
        m->said_away = false;
        m->release = true;      /* the answer to a claim may be lost */
    }

    return rc;
}


int
mail_work(mail_t *m)
{
    int      rc;
    int64_t  now;

    rc = m->db != NULL ? GW_OK : mail_connect(m);
    now = gw_clock_ms();

    if (rc == GW_OK && now - m->looked_ms >= MAIL_LOOK_MS) {
        m->looked_ms = now;
        rc = campaign_look(m);
    }

    if (rc == GW_OK && (now - m->settled_ms >= MAIL_SETTLE_MS
                        || m->n_settle >= MAIL_SETTLE_N || m->stopping
                        || m->settle_waits))
    {
        m->settled_ms = now;
        rc = ledger_settle(m);
    }

    if (rc == GW_OK && (m->release || now - m->released_ms
                                      >= MAIL_RELEASE_MS))
    {
        m->released_ms = now;
        rc = ledger_release(m);
    }

    if (rc == GW_OK && now - m->queue_ms >= MAIL_QUEUE_MS && !m->stopping) {
        m->queue_ms = m->calls_ms = now;
        rc = ledger_claim(m, false);
        rc = rc == GW_OK ? message_claim(m) : rc;
    } else if (rc == GW_OK && now - m->calls_ms >= MAIL_CALLS_MS
               && !m->stopping)
    {
        m->calls_ms = now;
        rc = ledger_claim(m, true);
    }

    return rc == GW_OK ? channels_look(m) : rc;
}


int
mail_finish(mail_t *m)
{
    int          rc;
    char         tenant[16], id[16], now[32];
    PGresult    *res;
    campaign_t  *c;

    rc = GW_OK;
    for (c = m->campaigns; rc == GW_OK && c != NULL; c = c->next) {
        if (campaign_is_open(c) || c->refs > 0 || c->taken < c->audience
            || c->state == CAMPAIGN_PAUSED || campaign_is_messages(c)
            || (c->calls && c->state == CAMPAIGN_RUNNING))
        {
            continue;
        }

        (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
        (void) snprintf(id, sizeof(id), "%u", c->id);
        gw_clock_print(gw_clock_us(), now);
        rc = db_run(m->db, &Q_MAIL_FINISH, &(db_args_t) {
                    { tenant, id, now }, 3 }, &res);
        PQclear(res);
    }

    return rc;
}
