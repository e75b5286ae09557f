/*
 * SPF (RFC 7208), as far as an address and a domain decide: macros are not
 * looked at, and an answer that depends on one is SPF_MACRO.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "worker/domains/domains.h"

#define SPF_LOOKUPS  10                 /* terms that ask, of all records */
#define SPF_NAMES    10                 /* exchangers of one mx           */
#define SPF_DEPTH    10

typedef struct {
    domain_t        *d;
    const gw_net_t  *address;
    unsigned         lookups;
} spf_look_t;

/* A term taken apart. */
typedef struct {
    char         name[16];              /* all, include, ip4 ...          */
    char         value[DNS_NAME_MAX + 1];   /* behind : or =              */
    int          bits4, bits6;          /* -1: none                       */
    spf_t        result;                /* when it fits                   */
} spf_term_t;

static spf_t spf_record(spf_look_t *l, const char *domain, unsigned depth);


const char *
spf_word(spf_t result)
{
    static const char *const  words[] = { "pass", "fail", "softfail",
        "neutral", "none", "permerror", "temperror", "unknown" };

    return words[result];
}


/* Does the address, or all of a network of ours, lie in that of the bits? */
static bool
spf_fits(const spf_look_t *l, int family, const unsigned char *net, int bits)
{
    int  whole, most;

    most = family == AF_INET ? 32 : 128;
    if (l->address->v4 != (family == AF_INET)) {
        return false;
    }

    bits = bits < 0 ? most : bits;
    whole = bits / 8;
    return bits <= (int) l->address->bits
           && memcmp(l->address->addr, net, (size_t) whole) == 0
           && (bits % 8 == 0
               || (l->address->addr[whole] ^ net[whole])
                  >> (8 - bits % 8) == 0);
}


/* Addresses as texts, against the address. */
static bool
spf_fits_any(const spf_look_t *l, const json_t *found, const spf_term_t *t)
{
    int            family;
    size_t         i;
    const char    *text;
    unsigned char  net[16];

    family = l->address->v4 ? AF_INET : AF_INET6;
    for (i = 0; i < json_array_size(found); i++) {
        text = json_string_value(json_array_get(found, i));
        if (inet_pton(family, text, net) == 1
            && spf_fits(l, family, net, family == AF_INET ? t->bits4
                                                          : t->bits6))
        {
            return true;
        }
    }

    return false;
}


/* SPF_PASS: it fits; SPF_NONE: it does not; or an error. */
static spf_t
spf_host(spf_look_t *l, const char *name, const spf_term_t *t)
{
    bool          fits;
    json_t       *found;
    dns_state_t   state;

    state = domain_ask(l->d, l->address->v4 ? ns_t_a : ns_t_aaaa, name,
                       &found);
    fits = state == DNS_OK && spf_fits_any(l, found, t);
    json_decref(found);
    return domain_is_unknown(state) ? SPF_TEMPERROR
           : fits ? SPF_PASS : SPF_NONE;
}


static spf_t
spf_mx(spf_look_t *l, const char *name, const spf_term_t *t)
{
    spf_t         rc;
    size_t        i;
    json_t       *found;
    dns_state_t   state;

    state = domain_ask(l->d, ns_t_mx, name, &found);
    rc = domain_is_unknown(state) ? SPF_TEMPERROR : SPF_NONE;
    for (i = 0; rc == SPF_NONE && i < json_array_size(found)
         && i < SPF_NAMES; i++)
    {
        rc = spf_host(l, json_string_value(json_array_get(found, i)), t);
    }

    json_decref(found);
    return rc;
}


static spf_t
spf_network(spf_look_t *l, const spf_term_t *t, int family)
{
    unsigned char  net[16];

    if (inet_pton(family, t->value, net) != 1) {
        return SPF_PERMERROR;
    }

    return spf_fits(l, family, net, t->bits4) ? SPF_PASS : SPF_NONE;
}


static spf_t
spf_include(spf_look_t *l, const char *domain, unsigned depth)
{
    spf_t  rc;

    rc = spf_record(l, domain, depth + 1);
    switch (rc) {
    case SPF_FAIL:
    case SPF_SOFTFAIL:
    case SPF_NEUTRAL:
        return SPF_NONE;
    case SPF_NONE:
        return SPF_PERMERROR;
    default:
        return rc;
    }
}


/* SPF_PASS: the term fits; SPF_NONE: it does not; or an error. */
static spf_t
spf_term(spf_look_t *l, const spf_term_t *t, const char *domain,
    unsigned depth)
{
    const char  *name;

    if (strcasecmp(t->name, "all") == 0) {
        return SPF_PASS;
    }
    if (strcasecmp(t->name, "ip4") == 0) {
        return spf_network(l, t, AF_INET);
    }
    if (strcasecmp(t->name, "ip6") == 0) {
        return spf_network(l, t, AF_INET6);
    }

    if (++l->lookups > SPF_LOOKUPS) {
        return SPF_PERMERROR;
    }
    if (strchr(t->value, '%') != NULL || strcasecmp(t->name, "exists") == 0
        || strcasecmp(t->name, "ptr") == 0)
    {
        return SPF_MACRO;
    }

    name = t->value[0] != '\0' ? t->value : domain;
    if (strcasecmp(t->name, "include") == 0) {
        return t->value[0] != '\0' ? spf_include(l, name, depth)
                                   : SPF_PERMERROR;
    }
    if (strcasecmp(t->name, "a") == 0) {
        return spf_host(l, name, t);
    }
    if (strcasecmp(t->name, "mx") == 0) {
        return spf_mx(l, name, t);
    }

    return SPF_PERMERROR;
}


