/*
 * The operation domains_verify: keys for a domain that a workspace sends from,
 * and a look at what the DNS says of it.
 */
#ifndef DOMAINS_H
#define DOMAINS_H

#include "shm/gw_net.h"
#include "worker/dns/dns.h"
#include "worker/jobs/jobs.h"

#define DOMAIN_TEXT_MAX  4096

/* A domain that is looked at. */
typedef struct {
    job_t       *job;
    char         id[24], domain[256];
    char         returns[184];  /* its bounce_domain; "": the house's        */
    dns_t       *dns;
    bool         silent;        /* no name server answers: none is asked     */
    bool         hasty;         /* so it is once any does not, whosesoever   */
    json_t      *checks;        /* as godwit.domain_checked takes them       */
} domain_t;

/* The states of a record, as the contract names them. */
typedef enum {
    RECORD_OK, RECORD_MISSING, RECORD_WRONG, RECORD_UNKNOWN
} record_state_t;

job_end_e domains_job(job_t *job);      /* {"domain","make"}                 */

/* Make the keys of a domain and keep them; JOB_GO, or how it ends. */
job_end_e domain_make_keys(domain_t *d);

/*
 * Ask for records of a type (ns_t_txt, ns_t_mx ...) of a name and wait for
 * them. *found: a new reference to their texts, addresses as they are written,
 * or NULL unless the state is DNS_OK.
 */
dns_state_t domain_ask(domain_t *d, int type, const char *name,
    json_t **found);

/* Was there no answer that says anything? */
bool domain_is_unknown(dns_state_t state);

/* ---- what is found is judged; all of it static text ---- */

typedef struct {
    record_state_t  state;
    const char     *code;       /* for rules that look at it                 */
    const char     *message;    /* what was found and what to do             */
} record_verdict_t;

/* Records at a selector, for a key: k= and p= of its own record. */
record_verdict_t record_dkim(const json_t *found, const char *algorithm,
    const char *public);

/* Records at _dmarc. */
record_verdict_t record_dmarc(const json_t *found);

/*
 * The one text of these that begins with a version, such as v=spf1, and one of
 * what may stand behind it, or nothing; NULL: none. *n is how many.
 */
const char *record_version(const json_t *found, const char *version,
    const char *behind, unsigned *n);

/*
 * The value of a tag, in its case, in a list such as `v=DKIM1; p=...`, without
 * blanks, into out; false: it has none.
 */
bool record_tag(const char *text, const char *tag, char *out, size_t size);

/* ---- SPF (RFC 7208) ---- */

typedef enum {
    SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_NEUTRAL, SPF_NONE, SPF_PERMERROR,
    SPF_TEMPERROR,              /* no answer from a name server              */
    SPF_MACRO                   /* it depends on more than the address       */
} spf_t;

/* May this address send for the domain? spf_word names the result. */
spf_t spf_check(domain_t *d, const gw_net_t *address);
const char *spf_word(spf_t result);

/* ---- the addresses that mail leaves from ---- */

#define PTR_NAME_MAX  80

/* The name that a PTR record of an address has. */
void ptr_name(const gw_net_t *address, char out[PTR_NAME_MAX]);

/* Has it a name that leads back? *found: as domain_ask. */
record_verdict_t ptr_check(domain_t *d, const gw_net_t *address,
    json_t **found);

#endif
