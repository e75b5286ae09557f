/*
 * From a domain to the addresses of its mail exchangers (RFC 5321 section 5):
 * what they may be is checked here, once, for all who connect.
 */
#include "worker/mail/exchangers.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "shm/gw_clock.h"

#define DOMAIN_LATER_MS  30000


static void
domain_say(domain_t *d, domain_state_t state, const char *why, int64_t ttl_ms)
{
    d->state = state;
    d->until_ms = gw_clock_ms() + ttl_ms;
    (void) snprintf(d->why, sizeof(d->why), "the domain %.80s: %s", d->name,
                    why);
}


/* The preferred first, those alike in no order, of a host IPv6 first. */
static int
domain_order(const void *a, const void *b)
{
    const smtp_address_t  *x = a, *y = b;

    return x->preference != y->preference
           ? (x->preference < y->preference ? -1 : 1)
           : strcmp(x->host, y->host) != 0 ? strcmp(x->host, y->host)
           : y->sa.ss_family - x->sa.ss_family;
}


/* Hosts of one preference take turns (RFC 5321): begin with any of them. */
static void
domain_turn(smtp_address_t *a, unsigned n)
{
    unsigned        alike, start, i;
    smtp_address_t  first;

    for (alike = 0; alike < n && a[alike].preference == a[0].preference; ) {
        alike++;
    }

    if (alike < 2 || getrandom(&start, sizeof(start), 0) != sizeof(start)) {
        return;
    }

    for (i = start % alike; i > 0; i--) {
        first = a[0];
        memmove(a, a + 1, (alike - 1) * sizeof(smtp_address_t));
        a[alike - 1] = first;
    }
}


/* The site of these exchangers, which is new or has new addresses. */
static int
domain_site(domain_t *d, const domain_ask_t *ask)
{
    int              rc;
    char             key[2304];
    unsigned         i;
    gw_buf_t         b;
    smtp_address_t  *list;

    gw_buf_fixed(&b, key, sizeof(key));
    gw_buf_cstr(&b, ask->strict ? "strict" : "");
    for (i = 0; i < ask->hosts; i++) {
        gw_buf_fmt(&b, " %u %s", ask->host[i].preference, ask->host[i].name);
    }
    (void) gw_buf_c(&b);

    list = malloc((ask->addresses) * sizeof(smtp_address_t));
    d->site = site_find(d->mail, key);
    rc = list == NULL ? GW_ENOMEM : d->site != NULL ? GW_OK
         : site_create(&d->site, d->mail, key, ask->host[0].name,
                       ask->strict);
    if (rc != GW_OK) {
        free(list);
        return rc;
    }

    memcpy(list, ask->address, ask->addresses * sizeof(smtp_address_t));
    qsort(list, ask->addresses, sizeof(smtp_address_t), domain_order);
    domain_turn(list, ask->addresses);
    free(d->site->address);
    d->site->address = list;
    d->site->addresses = ask->addresses;
    d->site->at = 0;
    return GW_OK;
}


/* The exchangers that its policy does not name, and their addresses, go. */
static void
domain_heed(domain_ask_t *ask)
{
    unsigned  i, k, n;

    for (i = n = 0; i < ask->addresses; i++) {
        for (k = 0; k < ask->hosts && strcmp(ask->host[k].name,
                                             ask->address[i].host) != 0; k++)
        {
            /* void */
        }
        if (k < ask->hosts && !ask->host[k].refused) {
            ask->address[n++] = ask->address[i];
        }
    }
    ask->addresses = n;

    for (i = n = 0; i < ask->hosts; i++) {
        if (!ask->host[i].refused) {
            ask->host[n++] = ask->host[i];
        }
    }
    ask->hosts = n;
}


/* All is answered. */
static void
domain_done(domain_t *d)
{
    domain_ask_t  *ask;

    ask = d->ask;
    d->ask = NULL;
    d->mail->routes->asking--;
    d->mail->routes->answered = true;

    if (ask->strict) {
        domain_heed(ask);
    }

    if (d->state != DOMAIN_ASKING) {
        /* the exchangers themselves could not be told */
    } else if (ask->strict && ask->hosts == 0) {
        domain_say(d, DOMAIN_LATER, "its MTA-STS policy names none of its "
                   "mail exchangers", DOMAIN_LATER_MS);
    } else if (ask->addresses > 0 && domain_site(d, ask) == GW_OK) {
        d->state = DOMAIN_KNOWN;
        d->until_ms = gw_clock_ms() + ask->ttl_ms;
    } else if (ask->addresses > 0 || ask->later) {
        domain_say(d, DOMAIN_LATER, "the addresses of its mail exchangers "
                   "cannot be told now", DOMAIN_LATER_MS);
    } else {
        domain_say(d, DOMAIN_NEVER, ask->refused > 0
                   ? "its mail exchangers stand where no mail may go, see "
                     "mail_allow" : "none of its mail exchangers has an "
                     "address", ask->ttl_ms);
    }

    free(ask);
}


static bool
domain_may(const gw_conf_t *conf, const struct sockaddr *sa)
{
    return gw_net_public(sa) || gw_nets_have(&conf->mail_allow, sa);
}


