/* The table of conf.d/classes.yaml: read, judged, made ready. */
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_net.h"
#include "worker/ingest/classify.h"
#include "worker/yaml_table.h"

#define CLASSIFY_FILE      "conf.d/classes.yaml"
#define CLASSIFY_VERSIONS  1000000
#define CLASSIFY_NETS      4096

typedef struct {
    yaml_table_t       t;
    classify_rules_t  *r;
    classify_rule_t   *rule;            /* that is being read, the n-th    */
    const json_t      *node;            /* it                              */
} classify_load_t;

/* One value of a key of a rule. */
typedef int (*classify_value_pt)(classify_load_t *l, const json_t *v);

typedef struct {
    const char  *word;
    unsigned     value;
} classify_word_t;

static const classify_word_t  classify_kinds[] = {
    { "open", 1 << GW_EVENT_OPEN }, { "click", 1 << GW_EVENT_CLICK },
    { NULL, 0 }
};

static const classify_word_t  classify_requests[] = {
    { "head", GW_EVENT_HEAD }, { "prefetch", GW_EVENT_PREFETCH }, { NULL, 0 }
};


static unsigned
classify_word(const classify_word_t *w, const json_t *v)
{
    const char  *s;

    s = json_string_value(v);
    while (s != NULL && w->word != NULL && strcmp(w->word, s) != 0) {
        w++;
    }

    return s != NULL ? w->value : 0;
}


static uint64_t
classify_bit(const classify_load_t *l)
{
    return 1ULL << l->r->n;
}


/* ---- the keys of a rule ---- */


static int
classify_on_name(classify_load_t *l, const json_t *v)
{
    unsigned     i;
    const char  *s;

    s = json_string_value(v);
    if (s == NULL || strlen(s) - 1 >= CLASSIFY_NAME - 1
        || strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(s))
    {
        return yaml_table_refuse(&l->t, v, "name: is a word of up to %d "
                                 "letters (a-z), digits and _",
                                 CLASSIFY_NAME - 1);
    }

    for (i = 0; i < l->r->n + TIMED; i++) {
        if (strcmp(i < TIMED ? classify_timed[i] : l->r->rule[i - TIMED].name,
                   s) == 0)
        {
            return yaml_table_refuse(&l->t, v, "a rule before this one has "
                                     "the name \"%s\"", s);
        }
    }

    (void) snprintf(l->rule->name, sizeof(l->rule->name), "%s", s);
    return GW_OK;
}


static int
classify_on_class(classify_load_t *l, const json_t *v)
{
    unsigned     i;
    const char  *s;

    s = json_string_value(v);
    for (i = CLASS_HUMAN; s != NULL && i < CLASSES; i++) {
        if (strcmp(s, classify_names[i]) == 0) {
            l->rule->class = i;
            return GW_OK;
        }
    }

    return yaml_table_refuse(&l->t, v, "class: is one of human, proxy_open, "
                             "prefetch, scanner, bot");
}


static int
classify_on_kind(classify_load_t *l, const json_t *v)
{
    l->rule->kinds |= classify_word(classify_kinds, v);
    return l->rule->kinds != 0 ? GW_OK
           : yaml_table_refuse(&l->t, v, "kind: is open or click");
}


static int
classify_on_request(classify_load_t *l, const json_t *v)
{
    unsigned  flag;

    flag = classify_word(classify_requests, v);
    l->rule->flags |= flag;
    return flag != 0 ? GW_OK
           : yaml_table_refuse(&l->t, v, "request: is head or prefetch");
}


static int
classify_add(classify_load_t *l, words_t *w, const json_t *v, unsigned id)
{
    int  rc;

    rc = words_add(w, json_is_string(v) ? gw_str_of(json_string_value(v))
                                        : gw_str_make(NULL, 0), id);
    return rc != GW_EINVAL ? rc
           : yaml_table_refuse(&l->t, v, "a word has %d to %d bytes, besides "
                               "^ before and $ behind it; a number is quoted",
                               WORDS_SHORTEST, WORDS_TEXT_MAX);
}


static int
classify_on_agent(classify_load_t *l, const json_t *v)
{
    l->r->agents |= classify_bit(l);
    return classify_add(l, &l->r->agent, v, l->r->n);
}


static int
classify_on_no_agent(classify_load_t *l, const json_t *v)
{
    l->r->others |= classify_bit(l);
    return classify_add(l, &l->r->agent, v, CLASSIFY_RULES + l->r->n);
}


