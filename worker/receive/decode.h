/* Bodies and fields as UTF-8 text: base64, quoted-printable, charsets. */
#ifndef DECODE_H
#define DECODE_H

#include "worker/charset.h"
#include "worker/receive/parse.h"

#define DECODE_CHARSETS  8              /* converters kept                  */
#define DECODE_OPENS     16             /* charsets tried for one mail      */
#define DECODE_FIELD     (16 * 1024)    /* bytes of a field that are read   */
#define DECODE_WORD      1000           /* of an encoded word; RFC 2047: 75 */

/* The converters of charsets; zeroed before its first use. */
typedef struct {
    struct {
        char   name[CHARSET_NAME];
        void  *cd;                      /* an iconv_t; NULL: there is none  */
    } charset[DECODE_CHARSETS];
    unsigned   next;
    unsigned   opens;                   /* set to 0 for each mail           */
    gw_buf_t   raw;
} decode_t;

void decode_init(decode_t *d);
void decode_free(decode_t *d);

/*
 * Append the body of a part, at most max bytes of it: its transfer encoding
 * undone, as UTF-8. Wrong bytes become question marks: nothing fails.
 */
void decode_body(decode_t *d, const part_t *part, size_t max, gw_buf_t *out);

/* Append the bytes of a part: its transfer encoding undone and nothing else. */
void decode_bytes(const part_t *part, gw_buf_t *out);

/*
 * Append an unstructured field: unfolded, its encoded words undone. What is
 * behind DECODE_FIELD is left out, a word longer than DECODE_WORD is none: each
 * byte that may begin one is followed only so far.
 */
void decode_field(decode_t *d, gw_str_t value, gw_buf_t *out);

/* Append text of that charset as UTF-8. */
void decode_charset(decode_t *d, gw_str_t charset, gw_str_t text,
    gw_buf_t *out);

#endif
