/*
 * Strict JSON from outside: what two readers could take differently, or what
 * Postgres cannot hold, is refused by name.
 */
#ifndef GW_JSON_H
#define GW_JSON_H

#include <jansson.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_JSON_DEPTH_MAX  64
#define GW_JSON_SIZE_MAX   (32 * 1024 * 1024)

enum {
    GW_JSON_OBJECT = 1,         /* the text must be one object              */
    GW_JSON_NUL_ESCAPE = 2      /* \u0000 may stand in a value: the strings
                                   have a length and never reach Postgres   */
};

/*
 * From now on what jansson gives back is overwritten first: a secret that went
 * through it is not left in the memory of the process, nor in its core.
 */
void gw_json_wipe(void);

/*
 * rule is one of these names, which callers may rely on: "nul", "utf8" (also
 * half a surrogate pair), "depth", "duplicate_key", "number" (NaN, Infinity,
 * more than 64 bits, more digits than a double tells apart), "syntax",
 * "empty", "too_large", "object".
 */
typedef struct {
    const char  *rule;
    unsigned     line;          /* from 1; 0 when it is not about a place */
    unsigned     column;        /* from 1, in characters                  */
    char         message[320];  /* one UTF-8 sentence, with its place     */
} gw_json_error_t;

/*
 * Parse all of text (any value, or by the flags): GW_OK and the caller owns
 * *out, GW_EINVAL with err filled, or GW_ENOMEM. A number that passes has at
 * most 17 significant digits that its double gives back, or is an int64_t: a
 * judgement over the parsed value holds for the text as well.
 */
int gw_json_parse(gw_str_t text, unsigned flags, json_t **out,
    gw_json_error_t *err) GW_MUSTCHECK;

#endif
