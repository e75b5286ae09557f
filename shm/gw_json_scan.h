/*
 * The look over a JSON text: before a parser may recurse into it, or piece by
 * piece while gw_json_pick reads it.
 */
#ifndef GW_JSON_SCAN_H
#define GW_JSON_SCAN_H

#include "shm/gw_json.h"

/* Where a reader is in a text, and what it has found wrong. */
typedef struct {
    gw_str_t     s;
    size_t       i;
    unsigned     flags;
    const char  *rule;          /* NULL as long as nothing is wrong         */
    const char  *what;          /* words after "the JSON text"              */
} gw_json_scan_t;

/*
 * One pass for what the grammar alone lets through: c->s from the start.
 * GW_OK: nothing found, the parser judges. GW_EINVAL: c->rule, at c->i.
 */
int gw_json_scan(gw_json_scan_t *c) GW_MUSTCHECK;

/*
 * The pieces of it. A string, from behind its opening quote: false when it does
 * not end, or is wrong. The characters of a number; of a word, which is judged
 * by its reader.
 */
bool gw_json_scan_string(gw_json_scan_t *c);
void gw_json_scan_number(gw_json_scan_t *c);
void gw_json_scan_word(gw_json_scan_t *c);

/* This is wrong, unless something was before. */
void gw_json_scan_refuse(gw_json_scan_t *c, const char *rule,
    const char *what);

/* Fill err with what is wrong, its place as the parser counts; GW_EINVAL. */
int gw_json_refuse_at(gw_json_error_t *err, const gw_json_scan_t *c);

#endif
