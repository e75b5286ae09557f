/* The table of conf.d/bounces.yaml: read, judged, compiled. */
#include "worker/receive/rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/contract/yaml.h"
#include "worker/receive/rules_match.h"

#define RULES_PHRASE  400

/* A text of the table on its way into an automaton. */
typedef struct {
    phrases_t  *set;
    uint16_t   *map;                    /* of the numbers of phrases       */
    uint16_t    value;
    gw_buf_t    text;
} rules_say_t;

static const char  *rules_suppress[] = { "never", "counted", "at_once", NULL };

/* The lists of words that tell what a mail is. */
static const struct {
    const char  *key;
    unsigned     bit;
} rules_lists[] = {
    { "bounce_subjects", RULES_FAILED },
    { "bounce_senders", RULES_SENDER },
    { "auto_subjects", RULES_ABSENT },
    { "returned", RULES_RETURNED },
    { NULL, 0 }
};


static int
rules_one_class(rules_load_t *l, const char *name, json_t *j)
{
    int             suppress;
    const char     *group;
    rules_class_t  *c;

    group = json_string_value(json_object_get(j, "group"));
    suppress = rules_word(json_string_value(json_object_get(j, "suppress")),
                          rules_suppress);

    if (json_object_size(j) != 3 || group == NULL || suppress < 0
        || !json_is_boolean(json_object_get(j, "hard"))
        || strlen(group) >= sizeof(c->group)
        || strlen(name) >= sizeof(c->name))
    {
        return yaml_table_refuse(&l->t, j, "the class \"%.40s\" needs group: "
                                 "a word, hard: true or false, and suppress: "
                                 "never, counted or at_once", name);
    }

    if (l->r->classes == RULES_CLASSES) {
        return yaml_table_refuse(&l->t, j, "there are more than %d classes",
                                 RULES_CLASSES);
    }

    c = &l->r->class[l->r->classes++];
    (void) snprintf(c->name, sizeof(c->name), "%s", name);
    (void) snprintf(c->group, sizeof(c->group), "%s", group);
    c->hard = json_is_true(json_object_get(j, "hard"));
    c->suppress = (unsigned) suppress;
    return GW_OK;
}


static int
rules_classes(rules_load_t *l)
{
    int          rc;
    size_t       i;
    json_t      *all, *j;
    const char  *name;

    /* what C itself says */
    static const char  *needed[] = {
        "undefined", "delivered", "feedback", "vacation", "expired", NULL
    };

    all = json_object_get(l->r->doc, "classes");
    json_object_foreach(all, name, j) {
        rc = rules_one_class(l, name, j);
        if (rc != GW_OK) {
            return rc;
        }
    }

    for (i = 0; needed[i] != NULL; i++) {
        if (rules_class(l->r, needed[i]) == NULL) {
            return yaml_table_refuse(&l->t, all, "the class \"%s\" is missing",
                                     needed[i]);
        }
    }

    return GW_OK;
}


/* A phrase of rest behind what is in text already: all that it stands for. */
static int
rules_family(rules_say_t *s, gw_str_t rest)
{
    int             rc;
    size_t          n, kept;
    unsigned        id;
    unsigned char  *open, *close, *from, *bar;

    open = rest.len > 0 ? memchr(rest.data, '{', rest.len) : NULL;
    kept = s->text.len;
    if (open == NULL) {
        gw_buf_str(&s->text, rest);
        rc = s->text.failed ? GW_EINVAL
                            : phrases_add(s->set, gw_buf_view(&s->text), &id);
        if (rc == GW_OK) {
            s->map[id] = s->value;
        }
        s->text.len = kept;
        return rc;
    }

    n = (size_t) (open - rest.data);
    close = memchr(open, '}', rest.len - n);
    if (close == NULL) {
        return GW_EINVAL;
    }

    gw_buf_put(&s->text, rest.data, n);
    rest = gw_str_make(close + 1, (size_t) (rest.data + rest.len - close - 1));
    for (from = open + 1, n = s->text.len; ; from = bar + 1) {
        bar = memchr(from, '|', (size_t) (close - from));
        bar = bar != NULL ? bar : close;
        gw_buf_put(&s->text, from, (size_t) (bar - from));
        rc = rules_family(s, rest);
        s->text.len = n;
        if (rc != GW_OK || bar == close) {
            break;
        }
    }

    s->text.len = kept;
    return rc;
}


/*
 * Words into an automaton, where each that `{a|b}` stands for means value in
 * map.
 */
static int
rules_say(rules_load_t *l, const json_t *item, phrases_t *set, uint16_t *map,
    unsigned value)
{
    int          rc;
    char         mem[RULES_PHRASE];
    rules_say_t  s;

    s.set = set;
    s.map = map;
    s.value = (uint16_t) value;
    gw_buf_fixed(&s.text, mem, sizeof(mem));
    rc = rules_family(&s, json_is_string(item)
                          ? gw_str_of(json_string_value(item))
                          : gw_str_make(NULL, 0));
    if (rc == GW_EINVAL) {
        return yaml_table_refuse(&l->t, item, "\"%.60s\" is not a text in "
                                 "lower case, one blank between its words, of "
                                 "at most %d pieces around *, or families "
                                 "{a|b} of them",
                                 json_is_string(item) ? json_string_value(item)
                                 : "", PHRASES_PIECES);
    }

    return rc;
}