static int
classify_on_empty_agent(classify_load_t *l, const json_t *v)
{
    l->rule->empty = true;
    return json_is_true(v) ? GW_OK
           : yaml_table_refuse(&l->t, l->node, "empty_agent: is true, or is "
                               "left out");
}


static int
classify_on_referer(classify_load_t *l, const json_t *v)
{
    l->rule->referer = true;
    return classify_add(l, &l->r->referer, v, l->r->n);
}


/* The network as it is compared with addresses of 16 bytes. */
static void
classify_mask(const gw_net_t *net, classify_net_t *out)
{
    unsigned       i, bits;
    unsigned char  addr[16], mask[16];

    memcpy(addr, net->addr, sizeof(addr));
    if (net->v4) {
        memset(addr, 0, 10);
        memset(addr + 10, 0xff, 2);
        memcpy(addr + 12, net->addr, 4);
    }

    bits = net->bits + (net->v4 ? 96 : 0);
    for (i = 0; i < 16; i++) {
        mask[i] = bits >= 8 * (i + 1) ? 0xff
                  : bits <= 8 * i ? 0
                  : (unsigned char) (0xff << (8 * (i + 1) - bits));
    }

    memcpy(out->addr, addr, sizeof(addr));
    memcpy(out->mask, mask, sizeof(mask));
}


static int
classify_on_address(classify_load_t *l, const json_t *v)
{
    gw_net_t          net;
    classify_net_t   *p;
    classify_rule_t  *rule;

    rule = l->rule;
    p = rule->nets < CLASSIFY_NETS
        ? realloc(rule->net, (rule->nets + 1) * sizeof(classify_net_t)) : NULL;
    if (p == NULL) {
        return GW_ENOMEM;
    }

    rule->net = p;
    if (!json_is_string(v)
        || gw_net_parse(gw_str_of(json_string_value(v)), &net) != GW_OK)
    {
        return yaml_table_refuse(&l->t, v, "address: is an address or a "
                                 "network such as 192.0.2.0/24 or "
                                 "2001:db8::/32");
    }

    classify_mask(&net, &p[rule->nets++]);
    return GW_OK;
}


static const struct {
    const char         *key;
    bool                list;           /* one value, or a list of them    */
    bool                asks;           /* is a condition                  */
    classify_value_pt   call;
} classify_keys[] = {
    { "name", false, false, classify_on_name },
    { "class", false, false, classify_on_class },
    { "kind", true, false, classify_on_kind },
    { "request", true, true, classify_on_request },
    { "agent", true, true, classify_on_agent },
    { "no_agent", true, true, classify_on_no_agent },
    { "empty_agent", false, true, classify_on_empty_agent },
    { "referer", true, true, classify_on_referer },
    { "address", true, true, classify_on_address },
    { NULL, false, false, NULL }
};


/* ---- rules ---- */


static int
classify_key(classify_load_t *l, const char *key, const json_t *v, bool *asks)
{
    int       rc;
    size_t    i;
    unsigned  k;

    for (k = 0; classify_keys[k].key != NULL; k++) {
        if (strcmp(classify_keys[k].key, key) == 0) {
            break;
        }
    }

    if (classify_keys[k].key == NULL) {
        return yaml_table_refuse(&l->t, l->node, "\"%.40s\" is unknown; a rule "
                                 "has name, class, kind, request, agent, "
                                 "no_agent, empty_agent, referer, address",
                                 key);
    }

    *asks |= classify_keys[k].asks;
    if (!classify_keys[k].list || !json_is_array(v)) {
        return classify_keys[k].call(l, v);
    }

    if (json_array_size(v) == 0) {
        return yaml_table_refuse(&l->t, v, "%s: is empty; leave it out", key);
    }

    for (rc = GW_OK, i = 0; rc == GW_OK && i < json_array_size(v); i++) {
        rc = classify_keys[k].call(l, json_array_get(v, i));
    }

    return rc;
}


