/*
 * MTA-STS (RFC 8461): a domain may ask that its mail leaves by TLS only, to
 * those exchangers that it names over HTTPS, so that nobody between can take
 * it. Policies hold as long as they say, in Postgres too.
 */
#ifndef STS_H
#define STS_H

#include "worker/dns/dns.h"
#include "worker/mail/mail.h"
#include "worker/mail/sts_text.h"

typedef struct sts_s  sts_t;

/* What holds for a domain; mx as of sts_text_t, as long as the call. */
typedef struct {
    sts_mode_t   mode;
    const char  *mx;
} sts_policy_t;

typedef void (*sts_pt)(void *arg, const sts_policy_t *policy);

/* dns outlives it. */
int sts_create(sts_t **out, mail_t *m, dns_t *dns) GW_MUSTCHECK;

/* Questions that are asked get no answer. */
void sts_free(sts_t *s);

/* Settings were read anew. */
int sts_renew(sts_t *s) GW_MUSTCHECK;

/*
 * What does a domain ask? `call` comes once, before this returns when that is
 * known; a policy that cannot be had is none, unless one was before. GW_ENOMEM:
 * it does not come.
 */
int sts_ask(sts_t *s, const char *domain, sts_pt call, void *arg)
    GW_MUSTCHECK;

/* Read what is known from Postgres, once, and keep there what is new. GW_EDB,
   GW_ERROR (logged). */
int sts_look(sts_t *s, db_t *db) GW_MUSTCHECK;

#endif
