/* What the edge's modules share: per-process state, helpers, metrics. */
#ifndef NGX_HTTP_GODWIT_H
#define NGX_HTTP_GODWIT_H

#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <libpq-fe.h>

#include "shm/gw_cache.h"
#include "shm/gw_conf.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"
#include "shm/gw_token.h"

_Static_assert(sizeof(gw_str_t) == sizeof(ngx_str_t)
               && offsetof(gw_str_t, data) == offsetof(ngx_str_t, data),
               "gw_str_t has the layout of ngx_str_t");

/* Counters in shared memory; they survive a reload. Names are in _metrics.c. */
typedef enum {
    NGX_GODWIT_OPENS,
    NGX_GODWIT_CLICKS,
    NGX_GODWIT_UNSUBSCRIBES,
    NGX_GODWIT_PREFERENCES,
    NGX_GODWIT_VIEWS,
    NGX_GODWIT_BAD_TOKENS,
    NGX_GODWIT_EVENTS_DROPPED,
    NGX_GODWIT_DURABLE_REFUSED,
    NGX_GODWIT_CACHE_HITS,
    NGX_GODWIT_CACHE_MISSES,
    NGX_GODWIT_DB_QUERIES,
    NGX_GODWIT_DB_ERRORS,
    NGX_GODWIT_DB_REFUSED,
    NGX_GODWIT_API_2XX,
    NGX_GODWIT_API_3XX,
    NGX_GODWIT_API_4XX,
    NGX_GODWIT_API_5XX,
    NGX_GODWIT_API_RATE_REFUSED,
    NGX_GODWIT_API_RATE_FULL,
    NGX_GODWIT_API_WAITS,
    NGX_GODWIT_API_PASSWORDS,
    NGX_GODWIT_API_PASSWORDS_REFUSED,
    NGX_GODWIT_CONFIRMS,
    NGX_GODWIT_TRACKED,
    NGX_GODWIT_LIVE_EVENTS,
    NGX_GODWIT_LIVE_STREAMS,
    NGX_GODWIT_FLAGS,
    NGX_GODWIT_COUNTERS
} ngx_http_godwit_counter_e;

typedef struct ngx_http_godwit_api_s  ngx_http_godwit_api_t;

typedef struct {
    gw_conf_t          conf;
    gw_conf_seen_t     seen;            /* directives of the block          */
    ngx_flag_t         enabled;
    ngx_str_t          wanted;          /* a directive that needs the block */
    ngx_shm_zone_t    *zone;
    ngx_shm_zone_t    *rates;
    ngx_shm_zone_t    *seats;
    ngx_shm_zone_t    *live;
    ngx_flag_t         api_wanted;      /* somewhere stands `godwit_api`    */
    ngx_http_godwit_api_t  *api;        /* the contract; NULL: there is none */
    ngx_thread_pool_t *threads;
    ngx_thread_pool_t *auth_threads;    /* they hash passwords              */
    ngx_str_t          spool_dir;       /* NUL-terminated, as the next three */
    ngx_str_t          cache_dir;
    ngx_str_t          run_dir;
    ngx_str_t          keys_path;
} ngx_http_godwit_conf_t;

typedef struct ngx_http_godwit_spool_s  ngx_http_godwit_spool_t;
typedef struct ngx_http_godwit_pool_s   ngx_http_godwit_pool_t;
typedef struct ngx_http_godwit_programs_s  ngx_http_godwit_programs_t;
typedef struct ngx_http_godwit_seat_s   ngx_http_godwit_seat_t;

/* One a worker process, set in init_process; NULL in master and helpers. */
typedef struct {
    ngx_http_godwit_conf_t   *conf;
    ngx_cycle_t              *cycle;
    gw_token_keys_t          *keys;
    gw_cache_t               *cache;
    ngx_http_godwit_spool_t  *spool;
    ngx_http_godwit_pool_t   *pools;        /* NGX_GODWIT_POOLS of them */
    ngx_http_godwit_programs_t  *programs;
    ngx_event_t               cache_timer;
    ngx_event_t               cache_release;
    const char               *cache_why;    /* the last that was logged */
    ngx_atomic_t             *counters;
} ngx_http_godwit_process_t;

