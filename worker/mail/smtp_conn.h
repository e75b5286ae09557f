/* One connection of the SMTP client; for the smtp sources only. */
#ifndef SMTP_CONN_H
#define SMTP_CONN_H

#include <netdb.h>
#include <openssl/ssl.h>

#include "worker/mail/smtp.h"

#define SMTP_STEPS       16
#define SMTP_PIECES      (2 * PIECES_MAX)    /* two messages, at most */
#define SMTP_BUFFER_MAX  (64 * 1024 * 1024)

typedef struct smtp_conn_s  smtp_conn_t;

/* What the next reply answers. */
typedef enum {
    STEP_GREETING, STEP_EHLO, STEP_HELO, STEP_STARTTLS, STEP_AUTH,
    STEP_AUTH_USER, STEP_AUTH_PASSWORD, STEP_MAIL, STEP_RCPT, STEP_DATA,
    STEP_DOT, STEP_EMPTY_DOT, STEP_RSET, STEP_QUIT
} smtp_step_t;

/* What an item's envelope and content have met so far. */
typedef struct {
    item_t    *item;            /* NULL: none                            */
    bool       refused;         /* MAIL or RCPT said no; its outcome is told */
    bool       held;            /* content and dot wait for the journal  */
    bool       dotted;          /* the dot is written or in `out`        */
    uint64_t   dot_at;          /* bytes of the connection up to it      */
    gw_buf_t   content;
} smtp_job_t;

struct smtp_conn_s {
    smtp_t        *smtp;
    smtp_conn_t   *next;
    loop_fd_t      fd;
    loop_timer_t   timer;
    SSL           *ssl;
    gw_buf_t       in, out;
    size_t         out_at;      /* of out, what the kernel has taken     */
    piece_t        piece[SMTP_PIECES];  /* between its bytes             */
    unsigned       pieces;
    size_t         piece_at;    /* of the first, what has been taken     */
    struct { smtp_step_t step; smtp_job_t *job; } steps[SMTP_STEPS];
    unsigned       first, n;    /* ring of steps                         */
    smtp_job_t     job[2];      /* the one with its dot out, and the next */
    item_t        *ahead;       /* the one after these; NULL: none        */
    unsigned       delivered;
    int64_t        opened_ms;
    char           host[256];   /* of the address                        */
    uint64_t       sent;        /* bytes the kernel has taken            */
    uint64_t       size_max;    /* of a message; 0: any                  */
    uint32_t       tls;         /* as item_t has it                      */
    bool           used:1;      /* the slot holds a connection           */
    bool           connecting:1, handshake:1, ready:1, dirty:1;
    bool           local:1;     /* to this very machine                  */
    bool           pipelining:1, utf8:1, eightbit:1, starttls:1;
    bool           auth_plain:1, auth_login:1, closing:1;
};

typedef struct {
    struct sockaddr_storage  sa;
    socklen_t                len;
    unsigned                 preference;
    char                     host[256]; /* whose it is, for TLS and the log */
} smtp_address_t;

/* The connections to one site: the smart host, or the exchangers of domains. */
struct smtp_s {
    mail_t          *mail;
    smtp_t          *next;      /* sites, and those before a reload: these
                                   take nothing new and go when their dots
                                   are answered                          */
    gate_t           gate;
    route_t         *route;     /* NULL: the smart host                  */
    route_t         *reins;     /* what it may do: route, or that of the
                                   smart host                            */
    smtp_conn_t     *conn;      /* conns of them, or NULL yet            */
    unsigned         conns, open, busy, deliveries;
    int64_t          tls_policy;
    smtp_address_t  *address;   /* in the order in which they are tried  */
    unsigned         addresses, at;     /* at: the one that is tried;
                                           addresses: none is known      */
    struct gaicb     asked;     /* resolving, beside the loop            */
    bool             asking;
    char             host[256], port[16];
    unsigned         nth;       /* of the smart hosts                    */
    int64_t          nth_ms;    /* it was chosen                         */
    char             user[256], password[256];
    SSL_CTX         *tls;
    int64_t          again_ms;  /* after a failure: not before then      */
    int64_t          back_off;
    bool             said;      /* that the host cannot be reached       */
    bool             draining;
    int64_t          clear_ms;  /* opportunistic TLS failed: in clear
                                   until then                            */