static void
domain_address(domain_t *d, const domain_host_t *host, const dns_record_t *r)
{
    domain_ask_t         *ask;
    smtp_address_t       *a;
    struct sockaddr_in   *in;
    struct sockaddr_in6  *in6;

    ask = d->ask;
    if (ask->addresses == DOMAIN_ADDRESSES) {
        return;
    }

    a = &ask->address[ask->addresses];
    memset(a, 0, sizeof(smtp_address_t));
    in = (struct sockaddr_in *) &a->sa;
    in6 = (struct sockaddr_in6 *) &a->sa;
    a->sa.ss_family = (sa_family_t) r->family;
    a->preference = host->preference;
    (void) snprintf(a->host, sizeof(a->host), "%s", host->name);

    if (r->family == AF_INET) {
        memcpy(&in->sin_addr, r->address, 4);
        in->sin_port = htons((uint16_t) d->mail->w->conf.smtp_port);
        a->len = sizeof(struct sockaddr_in);
    } else {
        memcpy(&in6->sin6_addr, r->address, 16);
        in6->sin6_port = htons((uint16_t) d->mail->w->conf.smtp_port);
        a->len = sizeof(struct sockaddr_in6);
    }

    if (domain_may(&d->mail->w->conf, (const struct sockaddr *) &a->sa)) {
        ask->addresses++;
    } else {
        ask->refused++;
    }
}


static void
domain_answered(domain_t *d, const dns_answer_t *a)
{
    if (a->ttl_ms < d->ask->ttl_ms) {
        d->ask->ttl_ms = a->ttl_ms;
    }

    if (--d->ask->pending == 0) {
        domain_done(d);
    }
}


static void
domain_addresses(void *arg, const dns_answer_t *a)
{
    unsigned              i;
    const domain_wait_t  *w = arg;

    for (i = 0; i < a->n; i++) {
        domain_address(w->domain, w->host, &a->record[i]);
    }

    w->domain->ask->later |= a->state == DNS_FAILED || a->state == DNS_SILENT;
    domain_answered(w->domain, a);
}


/* Ask for the addresses of one exchanger; a question less when that fails. */
static void
domain_ask_host(domain_t *d, unsigned n, int type)
{
    int  rc;

    d->wait[n].domain = d;
    d->wait[n].host = &d->ask->host[n];
    d->ask->pending++;
    rc = dns_ask(d->mail->routes->dns, type, d->ask->host[n].name,
                 domain_addresses, &d->wait[n]);
    if (rc != GW_OK) {
        d->ask->later |= rc == GW_ENOMEM;
        d->ask->pending--;
    }
}


static void
domain_policy(void *arg, const sts_policy_t *policy)
{
    unsigned       i;
    domain_t      *d = arg;
    domain_ask_t  *ask;

    ask = d->ask;
    ask->strict = policy->mode == STS_ENFORCE;
    for (i = 0; policy->mode != STS_NONE && i < ask->hosts; i++) {
        ask->host[i].refused = !sts_text_has(policy->mx, ask->host[i].name);
        if (ask->host[i].refused) {
            log_warn("mail: the MTA-STS policy of %s (%s) does not name its "
                     "mail exchanger %s", d->name,
                     sts_mode_word(policy->mode), ask->host[i].name);
        }
    }

    domain_answered(d, &(dns_answer_t) { .ttl_ms = INT64_MAX });
}


static void
domain_exchangers(void *arg, const dns_answer_t *a)
{
    unsigned       i;
    domain_t      *d = arg;
    domain_ask_t  *ask;

    ask = d->ask;
    for (i = 0; i < a->n && ask->hosts < DOMAIN_HOSTS; i++) {
        if (a->record[i].text.len > 0 && a->record[i].text.len < 254) {
            ask->host[ask->hosts].preference = a->record[i].preference;
            memcpy(ask->host[ask->hosts].name, a->record[i].text.data,
                   a->record[i].text.len + 1);
            ask->hosts++;
        }
    }

    if (a->state == DNS_FAILED || a->state == DNS_SILENT) {
        domain_say(d, DOMAIN_LATER, a->why, DOMAIN_LATER_MS);
    } else if (a->state != DNS_OK || ask->hosts == 0) {
        domain_say(d, DOMAIN_NEVER, a->state == DNS_OK
                   ? "its mail exchangers are no hosts" : a->why, a->ttl_ms);
    }

    for (i = 0; i < ask->hosts; i++) {
        domain_ask_host(d, i, ns_t_a);
        domain_ask_host(d, i, ns_t_aaaa);
    }

    if (ask->hosts > 0) {
        ask->pending++;
        if (sts_ask(d->mail->routes->sts, d->name, domain_policy, d)
            != GW_OK)
        {
            domain_say(d, DOMAIN_LATER, "no memory", DOMAIN_LATER_MS);
            ask->pending--;
        }
    }

    domain_answered(d, a);
}


void
exchangers_ask(domain_t *d)
{
    int  rc;

    d->state = DOMAIN_ASKING;
    d->site = NULL;
    d->ask = calloc(1, sizeof(domain_ask_t));
    if (d->ask == NULL) {
        domain_say(d, DOMAIN_LATER, "no memory", DOMAIN_LATER_MS);
        return;
    }

    d->ask->ttl_ms = INT64_MAX;
    d->ask->pending = 1;
    d->mail->routes->asking++;
    rc = dns_ask_mx(d->mail->routes->dns, d->name, domain_exchangers, d);
    if (rc != GW_OK) {
        domain_say(d, rc == GW_EINVAL ? DOMAIN_NEVER : DOMAIN_LATER,
                   rc == GW_EINVAL ? "no domain has such a name"
                   : "no memory", DOMAIN_LATER_MS);
        d->ask->pending = 0;
        domain_done(d);
    }
}
