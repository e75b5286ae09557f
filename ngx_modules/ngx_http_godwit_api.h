/* The API gateway's own: what its files share. Nobody else includes it. */
#ifndef NGX_HTTP_GODWIT_API_H
#define NGX_HTTP_GODWIT_API_H

#include "ngx_http_godwit_rate.h"

#include <jansson.h>

#include "shm/contract/contract.h"
#include "shm/contract/handlers.h"
#include "shm/gw_problem.h"

#define NGX_HTTP_GODWIT_API_ID_MAX    64    /* of a request id              */
#define NGX_HTTP_GODWIT_API_HASH      32    /* SHA-256                      */
#define NGX_HTTP_GODWIT_API_WAIT_MAX  20    /* s: Prefer: wait              */
#define NGX_HTTP_GODWIT_API_HEADERS  431    /* RFC 6585; not one of nginx's */

typedef struct ngx_http_godwit_api_ctx_s  ngx_http_godwit_api_ctx_t;
typedef struct ngx_http_godwit_store_file_s  ngx_http_godwit_store_file_t;
typedef struct ngx_http_godwit_export_s  ngx_http_godwit_export_t;
typedef struct ngx_http_godwit_api_passwords_s  ngx_http_godwit_api_passwords_t;

/* NGX_DECLINED: go on. Else it has answered: what a handler returns. */
typedef ngx_int_t (*ngx_http_godwit_api_step_pt)(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* The same, with the operation's JSON, which lives as long as the request. */
typedef ngx_int_t (*ngx_http_godwit_api_reply_pt)(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

/*
 * An x-handler of the edge's own (those of shm/contract/handlers.h change a
 * JSON body): it stands in for a stage and owns the rest of the request.
 */
typedef struct {
    const char                  *name;      /* NULL ends the table */
    /* instead of the read of a JSON body; it goes on by _params and _run */
    ngx_http_godwit_api_step_pt  body;
    /* instead of the statement */
    ngx_http_godwit_api_step_pt  run;
    /* instead of the reply, of what the operation has answered */
    ngx_http_godwit_api_reply_pt  reply;
} ngx_http_godwit_api_handler_t;

/* The three ways to ask Postgres for one operation. */
typedef enum {
    NGX_GODWIT_API_PLAIN,
    NGX_GODWIT_API_SPARSE,
    NGX_GODWIT_API_ONCE,
    NGX_GODWIT_API_FORMS
} ngx_http_godwit_api_form_e;

/* Who asks, by his credential. */
typedef enum {
    NGX_GODWIT_WHO_KEY,
    NGX_GODWIT_WHO_SESSION,
    NGX_GODWIT_WHO_PUBLIC                   /* nobody, or it does not matter */
} ngx_http_godwit_who_e;

/* What the statements that say who asks are given: each from one of these. */
enum {
    NGX_GODWIT_WHO_WORKSPACE,
    NGX_GODWIT_WHO_CREDENTIAL,
    NGX_GODWIT_WHO_HASH,
    NGX_GODWIT_WHO_SCOPE,
    NGX_GODWIT_WHO_ID,
    NGX_GODWIT_WHO_ADDRESS,
    NGX_GODWIT_WHO_NOW,
    NGX_GODWIT_WHO_PARAMS
};

/* What of a request lasts, and is bounded by workspace. */
typedef enum {
    NGX_GODWIT_SHARE_WAIT,                  /* for the end of an operation */
    NGX_GODWIT_SHARE_UPLOAD,
    NGX_GODWIT_SHARE_PUBLIC,                /* as _WAIT, of a stranger */
    NGX_GODWIT_SHARES
} ngx_http_godwit_share_e;

/* An operation, made ready at configuration time. */
typedef struct {
    const gw_contract_op_t              *op;
    const gw_handler_t                  *shared;    /* it has a body, or NULL */
    const ngx_http_godwit_api_handler_t *handler;
    ngx_http_godwit_statement_t          forms[NGX_GODWIT_API_FORMS];
} ngx_http_godwit_api_op_t;

struct ngx_http_godwit_api_s {
    gw_contract_t                *contract;
    ngx_http_godwit_api_op_t     *ops;      /* by the operation's index      */
    ngx_http_godwit_api_op_t     *poll;     /* operations_get, or NULL       */
    ngx_str_t                     functions;    /* for auth.ready            */
    ngx_str_t                     openapi;
    ngx_str_t                     openapi_etag;
};

/* A parameter of the query, decoded. */
typedef struct {
    const gw_contract_param_t  *param;
    gw_str_t                    value;
} ngx_http_godwit_api_pair_t;

/* What the two calls of an operation point to. */
typedef struct {
    const char                 *who[NGX_GODWIT_WHO_PARAMS];
    int                         lengths[NGX_GODWIT_WHO_PARAMS];
    u_char                      key[8];     /* int8, big-endian              */
    u_char                      now[8];
    const char                 *what[4];
    u_char                      request[NGX_HTTP_GODWIT_API_HASH];
    ngx_http_godwit_api_form_e  form;
} ngx_http_godwit_api_call_t;

/* The wait for a worker. The timer is set between two questions. */
typedef struct {
    ngx_event_t                 timer;      /* its data is the request       */
    ngx_queue_t                 link;       /* while the timer is set        */
    uint64_t                    topic;      /* of live events; 0: none       */
    ngx_msec_t                  until;      /* 0: it has not begun           */
    ngx_http_godwit_api_step_pt ask;        /* NGX_DONE, or it can not       */
    ngx_http_godwit_api_step_pt late;       /* then: the answer              */
    ngx_str_t                   operation;  /* NUL-terminated                */
    ngx_str_t                   body;       /* of the 202                    */
    ngx_str_t                   applied;    /* "wait=N"                      */
} ngx_http_godwit_api_wait_t;

struct ngx_http_godwit_api_ctx_s {
    ngx_http_godwit_api_t     *api;
    ngx_http_godwit_api_op_t  *op;
    gw_str_t                   captures[GW_CONTRACT_CAPTURES];

    ngx_str_t                  id;          /* the request's, NUL-terminated */
    ngx_str_t                  path;        /* raw, without the query        */
    ngx_table_elt_t           *accept;
    ngx_table_elt_t           *encoding;    /* Content-Encoding              */
    ngx_table_elt_t           *once;        /* Idempotency-Key               */
    ngx_table_elt_t           *if_match;
    ngx_table_elt_t           *if_none_match;
    ngx_table_elt_t           *prefer;
    ngx_table_elt_t           *given_id;
    ngx_table_elt_t           *cookie;
    ngx_str_t                  cookie_value;    /* hidden in the header      */
    ngx_table_elt_t           *origin;
    ngx_table_elt_t           *site;        /* Sec-Fetch-Site                */
    ngx_table_elt_t           *workspace;   /* Godwit-Workspace              */

    ngx_http_godwit_who_e      who;
    char                      *workspace_id;    /* NULL: none                */
    uint32_t                   claimed;     /* the same, as a number         */
    int64_t                    key;         /* or the session                */
    uint32_t                   tenant;      /* 0: only Postgres knows it     */
    u_char                     key_hash[NGX_HTTP_GODWIT_API_HASH];
    gw_str_t                   credential;  /* its text, as it was sent      */
    ngx_uint_t                *shares[NGX_GODWIT_SHARES];   /* NULL: no part */
    ngx_http_godwit_rate_t     rate;        /* the one nearest to its end    */
    ngx_str_t                  quota;       /* what is not free, or empty    */

    const gw_contract_body_t  *type;        /* NULL: there is no body        */
    ngx_str_t                  body;        /* as received, NUL-terminated   */
    size_t                     body_room;   /* of body.data                  */
    size_t                     body_kept;   /* in it; the rest is in spill   */
    ngx_temp_file_t           *spill;
    ngx_http_godwit_store_file_t  *upload;  /* where the body goes instead   */
    ngx_http_godwit_export_t  *export;
    ngx_http_godwit_api_passwords_t  *passwords;
    ngx_http_godwit_api_step_pt  next;      /* when key or body is there     */
    const char                *astray;      /* the sentence for its key      */
    ngx_array_t                pairs;       /* of ngx_http_godwit_api_pair_t */
    gw_buf_t                   input;       /* parameters, a JSON object     */
    ngx_str_t                  fields;      /* "{a,b}", or empty             */

    u_char                    *secret_body; /* a hash for one with secrets   */
    gw_buf_t                   made;        /* a secret that is told once    */

    ngx_http_godwit_api_call_t  call;

    ngx_http_godwit_api_wait_t  wait;

    ngx_uint_t                 headed;      /* a header of ours went to nginx */
    ngx_str_t                  page;        /* instead of one of nginx's; no
                                             * length: it has been sent     */
};

/* Of a server: has it a location with the operations? */
typedef struct {
    ngx_uint_t  operations;
} ngx_http_godwit_api_srv_t;

extern ngx_module_t  ngx_http_godwit_api_module;

/* ---- _request: the order of things ---- */

/* The context of a request, with id and path; NULL: not set up, no memory. */
ngx_http_godwit_api_ctx_t *ngx_http_godwit_api_begin(ngx_http_request_t *r);

/* OPTIONS, or 405; with the header Allow. */
ngx_int_t ngx_http_godwit_api_methods_only(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, unsigned methods);

/* The header Allow of the request's path, for a 405 of nginx's. */
ngx_int_t ngx_http_godwit_api_allowed(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

ngx_int_t ngx_http_godwit_api_operations(ngx_http_request_t *r);
ngx_int_t ngx_http_godwit_api_openapi(ngx_http_request_t *r);

/* ---- _id ---- */

/* Take or make the request's id into ctx. */
ngx_int_t ngx_http_godwit_api_id(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_table_elt_t *given);

/* The variable $godwit_request_id, for logs. */
ngx_int_t ngx_http_godwit_api_variables(ngx_conf_t *cf);

/* ---- _headers: of the request ---- */

/* Those that we read, into ctx; NGX_ERROR: no memory. */
ngx_int_t ngx_http_godwit_api_scan(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* Several lines of an entity tag are a list, which nginx refuses by itself. */
ngx_int_t ngx_http_godwit_api_lines(ngx_conf_t *cf);

/* The form of If-Match and If-None-Match; 400. */
ngx_int_t ngx_http_godwit_api_tags(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _error: nginx's own refusals ---- */

/* Set the filters; of postconfiguration. */
ngx_int_t ngx_http_godwit_api_filters(ngx_conf_t *cf);

/* ---- _auth: the credential ---- */

ngx_int_t ngx_http_godwit_api_auth(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _rate ---- */

/* By the address of the peer; answers 429. */
ngx_int_t ngx_http_godwit_api_rate_address(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* The same of the bucket of `id`. */
ngx_int_t ngx_http_godwit_api_rate(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_rate_e kind, uint64_t id);

/* ---- _calls ---- */

/*
 * A call of a workspace: counted when a key makes it, and what its quotas say
 * of it; 429 when its calls are used up.
 */
ngx_int_t ngx_http_godwit_api_called(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _share: what lasts ---- */

/*
 * Take part in it, until _end or the end of the request; NGX_BUSY: as many of
 * its workspace as may are at it.
 */
ngx_int_t ngx_http_godwit_api_share(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_share_e what);
void ngx_http_godwit_api_share_end(ngx_http_godwit_api_ctx_t *ctx,
    ngx_http_godwit_share_e what);

/* ---- _negotiate: what the headers promise of the body and ask of us ---- */

ngx_int_t ngx_http_godwit_api_accept(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* Does Accept let an answer of this media type pass? */
ngx_uint_t ngx_http_godwit_api_accepts(const ngx_http_godwit_api_ctx_t *ctx,
    const ngx_str_t *type);
ngx_int_t ngx_http_godwit_api_type(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _body ---- */

/* Read it into ctx->body, then go on by `next`; NGX_DONE or an answer. */
ngx_int_t ngx_http_godwit_api_body(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_api_step_pt next);

/* Larger than the operation takes: 413, and the connection ends. */
ngx_int_t ngx_http_godwit_api_large(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _input: the body against the contract; then _params and _run ---- */

ngx_int_t ngx_http_godwit_api_input(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* ---- _query ---- */

/* The query into ctx->pairs; 400 and 422. */
ngx_int_t ngx_http_godwit_api_query(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/*
 * Percent-decode into out (in.len bytes); `plus`: a + is a blank. NGX_ERROR:
 * a broken escape, not UTF-8, or a NUL.
 */
ngx_int_t ngx_http_godwit_api_decode(gw_str_t in, ngx_uint_t plus, u_char *out,
    gw_str_t *text);

/* ---- _params: all into ctx->input and ctx->fields; 404 and 422 ---- */

ngx_int_t ngx_http_godwit_api_params(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* One member more, a text; there is room for what ctx has of the request. */
void ngx_http_godwit_api_add(ngx_http_godwit_api_ctx_t *ctx, const char *name,
    gw_str_t text);

/* ---- _run: Postgres ---- */

/* The call that says who asks, the first of each transaction. */
ngx_int_t ngx_http_godwit_api_who(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_call_t *call);

/* NGX_DONE, or it has answered. */
ngx_int_t ngx_http_godwit_api_run(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/*
 * The statement, also once more when the operation may be repeated: NGX_DONE,
 * or it can not be asked and nothing was answered.
 */
ngx_int_t ngx_http_godwit_api_again(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/*
 * An operation by its plain form with this input (NUL-terminated), under the
 * scope of the request's own; as the pool's run does.
 */
ngx_int_t ngx_http_godwit_api_ask(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_api_op_t *op,
    const char *const *input, ngx_http_godwit_answer_pt handler);

/*
 * Is the key good for the operation, and does this call (NULL: there is none)
 * not fail? Then go on by `next`, else answer; as _body does.
 */
ngx_int_t ngx_http_godwit_api_enter(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const ngx_http_godwit_call_t *call,
    ngx_http_godwit_api_step_pt next);

/* What Postgres refused, as a problem; NGX_DONE: it is told of first. */
ngx_int_t ngx_http_godwit_api_refuse(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer);

/* The same of its parts, or of a refusal that was kept; any may be NULL. */
ngx_int_t ngx_http_godwit_api_refused(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const char *state, const char *message,
    const char *column);

/* ---- _astray ---- */

/* NGX_DECLINED: it is not that a key is used from a wrong address. */
ngx_int_t ngx_http_godwit_api_astray(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_answer_t *answer);

/* ---- _upload, _download, _export, _preview, live_ticket: x-handlers ---- */

ngx_int_t ngx_http_godwit_api_upload(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* The file could not be written: nothing is left behind. */
ngx_int_t ngx_http_godwit_api_upload_failed(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/*
 * Postgres has refused it, or has given the answer to an earlier one again: the
 * file goes. One of which nobody knows whether it has a row is left to cron.
 */
void ngx_http_godwit_api_upload_drop(ngx_http_godwit_api_ctx_t *ctx);

ngx_int_t ngx_http_godwit_api_download(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);
ngx_int_t ngx_http_godwit_api_export(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);
ngx_int_t ngx_http_godwit_api_preview(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

ngx_int_t ngx_http_godwit_api_ticket(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

/* ---- _wait: work that a worker does ---- */

/*
 * Park the request for so many seconds at most, and until the next question:
 * NGX_DONE, by ctx->wait.ask in a while. NGX_DECLINED: it can not wait, or not
 * any more.
 */
ngx_int_t ngx_http_godwit_api_wait(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t seconds);

/* A live event of this topic has come: who waits for it asks now. */
void ngx_http_godwit_api_wait_told(uint64_t topic);

/*
 * The 202 of an operation begun, whose body has it as "operation"; or,
 * for Prefer: wait=N, NGX_DONE and its end later. The body must live as long
 * as the request.
 */
ngx_int_t ngx_http_godwit_api_accepted(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body);

/* ---- _reply ---- */

/*
 * Send a whole answer with the headers that all have; an empty type: none. The
 * body must live as long as the request. What is left of the request's body is
 * thrown away.
 */
ngx_int_t ngx_http_godwit_api_send(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    ngx_str_t *body);

/* The headers that all answers have. */
ngx_int_t ngx_http_godwit_api_headers(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx);

/* Status and, where nginx knows none, its phrase. */
void ngx_http_godwit_api_status(ngx_http_request_t *r, ngx_uint_t status);

/* One answer of that status for the metrics. */
void ngx_http_godwit_api_counted(ngx_uint_t status);

/* The header of an answer, as _send makes it; length -1: it is not known. */
ngx_int_t ngx_http_godwit_api_header(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *type,
    off_t length);

/*
 * Content-Disposition for a browser to save it under this name, which stands
 * there twice: without what is special, and as it is.
 */
ngx_int_t ngx_http_godwit_api_attachment(ngx_http_request_t *r,
    ngx_str_t *name);

/* The entity tag of a body, with its quotes, in the memory of pool. */
ngx_int_t ngx_http_godwit_api_etag(ngx_pool_t *pool, ngx_str_t *body,
    ngx_str_t *out);

/* Send it with the reply; a GET whose If-None-Match has it becomes a 304. */
ngx_int_t ngx_http_godwit_api_tag(ngx_http_request_t *r, ngx_str_t *etag);

/* The operation's JSON: status, ETag or 304, Location. */
ngx_int_t ngx_http_godwit_api_reply(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *body);

/* ---- _problem ---- */

/* Answer with a problem; an empty detail is the table's. */
ngx_int_t ngx_http_godwit_api_problem(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail);
ngx_int_t ngx_http_godwit_api_problems(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail,
    const gw_problem_error_t *errors, ngx_uint_t n);

/* Only its document, in the request's memory, and the headers of its status. */
ngx_int_t ngx_http_godwit_api_document(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_problem_e p, gw_str_t detail,
    const gw_problem_error_t *errors, ngx_uint_t n, ngx_str_t *body);

/* Fields of the input are wrong: 422; the sentence is that of the first. */
ngx_int_t ngx_http_godwit_api_wrong(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, const gw_problem_error_t *errors,
    ngx_uint_t n);

/*
 * An error of the body (its pointer is into that), or of a parameter (its
 * pointer begins with the name), in words; they live as long as the request.
 */
ngx_int_t ngx_http_godwit_api_explain(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_part_e part,
    const gw_schema_error_t *e, gw_problem_error_t *out);

/* One field of the input is wrong: 422. */
ngx_int_t ngx_http_godwit_api_invalid(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, gw_str_t pointer, const char *rule,
    gw_str_t message);

#endif
