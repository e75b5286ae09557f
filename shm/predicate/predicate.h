/*
 * Predicates: one yes-or-no question about a contact at an instant, compiled
 * once, asked often, put in English. sql/api/predicate.schema.json is the
 * grammar and says what each condition means.
 */
#ifndef GW_PREDICATE_H
#define GW_PREDICATE_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_PREDICATE_DEPTH    16
#define GW_PREDICATE_NODES    500
#define GW_PREDICATE_SIZE     (64 * 1024)
#define GW_PREDICATE_ENGLISH  (256 * 1024)

typedef struct gw_predicate_s  gw_predicate_t;

typedef struct {
    char  pointer[256];         /* RFC 6901, of what is wrong       */
    char  message[512];         /* one UTF-8 sentence with the cure */
} gw_predicate_error_t;

/* What is asked about: documents as the grammar has them, borrowed. */
typedef struct {
    const json_t  *contact;
    const json_t  *events;      /* an array, or NULL: none happened */
    int64_t        now;         /* microseconds since 1970          */
} gw_predicate_case_t;

/*
 * Compile a document, of which the predicate holds a reference: nobody may
 * change it after this. GW_OK: the caller frees *out. GW_EINVAL with err
 * filled, GW_ENOMEM.
 */
int gw_predicate_compile(json_t *doc, gw_predicate_t **out,
    gw_predicate_error_t *err) GW_MUSTCHECK;
void gw_predicate_free(gw_predicate_t *p);

/*
 * Does it ask for nothing but what a stranger can say of somebody: attributes,
 * a place, a random part?
 */
bool gw_predicate_is_said(const gw_predicate_t *p);

/* Is it true? Allocates nothing; any number of threads may ask. */
bool gw_predicate_match(const gw_predicate_t *p, const gw_predicate_case_t *c);

/* Append it as an English phrase (`(... and ...)`); look at out->failed. */
void gw_predicate_english(const gw_predicate_t *p, gw_buf_t *out);

/*
 * What it says in words: {"english","phrases"}, the phrases as below without
 * their answers. The caller owns it; NULL: no memory.
 */
json_t *gw_predicate_words(const gw_predicate_t *p) GW_MUSTCHECK;

/*
 * Each condition in the order of the document, those of `where` apart:
 * [{"pointer","english","match"}], with "times" of events; without either when
 * no case is asked about (c is NULL). The caller owns it; NULL: no memory.
 */
json_t *gw_predicate_why(const gw_predicate_t *p,
    const gw_predicate_case_t *c) GW_MUSTCHECK;

/* A date or an instant, as the grammar has times: GW_OK or GW_EINVAL. */
int gw_predicate_time(gw_str_t text, int64_t *us) GW_MUSTCHECK;

#endif
