/* The relaxed forms of RFC 6376, section 3.4; for dkim.c only. */
#ifndef DKIM_CANON_H
#define DKIM_CANON_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define DKIM_FIELDS  128

typedef struct {
    gw_str_t  name;             /* without blanks before the colon          */
    gw_str_t  all;              /* the field with its folds, without CRLF   */
} dkim_field_t;

/* The header of a message, in its order; its body. Views. */
typedef struct {
    dkim_field_t  field[DKIM_FIELDS];
    unsigned      n;
    gw_str_t      body;
} dkim_message_t;

/* GW_EINVAL: a line is no field, or no CRLF ends it; GW_EFULL: too many. */
int dkim_message_read(dkim_message_t *m, gw_str_t text) GW_MUSTCHECK;

/*
 * The last field of that name below the one with number `before`; its number,
 * or -1.
 */
int dkim_message_find(const dkim_message_t *m, gw_str_t name, int before);

/* Append a field in its relaxed form, without CRLF. */
void dkim_canon_field(const dkim_field_t *f, gw_buf_t *out);

/*
 * Append whole lines of a body in their relaxed form. *empty lines stand before
 * them that nothing has followed; so many stand at their end afterwards.
 */
void dkim_canon_body(gw_str_t body, size_t *empty, gw_buf_t *out);

#endif
