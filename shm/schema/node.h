/* What the compiler makes and the checks read; private to this folder. */
#ifndef GW_SCHEMA_NODE_H
#define GW_SCHEMA_NODE_H

#define PCRE2_CODE_UNIT_WIDTH  8
#include <pcre2.h>

#include "shm/schema/schema.h"

/* types of values as bits; a number that is whole is an INTEGER alone */
enum {
    SCHEMA_NULL = 1,
    SCHEMA_BOOLEAN = 2,
    SCHEMA_INTEGER = 4,
    SCHEMA_FRACTION = 8,
    SCHEMA_STRING = 16,
    SCHEMA_ARRAY = 32,
    SCHEMA_OBJECT = 64,
    SCHEMA_NUMBER = SCHEMA_INTEGER | SCHEMA_FRACTION,
    SCHEMA_ANY = 127
};

/* where the value of a keyword holds schemas */
enum { SHAPE_NONE, SHAPE_SCHEMA, SHAPE_LIST, SHAPE_MAP };

enum {
    KEYWORD_HERE = 1,           /* its schemas judge the same value         */
    KEYWORD_LATE = 2            /* sees what all others have evaluated      */
};

typedef struct schema_rule_s     schema_rule_t;
typedef struct schema_compile_s  schema_compile_t;
typedef struct schema_run_s      schema_run_t;

/* Fill the rule from its value: GW_OK, or GW_EINVAL after schema_wrong. */
typedef int (*schema_compile_pt)(schema_compile_t *c, schema_rule_t *rule);

/* Judge the value; false after schema_fail. */
typedef bool (*schema_check_pt)(schema_run_t *run, const schema_rule_t *rule,
    const json_t *value);

typedef struct {
    const char         *name;
    unsigned            types;      /* values that it judges                */
    int                 shape;
    int                 flags;
    schema_compile_pt   compile;    /* NULL: it only describes              */
    schema_check_pt     check;      /* NULL: another keyword reads it       */
} schema_keyword_t;

typedef struct {
    gw_str_t             name;      /* of a member, or a pattern */
    pcre2_code          *regex;
    const gw_schema_t   *node;
} schema_member_t;

struct schema_rule_s {
    const schema_keyword_t  *kw;
    const json_t            *value;
    uint64_t                 least, most;   /* counts                      */
    unsigned                 types;         /* of `type`                   */
    const struct schema_format_s  *format;
    size_t                   n;             /* of members                  */
    schema_member_t         *members;       /* by shape, in their order    */
    const json_t            *known;         /* `properties` beside it      */
    const schema_rule_t     *peer;          /* `patternProperties` beside  */
};

/* the part of a document that an $id names; the first is the document's */
typedef struct schema_resource_s  schema_resource_t;

struct schema_resource_s {
    gw_str_t             uri;       /* absolute where it can be, no fragment */
    const json_t        *root;
    const char          *pointer;   /* of root in the document               */
    schema_resource_t   *next;
};

typedef struct schema_anchor_s  schema_anchor_t;

struct schema_anchor_s {
    const schema_resource_t  *resource;
    const char               *name;
    gw_schema_t              *node;
    bool                      dynamic;
    schema_anchor_t          *next;
};

/*
 * Made when the place is indexed, compiled when somebody refers to it, read
 * only from then on.
 */
struct gw_schema_node_s {
    gw_schema_set_t          *set;
    const json_t             *json;
    const schema_resource_t  *resource;
    const char               *pointer;
    enum { NODE_INDEXED, NODE_WANTED, NODE_RULES, NODE_TRUE, NODE_FALSE } state;
    enum { NODE_NEW, NODE_OPEN, NODE_DONE } walk;   /* of the loop search  */
    bool                      unevaluated;  /* a rule asks what was seen   */
    size_t                    n;
    schema_rule_t            *rules;
    gw_schema_t              *next;         /* in the list of the wanted   */
};

struct gw_schema_set_s {
    unsigned              flags;
    json_t               *document;
    json_t               *meta;         /* the 2020-12 metaschema, if used */
    schema_resource_t    *resources;
    schema_anchor_t      *anchors;
    gw_schema_t         **table;        /* by the address of node->json    */
    size_t                used, size;   /* size is a power of two          */
    gw_schema_t           yes, no;
    gw_schema_t          *wanted;
    bool                  dynamic;      /* a $dynamicRef was compiled      */
    pcre2_match_context  *match;        /* the limits of every match       */
    struct schema_block_s  *blocks;
    struct schema_code_s   *codes;
};

struct schema_compile_s {
    gw_schema_set_t  *set;
    gw_schema_t      *node;
    gw_buf_t         *why;
};

/* -- set.c: memory of the set */

/* Zeroed memory that lives as long as the set, or NULL. */
void *schema_alloc(gw_schema_set_t *set, size_t n);

