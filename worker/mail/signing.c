/* Keys of campaigns, looked up together; signatures of items. */
#include "worker/mail/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_seal.h"
#include "worker/campaign/channel.h"
#include "worker/mail/smtp.h"
#include "worker/secret.h"

#define SIGNING_LOOK_MS  1000
#define SIGNING_PAIRS    (16 * 1024 * 1024)

/* The columns of domain_signing. */
enum { ROW_PAIR, ROW_KEY, ROW_SELECTOR, ROW_SECRET };


static void
signing_heard(void *arg, uint32_t events)
{
    mail_t  *m = arg;

    dkim_pool_heard(m->signing.pool);
    m->due = true;
    smtp_synced(m->smtp);
}


int
signing_start(mail_t *m)
{
    int   rc;
    long  cpus;

    cpus = sysconf(_SC_NPROCESSORS_ONLN);
    rc = dkim_pool_create(&m->signing.pool, cpus > 0 ? (unsigned) cpus : 1);
    if (rc != GW_OK) {
        return rc;
    }

    m->signing.event.fd = dkim_pool_event(m->signing.pool);
    m->signing.event.call = signing_heard;
    m->signing.event.arg = m;
    return loop_fd_set(m->loop, &m->signing.event, EPOLLIN);
}


void
signing_stop(mail_t *m)
{
    if (m->signing.pool != NULL) {
        loop_fd_del(m->loop, &m->signing.event);
        dkim_pool_free(m->signing.pool);
        m->signing.pool = NULL;
    }

    secret_keys_free(m->signing.secrets);
    m->signing.secrets = NULL;
}


void
signing_forget(campaign_t *c)
{
    dkim_identity_free(c->identity);
    c->identity = NULL;
}


/* The key of a row, opened. */
static int
signing_key(mail_t *m, const campaign_t *c, const PGresult *res, int row,
    dkim_key_t **key, gw_buf_t *err)
{
    int       rc;
    char      tenant[16];
    gw_buf_t  plain;

    rc = m->signing.secrets != NULL ? GW_OK
         : secret_keys_open(&m->signing.secrets, &m->w->conf, err);
    if (rc != GW_OK) {
        return rc;
    }

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    gw_buf_init(&plain, GW_SEAL_MAX);
    rc = secret_open(m->signing.secrets, m->db, tenant,
                     PQgetvalue(res, row, ROW_SECRET), &plain, err);
    rc = rc == GW_OK
         ? dkim_key_create(key, c->domain, PQgetvalue(res, row, ROW_SELECTOR),
                           gw_buf_view(&plain), err) : rc;
    secret_wipe(&plain);
    return rc;
}


/* A new identity of n rows; GW_EDB, or what else stands against it in err. */
static int
signing_identity(mail_t *m, const campaign_t *c, const PGresult *res, int row,
    int n, dkim_identity_t **out, gw_buf_t *err)
{
    int               i, rc;
    dkim_identity_t  *identity;

    identity = calloc(1, sizeof(dkim_identity_t));
    if (identity == NULL) {
        return GW_ENOMEM;
    }

    identity->refs = 1;
    for (i = 0, rc = GW_OK; rc == GW_OK && i < n && i < DKIM_KEYS; i++) {
        identity->id[i] = strtoll(PQgetvalue(res, row + i, ROW_KEY), NULL,
                                  10);
        rc = signing_key(m, c, res, row + i, &identity->key[i], err);
        identity->n += rc == GW_OK;
    }

    if (rc != GW_OK) {
        dkim_identity_free(identity);
        return rc;
    }

    *out = identity;
    return GW_OK;
}


/* Are these rows the keys that it has? */
static bool
signing_is_same(const dkim_identity_t *identity, const PGresult *res, int row,
    int n)
{
    int  i;

    for (i = 0; identity != NULL && i < n && i < (int) identity->n
         && identity->id[i] == strtoll(PQgetvalue(res, row + i, ROW_KEY),
                                       NULL, 10); i++)
    {
        /* void */
    }

    return i == n && (identity == NULL || n == (int) identity->n);
}


