/* A compiled predicate: its nodes in the order of the document. */
#ifndef GW_PREDICATE_NODE_H
#define GW_PREDICATE_NODE_H

#include "shm/predicate/predicate.h"

#define PREDICATE_SECOND  1000000LL             /* microseconds */
#define PREDICATE_DAY     (86400 * PREDICATE_SECOND)

typedef enum {
    PREDICATE_ALL, PREDICATE_ANY, PREDICATE_NOT, PREDICATE_FIELD,
    PREDICATE_ATTRIBUTE, PREDICATE_TAG, PREDICATE_LIST, PREDICATE_CONSENT,
    PREDICATE_EVENT, PREDICATE_CAMPAIGN, PREDICATE_NEAR, PREDICATE_BUCKET,
    PREDICATE_COMPANY, PREDICATE_COMPANY_ATTRIBUTE, PREDICATE_PROPERTY
} predicate_kind_t;

typedef enum {
    PREDICATE_SET, PREDICATE_IS, PREDICATE_IN, PREDICATE_CONTAINS,
    PREDICATE_STARTS, PREDICATE_ENDS, PREDICATE_LESS, PREDICATE_AT_MOST,
    PREDICATE_MORE, PREDICATE_AT_LEAST, PREDICATE_BEFORE, PREDICATE_SINCE,
    PREDICATE_WITHIN_LAST, PREDICATE_OLDER_THAN, PREDICATE_WITHIN_NEXT,
    PREDICATE_ANNIVERSARY
} predicate_op_t;

/* An operator of the grammar: what it compares with, and its English. */
typedef struct {
    const char      *name;
    predicate_op_t   op;
    enum {
        PREDICATE_NOTHING, PREDICATE_SCALAR, PREDICATE_SCALARS, PREDICATE_TEXT,
        PREDICATE_NUMBER, PREDICATE_TIME, PREDICATE_SPAN, PREDICATE_DAYS
    }                takes;
    const char      *english;   /* what stands before the value */
    const char      *behind;    /* and behind it                */
} predicate_verb_t;

/* The operator and its value, of fields, attributes and properties. */
typedef struct {
    const predicate_verb_t  *verb;
    const json_t            *value;     /* NULL: of `set`           */
    double                   number;
    int64_t                  time;      /* an instant, or a span    */
} predicate_test_t;

typedef struct {
    predicate_kind_t  kind;
    unsigned          end;      /* the node behind its last child   */
    unsigned          parent;   /* the node it stands in            */
    unsigned          place;    /* its place among the children     */
    gw_str_t          name;     /* of the field, tag, event, ...    */
    union {
        predicate_test_t  test;
        gw_str_t          word; /* `is` of consent, `did`           */
        struct {
            enum {
                PREDICATE_TIMES_LEAST, PREDICATE_TIMES_MOST,
                PREDICATE_TIMES_EXACTLY
            }         op;
            int64_t   times;
            int64_t   within, since, before;
            gw_str_t  within_text, since_text, before_text;
                                        /* empty: no bound          */
        }                 event;
        struct {
            double  latitude, longitude, kilometres;
        }                 near;
        struct {
            int  from, to;
        }                 bucket;
    }                 u;
} predicate_node_t;

struct gw_predicate_s {
    json_t            *doc;     /* what the texts of nodes view into */
    predicate_node_t  *node;
    unsigned           n, cap;
};

/* The words of an enumeration, ended by NULL; the place of one, or -1. */
extern const char *const  predicate_times[];    /* of events */
int predicate_word(const char *const *words, gw_str_t s);

/* Rows of the operators, ended by a NULL name. */
extern const predicate_verb_t  predicate_verbs[];

/* Does created_at stand under this name, or another field that is a time? */
bool predicate_field_is_time(gw_str_t name);

/* Readings of a JSON value, as the grammar has them: false, it is none. */
bool predicate_text(const json_t *v, gw_str_t *text);
bool predicate_number(const json_t *v, double *number);
bool predicate_when(const json_t *v, int64_t *us);

/* `30d` in microseconds: GW_OK or GW_EINVAL. */
int predicate_span(gw_str_t text, int64_t *us) GW_MUSTCHECK;

/* Is the month and day of us that of now, so many days further? */
bool predicate_anniversary(int64_t us, int64_t now, int64_t days);

/* Does the value (NULL: it is missing) satisfy the operator? */
bool predicate_test(const predicate_test_t *t, const json_t *v, int64_t now);

/* Texts with A-Z taken for a-z. */
bool predicate_same(gw_str_t a, gw_str_t b);

/* The truth of node i; its events that count, when it is of that kind. */
bool predicate_true(const gw_predicate_t *p, unsigned i,
    const gw_predicate_case_t *c);
int64_t predicate_count(const gw_predicate_t *p, unsigned i,
    const gw_predicate_case_t *c);

/* The English of node i; groups stand in brackets below the first node. */
void predicate_phrase(const gw_predicate_t *p, unsigned i, gw_buf_t *out);

#endif
