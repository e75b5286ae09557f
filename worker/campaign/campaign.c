/* The campaigns under way: what they say, how fast, how far. */
#include "worker/campaign/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"

#define CAMPAIGN_BURST_MS  200          /* of its rate, at once            */


campaign_t *
campaign_find(mail_t *m, uint32_t tenant, uint32_t id)
{
    campaign_t  *c;

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (c->tenant == tenant && c->id == id) {
            return c;
        }
    }

    return NULL;
}


static int64_t
campaign_number(const PGresult *res, int row, int column)
{
    long long  n;

    n = 0;
    (void) !gw_str_int(gw_str_of(PQgetvalue(res, row, column)), INT64_MIN,
                       INT64_MAX, &n);
    return n;
}


campaign_t *
campaign_make(mail_t *m, const channel_t *channel, uint32_t tenant,
    uint32_t id, const char *from)
{
    campaign_t  *c;

    c = calloc(1, sizeof(campaign_t));
    if (c == NULL) {
        return NULL;
    }

    c->from.data = (unsigned char *) strdup(from);
    if (c->from.data == NULL) {
        free(c);
        return NULL;
    }

    c->from.len = strlen(from);
    c->mail = m;
    c->channel = channel;
    c->tenant = tenant;
    c->id = id;
    c->tokens_ms = gw_clock_ms();
    return c;
}


void
campaign_link(mail_t *m, campaign_t *c)
{
    c->next = m->campaigns;
    m->campaigns = c;
    m->n_campaigns++;
}


/* A campaign without one has nulls there. */
static void
campaign_experiment(campaign_t *c, const PGresult *res)
{
    char         *p;
    gw_assign_t  *e;

    e = &c->experiment;
    e->salt = gw_str_of(c->word);
    e->hold_out = (unsigned) campaign_number(res, 0, LOAD_HOLD_OUT);
    e->test = (unsigned) campaign_number(res, 0, LOAD_TESTED);
    for (p = PQgetvalue(res, 0, LOAD_WEIGHTS);
         *p != '\0' && e->n < GW_ASSIGN_VARIANTS; e->n++)
    {
        e->weight[e->n] = (unsigned) strtoul(p, &p, 10);
    }
}


/* What does not change while a campaign runs; a phrase in why. */
static int
campaign_load(mail_t *m, campaign_t *c, const PGresult *res, bool over,
    gw_buf_t *why)
{
    int               rc;
    const channel_t  *channel;

    c->version = (int) campaign_number(res, 0, LOAD_VERSION);
    c->test = *PQgetvalue(res, 0, LOAD_TEST) != 'f';
    c->calls = *PQgetvalue(res, 0, LOAD_KIND) == 't';
    c->asks = *PQgetvalue(res, 0, LOAD_KIND) == 'c';
    c->warmed = c->test || c->calls;
    c->tracking = *PQgetvalue(res, 0, LOAD_TRACKING) != 'f';
    (void) snprintf(c->list, sizeof(c->list), "%s",
                    PQgetvalue(res, 0, LOAD_LIST));
    (void) snprintf(c->returns, sizeof(c->returns), "%s",
                    PQgetvalue(res, 0, LOAD_RETURNS));
    c->query = strdup(PQgetvalue(res, 0, LOAD_QUERY));
    c->name = strdup(PQgetvalue(res, 0, LOAD_NAME));
    c->brand = json_loads(PQgetvalue(res, 0, LOAD_BRAND), 0, NULL);
    (void) snprintf(c->word, sizeof(c->word), "cmp_%u", c->id);
    campaign_experiment(c, res);

    if (c->name == NULL || c->query == NULL || c->brand == NULL) {
        return GW_ENOMEM;
    }

    rc = tenant_key_load(&c->key, PQgetvalue(res, 0, LOAD_IPAD),
                         PQgetvalue(res, 0, LOAD_OPAD));
    if (rc != GW_OK) {
        gw_buf_cstr(why, "the secret of its workspace is no 64 bytes");
        return rc;
    }

    channel = channel_find(PQgetvalue(res, 0, LOAD_CHANNEL));
    if (channel == NULL) {
        gw_buf_fmt(why, "this program has no channel \"%.50s\"",
                   PQgetvalue(res, 0, LOAD_CHANNEL));
        return GW_EINVAL;
    }

    c->channel = channel;
    return channel->load(m, c, res, over, why);
}


/*
 * What is wrong with it, where the operations show it; "": nothing. GW_EDB when
 * nobody heard it.
 */
static int
campaign_tell(mail_t *m, const campaign_t *c, const char *was,
    const char *why)
{
    int        rc;
    char       tenant[16], id[16];
    PGresult  *res;

    if (strcmp(was, why) == 0) {
        return GW_OK;
    }

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    rc = db_run(m->db, &Q_MAIL_PROBLEM, &(db_args_t) {
                { tenant, id, *why != '\0' ? why : NULL }, 3 }, &res);
    if (rc == GW_ERROR) {
        log_error("campaign cmp_%u: its problem cannot be told: %s", c->id,
                  db_message(res));
    }

    PQclear(res);
    return rc;
}


static void
campaign_free(campaign_t *c)
{
    window_free(c->window);
    window_free(c->ahead);
    PQclear(c->asked);
    c->channel->unload(c);
    free(c->from.data);
    free(c->name);
    json_decref(c->brand);
    free(c->query);
    free(c);
}


void
campaign_free_all(mail_t *m)
{
    campaign_t  *c;

    while ((c = m->campaigns) != NULL) {
        m->campaigns = c->next;
        campaign_free(c);
    }
}


