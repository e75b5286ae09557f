/*
 * Live updates: what the files of the module share. Events come to one worker
 * process by its socket, go into a ring in shared memory, and each process
 * tells those who listen to it. Nothing here is the truth: that is Postgres.
 */
#ifndef NGX_HTTP_GODWIT_LIVE_H
#define NGX_HTTP_GODWIT_LIVE_H

#include "ngx_http_godwit_api_session.h"

#include "shm/gw_ws.h"

#define NGX_HTTP_GODWIT_LIVE_EVENT    16384     /* bytes of one, at most     */
#define NGX_HTTP_GODWIT_LIVE_BATCH    64        /* events read at a time     */
#define NGX_HTTP_GODWIT_LIVE_TOPICS   16        /* that one asks for         */
#define NGX_HTTP_GODWIT_LIVE_TOPIC    80        /* characters of each: those
                                                   of a request id, and more */
#define NGX_HTTP_GODWIT_LIVE_SAYS     4096      /* bytes that a client does  */
#define NGX_HTTP_GODWIT_LIVE_ID       32        /* characters of <epoch>-<n> */

extern ngx_module_t  ngx_http_godwit_live_module;

/* Why a WebSocket is closed, beside what RFC 6455 has. */
#define NGX_HTTP_GODWIT_LIVE_REVOKED  4001      /* its key is good no more   */
#define NGX_HTTP_GODWIT_LIVE_SLOW     4008      /* it took too little        */

/* The numbers of an event: whose it is and who may hear it. */
typedef struct {
    uint64_t    n;
    uint32_t    tenant;
    uint32_t    sees;           /* the bit of its noun                       */
    uint64_t    noun;           /* hashes of the topic, of all and of what   */
    uint64_t    topic;          /* stands before its colon                   */
    size_t      len;            /* its JSON without the { at the start       */
    u_char     *data;
} ngx_http_godwit_live_event_t;

/* What somebody asks for, and may have. */
typedef struct {
    uint32_t    tenant;
    uint32_t    sees;           /* bits of nouns                             */
    ngx_uint_t  n;              /* topics; none: all                         */
    uint64_t    topics[NGX_HTTP_GODWIT_LIVE_TOPICS];
    uint64_t    from;           /* the number of the first event             */
    ngx_uint_t  resumed;        /* nothing was missed before it              */
} ngx_http_godwit_live_ask_t;

/* ---- _ring: shared memory ---- */

/* Append n events, whose numbers are set; each has at most _EVENT bytes. */
void ngx_http_godwit_live_append(ngx_http_godwit_live_event_t *events,
    ngx_uint_t n);

/*
 * Copy events from number `from` on into `events`, at most _BATCH; their bytes
 * live until the next call. How many, 0: there are no more. NGX_DECLINED: that
 * one is not there any more, as those after it may be.
 */
ngx_int_t ngx_http_godwit_live_read(uint64_t from,
    ngx_http_godwit_live_event_t *events);

/* The number of the next event. */
uint64_t ngx_http_godwit_live_next(void);

/* An event's id as text; its length. */
size_t ngx_http_godwit_live_id(u_char out[NGX_HTTP_GODWIT_LIVE_ID],
    uint64_t n);

/* Where to go on behind an id: ask->from and ->resumed. */
void ngx_http_godwit_live_resume(gw_str_t id,
    ngx_http_godwit_live_ask_t *ask);

/* The first use of a ticket? `until` is its end in seconds. */
ngx_uint_t ngx_http_godwit_live_unused(uint64_t ticket, uint32_t until);

/* ---- _topic ---- */

/* The bit of a topic's noun, 0: nobody may hear it; and its hashes. */
uint32_t ngx_http_godwit_live_topic(gw_str_t topic, uint64_t *noun,
    uint64_t *all);

/* "a,b" into ask; NULL, or what is wrong with it. */
const char *ngx_http_godwit_live_topics(gw_str_t text,
    ngx_http_godwit_live_ask_t *ask);

/* What api.live_tickets_create says of who asks; NGX_ERROR: no such thing. */
ngx_int_t ngx_http_godwit_live_sees(const json_t *doc,
    ngx_http_godwit_live_ask_t *ask);

/* ---- _ticket ---- */

/* The ticket is good, and this its first use: what it allows; or answer. */
ngx_int_t ngx_http_godwit_live_ticket(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t text,
    ngx_http_godwit_live_ask_t *ask);

/* ---- _enter: who asks ---- */

ngx_int_t ngx_http_godwit_live_enter(ngx_http_request_t *r);

/* ---- _house: those who listen to this process ---- */

typedef struct ngx_http_godwit_live_stream_s  ngx_http_godwit_live_stream_t;

typedef struct {
    uint64_t          next;                     /* the event to tell of next */
    ngx_queue_t       lanes[NGX_HTTP_GODWIT_LANES];
    ngx_queue_t       turns;                    /* all, by when they are due */
    ngx_event_t       tick;
    ngx_connection_t *bell;                     /* rung by who appends       */
} ngx_http_godwit_live_house_t;

extern ngx_http_godwit_live_house_t  ngx_http_godwit_live_house;

