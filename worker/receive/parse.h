/* A mail that came in: its parts and fields, whatever it looks like. */
#ifndef PARSE_H
#define PARSE_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define PARSE_DEPTH     20              /* multiparts and messages in another */
#define PARSE_PARTS     500
#define PARSE_HEADERS   (256 * 1024)    /* bytes of all fields of a mail      */
#define PARSE_BYTES     (64 * 1024 * 1024)
#define PARSE_BOUNDARY  200             /* RFC 2046 has 70                    */
#define PARSE_DASHES    100000          /* lines that may be boundaries       */

/* Views into the text of its parse_t; fields are folded as they came. */
typedef struct {
    gw_str_t  head;
    gw_str_t  body;                     /* encoded; of a multipart: preamble  */
    gw_str_t  type;                     /* Content-Type with its parameters   */
    gw_str_t  encoding;
    unsigned  depth;
    bool      returned;                 /* (in) a mail within this mail       */
} part_t;

typedef struct {
    gw_buf_t  text;                     /* the mail, each line ended by LF    */
    unsigned  n;
    part_t    part[PARSE_PARTS];        /* the first is the mail itself       */
} parse_t;

/* For any number of mails, one after the other; NULL = no memory. */
parse_t *parse_create(void);
void parse_free(parse_t *p);

/*
 * Take a mail apart. CR, LF and CRLF end a line alike. What is past a limit is
 * not looked at: deeper parts stay text of theirs, more fields are not seen.
 * GW_EFULL: more than PARSE_BYTES; GW_ENOMEM. Nothing else is wrong with it.
 */
int parse_mail(parse_t *p, gw_str_t mail) GW_MUSTCHECK;

/* The next field from *at on: false at the end. The value is still folded. */
bool parse_field(gw_str_t head, size_t *at, gw_str_t *name, gw_str_t *value);

/* The first field of that name, or an empty view. */
gw_str_t parse_find(gw_str_t head, const char *name);

/*
 * A parameter of a value such as Content-Type: quoted, in pieces, RFC 2231
 * (then in its charset, percent signs undone). Appended to out; false = none.
 */
bool parse_param(gw_str_t value, const char *name, gw_buf_t *out);

/* Is the media type this one, such as "text/" or "message/rfc822"? */
bool parse_type(const part_t *part, const char *type);

/* Without blanks and line ends around it. */
gw_str_t parse_trim(gw_str_t s);

/* The value of the two hex digits at p, or -1. */
int parse_hex(const unsigned char *p, const unsigned char *end);

/* Does it begin so, but for the case of ASCII? */
bool parse_begins(gw_str_t s, const char *word);

#endif