/* A row of mail_campaign; nothing more is sent along by one that is over. */
static campaign_t *
campaign_new(mail_t *m, uint32_t tenant, uint32_t id, bool over,
    const PGresult *res)
{
    int          rc;
    char         mem[400];
    gw_buf_t     why;
    campaign_t  *c;

    c = campaign_make(m, &channel_mail, tenant, id,
                      PQgetvalue(res, 0, LOAD_FROM));
    if (c == NULL) {
        return NULL;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = campaign_load(m, c, res, over, &why);
    if (rc == GW_ENOMEM || (rc != GW_OK && why.len == 0)) {
        campaign_free(c);
        return NULL;
    }

    gw_utf8_mend(why.data, why.len);    /* names in it were cut */
    if (rc != GW_OK) {
        c->broken = true;       /* known, so that it is said once */
        log_error("campaign cmp_%u of workspace %u cannot be sent: %s", c->id,
                  c->tenant, gw_buf_c(&why));
    }

    if (campaign_tell(m, c, PQgetvalue(res, 0, LOAD_PROBLEM), gw_buf_c(&why))
        == GW_EDB)
    {
        campaign_free(c);       /* the next look tells it */
        return NULL;
    }

    campaign_link(m, c);
    return c;
}


/* The campaign of a row of mail_campaigns, read when it is new; may be NULL. */
static int
campaign_known(mail_t *m, const PGresult *look, int row, campaign_t **out)
{
    int        rc;
    uint32_t   tenant, id;
    PGresult  *res;

    tenant = (uint32_t) campaign_number(look, row, 0);
    id = (uint32_t) campaign_number(look, row, 1);
    *out = campaign_find(m, tenant, id);
    if (*out != NULL) {
        return GW_OK;
    }

    rc = db_run(m->db, &Q_MAIL_CAMPAIGN, &(db_args_t) {
                { PQgetvalue(look, row, 0), PQgetvalue(look, row, 1) }, 2 },
                &res);
    if (rc == GW_OK && PQntuples(res) > 0) {
        *out = campaign_new(m, tenant, id,
                            *PQgetvalue(look, row, 2) == 'c', res);
    }

    PQclear(res);
    return rc;
}


int
campaign_look(mail_t *m)
{
    int           rc, row;
    char          host[16], now[GW_RFC3339_LEN + 1];
    PGresult     *res;
    campaign_t   *c, **at;
    const char   *state;

    (void) snprintf(host, sizeof(host), "%d", m->host);
    gw_clock_print(gw_clock_us(), now);
    rc = db_run(m->db, &Q_MAIL_CAMPAIGNS, &(db_args_t) { { host, now }, 2 },
                &res);

    for (c = m->campaigns; rc == GW_OK && c != NULL; c = c->next) {
        c->seen = false;
    }

    for (row = 0; rc == GW_OK && row < PQntuples(res); row++) {
        rc = campaign_known(m, res, row, &c);
        if (c == NULL) {
            continue;
        }

        state = PQgetvalue(res, row, 2);
        c->seen = true;
        c->state = *state == 'c' ? CAMPAIGN_CANCELLED
                   : *state == 'p' || c->broken ? CAMPAIGN_PAUSED
                   : CAMPAIGN_RUNNING;
        c->rate = campaign_number(res, row, 3);
        c->most = (unsigned) campaign_number(res, row, 7);
        c->audience = campaign_number(res, row, 5);
        c->stale = false;
        if (!campaign_is_open(c)) {
            c->mine = c->mine && c->epoch == campaign_number(res, row, 6);
            c->epoch = campaign_number(res, row, 6);
            c->taken = campaign_number(res, row, 4);
        }
    }

    PQclear(res);

    for (at = &m->campaigns; rc == GW_OK && (c = *at) != NULL; ) {
        if (!c->seen && c->refs == 0 && !campaign_is_open(c)) {
            *at = c->next;
            m->n_campaigns--;
            campaign_free(c);
        } else {
            at = &c->next;
        }
    }

    return rc;
}


bool
campaign_is_asking(const mail_t *m)
{
    const campaign_t  *c;

    for (c = m->campaigns; c != NULL && !c->asking; c = c->next) {
        /* void */
    }

    return c != NULL;
}


bool
campaign_is_open(const campaign_t *c)
{
    return c->window != NULL || c->asking || c->renewing;
}


void
campaign_turn(mail_t *m)
{
    campaign_t  *c;

    for (c = m->campaigns; c != NULL; c = c->next) {
        ledger_unclaim(m, c);
        window_take(m, c);      /* first: nobody waits for it at the close */
        window_close(m, c);
        lease_renew(m, c);
    }
}


bool
campaign_token(campaign_t *c)
{
    double   most;
    int64_t  now;

    if (campaign_is_spent(c) || (c->most > 0 && c->flying >= c->most)) {
        return false;
    }

    if (c->rate == 0) {
        c->warm_left -= c->warming;
        return true;
    }

    now = gw_clock_ms();
    most = (double) c->rate * CAMPAIGN_BURST_MS / 1000;
    most = most < 1 ? 1 : most;
    c->tokens += (double) c->rate * (double) (now - c->tokens_ms) / 1000;
    c->tokens = c->tokens > most ? most : c->tokens;
    c->tokens_ms = now;

    if (c->tokens < 1) {
        return false;
    }

    c->tokens -= 1;
    c->warm_left -= c->warming;
    return true;
}