extern ngx_module_t                ngx_http_godwit_module;
extern ngx_module_t                ngx_http_godwit_track_module;
extern ngx_http_godwit_process_t  *ngx_http_godwit_process;

#define ngx_http_godwit_count(c)                                              \
    (void) ngx_atomic_fetch_add(&ngx_http_godwit_process->counters[c], 1)

static ngx_inline gw_str_t
ngx_http_godwit_gw(ngx_str_t s)
{
    return gw_str_make(s.data, s.len);
}

/* Microseconds since 1970, as of this turn of the loop. */
static ngx_inline int64_t
ngx_http_godwit_now(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000000 + (int64_t) tp->msec * 1000;
}

/* gw_cache_get; what it reads of is given back when the turn ends. */
static ngx_inline int
ngx_http_godwit_cached(const gw_cache_key_t *key, void *value, size_t *n)
{
    ngx_http_godwit_process_t  *p;

    p = ngx_http_godwit_process;
    ngx_post_event(&p->cache_release, &ngx_posted_events);

    return gw_cache_get(p->cache, key, value, n);
}

/* gw_cache_peek; the value is there until the turn ends. */
static ngx_inline int
ngx_http_godwit_peeked(const gw_cache_key_t *key, gw_str_t *value)
{
    ngx_http_godwit_process_t  *p;

    p = ngx_http_godwit_process;
    ngx_post_event(&p->cache_release, &ngx_posted_events);

    return gw_cache_peek(p->cache, key, value);
}

/*
 * Every wait for a thread or for Postgres stands between these two. The count
 * alone would not keep r: nginx's terminate path ignores it, not `blocked`.
 * The handler that ends the wait finalizes r, which may be the last of it.
 */
static ngx_inline void
ngx_http_godwit_wait(ngx_http_request_t *r)
{
    r->main->count++;
    r->main->blocked++;
}

static ngx_inline void
ngx_http_godwit_wake(ngx_http_request_t *r)
{
    r->main->blocked--;
}

/* Is there another generation of the cache? Done once a second by itself. */
void ngx_http_godwit_cache_look(ngx_http_godwit_process_t *p);

/* ---- lanes: by workspace ---- */

/* Not numbers of workspaces, which are those of an int of Postgres. */
#define NGX_HTTP_GODWIT_STRANGER  0         /* a key that only Postgres knows */
#define NGX_HTTP_GODWIT_HOUSE     UINT32_MAX    /* /readyz */

#define NGX_HTTP_GODWIT_LANES     256

/* Lanes are few; workspaces whose numbers meet in one share what it gets. */
static ngx_inline ngx_uint_t
ngx_http_godwit_lane(uint32_t whose)
{
    return whose == NGX_HTTP_GODWIT_STRANGER ? 0
           : whose == NGX_HTTP_GODWIT_HOUSE ? 1
             : 2 + whose % (NGX_HTTP_GODWIT_LANES - 2);
}

/* ---- _thread: work that would hold up the loop ---- */

/* Few at once: threads are left for what must not wait. The rest is zeroed. */
typedef struct {
    ngx_uint_t                at_once;
    ngx_uint_t                room;     /* so many may wait */
    ngx_uint_t                each;     /* of one lane, with those at work */
    ngx_queue_t               waiting;
    ngx_uint_t                n;
    ngx_uint_t                busy;
    ngx_uint_t                of[NGX_HTTP_GODWIT_LANES];
    ngx_thread_pool_t        *threads;  /* NULL: those for all */
} ngx_http_godwit_turns_t;

typedef void (*ngx_http_godwit_work_pt)(void *data);
typedef void (*ngx_http_godwit_worked_pt)(ngx_http_request_t *r, void *data);

/*
 * Run work(data) in a thread, where nothing of r or of nginx may be touched,
 * then worked(r, data), which finalizes r. `whose` is as for pool_run.
 * NGX_BUSY: too many wait for their turn; NGX_ERROR; nothing will be called
 * then.
 */
