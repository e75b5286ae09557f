/*
 * Feature flags of a workspace, as the cache has them: compiled once, asked for
 * one unit (a user, a visitor) at a time. Who gets what is gw_assign.h's.
 */
#ifndef GW_FLAGS_H
#define GW_FLAGS_H

#include <jansson.h>

#include "shm/gw_assign.h"
#include "shm/gw_buf.h"
#include "shm/gw_err.h"
#include "shm/predicate/predicate.h"

#define GW_FLAGS_MAX   (256 * 1024)     /* bytes of all of a workspace */
#define GW_FLAG_UNIT   100              /* bytes of a unit             */
#define GW_FLAG_SALT   256              /* bytes                       */
#define GW_FLAG_RULES  20

typedef enum { GW_FLAG_OFF, GW_FLAG_RULE, GW_FLAG_FALLBACK } gw_flag_reason_e;

typedef struct {
    gw_str_t  name;
    gw_str_t  value;                    /* JSON */
} gw_flag_variant_t;

typedef struct {
    gw_predicate_t  *when;              /* NULL: everybody            */
    unsigned         share;             /* of 10000                   */
    int              variant;           /* -1: by the weights         */
} gw_flag_rule_t;

typedef struct {
    gw_str_t           key;
    bool               enabled;
    bool               tests;           /* enabled for keys of tests  */
    bool               open;            /* for write keys as well     */
    gw_assign_t        assign;          /* without a share            */
    gw_flag_variant_t  variant[GW_ASSIGN_VARIANTS];
    unsigned           fallback;
    gw_flag_rule_t     rule[GW_FLAG_RULES];
    unsigned           rules;
} gw_flag_t;

typedef struct {
    uint64_t    version;
    json_t     *doc;                    /* what its texts view into   */
    gw_flag_t  *flag;                   /* in the order of their keys */
    unsigned    n;
} gw_flags_t;

typedef struct {
    gw_flag_reason_e  reason;
    unsigned          variant;
    unsigned          rule;             /* when it is one             */
} gw_flag_decision_t;

/* What the cache holds of the text of godwit.flags_text; look at failed. */
void gw_flags_pack(gw_str_t text, gw_buf_t *out);

/* The version of what is packed; 0: it is nothing that gw_flags_pack made. */
uint64_t gw_flags_version(gw_str_t packed);

/* Compile it: GW_OK and the caller frees *out, GW_ECORRUPT, GW_ENOMEM. */
int gw_flags_compile(gw_str_t packed, gw_flags_t **out) GW_MUSTCHECK;
void gw_flags_free(gw_flags_t *f);

/* The flag of that key, or NULL. */
const gw_flag_t *gw_flags_find(const gw_flags_t *f, gw_str_t key);

/*
 * Decide for a unit, of which c->contact says {"id": unit, "attributes"};
 * tests: a key of tests asks. Allocates nothing.
 */
void gw_flag_decide(const gw_flag_t *f, bool tests, gw_str_t unit,
    const gw_predicate_case_t *c, gw_flag_decision_t *d);

/* `off`, `rule` or `fallback`. */
const char *gw_flag_reason(gw_flag_reason_e reason);

/*
 * Why: an array with an object for each rule, its words, whether it matches,
 * the unit's bucket and from which one on the rule takes. Look at out->failed.
 */
void gw_flag_why(const gw_flag_t *f, gw_str_t unit,
    const gw_predicate_case_t *c, gw_buf_t *out);

/*
 * Judge "rules" of a body that makes a flag: *compiled, which the caller owns,
 * has {"english": each in words, "when": each as godwit.flags_text takes it}.
 * GW_EINVAL with a sentence in err.
 */
int gw_flag_rules_compile(const json_t *rules, json_t **compiled,
    gw_buf_t *err) GW_MUSTCHECK;

#endif
