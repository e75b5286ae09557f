/* What the files share that compile a predicate. */
#ifndef GW_PREDICATE_READ_H
#define GW_PREDICATE_READ_H

#include "shm/predicate/node.h"

typedef struct {
    gw_predicate_t        *p;
    gw_predicate_error_t  *err;
    gw_buf_t               path;        /* of the object at hand */
    unsigned               depth;
} predicate_read_t;

/*
 * The member `key` of the object at hand is wrong (NULL: the object is): the
 * sentence goes to err. Returns GW_EINVAL.
 */
int predicate_wrong(predicate_read_t *r, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* It has no members but these; GW_OK or GW_EINVAL. */
int predicate_read_members(predicate_read_t *r, json_t *doc,
    const char *const *members) GW_MUSTCHECK;

/* A member that is a text of 1 to max characters; GW_OK or GW_EINVAL. */
int predicate_read_text(predicate_read_t *r, const json_t *doc,
    const char *key, unsigned max, gw_str_t *out) GW_MUSTCHECK;

/* A member that is a whole number in [min, max]. */
int predicate_read_int(predicate_read_t *r, const json_t *doc, const char *key,
    int64_t min, int64_t max, int64_t *out) GW_MUSTCHECK;

/* A member that is a number in [min, max], and of a size the grammar takes. */
int predicate_read_number(predicate_read_t *r, const json_t *doc,
    const char *key, double min, double max, double *out) GW_MUSTCHECK;

/* A member that is one of these words, by its place in them. */
int predicate_read_word(predicate_read_t *r, const json_t *doc,
    const char *key, const char *const *words, int *out) GW_MUSTCHECK;

/* A member that is a time, or a span of time. */
int predicate_read_time(predicate_read_t *r, const json_t *doc,
    const char *key, int64_t *out) GW_MUSTCHECK;
int predicate_read_span(predicate_read_t *r, const json_t *doc,
    const char *key, int64_t *out) GW_MUSTCHECK;

/* "op" and "value" of the object; times: only what reads times is allowed. */
int predicate_read_test(predicate_read_t *r, const json_t *doc, bool times,
    predicate_test_t *t) GW_MUSTCHECK;

/* Fill the node of a condition, whose name has been read. */
int predicate_read_leaf(predicate_read_t *r, const json_t *doc,
    predicate_node_t *n) GW_MUSTCHECK;

#endif
