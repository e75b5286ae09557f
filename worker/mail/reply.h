/* SMTP replies, read from bytes in any pieces. */
#ifndef REPLY_H
#define REPLY_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define REPLY_BYTES_MAX  65536          /* of one reply, all its lines   */
#define REPLY_TEXT_MAX   200            /* of it that is kept            */

typedef struct {
    unsigned  code;
    size_t    len;                      /* of text                       */
    char      text[REPLY_TEXT_MAX + 1]; /* lines joined by a blank, UTF-8 */
} reply_t;

/*
 * Take one whole reply from the start of in (RFC 5321 section 4.2): GW_OK and
 * its bytes in *used; GW_EAGAIN: more bytes are due; GW_ECORRUPT: this is no
 * reply, or one of absurd length: the connection is of no more use.
 * each is called for every line after its code (EHLO keywords), or NULL.
 */
int reply_take(gw_str_t in, size_t *used, reply_t *out,
    void (*each)(void *arg, gw_str_t line), void *arg) GW_MUSTCHECK;

#endif
