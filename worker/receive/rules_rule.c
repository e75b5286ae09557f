/* The table of conf.d/bounces.yaml: one rule and its conditions. */
#include <string.h>

#include "worker/receive/rules_match.h"

static const char  *rules_stages[] = {
    "any", "connect", "helo", "mail", "rcpt", "data", NULL
};


int
rules_word(const char *word, const char **words)
{
    int  i;

    for (i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(word, words[i]) == 0) {
            return i;
        }
    }

    return -1;
}


/* The number of a class that the table has, or -1. */
int
rules_number(const rules_t *r, const json_t *name)
{
    unsigned  i;

    for (i = 0; json_is_string(name) && i < r->classes; i++) {
        if (strcmp(r->class[i].name, json_string_value(name)) == 0) {
            return (int) i;
        }
    }

    return -1;
}


/* One word, or a list of them: the n-th; NULL at the end. */
const json_t *
rules_item(const json_t *list, size_t n)
{
    return json_is_array(list) ? json_array_get(list, n) : n == 0 ? list : NULL;
}


/* The texts of a condition; each lives as long as the document. */
static int
rules_texts(rules_load_t *l, json_t *rule, const char *key, gw_str_t *out)
{
    size_t         n;
    json_t        *list;
    const json_t  *item;

    list = json_object_get(rule, key);
    for (n = 0; list != NULL && (item = rules_item(list, n)) != NULL; n++) {
        if (!json_is_string(item) || json_string_length(item) == 0
            || n == RULES_TEXTS)
        {
            return yaml_table_refuse(&l->t, rule, "%s: a text, or a list of "
                                     "at most %d; a number is quoted",
                                     key, RULES_TEXTS);
        }
        out[n] = gw_str_of(json_string_value(item));
    }

    return GW_OK;
}


/* The number of a stage, or GW_EINVAL. */
int
rules_stage(rules_load_t *l, const json_t *at, const char *name)
{
    int  stage;

    stage = rules_word(name, rules_stages);
    if (stage < 0) {
        return yaml_table_refuse(&l->t, at, "\"%.40s\" is no stage; one of "
                                 "any, connect, helo, mail, rcpt, data",
                                 name != NULL ? name : "");
    }

    return stage;
}


/* `at: {data: filtered}`: what the rule means at a stage of its own. */
static int
rules_at(rules_load_t *l, json_t *j, rules_rule_t *rule)
{
    int          stage, class;
    json_t      *v;
    const char  *name;

    json_object_foreach(json_object_get(j, "at"), name, v) {
        stage = rules_stage(l, j, name);
        if (stage < 0) {
            return stage;
        }
        class = rules_number(l->r, v);
        if (class < 0) {
            return yaml_table_refuse(&l->t, j, "at: %s: is no class of this "
                                     "table", name);
        }
        rule->class[stage] = (uint8_t) class;
    }

    return GW_OK;
}


int
rules_conditions(rules_load_t *l, json_t *j, rules_rule_t *rule)
{
    int            rc, class, stage;
    size_t         n;
    json_t        *v;
    const char    *key;
    const json_t  *item;

    static const char  *keys[] = {
        "class", "at", "doubt", "mta", "stage", "code", "status", "say", NULL
    };

    json_object_foreach(j, key, v) {
        if (rules_word(key, keys) < 0) {
            return yaml_table_refuse(&l->t, j, "\"%.40s\" is unknown; a rule "
                                     "has class, at, doubt, mta, stage, code, "
                                     "status, say", key);
        }
    }

    class = rules_number(l->r, json_object_get(j, "class"));
    if (class < 0) {
        return yaml_table_refuse(&l->t, j, "class: is none of this table");
    }

    memset(rule->class, class, sizeof(rule->class));
    v = json_object_get(j, "doubt");
    rule->doubt = v != NULL ? rules_number(l->r, v) : -1;
    rc = v != NULL && rule->doubt < 0
         ? yaml_table_refuse(&l->t, j, "doubt: is no class of this table"
                             ) : rules_at(l, j, rule);

    for (n = 0; (item = rules_item(json_object_get(j, "stage"), n)) != NULL;
         n++)
    {
        stage = rules_stage(l, j, json_string_value(item));
        if (stage < 0) {
            return stage;
        }
        rule->stages |= 1u << stage;
    }

    rc = rc == GW_OK ? rules_texts(l, j, "mta", rule->mta) : rc;
    rc = rc == GW_OK ? rules_texts(l, j, "code", rule->code) : rc;
    return rc == GW_OK ? rules_texts(l, j, "status", rule->status) : rc;
}