static int
rules_rules(rules_load_t *l)
{
    int            rc;
    size_t         i, k;
    json_t        *j, *say;
    rules_t       *r;
    const json_t  *item;

    r = l->r;
    json_array_foreach(json_object_get(r->doc, "rules"), i, j) {
        if (r->rules == RULES_RULES) {
            return yaml_table_refuse(&l->t, j, "there are more than %d rules",
                                     RULES_RULES);
        }

        rc = rules_conditions(l, j, &r->rule[r->rules]);
        if (rc != GW_OK) {
            return rc;
        }

        say = json_object_get(j, "say");
        if (say == NULL) {
            r->number[r->numbers++] = (uint16_t) r->rules;
        }

        for (k = 0; say != NULL && (item = rules_item(say, k)) != NULL; k++) {
            rc = rules_say(l, item, r->words, r->word, r->rules);
            if (rc != GW_OK) {
                return rc;
            }
        }
        r->rules++;
    }

    return GW_OK;
}


/* A word or a list of them, which stand for that bit. */
static int
rules_mark(rules_load_t *l, const json_t *list, unsigned bit)
{
    int            rc;
    size_t         k;
    const json_t  *item;

    for (k = 0; (item = rules_item(list, k)) != NULL; k++) {
        rc = rules_say(l, item, l->r->marks, l->r->mark, bit);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


static int
rules_marked(rules_load_t *l)
{
    int          rc, stage;
    size_t       i;
    json_t      *j;
    const char  *key;

    for (i = 0; rules_lists[i].key != NULL; i++) {
        rc = rules_mark(l, json_object_get(l->r->doc, rules_lists[i].key),
                        rules_lists[i].bit);
        if (rc != GW_OK) {
            return rc;
        }
    }

    json_object_foreach(json_object_get(l->r->doc, "spoken"), key, j) {
        stage = rules_stage(l, j, key);
        rc = stage < 0 ? stage
                       : rules_mark(l, j, 1u << (RULES_SPOKEN + stage));
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


static int
rules_rest(rules_load_t *l)
{
    int          stage, class;
    json_t      *j, *counted;
    const char  *key;

    json_object_foreach(json_object_get(l->r->doc, "stages"), key, j) {
        class = rules_number(l->r, j);
        stage = rules_stage(l, j, key);
        if (stage < 0) {
            return stage;
        }
        if (class < 0) {
            return yaml_table_refuse(&l->t, j, "stages: %s: is no class of "
                                     "this table", key);
        }
        l->r->stage[stage] = (uint8_t) (class + 1);
    }

    counted = json_object_get(l->r->doc, "counted");
    l->r->times = (unsigned) json_integer_value(json_object_get(counted,
                                                                "times"));
    l->r->days = (unsigned) json_integer_value(json_object_get(counted,
                                                               "days"));
    if (l->r->times < 1 || l->r->times > 100 || l->r->days < 1
        || l->r->days > 365)
    {
        return yaml_table_refuse(&l->t, counted, "counted: needs times: 1 to "
                                 "100 and days: 1 to 365");
    }

    return GW_OK;
}


static int
rules_keys(rules_load_t *l)
{
    json_t      *v;
    const char  *key;

    static const char  *keys[] = {
        "classes", "counted", "rules", "stages", "bounce_subjects",
        "bounce_senders", "auto_subjects", "returned", "spoken", NULL
    };

    json_object_foreach(l->r->doc, key, v) {
        if (rules_word(key, keys) < 0) {
            return yaml_table_refuse(&l->t, v, "\"%.40s\" is unknown here",
                                     key);
        }
    }

    return GW_OK;
}


static int
rules_compile(rules_load_t *l)
{
    int       rc;
    rules_t  *r;

    r = l->r;
    r->words = phrases_create();
    r->marks = phrases_create();
    if (r->words == NULL || r->marks == NULL) {
        return GW_ENOMEM;
    }

    rc = rules_keys(l);
    rc = rc == GW_OK ? rules_classes(l) : rc;
    rc = rc == GW_OK ? rules_rules(l) : rc;
    rc = rc == GW_OK ? rules_marked(l) : rc;
    rc = rc == GW_OK ? rules_rest(l) : rc;
    rc = rc == GW_OK ? phrases_build(r->words) : rc;
    return rc == GW_OK ? phrases_build(r->marks) : rc;
}


int
rules_load(rules_t **out, const char *path, gw_buf_t *err)
{
    int           rc;
    rules_load_t  l;

    l.r = calloc(1, sizeof(rules_t));
    if (l.r == NULL) {
        return GW_ENOMEM;
    }

    rc = yaml_table_open(&l.t, path, "conf.d/bounces.yaml", err);
    if (rc == GW_OK) {
        l.r->doc = json_incref(l.t.doc);
        rc = rules_compile(&l);
        yaml_table_close(&l.t);
    }

    if (rc != GW_OK) {
        rules_free(l.r);
        return rc;
    }

    *out = l.r;
    return GW_OK;
}


void
rules_free(rules_t *r)
{
    if (r == NULL) {
        return;
    }

    phrases_free(r->words);
    phrases_free(r->marks);
    json_decref(r->doc);
    free(r);
}
