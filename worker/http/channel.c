/*
 * The channel `webhook`: a request a recipient, as its content says, signed by
 * the webhook of the workspace that it names.
 */
#include "worker/http/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/person.h"
#include "worker/campaign/texts.h"
#include "worker/http/calls.h"
#include "worker/http/made.h"

#define WEBHOOK_LOOK_MS  1000


/* It is sent with nothing until that is known again. */
static void
webhook_close(campaign_t *c)
{
    endpoint_free(&c->endpoint->endpoint);
    c->signable = false;
}


/* Do all of its contents lead where those secrets are for? */
static bool
webhook_fits(const campaign_t *c)
{
    const content_t  *v;

    for (v = &c->content; v != NULL; v = v->next) {
        if (!made_is_for(v->doc, c->endpoint->endpoint.url)) {
            return false;
        }
    }

    return true;
}


/* The secrets of its webhook. Why it has none godwit.campaign_waits tells. */
static int
webhook_ask(mail_t *m, campaign_t *c)
{
    int              rc;
    char             tenant[16], now[GW_RFC3339_LEN + 1], mem[512];
    gw_buf_t         why;
    PGresult        *res;
    endpoint_use_t  *u;

    u = c->endpoint;
    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    gw_clock_print(gw_clock_us(), now);
    rc = db_run(m->db, &Q_HOOKS_ENDPOINT, &(db_args_t) {
                { tenant, json_string_value(json_object_get(c->content.doc,
                  "webhook")), now }, 3 }, &res);
    webhook_close(c);
    if (rc != GW_OK || PQntuples(res) == 0) {
        PQclear(res);
        return rc;
    }

    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = m->signing.secrets != NULL ? GW_OK
         : secret_keys_open(&m->signing.secrets, &m->w->conf, &why);
    rc = rc == GW_OK ? endpoint_load(&u->endpoint, m->signing.secrets, tenant,
                                     res, 0, 0, &why) : rc;
    c->signable = rc == GW_OK && webhook_fits(c);
    PQclear(res);

    if (!c->signable) {
        webhook_close(c);
    }
    if (rc != GW_OK && !u->said) {
        log_error("campaign cmp_%u: the secret of its webhook can not be "
                  "opened: %s", c->id, why.len > 0 ? gw_buf_c(&why)
                  : gw_strerror(rc));
    }
    u->said = rc != GW_OK;
    return GW_OK;
}


static int
webhook_load(mail_t *m, campaign_t *c, const PGresult *res, bool over,
    gw_buf_t *why)
{
    int      rc;
    char    *name;

    rc = texts_load(c, res, why);
    rc = rc == GW_OK ? calls_open(m) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    name = origin_name(json_string_value(json_object_get(c->content.doc,
                                                         "url")));
    c->endpoint = calloc(1, sizeof(endpoint_use_t));
    if (name != NULL && c->endpoint != NULL) {
        c->endpoint->origin = origin_hold(&m->webhooks->origins, name);
    }
    free(name);
    if (c->endpoint == NULL || c->endpoint->origin == NULL) {
        return GW_ENOMEM;
    }

    c->signable = c->test;
    return over || c->test ? GW_OK : webhook_ask(m, c);
}


static void
webhook_unload(campaign_t *c)
{
    if (c->endpoint != NULL) {
        webhook_close(c);
        origin_drop(&c->mail->webhooks->origins, c->endpoint->origin);
        free(c->endpoint);
    }
    content_free(c);
}


static int
webhook_look(mail_t *m)
{
    int          rc;
    int64_t      now;
    campaign_t  *c;

    now = gw_clock_ms();
    if (m->webhooks == NULL || now - m->webhooks->looked_ms < WEBHOOK_LOOK_MS)
    {
        return GW_OK;
    }

    m->webhooks->looked_ms = now;
    rc = http_guard(m->webhooks->http, &m->w->conf.webhook_allow,
                    (char *) m->w->conf.webhook_ca_file.data);
    for (c = m->campaigns; rc == GW_OK && c != NULL; c = c->next) {
        if (c->channel == &channel_webhook && !c->test && c->endpoint != NULL
            && c->state == CAMPAIGN_RUNNING)
        {
            rc = webhook_ask(m, c);
        }
    }

    return rc;
}


/* ---- a recipient ---- */

static int
webhook_address(item_t *i, const char **why)
{
    i->address = window_field(i, ROW_ADDRESS);
    return GW_OK;
}


static gate_t *
webhook_gate(mail_t *m, item_t *i)
{
    return &i->campaign->endpoint->origin->gate;
}


static int
webhook_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    int          rc;
    char         mem[200];
    call_t      *made;
    gw_buf_t     why;
    const char  *to;

    made = &m->webhooks->made;
    call_clear(made);
    rc = texts_render(m, i, &made->made);
    if (rc != GW_OK) {
        return rc;
    }

    to = i->campaign->endpoint->endpoint.url;
    if (!i->campaign->test && (to == NULL || !made_is_for(made->made, to))) {
        (void) snprintf(i->reason, sizeof(i->reason), "its URL is not that "
                        "of the webhook that signs it, nor below it");
        return GW_EINVAL;
    }

    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = made_headers(made->made, &made->headers, &why);
    if (rc == GW_EINVAL) {
        (void) snprintf(i->reason, sizeof(i->reason), "/headers: %.110s",
                        gw_buf_c(&why));
    }

    return rc;
}


static bool
webhook_again(mail_t *m, item_t *i)
{
    return false;
}


static void
webhook_part(mail_t *m, item_t *i)
{
    int64_t  wait;

    wait = i->campaign->endpoint->origin->pause_ms - gw_clock_ms();
    if (wait > 0) {
        i->due_us = gw_clock_us() + wait * 1000;
    }
}


static void
webhook_done(mail_t *m, item_t *i, item_state_t state, bool retry)
{
    /* its call is gone already */
}


const channel_t  channel_webhook = {
    "webhook", false, "hd", webhook_load, webhook_unload, webhook_address,
    webhook_gate, webhook_render, webhook_again, webhook_part, webhook_done,
    webhook_look, calls_turn, calls_flush, calls_synced, calls_busy
};