ngx_int_t ngx_http_godwit_thread(ngx_http_request_t *r,
    ngx_http_godwit_turns_t *turns, uint32_t whose,
    ngx_http_godwit_work_pt work, ngx_http_godwit_worked_pt worked,
    void *data);

/* ---- _seat: who may hash a password ---- */

/* Reserve seats and threads at configuration time; NGX_ERROR was logged. */
ngx_int_t ngx_http_godwit_seat_zone(ngx_conf_t *cf,
    ngx_http_godwit_conf_t *gcf);

/*
 * A seat among those who hash or wait for it, on this machine; NULL: all are
 * taken. Of the event loop, which leaves it again.
 */
ngx_http_godwit_seat_t *ngx_http_godwit_seat_take(void);

/* In a thread: wait until it may hash, and say when it is done. */
ngx_http_godwit_seat_t *ngx_http_godwit_seat_turn(void);
void ngx_http_godwit_seat_leave(ngx_http_godwit_seat_t *seat);

/* ---- _conf: the block `godwit { }`, and `godwit_track WORD;` ---- */

/* What a WORD makes of a location; a null word ends the table. */
typedef struct {
    ngx_str_t                 word;
    ngx_http_handler_pt       handler;
} ngx_http_godwit_word_t;

/* The setter of such a directive; `post` is its table. */
char *ngx_http_godwit_conf_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_godwit_conf_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* ---- api: the gateway ---- */

/* Load the contract that conf names; what is wrong with it was logged. */
char *ngx_http_godwit_api_load(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf);