static int
classify_one(classify_load_t *l, json_t *j)
{
    int          rc;
    bool         asks;
    json_t      *v;
    const char  *key;

    if (!json_is_object(j)) {
        return yaml_table_refuse(&l->t, j, "a rule is a mapping");
    }

    if (l->r->n == CLASSIFY_RULES) {
        return yaml_table_refuse(&l->t, j, "there are more than %d rules",
                                 CLASSIFY_RULES);
    }

    l->rule = &l->r->rule[l->r->n];
    l->node = j;
    asks = false;
    json_object_foreach(j, key, v) {
        rc = classify_key(l, key, v, &asks);
        if (rc != GW_OK) {
            free(l->rule->net);
            return rc;
        }
    }

    l->r->n++;
    if (*l->rule->name == '\0' || l->rule->class == CLASS_UNKNOWN || !asks) {
        return yaml_table_refuse(&l->t, j, "a rule needs name, class and what "
                                 "it asks for");
    }

    return GW_OK;
}


/* A number of the rule `name` of timing. */
static int
classify_number(classify_load_t *l, const char *name, const char *key, int min,
    int max, int *out)
{
    json_int_t     n;
    const json_t  *timing, *v;

    timing = json_object_get(l->t.doc, "timing");
    v = json_object_get(json_object_get(timing, name), key);
    n = json_integer_value(v);
    if (!json_is_integer(v) || n < min || n > max) {
        return yaml_table_refuse(&l->t, v != NULL ? v : timing, "timing: %s: "
                                 "%s: is a number from %d to %d", name, key,
                                 min, max);
    }

    *out = (int) n;
    return GW_OK;
}


static int
classify_times(classify_load_t *l)
{
    size_t              i;
    classify_timing_t  *t = &l->r->timing;

    const struct {
        const char  *name, *key;
        int          min, max, *out;
    } numbers[] = {
        { classify_timed[TIMED_LINKS], "links", 2, 1000, &t->links },
        { classify_timed[TIMED_LINKS], "within", 1, 60000, &t->links_within },
        { classify_timed[TIMED_DELIVERY], "within", 0, 60000,
          &t->delivery_within },
        { classify_timed[TIMED_BURST], "recipients", 2, 1000000,
          &t->recipients },
        { classify_timed[TIMED_BURST], "within", 1, 60000, &t->burst_within }
    };

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (classify_number(l, numbers[i].name, numbers[i].key, numbers[i].min,
                            numbers[i].max, numbers[i].out) != GW_OK)
        {
            return GW_EINVAL;
        }
    }

    return GW_OK;
}


static int
classify_table(classify_load_t *l)
{
    int          rc;
    size_t       i;
    json_t      *j, *version, *rules;
    const char  *key;

    version = json_object_get(l->t.doc, "version");
    rules = json_object_get(l->t.doc, "rules");
    json_object_foreach(l->t.doc, key, j) {
        if (j != version && j != rules && strcmp(key, "timing") != 0) {
            return yaml_table_refuse(&l->t, j, "\"%.40s\" is unknown; there "
                                     "are version, rules and timing", key);
        }
    }

    if (json_integer_value(version) < 1
        || json_integer_value(version) > CLASSIFY_VERSIONS)
    {
        return yaml_table_refuse(&l->t, version, "version: is a number from 1 "
                                 "to %d", CLASSIFY_VERSIONS);
    }

    if (!json_is_array(rules)) {
        return yaml_table_refuse(&l->t, rules, "rules: is a list");
    }

    l->r->version = (int) json_integer_value(version);
    rc = classify_times(l);
    json_array_foreach(rules, i, j) {
        rc = rc == GW_OK ? classify_one(l, j) : rc;
    }

    return rc;
}


int
classify_load(classify_rules_t **out, const char *path, gw_buf_t *err)
{
    int              rc;
    classify_load_t  l;

    memset(&l, 0, sizeof(l));
    rc = yaml_table_open(&l.t, path, CLASSIFY_FILE, err);
    if (rc != GW_OK) {
        return rc;
    }

    l.r = calloc(1, sizeof(classify_rules_t));
    rc = l.r != NULL ? classify_table(&l) : GW_ENOMEM;
    yaml_table_close(&l.t);

    if (rc != GW_OK) {
        if (rc != GW_EINVAL) {
            gw_buf_cstr(err, gw_strerror(rc));
        }
        classify_free(l.r);
        return rc;
    }

    *out = l.r;
    return GW_OK;
}


void
classify_free(classify_rules_t *r)
{
    unsigned  i;

    if (r == NULL) {
        return;
    }

    for (i = 0; i < r->n; i++) {
        free(r->rule[i].net);
    }

    words_free(&r->agent);
    words_free(&r->referer);
    free(r);
}
