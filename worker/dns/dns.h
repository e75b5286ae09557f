/* Questions to name servers: beside a loop, or waited for. */
#ifndef DNS_H
#define DNS_H

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "shm/gw_conf.h"
#include "worker/loop.h"

#define DNS_NAME_MAX  255

typedef struct dns_s  dns_t;

/* Only the last two may be otherwise a moment later. */
typedef enum {
    DNS_OK,                     /* there are records                         */
    DNS_NONE,                   /* there is no such name (NXDOMAIN)          */
    DNS_EMPTY,                  /* the name has no record of this type       */
    DNS_NULL,                   /* dns_ask_mx: it takes no mail (RFC 7505)   */
    DNS_FAILED,                 /* SERVFAIL, REFUSED, no connection, nonsense */
    DNS_SILENT                  /* no name server answers                    */
} dns_state_t;

typedef struct {
    unsigned       preference;  /* MX                                        */
    int            family;      /* A, AAAA: AF_INET, AF_INET6                */
    unsigned char  address[16];
    gw_str_t       text;        /* TXT: its strings in one, any bytes; MX, PTR,
                                   CNAME: a name in lower case, no dot behind
                                   it; NUL-terminated                        */
} dns_record_t;

typedef struct {
    dns_state_t          state;
    const char          *why;   /* a phrase, "" when DNS_OK                  */
    int64_t              ttl_ms;
    unsigned             n;     /* 0 unless DNS_OK                           */
    const dns_record_t  *record;
} dns_answer_t;

/* The answer lives as long as the call. */
typedef void (*dns_pt)(void *arg, const dns_answer_t *answer);

/*
 * Ask the servers of `resolver`, or the system's. loop NULL: one of its own,
 * for dns_wait. One sentence in err.
 */
int dns_create(dns_t **out, loop_t *loop, const gw_conf_t *conf,
    gw_buf_t *err) GW_MUSTCHECK;

/* Not from a dns_pt. What was asked and has no answer is forgotten. */
void dns_free(dns_t *d);

/*
 * Ask for records of a type (ns_t_a, ns_t_aaaa, ns_t_mx, ns_t_txt, ns_t_ptr,
 * ns_t_cname) of a name in ASCII. `call` comes once, before this returns when
 * the answer is known; it may ask more. GW_EINVAL: no such name can be;
 * GW_ENOMEM: then it does not come.
 */
int dns_ask(dns_t *d, int type, const char *name, dns_pt call, void *arg)
    GW_MUSTCHECK;

/*
 * The mail exchangers of a domain, the preferred first, equal ones by name. A
 * domain without MX is its own (RFC 5321 section 5.1).
 */
int dns_ask_mx(dns_t *d, const char *domain, dns_pt call, void *arg)
    GW_MUSTCHECK;

/* The names of an address, AF_INET or AF_INET6. */
int dns_ask_ptr(dns_t *d, const struct sockaddr *address, dns_pt call,
    void *arg) GW_MUSTCHECK;

/* Until all has its answer; only with a loop of its own. */
int dns_wait(dns_t *d) GW_MUSTCHECK;

#endif
