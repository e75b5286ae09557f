/*
 * Work that the worker does: 202 with a Location, or, when the client prefers
 * to wait, the operation itself as soon as it has ended: Postgres is asked when
 * the worker tells of it, and four times a second, since what is told may be
 * lost. Nothing waits for the worker but this request.
 */
#include "ngx_http_godwit_live.h"

#define NGX_HTTP_GODWIT_API_POLL  250       /* ms */

static ngx_str_t  ngx_http_godwit_api_place = ngx_string("/api/v1/operations/");

static void ngx_http_godwit_api_wait_ask(ngx_event_t *ev);

/* Requests of this process between two questions. */
static ngx_queue_t  ngx_http_godwit_api_waits = {
    &ngx_http_godwit_api_waits, &ngx_http_godwit_api_waits
};


/*
 * N of the header `Prefer: wait=N`; 0: none. What is of no workspace is waited
 * for without it: nobody could ask for it later.
 */
static ngx_uint_t
ngx_http_godwit_api_wait_asked(ngx_http_godwit_api_ctx_t *ctx)
{
    u_char      *p, *last;
    ngx_int_t    n;
    ngx_uint_t   unasked;

    if (ctx->api->poll == NULL) {
        return 0;
    }

    unasked = ctx->op->op->tenantless ? NGX_HTTP_GODWIT_API_WAIT_MAX : 0;
    if (ctx->prefer == NULL) {
        return unasked;
    }

    p = ctx->prefer->value.data;
    last = p + ctx->prefer->value.len;
    p = ngx_strlcasestrn(p, last, (u_char *) "wait=", 5 - 1);
    if (p == NULL) {
        return unasked;
    }

    p += 5;
    last = p;
    while (*last >= '0' && *last <= '9') {
        last++;
    }

    n = ngx_atoi(p, last - p);

    return n == NGX_ERROR ? 0 : ngx_min(n, NGX_HTTP_GODWIT_API_WAIT_MAX);
}


