/* Questions with a rule of their own: mail exchangers, names of an address. */
#include "worker/dns/dns.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    dns_pt   call;
    void    *arg;
    char     domain[DNS_NAME_MAX + 1];
} dns_mx_t;


/* A "." beside other exchangers is none: a list without it, to be freed. */
static dns_record_t *
dns_mx_named(dns_answer_t *a)
{
    unsigned       i, n;
    dns_record_t  *list;

    list = calloc(a->n, sizeof(dns_record_t));
    if (list == NULL) {
        a->state = DNS_FAILED;
        a->why = "no memory";
        a->n = 0;
        return NULL;
    }

    for (i = 0, n = 0; i < a->n; i++) {
        if (a->record[i].text.len > 0) {
            list[n++] = a->record[i];
        }
    }

    a->record = list;
    a->n = n;
    if (n == 0) {
        a->state = DNS_NULL;
        a->why = "it takes no mail (null MX)";
    }
    return list;
}


static void
dns_mx_answer(void *arg, const dns_answer_t *a)
{
    dns_mx_t      *q = arg;
    dns_answer_t   own;
    dns_record_t   record, *named;

    own = *a;
    named = NULL;
    if (a->state == DNS_OK && a->n > 1) {
        named = dns_mx_named(&own);
    } else if (a->state == DNS_EMPTY) {
        memset(&record, 0, sizeof(record));
        record.text = gw_str_of(q->domain);
        own.state = DNS_OK;
        own.why = "";
        own.n = 1;
        own.record = &record;
    } else if (a->state == DNS_OK && a->n == 1 && a->record[0].text.len == 0) {
        own.state = DNS_NULL;
        own.why = "it takes no mail (null MX)";
        own.n = 0;
    }

    q->call(q->arg, &own);
    free(named);
    free(q);
}


int
dns_ask_mx(dns_t *d, const char *domain, dns_pt call, void *arg)
{
    int        rc;
    size_t     n;
    dns_mx_t  *q;

    q = malloc(sizeof(dns_mx_t));
    if (q == NULL) {
        return GW_ENOMEM;
    }

    q->call = call;
    q->arg = arg;
    for (n = 0; n < DNS_NAME_MAX && domain[n] != '\0'; n++) {
        q->domain[n] = (char) tolower((unsigned char) domain[n]);
    }
    n -= n > 0 && q->domain[n - 1] == '.';
    q->domain[n] = '\0';
    rc = dns_ask(d, ns_t_mx, domain, dns_mx_answer, q);
    if (rc != GW_OK) {
        free(q);
    }

    return rc;
}


int
dns_ask_ptr(dns_t *d, const struct sockaddr *address, dns_pt call, void *arg)
{
    int                         i, n;
    char                        name[80];
    const unsigned char        *p;
    const struct sockaddr_in   *in = (const void *) address;
    const struct sockaddr_in6  *in6 = (const void *) address;

    if (address->sa_family == AF_INET) {
        p = (const unsigned char *) &in->sin_addr;
        (void) snprintf(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", p[3],
                        p[2], p[1], p[0]);
        return dns_ask(d, ns_t_ptr, name, call, arg);
    }

    p = in6->sin6_addr.s6_addr;
    for (i = 15, n = 0; i >= 0; i--) {
        n += snprintf(name + n, sizeof(name) - (size_t) n, "%x.%x.",
                      p[i] & 15, p[i] >> 4);
    }
    (void) snprintf(name + n, sizeof(name) - (size_t) n, "ip6.arpa");
    return dns_ask(d, ns_t_ptr, name, call, arg);
}
