/* The table of providers and of their replies. */
#define PCRE2_CODE_UNIT_WIDTH  8

#include "worker/mail/shaping.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "worker/yaml_table.h"

#define SHAPING_PROVIDERS  200
#define SHAPING_REPLIES    200
#define SHAPING_STEPS      10000        /* of a match, then there is none */
#define SHAPING_DAY        86400

typedef struct {
    shaping_reply_t  say;
    char             provider[40];
    pcre2_code      *match;
} shaping_rule_t;

struct shaping_s {
    shaping_limits_t      other;
    shaping_limits_t      provider[SHAPING_PROVIDERS];
    unsigned              providers;
    shaping_rule_t        rule[SHAPING_REPLIES];
    unsigned              rules;
    pcre2_match_data     *data;
    pcre2_match_context  *bounds;
};

typedef struct {
    const char  *key;
    size_t       offset;
    int64_t      min, max, scale;
} shaping_number_t;

static const shaping_number_t  shaping_of_provider[] = {
    { "connections", offsetof(shaping_limits_t, connections), 1, 1000, 1 },
    { "deliveries", offsetof(shaping_limits_t, deliveries), 1, 1000000, 1 },
    { "opened", offsetof(shaping_limits_t, opened), 0, 1000000, 1 },
    { "rate", offsetof(shaping_limits_t, rate), 0, 100000000, 1 },
    { NULL, 0, 0, 0, 0 }
};

static const shaping_number_t  shaping_of_reply[] = {
    { "suspend", offsetof(shaping_reply_t, suspend_ms), 1, SHAPING_DAY, 1000 },
    { "slow", offsetof(shaping_reply_t, slow_ms), 1, SHAPING_DAY, 1000 },
    { "wait", offsetof(shaping_reply_t, wait_ms), 1, SHAPING_DAY, 1000 },
    { NULL, 0, 0, 0, 0 }
};


/* One of the numbers is stored; GW_ENOTFOUND: the key is none of them. */
static int
shaping_number(yaml_table_t *t, const shaping_number_t *row, void *to,
    const char *key, const json_t *parent, const json_t *j)
{
    for ( /* void */ ; row->key != NULL; row++) {
        if (strcmp(row->key, key) == 0) {
            break;
        }
    }

    if (row->key == NULL) {
        return GW_ENOTFOUND;
    }

    if (!json_is_integer(j) || json_integer_value(j) < row->min
        || json_integer_value(j) > row->max)
    {
        return yaml_table_refuse(t, gw_marks_get(&t->marks, j) != NULL ? j
                                 : parent, "%s must be a number from %lld to "
                                 "%lld", key, (long long) row->min,
                                 (long long) row->max);
    }

    *(int64_t *) ((char *) to + row->offset) = json_integer_value(j)
                                               * row->scale;
    return GW_OK;
}


static int
shaping_suffixes(yaml_table_t *t, shaping_limits_t *l, const json_t *j)
{
    size_t        i;
    const char   *text;
    const json_t *one;

    if (!json_is_array(j) || json_array_size(j) == 0
        || json_array_size(j) > SHAPING_SUFFIXES)
    {
        return yaml_table_refuse(t, j, "mx must be a list of 1 to %d ends of "
                                 "names", SHAPING_SUFFIXES);
    }

    json_array_foreach(j, i, one) {
        text = json_string_value(one);
        if (text == NULL || *text == '\0'
            || strlen(text) >= sizeof(l->suffix[0]))
        {
            return yaml_table_refuse(t, j, "mx must be a list of ends of "
                                     "names, such as .example.com");
        }
        (void) snprintf(l->suffix[l->suffixes++], sizeof(l->suffix[0]), "%s",
                        text);
    }

    return GW_OK;
}


/* In the order of GW_TLS_... */
static int
shaping_tls(yaml_table_t *t, shaping_limits_t *l, const json_t *j)
{
    unsigned     i;
    const char  *text;

    static const char *const  words[] = { "off", "opportunistic", "required" };

    text = json_string_value(j);
    for (i = 0; text != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(text, words[i]) == 0) {
            l->tls = i;
            return GW_OK;
        }
    }

    return yaml_table_refuse(t, j, "tls must be off, opportunistic or "
                             "required");
}


static int
shaping_limits_of(yaml_table_t *t, shaping_limits_t *l, const char *name,
    json_t *of)
{
    int          rc;
    json_t      *j;
    const char  *key;

    (void) snprintf(l->name, sizeof(l->name), "%s", name);
    if (!json_is_object(of) || strlen(name) >= sizeof(l->name)) {
        return yaml_table_refuse(t, of, "a provider is a short name and what "
                                 "it takes");
    }

    json_object_foreach(of, key, j) {
        if (strcmp(key, "mx") == 0 && *name != '\0') {
            rc = shaping_suffixes(t, l, j);
        } else if (strcmp(key, "tls") == 0) {
            rc = shaping_tls(t, l, j);
        } else {
            rc = shaping_number(t, shaping_of_provider, l, key, of, j);
        }

        if (rc == GW_ENOTFOUND) {
            rc = yaml_table_refuse(t, j, "\"%.40s\" is nothing that a "
                                   "provider has", key);
        }
        if (rc != GW_OK) {
            return rc;
        }
    }

    return *name == '\0' || l->suffixes > 0 ? GW_OK
           : yaml_table_refuse(t, of, "the provider \"%s\" needs mx", name);
}


