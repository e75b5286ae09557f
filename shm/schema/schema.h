/*
 * JSON Schema 2020-12: schemas are compiled once out of one document, values
 * are checked many times. Nothing is ever fetched.
 */
#ifndef GW_SCHEMA_H
#define GW_SCHEMA_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

typedef struct gw_schema_set_s   gw_schema_set_t;   /* a document's schemas */
typedef struct gw_schema_node_s  gw_schema_t;       /* one compiled schema  */

enum {
    GW_SCHEMA_FORMAT = 1,       /* `format` is asserted, not only noted      */
    GW_SCHEMA_CLOSED = 2        /* a keyword that is neither 2020-12, OpenAPI
                                   3.1 nor x-... is an error, as is a format
                                   that nobody knows: a contract's mistakes  */
};

#define GW_SCHEMA_ERRORS_MAX  20

typedef struct {
    char         pointer[512];  /* RFC 6901, into the data; of the nearest
                                   place above when it does not fit          */
    char         message[512];  /* "must be at most 200 characters, has 312",
                                   UTF-8, what it quotes may be cut          */
    const char  *rule;          /* the keyword, lives as long as the set; or
                                   "limit": the check had to be given up     */
} gw_schema_error_t;

/*
 * A set over document, of which it holds a reference: nobody may change the
 * document after this. NULL: no memory. Schemas of a set share what they
 * refer to, and live until it is freed.
 */
gw_schema_set_t *gw_schema_set_create(json_t *document, unsigned flags);
void gw_schema_set_free(gw_schema_set_t *set);

/*
 * Compile the schema at that JSON pointer ("" is the document) with all that
 * it refers to. GW_OK: *out belongs to the set. GW_EINVAL: one sentence in
 * why, of at most 1024 bytes, that names the pointer of the wrong keyword; the
 * set can then only be freed. GW_ENOMEM.
 */
int gw_schema_compile(gw_schema_set_t *set, const char *pointer,
    const gw_schema_t **out, gw_buf_t *why) GW_MUSTCHECK;

/*
 * Judge a value (borrowed, not changed). GW_OK: it is valid. GW_EINVAL: *n of
 * at most `max` errors (max >= 1) are filled, in the order of the schema. A
 * value that takes too much work is not valid, by the rule "limit". Reads the
 * set only: any number of threads may check at the same time.
 */
int gw_schema_check(const gw_schema_t *s, const json_t *value,
    gw_schema_error_t *errors, size_t max, size_t *n) GW_MUSTCHECK;

/*
 * Make the value of a parameter out of its text (percent-decoded): integer,
 * number, boolean, null or string by the types that the schema allows, through
 * `$ref`, allOf, anyOf, oneOf. An array takes each of the `count` texts as an
 * item, and a single text by its commas. GW_OK: the caller owns *out, which is
 * still to be checked. GW_EINVAL: err has rule "type" and pointer "" or that
 * of the item; "utf8" and "nul" are refused likewise. GW_ENOMEM.
 */
int gw_schema_coerce(const gw_schema_t *s, const gw_str_t *texts, size_t count,
    json_t **out, gw_schema_error_t *err) GW_MUSTCHECK;

#endif
