/* A file as a part of a message, encoded once for all recipients. */
#ifndef PART_H
#define PART_H

#include "shm/gw_buf.h"

/* How a file goes along. */
typedef enum {
    PART_ATTACHMENT,
    PART_INLINE,                /* an image, shown by its cid: URL          */
    PART_CALENDAR               /* an invitation, beside text and HTML      */
} part_as_t;

/* Views; whatever they hold, no header but those of a part comes out. */
typedef struct {
    part_as_t  as;
    gw_str_t   name;            /* of the file, UTF-8                       */
    gw_str_t   type;            /* type/subtype                             */
    gw_str_t   id;              /* of INLINE: what its URL has behind cid:  */
    gw_str_t   bytes;
} part_t;

/* Append headers and base64, the last line ended; no boundary. */
void part_write(const part_t *p, gw_buf_t *out);

#endif