    /* of an exchanger: site.c */
    double           concurrency;
    unsigned         cohorts;   /* failed since anything went well       */
    unsigned         deaths;
    bool             failing;
    int64_t          until_ms;  /* closed                                */
    int64_t          dead_us;   /* since then nothing went well; 0: else */
    int64_t          heard_ms;  /* a reply, of whatever kind             */
    int64_t          used_ms;   /* an item came                          */
    char             why[200];
    char             key[2304]; /* its exchangers                        */
};

/* One without a host yet; conns is how many connections it may have. */
smtp_t *smtp_new(mail_t *m, unsigned conns);

/*
 * The host could not be reached: its next address is tried, after the last one
 * the next smart host, or itself anew (smtp_name.c). A while later the first is
 * preferred again. The loop never waits for a name server.
 */
void smtp_name_next(smtp_t *s);
void smtp_name_start(smtp_t *s);
void smtp_name_prefer(smtp_t *s);
void smtp_name_free(smtp_t *s);

/* An address to connect to? Takes the answer when there is one. */
bool smtp_name_known(smtp_t *s);

/* It takes mail: what was held against it is forgotten. */
void smtp_works(smtp_t *s);

/* Trouble with the host: wait before the next attempt, say so once. */
void smtp_back_off(smtp_t *s, const char *why);

/*
 * What is to leave (smtp_out.c): a content, which is empty afterwards, behind
 * it; how many bytes that is. false: the connection is broken.
 */
void smtp_out_put(smtp_conn_t *c, gw_buf_t *content, const pieces_t *shared);
void smtp_out_clear(smtp_conn_t *c);
uint64_t smtp_out_left(const smtp_conn_t *c);
bool smtp_out_write(smtp_conn_t *c) GW_MUSTCHECK;

/* Bytes: connect, read, TLS (smtp_io.c). */
int smtp_conn_open(smtp_conn_t *c) GW_MUSTCHECK;
void smtp_conn_close(smtp_conn_t *c, const char *why);
void smtp_conn_dirty(smtp_conn_t *c);
int smtp_conn_tls(smtp_conn_t *c) GW_MUSTCHECK;

/* The dialogue (smtp_talk.c): a reply came, the connection may send, more of
   the journal is on disk. */
void smtp_talk_reply(smtp_conn_t *c, const reply_t *r);
void smtp_talk_extension(void *conn, gw_str_t line);
void smtp_talk_hello(smtp_conn_t *c, smtp_step_t step);
void smtp_talk_expect(smtp_conn_t *c, smtp_step_t step, smtp_job_t *job);
void smtp_talk_next(smtp_conn_t *c);
void smtp_talk_synced(smtp_conn_t *c);

void smtp_talk_say(smtp_conn_t *c, smtp_step_t step, smtp_job_t *job,
    const char *fmt, const char *a);

/* What a reply does at its step; those of the start are in smtp_greet.c. */
typedef void (*smtp_talk_pt)(smtp_conn_t *c, smtp_job_t *job,
    const reply_t *r);

void smtp_talk_on_greeting(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_ehlo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_helo(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_starttls(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_auth(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_user(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_on_password(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);

/*
 * What became of items (smtp_verdict.c): as mail_outcome, the job is free
 * again; what a reply to an item's command means; the connection is gone.
 */
void smtp_talk_tell(smtp_conn_t *c, smtp_job_t *job, item_state_t state,
    bool retry, unsigned code, const char *reply, const char *reason);
void smtp_talk_verdict(smtp_conn_t *c, smtp_job_t *job, const reply_t *r);
void smtp_talk_lost(smtp_conn_t *c, const char *why);

/* Whom it was to have next but one goes back to his lane. */
void smtp_talk_leave(smtp_conn_t *c);

#endif
