/* Answers that are still true, in a table of bounded size. */
#include "worker/dns/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"


static unsigned
dns_cache_set(int type, const char *name)
{
    uint32_t  x;

    for (x = 2166136261u ^ (uint32_t) type; *name != '\0'; name++) {
        x = (x ^ (unsigned char) *name) * 16777619u;
    }

    return (x ^ x >> 15) % DNS_SETS;
}


dns_reply_t *
dns_cache_get(const dns_cache_t *c, int type, const char *name)
{
    unsigned           i;
    const dns_kept_t  *k;

    k = c->kept[dns_cache_set(type, name)];
    for (i = 0; k != NULL && i < DNS_WAYS; i++) {
        if (k[i].reply != NULL && k[i].type == type
            && k[i].until_ms > gw_clock_ms() && strcmp(k[i].name, name) == 0)
        {
            k[i].reply->held++;
            return k[i].reply;
        }
    }

    return NULL;
}


void
dns_cache_put(dns_cache_t *c, int type, const char *name, dns_reply_t *r)
{
    unsigned     i;
    dns_kept_t  *k, *at, **set;

    set = &c->kept[dns_cache_set(type, name)];
    if (*set == NULL) {
        *set = calloc(DNS_WAYS, sizeof(dns_kept_t));
    }

    k = *set;
    if (k == NULL || r->answer.ttl_ms == 0) {
        dns_reply_release(r);
        return;
    }

    at = k;
    for (i = 0; i < DNS_WAYS; i++) {
        if (k[i].reply == NULL
            || (k[i].type == type && strcmp(k[i].name, name) == 0))
        {
            at = &k[i];
            break;
        }
        at = k[i].until_ms < at->until_ms ? &k[i] : at;
    }

    dns_reply_release(at->reply);
    at->reply = r;
    at->type = type;
    at->until_ms = gw_clock_ms() + r->answer.ttl_ms;
    (void) snprintf(at->name, sizeof(at->name), "%s", name);
}


void
dns_cache_free(dns_cache_t *c)
{
    unsigned  i, n;

    for (i = 0; i < DNS_SETS; i++) {
        for (n = 0; c->kept[i] != NULL && n < DNS_WAYS; n++) {
            dns_reply_release(c->kept[i][n].reply);
        }
        free(c->kept[i]);
    }
}
