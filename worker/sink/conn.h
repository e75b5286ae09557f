/* One SMTP connection of the sink. */
#ifndef SINK_CONN_H
#define SINK_CONN_H

#include "worker/sink/sink.h"

/*
 * Input goes to `in` and is acted on line by line; replies collect in `out`
 * and leave at the end of the loop turn, after the index lines of the turn.
 */
struct sink_conn_s {
    sink_t        *sink;
    sink_conn_t   *next, *prev;         /* all connections              */
    sink_conn_t   *next_dirty;
    loop_fd_t      fd;
    loop_timer_t   delay;
    SSL           *ssl;                 /* NULL: in clear               */
    gw_buf_t       in, out;
    gw_buf_t       from, rcpts, data;   /* the envelope and its content */
    gw_buf_t       login;               /* user name of AUTH LOGIN      */
    unsigned       n_rcpts;
    enum { CONN_COMMAND, CONN_DATA, CONN_AUTH_PLAIN, CONN_AUTH_USER,
           CONN_AUTH_PASSWORD } state;
    unsigned       dirty:1;             /* is in the dirty list         */
    unsigned       line_ended:1;        /* the last line ended in CRLF  */
    unsigned       has_from:1;
    unsigned       authenticated:1;
    unsigned       handshake:1;         /* TLS is being set up          */
    unsigned       start_tls:1;         /* after `out` is flushed       */
    unsigned       delayed:1;           /* reads nothing until a timer  */
    unsigned       closing:1;           /* close when `out` is empty    */
    unsigned       lingers:1;           /* closed on our side           */
    unsigned       drop:1;              /* close now, send nothing      */
};

/* Take over an accepted descriptor and greet; close and free. */
void sink_conn_open(sink_t *s, int fd);
void sink_conn_free(sink_conn_t *c);

/* The end of a loop turn of the sink `arg`: index lines, then replies. */
void sink_conn_flush(void *arg);

/* Forget the envelope. */
void sink_conn_reset(sink_conn_t *c);

/*
 * Let the fault planned for this command strike. True when it was all that
 * happens; false when the command goes on (perhaps with its reply delayed).
 */
bool sink_conn_fault(sink_conn_t *c, const char *at, gw_str_t rcpt);

#endif