/* The setter of `godwit_api WORD;`. */
char *ngx_http_godwit_api_word(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* What the contract calls, for auth.ready; NULL: there is no contract. */
ngx_str_t *ngx_http_godwit_api_functions(void);

/* Reserve the zone of rate limits; NGX_ERROR was logged. */
ngx_int_t ngx_http_godwit_api_rate_zone(ngx_conf_t *cf,
    ngx_http_godwit_conf_t *gcf);

#define NGX_HTTP_GODWIT_CALLS_USED_UP                                         \
    "The quota of api_calls is used up; wait until it begins anew, or ask "   \
    "who runs this server for more."

/*
 * A request of a workspace: *quota is what its quotas say of it, in memory of
 * the request, or as it was. One of a key is a call: it is counted, or NGX_BUSY
 * when all are used up, for *retry seconds. NGX_OK, NGX_ERROR.
 */
ngx_int_t ngx_http_godwit_api_call(ngx_http_request_t *r, uint32_t tenant,
    ngx_uint_t key, ngx_str_t *quota, time_t *retry);

/* What was counted of calls goes to the spool; of the end of a process. */
void ngx_http_godwit_api_calls_flush(void);

/* Reserve the zone of live events; NGX_ERROR was logged. */
ngx_int_t ngx_http_godwit_live_zone(ngx_conf_t *cf,
    ngx_http_godwit_conf_t *gcf);

/* ---- _log ---- */

/* No line of the error log has the path of a link; of init_module. */
ngx_int_t ngx_http_godwit_log_init(ngx_cycle_t *cycle);

/* Of a line that nginx could not read: the target, as far as it came, and what
 * stands behind it; empty where it is not known. It lives in header_in. */
ngx_str_t ngx_http_godwit_log_target(ngx_http_request_t *r);

/* ---- _metrics ---- */

/* Reserve the zone at configuration time; NGX_ERROR was logged. */
ngx_int_t ngx_http_godwit_metrics_zone(ngx_conf_t *cf,
    ngx_http_godwit_conf_t *gcf);
ngx_int_t ngx_http_godwit_metrics_send(ngx_http_request_t *r);

/* ---- _request ---- */

/* The first header of this name, in lower case; no data: there is none. */
ngx_str_t ngx_http_godwit_header_in(ngx_http_request_t *r, const char *name);

/* The text behind "Bearer " of Authorization; empty: there is none. */
gw_str_t ngx_http_godwit_bearer(ngx_http_request_t *r);

/*
 * The body that was read, in one piece: what came with the headers lies apart
 * from the rest. NGX_DECLINED: it is in a file; NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_godwit_body_in(ngx_http_request_t *r, gw_str_t *text);

/* ---- _event ---- */

/* Fill an event from the request and the payload of its token. */
ngx_uint_t ngx_http_godwit_event(ngx_http_request_t *r, gw_event_t *e,
    const u_char *payload);

/* ---- _spool ---- */

ngx_int_t ngx_http_godwit_spool_init(ngx_http_godwit_process_t *p);
void ngx_http_godwit_spool_exit(ngx_http_godwit_process_t *p);

/* NGX_ERROR while a class can not make its next segment. For /readyz. */
ngx_int_t ngx_http_godwit_spool_ready(void);

/* Append; a loss is counted and otherwise has no effect. */
void ngx_http_godwit_spool_event(ngx_uint_t type, ngx_uint_t flags,
    const gw_event_t *e);

/* The same of a body that is written already; NGX_ERROR: there is no room. */
ngx_int_t ngx_http_godwit_spool_append(ngx_uint_t type, ngx_uint_t flags,
    gw_str_t body);

/* So many calls of a workspace; NGX_ERROR: there is no room now. */
ngx_int_t ngx_http_godwit_spool_calls(uint32_t tenant, uint64_t n);

/*
 * Append durably, then call handler(r, NGX_OK), or NGX_ERROR when it is not
 * safe: answer 503. It holds a reference of r, which the handler finalizes.
 * NGX_ERROR at once: it holds none and no handler will be called.
 */
typedef void (*ngx_http_godwit_durable_pt)(ngx_http_request_t *r,
    ngx_int_t rc);
ngx_int_t ngx_http_godwit_spool_durable(ngx_http_request_t *r,
    ngx_uint_t type, ngx_uint_t flags, const gw_event_t *e,
    ngx_http_godwit_durable_pt handler);

/* The same of n bodies; after an error some of them may be there. */
ngx_int_t ngx_http_godwit_spool_bodies(ngx_http_request_t *r, ngx_uint_t type,
    ngx_uint_t flags, const gw_str_t *bodies, ngx_uint_t n,
    ngx_http_godwit_durable_pt handler);

/* ---- _pool: Postgres ---- */

#define NGX_HTTP_GODWIT_CALLS  4    /* of one request, at most */

/*
 * Quick: short reads, many in flight on each connection. Slow: what writes or
 * may take long, one at a time on a connection, so that a click does not wait
 * for it and it can be cancelled when its client has gone.
 */
typedef enum {
    NGX_GODWIT_POOL_QUICK,
    NGX_GODWIT_POOL_SLOW,
    NGX_GODWIT_POOLS
} ngx_http_godwit_pool_e;

/*
 * A `select` that is prepared on a connection when first used there, under
 * this name. One object a name, which lives as long as the cycle; a NUL stands
 * behind each text.
 */
typedef struct {
    ngx_str_t                            name;
    ngx_str_t                            sql;
} ngx_http_godwit_statement_t;

/*
 * A statement with n parameters, as libpq takes them: a value is text with a
 * NUL behind it, or NULL; formats (NULL: all are text) has a 1 for each that
 * is binary, of lengths[i] bytes.
 */
typedef struct {
    const ngx_http_godwit_statement_t   *statement;
    ngx_uint_t                           n;
    const char *const                   *values;
    const int                           *lengths;
    const int                           *formats;
} ngx_http_godwit_call_t;

/* All that it points to lives as long as the request. */
typedef struct {
    ngx_int_t                            rc;        /* NGX_OK, or 503       */
    PGresult                            *result;    /* of the last call     */
    const char                          *sqlstate;  /* of the first error;  */
    const char                          *message;   /* NULL: no answer came */
    const char                          *column;    /* "" where unknown     */
} ngx_http_godwit_answer_t;

typedef void (*ngx_http_godwit_answer_pt)(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer);

ngx_int_t ngx_http_godwit_pool_init(ngx_http_godwit_process_t *p);
void ngx_http_godwit_pool_exit(ngx_http_godwit_process_t *p);

/*
 * Run the calls as one transaction. NGX_DONE, to be returned to nginx: the
 * handler will be called, later, and finalizes r; NGX_OK in its answer means
 * that all is committed. When the client goes first, r ends without it. The
 * parameters live in r->pool, `calls` is copied. Otherwise the status to
 * answer (503, 500): no handler will be called.
 *
 * `whose` is the workspace, or one of those above: each gets its share when
 * there is not enough for all.
 *
 * What Postgres refused is in the log, as an error where it is not the
 * client's doing; its message is for clients when sqlstate begins with GW.
 */
ngx_int_t ngx_http_godwit_pool_run(ngx_http_request_t *r,
    ngx_http_godwit_pool_e which, uint32_t whose,
    const ngx_http_godwit_call_t *calls, ngx_uint_t n,
    ngx_http_godwit_answer_pt handler);

/* pool_run with one call whose parameters are these numbers. */
ngx_int_t ngx_http_godwit_pool_numbers(ngx_http_request_t *r,
    ngx_http_godwit_pool_e which, uint32_t whose,
    const ngx_http_godwit_statement_t *statement, ngx_uint_t n,
    const int64_t *numbers, ngx_http_godwit_answer_pt handler);

/* The first column of the first row; data == NULL for NULL or no row. */
ngx_str_t ngx_http_godwit_pool_value(ngx_http_godwit_answer_t *answer);

/* Give the result back before the request ends: of one that asks often. */
void ngx_http_godwit_pool_drop(ngx_http_godwit_answer_t *answer);

/* ---- _respond ---- */

ngx_int_t ngx_http_godwit_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);

