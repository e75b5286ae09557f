/* A session that brings mail, from within: for its words and its bytes. */
#ifndef SESSION_H
#define SESSION_H

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "worker/receive/receive.h"

#define SESSION_LINE  2000              /* bytes of a command              */

struct session_s {
    receive_t               *r;
    session_t               *next, *prev;
    loop_fd_t                fd;
    loop_timer_t             idle, whole;
    SSL                     *ssl;       /* NULL: in clear                  */
    gw_buf_t                 in, out, data;
    struct sockaddr_storage  peer;
    char                     rcpt[RECEIVE_RCPTS][EVIDENCE_ADDRESS + 1];
    unsigned                 rcpts, errors;
    bool                     lmtp, greeted, mail, reading, closing;
    bool                     too_large;
    bool                     start_tls; /* once its 220 has left           */
    bool                     handshake;
};

/*
 * Act on the whole lines of `in`, as far as the session goes on in clear;
 * false: one is longer than any may be.
 */
bool session_lines(session_t *s);

#endif