/* The digits at *p, 0 to most, which it moves behind; false: there are none. */
static bool
spf_bits(const char **p, int most, int *bits)
{
    size_t     n;
    long long  value;

    n = strspn(*p, "0123456789");
    if (n > 3 || gw_str_int(gw_str_make((unsigned char *) *p, n), 0, most,
                            &value) != GW_OK)
    {
        return false;
    }

    *p += n;
    *bits = (int) value;
    return true;
}


/* What stands behind a term: "/24", "//64" or both; most: of the first. */
static bool
spf_lengths(const char *p, int most, spf_term_t *t)
{
    if (*p == '/' && p[1] != '/') {
        p++;
        if (!spf_bits(&p, most, &t->bits4)) {
            return false;
        }
    }

    if (*p == '/' && p[1] == '/') {
        p += 2;
        if (!spf_bits(&p, 128, &t->bits6)) {
            return false;
        }
    }

    return *p == '\0';
}


/* `-ip4:192.0.2.0/24`; false: it is none. */
static bool
spf_parse(const char *text, size_t len, spf_term_t *t)
{
    char         mem[DNS_NAME_MAX + 64], *p;
    size_t       n;
    const char  *slash;

    static const char  signs[] = "+-~?";

    memset(t, 0, sizeof(*t));
    t->bits4 = t->bits6 = -1;
    if (len >= sizeof(mem)) {
        return false;
    }

    memcpy(mem, text, len);
    mem[len] = '\0';
    p = mem;
    if (*p != '\0' && strchr(signs, *p) != NULL) {
        t->result = (spf_t) (strchr(signs, *p++) - signs);
    }

    n = strcspn(p, ":/=");
    if (n == 0 || n >= sizeof(t->name)) {
        return false;
    }
    memcpy(t->name, p, n);
    p += n;

    slash = p + strcspn(p, "/");
    if (!spf_lengths(slash, strcasecmp(t->name, "ip6") == 0 ? 128 : 32, t)) {
        return false;
    }

    if (*p != '\0' && p < slash) {
        (void) snprintf(t->value, sizeof(t->value), "%.*s",
                        (int) (slash - p - 1), p + 1);
    }
    return true;
}


/* The terms of a record in their order. */
static spf_t
spf_terms(spf_look_t *l, const char *text, const char *domain,
    unsigned depth)
{
    char         redirect[DNS_NAME_MAX + 1] = "";
    spf_t        rc;
    size_t       n;
    spf_term_t   t;

    for (text += strlen("v=spf1"); *text != '\0'; text += n) {
        text += strspn(text, " ");
        n = strcspn(text, " ");
        if (n == 0) {
            break;
        }
        if (!spf_parse(text, n, &t)) {
            return SPF_PERMERROR;
        }

        if (memchr(text, '=', n) != NULL) {     /* others change nothing */
            if (strcasecmp(t.name, "redirect") == 0) {
                (void) snprintf(redirect, sizeof(redirect), "%s", t.value);
            }
            continue;
        }

        rc = spf_term(l, &t, domain, depth);
        if (rc != SPF_NONE) {
            return rc == SPF_PASS ? t.result : rc;
        }
    }

    if (redirect[0] == '\0') {
        return SPF_NEUTRAL;
    }
    if (++l->lookups > SPF_LOOKUPS) {
        return SPF_PERMERROR;
    }

    rc = strchr(redirect, '%') != NULL ? SPF_MACRO
         : spf_record(l, redirect, depth + 1);
    return rc == SPF_NONE ? SPF_PERMERROR : rc;
}


static spf_t
spf_record(spf_look_t *l, const char *domain, unsigned depth)
{
    spf_t         rc;
    json_t       *found;
    unsigned      n;
    const char   *text;
    dns_state_t   state;

    if (depth > SPF_DEPTH) {
        return SPF_PERMERROR;
    }

    state = domain_ask(l->d, ns_t_txt, domain, &found);
    text = record_version(found, "v=spf1", " ", &n);
    rc = domain_is_unknown(state) ? SPF_TEMPERROR
         : n == 0 ? SPF_NONE
         : n > 1 ? SPF_PERMERROR : spf_terms(l, text, domain, depth);
    json_decref(found);
    return rc;
}


spf_t
spf_check(domain_t *d, const gw_net_t *address)
{
    spf_look_t  l = { d, address, 0 };

    return spf_record(&l, d->domain, 0);
}