/* A NUL-terminated copy of fmt's text in the set, or NULL. */
char *schema_print(gw_schema_set_t *set, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* base + "/" + token, escaped by RFC 6901; NULL: no memory. */
char *schema_pointer(gw_schema_set_t *set, const char *base,
    const char *token);

/* The node of a schema object that was indexed, or NULL. */
gw_schema_t *schema_find(const gw_schema_set_t *set, const json_t *json);

/* A new node in the table. */
gw_schema_t *schema_add(gw_schema_set_t *set, const json_t *json,
    const schema_resource_t *resource, const char *pointer);

/* -- index.c: where schemas, ids and anchors are */

/*
 * Note the schema and all under it that the keywords know; GW_OK and its node
 * (a boolean has one of the set's two), GW_EINVAL with a sentence, GW_ENOMEM.
 */
int schema_index(schema_compile_t *c, const json_t *json,
    const schema_resource_t *resource, const char *pointer,
    gw_schema_t **out) GW_MUSTCHECK;

/* -- refer.c */

/* Find the schema that a reference of this resource names, ready to use. */
int schema_refer(schema_compile_t *c, const schema_resource_t *from,
    const char *ref, gw_schema_t **out) GW_MUSTCHECK;

/* The schema at a pointer under the root of the resource. */
int schema_at(schema_compile_t *c, const schema_resource_t *from,
    const char *pointer, gw_schema_t **out) GW_MUSTCHECK;

/* -- uri.c */

/* RFC 3986 section 5.2: ref against base, both without fragment. */
void schema_uri(gw_buf_t *out, gw_str_t base, gw_str_t ref);

/* -- compile.c */

/* Write "POINTER/KEYWORD: sentence" to why; returns GW_EINVAL. */
int schema_wrong_at(schema_compile_t *c, const char *pointer,
    const char *keyword, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a rule of the node that is being compiled. */
#define schema_wrong(c, rule, ...)                                            \
    schema_wrong_at(c, (c)->node->pointer, (rule)->kw->name, __VA_ARGS__)

/* The node, put on the list of those to compile. */
const gw_schema_t *schema_want(gw_schema_t *node);

/*
 * Compile functions of the keyword table, by what they take. GW_ENOTFOUND: it
 * asks for nothing, the rule is dropped.
 */
int schema_compile_count(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_number(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_divisor(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_any(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_unique(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_enum(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_names(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_name_map(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_type(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_format(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_pattern(schema_compile_t *c, schema_rule_t *rule);

/* -- compile_sub.c: keywords whose value holds schemas */

int schema_compile_members(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_defs(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_patterns(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_rest(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_items(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_contains(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_if(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_late(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_ref(schema_compile_t *c, schema_rule_t *rule);
int schema_compile_dynamic(schema_compile_t *c, schema_rule_t *rule);

/* The keyword's number from 0, or `missing`; GW_EINVAL after schema_wrong. */
int schema_count(schema_compile_t *c, const char *keyword, uint64_t missing,
    uint64_t *out) GW_MUSTCHECK;

/* -- regex.c */

/*
 * Compile an ECMA 262 (unicode mode) pattern, not anchored; the set frees it.
 * NULL with words in why: what is wrong with the pattern.
 */
pcre2_code *schema_regex(gw_schema_set_t *set, gw_str_t pattern,
    gw_buf_t *why);

/* Append what stands in the braces of \p{...}, as PCRE2 has it (property.c). */
void schema_property(gw_buf_t *out, gw_str_t name);

/* Free the patterns of a set. */
void schema_regex_free(gw_schema_set_t *set);

/* -- keywords.c */

extern const schema_keyword_t  schema_keywords[];   /* ended by no name */

/* Is it a keyword of the table or an extension (x-...)? */
bool schema_keyword_known(const char *name);

/* -- format.c */

typedef struct schema_format_s {
    const char   *name;
    bool        (*check)(gw_str_t text);    /* NULL: an annotation */
    const char   *words;                    /* after "must be"     */
} schema_format_t;

/* The row of a format, or NULL. */
const schema_format_t *schema_format(const char *name);

/* -- meta.c */

#define SCHEMA_META_URI  "https://json-schema.org/draft/2020-12/schema"

/* The metaschema of 2020-12; the caller owns it. NULL: no memory. */
json_t *schema_meta(void);

/* -- value.c */

/* The SCHEMA_ bit of a value. */
unsigned schema_type(const json_t *value);

/* The words for a set of types: "a string or null". */
void schema_type_words(gw_buf_t *out, unsigned types);

/* The types that a schema can allow, seen through its references. */
unsigned schema_types(const gw_schema_t *node, unsigned depth);

/* Equality of JSON values: 1 and 1.0 are one number. */
bool schema_equal(const json_t *a, const json_t *b);

/* -1, 0, 1 for two numbers, exact for every mix of integer and real. */
int schema_compare(const json_t *a, const json_t *b);

/* Characters (code points) of a JSON string. */
uint64_t schema_length(const json_t *string);

/* -- decimal.c */

/*
 * Is value a multiple of divisor (> 0)? Exact over the decimal text: a real is
 * the shortest decimal that gives its double, so 0.07 is seven times 0.01.
 */
bool schema_multiple(const json_t *value, const json_t *divisor);

/* -- unique.c */

/*
 * The first two equal items of an array: GW_OK and their indexes, or
 * GW_ENOTFOUND, GW_ENOMEM. n log n comparisons of canonical texts.
 */
int schema_twins(const json_t *array, size_t *a, size_t *b) GW_MUSTCHECK;

#endif
