/* The look over a JSON text before a parser may recurse into it. */
#ifndef GW_JSON_SCAN_H
#define GW_JSON_SCAN_H

#include "shm/gw_json.h"

/*
 * One pass for what the grammar alone lets through. GW_OK: nothing found, the
 * parser judges. GW_EINVAL: *rule, *what (words after "the JSON text") and
 * the offset *at.
 */
int gw_json_scan(gw_str_t text, unsigned flags, const char **rule,
    const char **what, size_t *at) GW_MUSTCHECK;

/* Fill err for the offset, counted as the parser counts; GW_EINVAL. */
int gw_json_refuse_at(gw_json_error_t *err, gw_str_t text, size_t at,
    const char *rule, const char *what);

#endif
