/* Domains of recipients and their exchangers; for the routes sources only. */
#ifndef EXCHANGERS_H
#define EXCHANGERS_H

#include "worker/dns/dns.h"
#include "worker/mail/routes.h"
#include "worker/mail/smtp_conn.h"
#include "worker/mail/sts.h"

#define DOMAIN_HOSTS      8             /* of a domain are tried             */
#define DOMAIN_ADDRESSES  32

typedef struct {
    unsigned  preference;
    bool      refused;          /* its policy does not name it               */
    char      name[256];
} domain_host_t;

typedef enum {
    DOMAIN_NEW, DOMAIN_ASKING,
    DOMAIN_KNOWN,               /* site takes its mail                       */
    DOMAIN_NEVER,               /* nobody there ever takes any: why          */
    DOMAIN_LATER                /* it cannot be told now: why                */
} domain_state_t;

/* What is asked of a domain and not all answered. */
typedef struct {
    unsigned        pending;
    unsigned        refused;    /* addresses where no mail may go            */
    bool            later;      /* a name server failed                      */
    bool            strict;     /* its policy asks for TLS to known hosts    */
    int64_t         ttl_ms;
    unsigned        hosts, addresses;
    domain_host_t   host[DOMAIN_HOSTS];
    smtp_address_t  address[DOMAIN_ADDRESSES];
} domain_ask_t;

/* Who waits for one address question. */
typedef struct {
    domain_t             *domain;
    const domain_host_t  *host;
} domain_wait_t;

struct domain_s {
    domain_t        *next;
    mail_t          *mail;
    domain_state_t   state;
    int64_t          until_ms;  /* then it is asked for anew                 */
    smtp_t          *site;
    domain_ask_t    *ask;
    domain_wait_t    wait[DOMAIN_HOSTS];
    char             why[160];
    char             name[256];
};

#define ROUTES_BUCKETS  4096

struct routes_s {
    dns_t     *dns;
    sts_t     *sts;
    route_t   *route;
    shaping_t *shaping;
    bool       answered;        /* since the last turn                       */
    unsigned   asking;
    int64_t    reaped_ms;
    domain_t  *domain[ROUTES_BUCKETS];
};

/* Ask for its exchangers; it is no longer DOMAIN_NEW. */
void exchangers_ask(domain_t *d);

#endif