/* Sent: the operation that has ended, or, for the 202, where it will be. */
static ngx_int_t
ngx_http_godwit_api_wait_end(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t status, ngx_str_t *body)
{
    ngx_str_t  value;

    static ngx_str_t  location = ngx_string("Location");
    static ngx_str_t  applied = ngx_string("Preference-Applied");

    if (status == NGX_HTTP_ACCEPTED) {
        value.len = ngx_http_godwit_api_place.len + ctx->wait.operation.len;
        value.data = ngx_pnalloc(r->pool, value.len);
        if (value.data == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ngx_sprintf(value.data, "%V%V", &ngx_http_godwit_api_place,
                    &ctx->wait.operation);
        if (ngx_http_godwit_header(r, &location, &value) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else if (ngx_http_godwit_header(r, &applied, &ctx->wait.applied)
               != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_godwit_api_reply(r, ctx, status, body);
}


/* The client has gone. */
static void
ngx_http_godwit_api_wait_gone(void *data)
{
    ngx_http_godwit_api_ctx_t  *ctx = data;

    if (ctx->wait.timer.timer_set) {
        ngx_del_timer(&ctx->wait.timer);
        ngx_queue_remove(&ctx->wait.link);
        ngx_http_godwit_wake(ctx->wait.timer.data);
    }
}


ngx_int_t
ngx_http_godwit_api_wait(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_uint_t seconds)
{
    ngx_http_cleanup_t  *cln;

    /* what is of no workspace nobody could ask for later */
    if (ngx_exiting && !ctx->op->op->tenantless) {
        return NGX_DECLINED;
    }

    if (ctx->wait.until == 0) {
        cln = ngx_http_cleanup_add(r, 0);
        if (cln == NULL
            || ngx_http_godwit_api_share(r, ctx, ctx->op->op->is_public
                                                 ? NGX_GODWIT_SHARE_PUBLIC
                                                 : NGX_GODWIT_SHARE_WAIT)
               != NGX_OK)
        {
            return NGX_DECLINED;
        }

        cln->handler = ngx_http_godwit_api_wait_gone;
        cln->data = ctx;

        ctx->wait.until = ngx_max(ngx_current_msec + seconds * 1000, 1);
        ctx->wait.timer.handler = ngx_http_godwit_api_wait_ask;
        ctx->wait.timer.data = r;
        ctx->wait.timer.log = r->connection->log;
        ngx_http_godwit_count(NGX_GODWIT_API_WAITS);

    } else if ((ngx_msec_int_t) (ctx->wait.until - ngx_current_msec) <= 0) {
        return NGX_DECLINED;
    }

    ngx_http_godwit_wait(r);        /* a quitting process waits as well */

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    ngx_add_timer(&ctx->wait.timer, NGX_HTTP_GODWIT_API_POLL);
    ngx_queue_insert_tail(&ngx_http_godwit_api_waits, &ctx->wait.link);

    return NGX_DONE;
}


void
ngx_http_godwit_api_wait_told(uint64_t topic)
{
    ngx_queue_t                 *q;
    ngx_http_godwit_api_wait_t  *wait;

    for (q = ngx_queue_head(&ngx_http_godwit_api_waits);
         q != ngx_queue_sentinel(&ngx_http_godwit_api_waits);
         q = ngx_queue_next(q))
    {
        wait = ngx_queue_data(q, ngx_http_godwit_api_wait_t, link);

        if (wait->topic == topic) {
            /* not before this turn ends; a set timer would not come sooner */
            ngx_del_timer(&wait->timer);
            ngx_add_timer(&wait->timer, 0);
        }
    }
}


/* Has it ended? The document says so by its state. */
static ngx_uint_t
ngx_http_godwit_api_wait_over(ngx_str_t *body)
{
    json_t      *doc;
    ngx_uint_t   over;
    const char  *state;

    doc = json_loadb((char *) body->data, body->len, 0, NULL);
    state = json_string_value(json_object_get(doc, "state"));
    over = state != NULL && ngx_strcmp(state, "queued") != 0
           && ngx_strcmp(state, "running") != 0;
    json_decref(doc);

    return over;
}


/* The 202 is still true. */
static ngx_int_t
ngx_http_godwit_api_wait_late(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    return ngx_http_godwit_api_wait_end(r, ctx, NGX_HTTP_ACCEPTED,
                                        &ctx->wait.body);
}


/* What operations_get says, if it can. */
static void
ngx_http_godwit_api_wait_answer(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                   rc;
    ngx_str_t                   body;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    body = ngx_http_godwit_pool_value(answer);

    if (answer->rc == NGX_OK && body.data != NULL
        && ngx_http_godwit_api_wait_over(&body))
    {
        rc = ngx_http_godwit_api_wait_end(r, ctx, NGX_HTTP_OK, &body);

    } else if (answer->rc != NGX_OK
               || ngx_http_godwit_api_wait(r, ctx, 0) != NGX_DONE)
    {
        rc = ngx_http_godwit_api_wait_late(r, ctx);

    } else {
        ngx_http_godwit_pool_drop(answer);      /* eighty may come */
        rc = NGX_DONE;
    }

    ngx_http_finalize_request(r, rc);
}


static void
ngx_http_godwit_api_wait_ask(ngx_event_t *ev)
{
    ngx_int_t                   rc;
    ngx_connection_t           *c;
    ngx_http_request_t         *r = ev->data;
    ngx_http_godwit_api_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    ngx_queue_remove(&ctx->wait.link);
    ngx_http_godwit_wake(r);
    r->read_event_handler = ngx_http_block_reading;

    rc = ctx->wait.ask(r, ctx);
    if (rc != NGX_DONE) {
        rc = ctx->wait.late(r, ctx);
    }

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


/* Ask for the operation, under the scope of the request that began it. */
static ngx_int_t
ngx_http_godwit_api_wait_poll(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char                          *input;
    const char                     **values;
    const ngx_http_godwit_api_op_t  *op;

    static const char  format[] = "{\"id\":\"%V\"}%Z";

    /* of no workspace: whoever has begun it may ask */
    static ngx_http_godwit_api_op_t  directory = {
        .forms = { { ngx_string("operation"),
                     ngx_string("select auth.operation_get($1::jsonb)") } }
    };

    values = ngx_palloc(r->pool, sizeof(char *));
    input = ngx_pnalloc(r->pool, sizeof(format) + ctx->wait.operation.len);
    if (values == NULL || input == NULL) {
        return NGX_ERROR;
    }

    ngx_sprintf(input, format, &ctx->wait.operation);
    *values = (char *) input;

    if (ctx->op->op->tenantless) {
        directory.op = ctx->api->poll->op;
        op = &directory;

    } else {
        op = ctx->api->poll;
    }

    return ngx_http_godwit_api_ask(r, ctx, op, values,
                                   ngx_http_godwit_api_wait_answer);
}


/* The id of the operation that was begun ({"operation": id or document}). */
static ngx_int_t
ngx_http_godwit_api_wait_id(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    size_t       n;
    u_char       topic[NGX_HTTP_GODWIT_LIVE_TOPIC];
    json_t      *doc, *operation;
    uint64_t     noun;
    const char  *id;

    doc = json_loadb((char *) body->data, body->len, 0, NULL);
    operation = json_object_get(doc, "operation");
    id = json_string_value(json_is_object(operation)
                           ? json_object_get(operation, "id") : operation);
    n = id ? strspn(id, "abcdefghijklmnopqrstuvwxyz_0123456789") : 0;

    if (n > 0 && id[n] == '\0') {
        ctx->wait.operation.data = ngx_pnalloc(r->pool, n + 1);
        if (ctx->wait.operation.data != NULL) {
            ngx_memcpy(ctx->wait.operation.data, id, n + 1);
            ctx->wait.operation.len = n;
            (void) ngx_http_godwit_live_topic(gw_str_make(topic,
                       ngx_snprintf(topic, sizeof(topic), "operation:%s", id)
                       - topic), &noun, &ctx->wait.topic);
        }
    }

    json_decref(doc);

    return ctx->wait.operation.len > 0 ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_godwit_api_accepted(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_str_t *body)
{
    ngx_uint_t  seconds;

    if (ngx_http_godwit_api_wait_id(r, ctx, body) != NGX_OK) {
        return ngx_http_godwit_api_reply(r, ctx, NGX_HTTP_ACCEPTED, body);
    }

    ctx->wait.body = *body;
    ctx->wait.ask = ngx_http_godwit_api_wait_poll;
    ctx->wait.late = ngx_http_godwit_api_wait_late;

    seconds = ngx_http_godwit_api_wait_asked(ctx);
    if (seconds == 0) {
        return ngx_http_godwit_api_wait_late(r, ctx);
    }

    ctx->wait.applied.data = ngx_pnalloc(r->pool, sizeof("wait=20"));
    if (ctx->wait.applied.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->wait.applied.len = ngx_sprintf(ctx->wait.applied.data, "wait=%ui",
                                        seconds)
                            - ctx->wait.applied.data;

    return ngx_http_godwit_api_wait(r, ctx, seconds) == NGX_DONE
           ? NGX_DONE : ngx_http_godwit_api_wait_late(r, ctx);
}
