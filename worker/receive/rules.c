/* What replies and bounces mean: finding the rule. */
#include "worker/receive/rules.h"

#include <ctype.h>
#include <stdio.h>

#include "worker/receive/rules_match.h"

typedef struct {
    const rules_t       *r;
    const rules_case_t  *c;
    unsigned             best;
} rules_search_t;

typedef struct {
    const rules_t  *r;
    bool            at_start;
    unsigned        found;
    unsigned        stage;              /* the one spoken of at `place`     */
    size_t          place, reply;       /* where the reply stands           */
} rules_seek_t;


/* Is status like the pattern, in which x stands for a number? */
static bool
rules_is_status(const char *status, gw_str_t pattern)
{
    size_t  i;

    for (i = 0; i < pattern.len; i++) {
        if (pattern.data[i] == 'x') {
            if (*status < '0' || *status > '9') {
                return false;
            }
            while (*status >= '0' && *status <= '9') {
                status++;
            }
        } else if (*status++ != (char) pattern.data[i]) {
            return false;
        }
    }

    return *status == '\0';
}


/* Of a label of a name: letters, digits, hyphens; all bytes of UTF-8. */
static bool
rules_is_label(unsigned char c)
{
    return isalnum(c) || c == '-' || c >= 0x80;
}


/* Does word stand in names, no longer one around it: qq.com is not aqq.com. */
static bool
rules_stands(gw_str_t names, gw_str_t word)
{
    unsigned char  *p, *end, *from;

    end = names.data + names.len;
    for (from = names.data; from < end; from = p + 1) {
        p = memmem(from, (size_t) (end - from), word.data, word.len);
        if (p == NULL) {
            return false;
        }

        if (!(p > names.data && rules_is_label(p[-1])
              && rules_is_label(word.data[0]))
            && !(p + word.len < end && rules_is_label(p[word.len])
                 && rules_is_label(word.data[word.len - 1])))
        {
            return true;
        }
    }

    return false;
}


static bool
rules_is_mta(const gw_str_t *mta, gw_str_t names)
{
    unsigned  i;

    for (i = 0; i < RULES_TEXTS && mta[i].len > 0; i++) {
        if (names.len > 0 && rules_stands(names, mta[i])) {
            return true;
        }
    }

    return i == 0;
}


static bool
rules_is_code(const gw_str_t *code, unsigned value)
{
    char      text[16];
    unsigned  i;

    (void) snprintf(text, sizeof(text), "%u", value);
    for (i = 0; i < RULES_TEXTS && code[i].len > 0; i++) {
        if (strncmp(text, (char *) code[i].data, code[i].len) == 0) {
            return true;
        }
    }

    return i == 0;
}


static bool
rules_holds(const rules_rule_t *rule, const rules_case_t *c)
{
    unsigned  i;

    if ((rule->stages != 0 && !(rule->stages >> c->stage & 1))
        || !rules_is_code(rule->code, c->code)
        || !rules_is_mta(rule->mta, c->mta))
    {
        return false;
    }

    for (i = 0; i < RULES_TEXTS && rule->status[i].len > 0; i++) {
        if (rules_is_status(c->status, rule->status[i])) {
            return true;
        }
    }

    return i == 0;
}


static void
rules_hit(void *arg, unsigned id, size_t at)
{
    unsigned         rule;
    rules_search_t  *s = arg;

    rule = s->r->word[id];
    if (rule < s->best && rules_holds(&s->r->rule[rule], s->c)) {
        s->best = rule;
    }
}


/*
 * A refusal after DATA, or nobody tells at which command, and no status says
 * that it is about the address: perhaps it was the content, or the sender.
 * (With pipelining some report at DATA what was said to RCPT.)
 */
static bool
rules_doubt(const rules_case_t *c)
{
    return (c->stage == RULES_DATA || c->stage == RULES_ANY)
           && strncmp(c->status + (c->status[0] != '\0'), ".1.", 3) != 0;
}


const rules_class_t *
rules_find(const rules_t *r, const rules_case_t *c)
{
    unsigned             i;
    rules_search_t       s = { r, c, RULES_RULES };
    const rules_rule_t  *rule;

    phrases_scan(r->words, c->text, rules_hit, &s);
    for (i = 0; i < r->numbers && r->number[i] < s.best; i++) {
        if (rules_holds(&r->rule[r->number[i]], c)) {
            s.best = r->number[i];
        }
    }

    if (s.best == RULES_RULES) {
        return NULL;
    }

    rule = &r->rule[s.best];
    return &r->class[rule->doubt >= 0 && rules_doubt(c)
                     ? rule->doubt : rule->class[c->stage]];
}


const rules_class_t *
rules_refused(const rules_t *r, unsigned stage)
{
    return r->stage[stage] > 0 ? &r->class[r->stage[stage] - 1] : NULL;
}


const rules_class_t *
rules_class(const rules_t *r, const char *name)
{
    unsigned  i;

    for (i = 0; i < r->classes; i++) {
        if (strcmp(r->class[i].name, name) == 0) {
            return &r->class[i];
        }
    }

    return NULL;
}


static void
rules_found(void *arg, unsigned id, size_t at)
{
    unsigned       bits;
    rules_seek_t  *s = arg;

    bits = s->r->mark[id];
    if (at == 0 || !s->at_start) {
        s->found |= bits;
    }

    if (bits >> RULES_SPOKEN != 0
        && (s->stage == RULES_ANY
            || (at < s->reply ? at > s->place || s->place > s->reply
                              : at < s->place)))
    {
        s->place = at;
        s->stage = 0;
        while (!(bits >> (RULES_SPOKEN + s->stage) & 1)) {
            s->stage++;
        }
    }
}


unsigned
rules_marks(const rules_t *r, gw_str_t plain, bool at_start)
{
    rules_seek_t  s = { r, at_start, 0, RULES_ANY, 0, 0 };

    phrases_scan(r->marks, plain, rules_found, &s);
    return s.found & ((1u << RULES_SPOKEN) - 1);
}


unsigned
rules_spoken(const rules_t *r, gw_str_t plain, size_t at)
{
    rules_seek_t  s = { r, false, 0, RULES_ANY, 0, at };

    phrases_scan(r->marks, plain, rules_found, &s);
    return s.stage;
}


void
rules_counted(const rules_t *r, unsigned *times, unsigned *days)
{
    *times = r->times;
    *days = r->days;
}
