/* The embedded mail catcher: an SMTP server that keeps all it is given. */
#ifndef SINK_H
#define SINK_H

#include <openssl/ssl.h>
#include <stdbool.h>

#include "shm/gw_buf.h"
#include "worker/loop.h"
#include "worker/sink/fault.h"
#include "worker/sink/store.h"

#define SINK_LINE_MAX  4096             /* of a command, with its CRLF */
#define SINK_RCPT_MAX  1000

typedef struct sink_s       sink_t;
typedef struct sink_conn_s  sink_conn_t;
typedef struct crowd_s      crowd_t;

/* What the operator asked for; texts live as long as the process. */
typedef struct {
    const char  *listen;        /* HOST:PORT, port 0 = any                   */
    const char  *dir;           /* where messages and index.jsonl go         */
    const char  *cert, *key;    /* PEM files: STARTTLS is offered            */
    bool         implicit_tls;  /* TLS from the first byte                   */
    const char  *auth;          /* USER:PASSWORD, then MAIL needs AUTH       */
    const char  *hide;          /* words left out of the EHLO reply, ","     */
    long long    max_size;      /* of a message, bytes                       */
    bool         crowd;         /* play recipients through HTTP              */
    long long    seed;
    long long    crowd_spread;  /* ms over which a recipient's acts spread   */
    faults_t     faults;
} sink_options_t;

struct sink_s {
    sink_options_t  opt;
    loop_t         *loop;
    loop_fd_t       listener;
    SSL_CTX        *tls;
    store_t         store;
    crowd_t        *crowd;
    sink_conn_t    *dirty;      /* have something to write at the turn's end */
    sink_conn_t    *all;
    unsigned        port;
};

/* Bind, listen; the port is in s->port. On an error a sentence is in err. */
int sink_server_open(sink_t *s, gw_buf_t *err) GW_MUSTCHECK;
void sink_server_close(sink_t *s);

/* Act on one command line (without CRLF); the reply goes to the out buffer. */
void sink_command_line(sink_conn_t *c, gw_str_t line);

/* One reply line or several (lines split at LF) in SMTP form. */
void sink_reply(sink_conn_t *c, unsigned code, const char *text);

/*
 * Recipients who open, click and unsubscribe: what each does is a function
 * of the seed and his address alone, so two runs give the same numbers.
 */
int crowd_create(crowd_t **crowd, loop_t *loop, long long seed,
    long long spread_ms) GW_MUSTCHECK;
void crowd_message(crowd_t *crowd, gw_str_t rcpt, gw_str_t raw);
void crowd_free(crowd_t *crowd);

#endif
