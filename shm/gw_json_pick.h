/*
 * Members of a JSON object as they stand in its text. For texts of which little
 * is looked at and that go on as they are: one pass, and no tree is built. What
 * is refused is what gw_json_parse refuses, but names that come twice below the
 * first level.
 */
#ifndef GW_JSON_PICK_H
#define GW_JSON_PICK_H

#include "shm/gw_json.h"

/*
 * Text from outside must be one object. values[i] becomes the text of its
 * member names[i] (a string with its quotes), data == NULL where there is none.
 * GW_EINVAL with err filled.
 */
int gw_json_pick(gw_str_t text, const gw_str_t *names, unsigned n,
    gw_str_t *values, gw_json_error_t *err) GW_MUSTCHECK;

/*
 * The next item of an array that a pick has given back: *at is 0 at first.
 * false: there is none.
 */
bool gw_json_item(gw_str_t array, size_t *at, gw_str_t *item);

/*
 * The next member of an object that has been judged: its name between its
 * quotes, which stand around it, and its value. *at is 0 at first; false: there
 * is none.
 */
bool gw_json_member(gw_str_t object, size_t *at, gw_str_t *name,
    gw_str_t *value);

/*
 * The text of a string as it stands there, when it has no escape. GW_EINVAL: it
 * has one, or it is no string.
 */
int gw_json_plain(gw_str_t value, gw_str_t *text) GW_MUSTCHECK;

#endif