/* Of init_process; fd wakes this process up. */
ngx_int_t ngx_http_godwit_live_open(ngx_cycle_t *cycle, int fd);

/*
 * Answer with a stream of what is asked; `accept` is of its WebSocket, or
 * NULL. NGX_DONE, or it has answered otherwise.
 */
ngx_int_t ngx_http_godwit_live_stream(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_live_ask_t *ask,
    const u_char *accept);

/* It is told of nothing any more; also of one that is forgotten. */
void ngx_http_godwit_live_forget(ngx_http_godwit_live_stream_t *s);

/* ---- _tell ---- */

/* Events have come: tell all who listen. */
void ngx_http_godwit_live_tell(void);

/* Its connection takes more; a write handler. */
void ngx_http_godwit_live_write(ngx_http_request_t *r);

/*
 * Tell one that is behind from the ring, until it has all or its connection is
 * full (NGX_AGAIN). NGX_DECLINED: what it wants is not there any more.
 */
ngx_int_t ngx_http_godwit_live_follow(ngx_http_godwit_live_stream_t *s);

/*
 * It is told of event `next` and what follows later, when its connection takes
 * it; of nothing that it has read already.
 */
void ngx_http_godwit_live_lag(ngx_http_godwit_live_stream_t *s, uint64_t next);

/* live_end, where no handler of the request is at work. */
void ngx_http_godwit_live_send_away(ngx_http_godwit_live_stream_t *s,
    ngx_uint_t code, const char *reason);

/* ---- _send: the bytes of a stream ---- */

/* A piece of what is sent, for all that get the same. */
typedef struct {
    ngx_uint_t  refs;
    size_t      len;
    u_char      data[];
} ngx_http_godwit_live_frame_t;

/* How it is wrapped. */
typedef enum {
    NGX_GODWIT_LIVE_LINES,                      /* server-sent events        */
    NGX_GODWIT_LIVE_CHUNKS,                     /* the same in a chunk each  */
    NGX_GODWIT_LIVE_SOCKET,                     /* a frame of WebSocket      */
    NGX_GODWIT_LIVE_FORMS
} ngx_http_godwit_live_form_e;

struct ngx_http_godwit_live_stream_s {
    ngx_queue_t                    link;        /* among those of its lane   */
    ngx_queue_t                    turn;        /* by when it is looked at   */
    ngx_msec_t                     due;
    ngx_msec_t                     until;       /* it ends, and begins anew  */
    ngx_http_request_t            *request;
    ngx_http_godwit_live_frame_t  *out;         /* it is being sent, or NULL */
    ngx_buf_t                     *buf;         /* the same, through filters */
    gw_ws_t                       *ws;          /* NULL: it only listens     */
    size_t                         at;          /* bytes of out that are out */
    size_t                         owed;        /* bytes it is behind        */
    uint64_t                       from;        /* what is before he has had */
    uint32_t                       tenant;
    uint32_t                       sees;
    int64_t                        key;         /* of the API, or 0          */
    uint8_t                        form;
    unsigned                       behind:1;    /* it reads the ring itself  */
    unsigned                       heard:1;     /* since the last turn       */
    unsigned                       moved:1;     /* out has, since then       */
    unsigned                       linked:1;    /* it is told of events      */
    uint8_t                        n;
    uint64_t                       topics[];
};

/*
 * Event n with its JSON (without the { at the start) and one reference, and
 * when to come again after the end of all, in ms (0: nothing of that; it is of
 * server-sent events alone); NULL: no memory.
 */
ngx_http_godwit_live_frame_t *ngx_http_godwit_live_frame(
    ngx_http_godwit_live_form_e form, uint64_t n, gw_str_t json,
    ngx_uint_t retry);
void ngx_http_godwit_live_unref(ngx_http_godwit_live_frame_t *frame);

/*
 * Send it, or as much as goes. NGX_AGAIN: the rest is in s->out, which
 * live_rest sends on; NGX_ERROR: the connection is broken.
 */
ngx_int_t ngx_http_godwit_live_send(ngx_http_godwit_live_stream_t *s,
    ngx_http_godwit_live_frame_t *frame);
ngx_int_t ngx_http_godwit_live_rest(ngx_http_godwit_live_stream_t *s);

/* A sign of life: a ping, or a comment. Codes as live_send. */
ngx_int_t ngx_http_godwit_live_ping(ngx_http_godwit_live_stream_t *s);

/*
 * Say why it ends, where that can be said, and end it; s is gone then. Outside
 * of a handler of its request ngx_http_run_posted_requests() is due.
 */
void ngx_http_godwit_live_end(ngx_http_godwit_live_stream_t *s,
    ngx_uint_t code, const char *reason);

/* What the client of a WebSocket says; the handler of its bytes. */
void ngx_http_godwit_live_hear(ngx_http_request_t *r);

/* ---- _publish: what the worker tells ---- */

ngx_int_t ngx_http_godwit_live_publish(ngx_http_request_t *r);

/*
 * What the edge itself tells: the JSON of an event without the { at its start.
 * Nothing where nobody can listen.
 */
void ngx_http_godwit_live_say(uint32_t tenant, gw_str_t topic, gw_str_t json);

/* Wake all processes up. */
void ngx_http_godwit_live_wake(void);

#endif