/*
 * The body after its header, of which rc is what nginx said. It must live as
 * long as the request.
 */
ngx_int_t ngx_http_godwit_body(ngx_http_request_t *r, ngx_int_t rc,
    ngx_str_t *body);

/*
 * Send a whole reply. The body must live as long as the request. Adds
 * Cache-Control: no-store, and Retry-After with a 503.
 */
ngx_int_t ngx_http_godwit_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, ngx_str_t *body);

/*
 * First of all in a handler: throw the request's body away, unless it is that
 * of a POST among `methods`, and refuse other methods. NGX_DECLINED: go on;
 * anything else is what the handler must return.
 */
ngx_int_t ngx_http_godwit_enter(ngx_http_request_t *r, ngx_uint_t methods);

/*
 * One constant body (of a language) for every 404 and for each other status;
 * the request's body has been read or discarded.
 */
ngx_int_t ngx_http_godwit_refuse(ngx_http_request_t *r, ngx_uint_t status);

/* Send HTML under a Content-Security-Policy, with what every page has. */
ngx_int_t ngx_http_godwit_html(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *policy, ngx_str_t *body);

/* ---- the track module's handlers ---- */

/* The token behind the location's prefix, checked to be for `what`. */
ngx_int_t ngx_http_godwit_track_token(ngx_http_request_t *r, ngx_uint_t what,
    gw_token_t *t, u_char *payload, gw_buf_t *url);

/*
 * The token of a path that takes forms. NGX_DECLINED: show the page. Anything
 * else is what the handler must return: `post` will be called with the body,
 * or the refusal was sent.
 */
ngx_int_t ngx_http_godwit_track_form(ngx_http_request_t *r, ngx_uint_t what,
    gw_token_t *t, u_char *payload, ngx_http_client_body_handler_pt post);

/* The same token for another path: base_url/LETTER/token into out. */
int ngx_http_godwit_track_url(const gw_token_t *t, ngx_uint_t what,
    u_char letter, gw_buf_t *out);

ngx_int_t ngx_http_godwit_track_open(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_click(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_unsubscribe(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_preferences(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_confirm(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_view(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_track_archive(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_collect(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_flags(ngx_http_request_t *r);

#endif