/* What the n rows from `row` on say of a campaign. */
static int
signing_learn(mail_t *m, campaign_t *c, const PGresult *res, int row, int n)
{
    int               rc;
    char              mem[512];
    gw_buf_t          err;
    dkim_identity_t  *identity;

    if (signing_is_same(c->identity, res, row, n)) {
        c->signable = true;
        c->unsigned_said = false;
        return GW_OK;
    }

    identity = NULL;
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = n > 0 ? signing_identity(m, c, res, row, n, &identity, &err) : GW_OK;
    if (rc == GW_EDB) {
        return rc;
    }

    if (rc != GW_OK) {
        if (c->signable || !c->unsigned_said) {
            log_error("mail of workspace %u from %s waits, its keys do not "
                      "open: %s", c->tenant, c->domain,
                      err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        }
        c->unsigned_said = true;
        c->signable = false;
        return GW_OK;
    }

    signing_forget(c);
    c->identity = identity;
    c->signable = true;
    c->unsigned_said = false;
    return GW_OK;
}


/* Is it time, or is a campaign new? */
static bool
signing_is_due(const mail_t *m)
{
    const campaign_t  *c;

    if (gw_clock_ms() - m->signing.looked_ms >= SIGNING_LOOK_MS) {
        return m->campaigns != NULL;
    }

    for (c = m->campaigns; c != NULL; c = c->next) {
        if (!c->signable && !c->unsigned_said && c->channel->smtp) {
            return true;
        }
    }

    return false;
}


static int
signing_ask(mail_t *m, PGresult **res)
{
    int                rc;
    gw_buf_t           tenants, domains;
    const campaign_t  *c;

    gw_buf_init(&tenants, SIGNING_PAIRS);
    gw_buf_init(&domains, SIGNING_PAIRS);
    for (c = m->campaigns; c != NULL; c = c->next) {
        gw_buf_fmt(&tenants, "%c%u", c == m->campaigns ? '{' : ',',
                   c->tenant);
        gw_buf_char(&domains, c == m->campaigns ? '{' : ',');
        gw_buf_json(&domains, gw_str_of(c->domain));
    }
    gw_buf_char(&tenants, '}');
    gw_buf_char(&domains, '}');

    rc = tenants.failed || domains.failed ? GW_ENOMEM
         : db_run(m->db, &Q_DOMAIN_SIGNING, &(db_args_t) {
                  { gw_buf_c(&tenants), gw_buf_c(&domains) }, 2 }, res);
    if (rc == GW_ERROR) {
        log_error("domain_signing: %s", db_message(*res));
        PQclear(*res);
    }

    gw_buf_free(&tenants);
    gw_buf_free(&domains);
    return rc;
}


int
signing_look(mail_t *m)
{
    int          n, rc, row;
    long         pair;
    PGresult    *res;
    campaign_t  *c;

    if (!signing_is_due(m)) {
        return GW_OK;
    }

    rc = signing_ask(m, &res);
    if (rc != GW_OK) {
        return rc;
    }

    row = 0;
    for (c = m->campaigns, pair = 1; rc == GW_OK && c != NULL;
         c = c->next, pair++)
    {
        for (n = 0; row + n < PQntuples(res)
             && strtol(PQgetvalue(res, row + n, ROW_PAIR), NULL, 10) == pair;
             n++)
        {
            /* void */
        }
        rc = c->channel->smtp ? signing_learn(m, c, res, row, n) : GW_OK;
        row += n;
    }

    PQclear(res);
    m->signing.looked_ms = gw_clock_ms();
    return rc;
}


int
signing_begin(mail_t *m, item_t *i, gw_str_t text)
{
    if (i->campaign->identity == NULL || i->campaign->test) {
        return GW_OK;           /* of a test nothing leaves this house */
    }

    i->sign = dkim_pool_ask(m->signing.pool, i->campaign->identity, text,
                            &i->pieces, gw_clock_us() / 1000000);
    return i->sign != NULL ? GW_OK : GW_ENOMEM;
}


bool
signing_is_done(mail_t *m, const item_t *i)
{
    gw_str_t  text;

    return i->sign == NULL
           || dkim_pool_take(m->signing.pool, i->sign, &text) != GW_EAGAIN;
}


int
signing_text(mail_t *m, const item_t *i, gw_str_t *text)
{
    int  rc;

    *text = gw_str_make(NULL, 0);
    rc = i->sign != NULL ? dkim_pool_take(m->signing.pool, i->sign, text)
                         : GW_OK;
    if (rc == GW_OK) {
        return GW_OK;
    }

    log_error("a message of workspace %u from %s waits, it cannot be signed: "
              "%s", i->campaign->tenant, i->campaign->domain,
              gw_strerror(rc));
    /* the others wait for the next look: not each breaks a connection */
    i->campaign->signable = false;
    i->campaign->unsigned_said = true;
    return GW_ERROR;
}


void
signing_end(mail_t *m, item_t *i)
{
    if (i->sign != NULL) {
        dkim_pool_drop(m->signing.pool, i->sign);
        i->sign = NULL;
    }
}