static int
shaping_match(yaml_table_t *t, shaping_rule_t *r, const json_t *j)
{
    int             error;
    size_t          at;
    PCRE2_UCHAR     why[120];
    const char     *text;

    text = json_string_value(j);
    if (text == NULL || *text == '\0') {
        return yaml_table_refuse(t, j, "match must be a regular expression");
    }

    r->match = pcre2_compile((PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED,
                             PCRE2_CASELESS, &error, &at, NULL);
    if (r->match == NULL) {
        (void) pcre2_get_error_message(error, why, sizeof(why));
        return yaml_table_refuse(t, j, "match is no regular expression: %s at "
                                 "byte %zu", (char *) why, at);
    }

    return GW_OK;
}


static int
shaping_word(yaml_table_t *t, char *to, size_t size, const json_t *j)
{
    const char  *text;

    text = json_string_value(j);
    if (text == NULL || *text == '\0' || strlen(text) >= size) {
        return yaml_table_refuse(t, j, "a name must be a short text");
    }

    (void) snprintf(to, size, "%s", text);
    return GW_OK;
}


static int
shaping_rule(yaml_table_t *t, shaping_rule_t *r, json_t *of)
{
    int          rc, does;
    json_t      *j;
    const char  *key;

    json_object_foreach(of, key, j) {
        rc = strcmp(key, "match") == 0 ? shaping_match(t, r, j)
             : strcmp(key, "name") == 0
               ? shaping_word(t, r->say.name, sizeof(r->say.name), j)
             : strcmp(key, "provider") == 0
               ? shaping_word(t, r->provider, sizeof(r->provider), j)
             : shaping_number(t, shaping_of_reply, &r->say, key, of, j);
        if (rc == GW_ENOTFOUND) {
            rc = yaml_table_refuse(t, j, "\"%.40s\" is nothing that a reply "
                                   "has", key);
        }
        if (rc != GW_OK) {
            return rc;
        }
    }

    does = (r->say.suspend_ms > 0) + (r->say.slow_ms > 0)
           + (r->say.wait_ms > 0);
    return r->match != NULL && r->say.name[0] != '\0' && does == 1 ? GW_OK
           : yaml_table_refuse(t, of, "a reply needs name, match and one of "
                               "suspend, slow and wait");
}


static int
shaping_read(shaping_t *s, yaml_table_t *t)
{
    int          rc;
    size_t       i;
    json_t      *j;
    const char  *name;

    rc = shaping_limits_of(t, &s->other, "", json_object_get(t->doc,
                                                             "default"));
    json_object_foreach(json_object_get(t->doc, "providers"), name, j) {
        if (rc == GW_OK && s->providers == SHAPING_PROVIDERS) {
            rc = yaml_table_refuse(t, j, "there are more than %d providers",
                                   SHAPING_PROVIDERS);
        }
        if (rc == GW_OK) {
            s->provider[s->providers] = s->other;
            rc = shaping_limits_of(t, &s->provider[s->providers++], name, j);
        }
    }

    json_array_foreach(json_object_get(t->doc, "replies"), i, j) {
        if (rc == GW_OK && s->rules == SHAPING_REPLIES) {
            rc = yaml_table_refuse(t, j, "there are more than %d replies",
                                   SHAPING_REPLIES);
        }
        if (rc == GW_OK) {
            rc = shaping_rule(t, &s->rule[s->rules++], j);
        }
    }

    return rc;
}


int
shaping_load(shaping_t **out, const gw_conf_t *conf, gw_buf_t *err)
{
    int           rc;
    shaping_t    *s;
    yaml_table_t  t;

    rc = yaml_table_open(&t, (char *) conf->mail_shaping.data,
                         "conf.d/shaping.yaml", err);
    if (rc != GW_OK) {
        return rc;
    }

    s = calloc(1, sizeof(shaping_t));
    rc = GW_ENOMEM;
    if (s != NULL) {
        s->other.connections = 20;
        s->other.deliveries = 100;
        s->other.tls = -1;
        s->data = pcre2_match_data_create(1, NULL);
        s->bounds = pcre2_match_context_create(NULL);
    }

    if (s != NULL && s->data != NULL && s->bounds != NULL) {
        (void) pcre2_set_match_limit(s->bounds, SHAPING_STEPS);
        rc = shaping_read(s, &t);
    }

    yaml_table_close(&t);
    if (rc != GW_OK) {
        shaping_free(s);
        return rc;
    }

    *out = s;
    return GW_OK;
}


void
shaping_free(shaping_t *s)
{
    unsigned  i;

    if (s == NULL) {
        return;
    }

    for (i = 0; i < s->rules; i++) {
        pcre2_code_free(s->rule[i].match);
    }
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->bounds);
    free(s);
}


const shaping_limits_t *
shaping_limits(const shaping_t *s, const char *exchanger)
{
    size_t                   len, n;
    unsigned                 i, k;
    const shaping_limits_t  *l;

    len = strlen(exchanger);
    for (i = 0; i < s->providers; i++) {
        l = &s->provider[i];
        for (k = 0; k < l->suffixes; k++) {
            n = strlen(l->suffix[k]);
            if (n <= len
                && strcasecmp(exchanger + len - n, l->suffix[k]) == 0)
            {
                return l;
            }
        }
    }

    return &s->other;
}


const shaping_reply_t *
shaping_reply(const shaping_t *s, const char *provider, unsigned code,
    const char *text)
{
    int                    n;
    char                   line[300];
    unsigned               i;
    const shaping_rule_t  *r;

    n = snprintf(line, sizeof(line), "%u %s", code, text);
    n = n < (int) sizeof(line) ? n : (int) sizeof(line) - 1;

    for (i = 0; i < s->rules; i++) {
        r = &s->rule[i];
        if ((r->provider[0] == '\0' || strcmp(r->provider, provider) == 0)
            && pcre2_match(r->match, (PCRE2_SPTR) line, (size_t) n, 0, 0,
                           s->data, s->bounds) >= 0)
        {
            return &r->say;
        }
    }

    return NULL;
}
