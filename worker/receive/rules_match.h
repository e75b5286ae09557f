/* The compiled table from within: for its loader and its matcher. */
#ifndef RULES_MATCH_H
#define RULES_MATCH_H

#include "worker/receive/phrases.h"
#include "worker/receive/rules.h"
#include "worker/yaml_table.h"

#define RULES_CLASSES  64
#define RULES_RULES    400
#define RULES_TEXTS    12               /* of one condition */
#define RULES_SPOKEN   8                /* a mark's bit of stage 0 */

/* A rule: all that it says must hold. */
typedef struct {
    unsigned  line;
    uint8_t   class[RULES_STAGES];      /* what it means at each stage    */
    int       doubt;                    /* a class, or -1: see rules_doubt */
    unsigned  stages;                   /* bits; 0 = any                  */
    gw_str_t  mta[RULES_TEXTS];         /* one of these, when there are   */
    gw_str_t  code[RULES_TEXTS];        /* begins so                      */
    gw_str_t  status[RULES_TEXTS];      /* x = any number                 */
} rules_rule_t;

struct rules_s {
    json_t         *doc;                /* owns the texts of the rules    */
    unsigned        classes, rules, numbers;
    rules_class_t   class[RULES_CLASSES];
    rules_rule_t    rule[RULES_RULES];
    uint16_t        number[RULES_RULES];    /* rules without words        */
    uint8_t         stage[RULES_STAGES];    /* class + 1, or 0            */
    phrases_t      *words, *marks;
    uint16_t        word[PHRASES_MAX];  /* the rule of a phrase           */
    uint16_t        mark[PHRASES_MAX];  /* the bit of a mark, or of a stage */
    unsigned        times, days;
};

/* A table that is being read. */
typedef struct {
    rules_t       *r;
    yaml_table_t   t;
} rules_load_t;

/* The place of word among words, or -1; word may be NULL. */
int rules_word(const char *word, const char **words);

/* The number of the class of that name, or -1. */
int rules_number(const rules_t *r, const json_t *name);

/* One word, or a list of them: the n-th; NULL at the end. */
const json_t *rules_item(const json_t *list, size_t n);

/* The number of a stage, or GW_EINVAL; at has the line. */
int rules_stage(rules_load_t *l, const json_t *at, const char *name);

/* Read the conditions of one rule; its words are not looked at. */
int rules_conditions(rules_load_t *l, json_t *j, rules_rule_t *rule)
    GW_MUSTCHECK;

#endif
