/* The lines of vCards: names, parameters, values and their escapes. */
#ifndef VCARD_H
#define VCARD_H

#include "shm/gw_buf.h"

#define VCARD_RANK  101         /* of what is not preferred: PREF has 1 to
                                   100                                       */

/* A line, taken apart: views into it. */
typedef struct {
    gw_str_t  name;             /* without the group before it               */
    gw_str_t  params;           /* from the first semicolon on               */
    gw_str_t  value;            /* its escapes are still there               */
} property_t;

/* Take a line apart, its folds undone; false: it has no colon. */
bool property_read(gw_str_t line, property_t *p);

/*
 * Where c stands in s, outside quotes (guard is a quote) or behind no backslash
 * (guard is one); the length of s when it does not.
 */
size_t property_find(gw_str_t s, char c, char guard);

/* What stands before c; s goes on behind it, or is empty. */
gw_str_t property_cut(gw_str_t *s, char c, char guard);

/* The value of a parameter, empty when there is none. */
gw_str_t property_said(const property_t *p, const char *word);

/* How much it is preferred: 1 is most, VCARD_RANK not at all. */
unsigned property_rank(const property_t *p);

/* Append s without its escapes. */
void property_plain(gw_str_t s, gw_buf_t *out);

/*
 * Append the parts of s that stand between c, those that are not empty, without
 * their escapes.
 */
void property_parts(gw_str_t s, char c, const char *between, gw_buf_t *out);

/*
 * Make the value UTF-8, in out when its CHARSET is another. NULL, or why it
 * cannot be (static text).
 */
const char *property_charset(property_t *p, gw_buf_t *out);

#endif
