/*
 * Who was it? The rules that need nothing but the request itself; bursts and
 * timing are for those who see more than one event.
 */
#include "worker/ingest/classify.h"

#include <sys/random.h>

const char *const  classify_names[CLASSES] = {
    "unknown", "human", "proxy_open", "prefetch", "scanner", "bot"
};

const char *const  classify_timed[TIMED] = {
    "many_links", "after_delivery", "burst"
};


/* The rules whose wishes as to the user agent are fulfilled. */
static uint64_t
classify_may(const classify_rules_t *r, gw_str_t ua)
{
    unsigned  i;
    uint64_t  may, found[2] = { 0, 0 };

    words_find(&r->agent, ua, found);
    may = (~r->agents | found[0]) & ~(r->others & found[1]);

    for (i = 0; i < r->n; i++) {
        if (r->rule[i].empty && ua.len > 0) {
            may &= ~(1ULL << i);
        }
    }

    return r->n < CLASSIFY_RULES ? may & ((1ULL << r->n) - 1) : may;
}


int
classify_memo(classify_memo_t *memo, const classify_rules_t *rules)
{
    memset(memo, 0, sizeof(classify_memo_t));
    memo->rules = rules;
    return getrandom(&memo->seed, sizeof(memo->seed), 0)
           == sizeof(memo->seed) ? GW_OK : GW_ESYS;
}


static uint64_t
classify_hash(uint64_t seed, gw_str_t ua)
{
    size_t    i;
    uint64_t  h, word;

    h = seed ^ ua.len;
    for (i = 0; i < ua.len; i += 8) {
        word = 0;
        memcpy(&word, ua.data + i, ua.len - i < 8 ? ua.len - i : 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }

    h *= 0xbf58476d1ce4e5b9;
    return (h ^ h >> 32) | 1;           /* 0 is nobody's */
}


/*
 * Few agents make most events: what they fulfil is looked for once. Each has
 * two places; who comes to two that are taken gets the second.
 */
static uint64_t
classify_known(classify_memo_t *memo, gw_str_t ua)
{
    uint64_t           hash;
    classify_agent_t  *a;

    ua.len = ua.len < GW_EVENT_UA_MAX ? ua.len : GW_EVENT_UA_MAX;
    hash = classify_hash(memo->seed, ua);
    a = &memo->agent[hash / 2 % CLASSIFY_AGENTS];
    if (a->hash == hash) {
        return a->may;
    }

    a = a->hash == 0 ? a : &memo->agent[(hash / 2 ^ 1) % CLASSIFY_AGENTS];
    if (a->hash != hash) {
        a->hash = hash;
        a->may = classify_may(memo->rules, ua);
    }

    return a->may;
}


static bool
classify_net(const classify_rule_t *rule, const unsigned char ip[16])
{
    unsigned               i;
    uint64_t               a[2];
    const classify_net_t  *n;

    memcpy(a, ip, sizeof(a));
    for (i = 0; i < rule->nets; i++) {
        n = &rule->net[i];
        if ((((a[0] & n->mask[0]) ^ n->addr[0])
             | ((a[1] & n->mask[1]) ^ n->addr[1])) == 0)
        {
            return true;
        }
    }

    return false;
}


static bool
classify_refers(const classify_rules_t *r, unsigned i, gw_str_t referer)
{
    uint64_t  found[2] = { 0, 0 };

    if (referer.len > 0) {
        words_find(&r->referer, referer, found);
    }

    return found[0] >> i & 1;
}


/* Does the rule, of which the user agent is fulfilled, hold in all else? */
static bool
classify_holds(const classify_rules_t *r, unsigned i, const gw_event_t *e,
    unsigned type, unsigned flags)
{
    const classify_rule_t  *rule;

    rule = &r->rule[i];
    return (rule->kinds == 0 || rule->kinds >> type & 1)
           && (rule->flags == 0 || rule->flags & flags)
           && (!rule->referer || classify_refers(r, i, e->referer))
           && (rule->nets == 0 || classify_net(rule, e->ip));
}


classify_verdict_t
classify(classify_memo_t *memo, const gw_event_t *e, unsigned type,
    unsigned flags)
{
    unsigned  i;
    uint64_t  may;

    if (type != GW_EVENT_OPEN && type != GW_EVENT_CLICK) {
        return (classify_verdict_t) { CLASS_UNKNOWN, 0 };
    }

    for (may = classify_known(memo, e->ua); may != 0; may &= may - 1) {
        i = (unsigned) __builtin_ctzll(may);
        if (classify_holds(memo->rules, i, e, type, flags)) {
            return (classify_verdict_t) {
                (uint8_t) memo->rules->rule[i].class, (uint8_t) (i + 1) };
        }
    }

    return (classify_verdict_t) { CLASS_HUMAN, 0 };
}


bool
classify_human(unsigned type, unsigned class)
{
    return class == CLASS_HUMAN
           ? type == GW_EVENT_OPEN || type == GW_EVENT_CLICK
           : class == CLASS_PROXY && type == GW_EVENT_OPEN;
}


const char *
classify_reason(const classify_rules_t *r, unsigned reason)
{
    return reason == 0 ? "no_rule" : r->rule[reason - 1].name;
}
