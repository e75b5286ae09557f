/*
 * x-handler export: the operation is asked for page after page, each a
 * transaction of its own, and each goes to the client before the next is
 * asked for: one page is in memory, and a client that reads slowly holds no
 * connection to Postgres.
 *
 * The operation gets "limit" and, after the first page, the "cursor" that the
 * last one gave as its next; it answers {"text","next","rows","tenant"}, next
 * null at the end, and "total" with the first. How far it is is told live.
 */
#include "ngx_http_godwit_live.h"

#define NGX_HTTP_GODWIT_EXPORT_ROWS   1000
#define NGX_HTTP_GODWIT_EXPORT_MARK   1024  /* of a cursor, at most */
#define NGX_HTTP_GODWIT_EXPORT_TELL   250   /* ms until it is told again */

typedef struct {
    ngx_str_t  format;                      /* of the parameter "format" */
    ngx_str_t  media;                       /* as Accept names it */
    ngx_str_t  type;
} ngx_http_godwit_export_type_t;

/* The first is what an export has when it is not asked. */
static const ngx_http_godwit_export_type_t  ngx_http_godwit_export_types[] = {
    { ngx_string("csv"), ngx_string("text/csv"),
      ngx_string("text/csv; charset=utf-8") },
    { ngx_string("ndjson"), ngx_string("application/x-ndjson"),
      ngx_string("application/x-ndjson") },
    { ngx_null_string, ngx_null_string, ngx_null_string }
};

struct ngx_http_godwit_export_s {
    const char  *input[1];
    gw_buf_t     text;                      /* of the question */
    json_t      *page;                      /* what is being sent */
    ngx_buf_t    buf;
    u_char       cursor[NGX_HTTP_GODWIT_EXPORT_MARK];
    json_int_t   rows;
    json_int_t   total;
    uint32_t     tenant;
    ngx_str_t    id;                        /* of the request */
    ngx_msec_t   told;
    unsigned     begun:1;
    unsigned     last:1;
};

static void ngx_http_godwit_export_page(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer);


static void
ngx_http_godwit_export_free(void *data)
{
    ngx_http_godwit_export_t  *e = data;

    json_decref(e->page);
    e->page = NULL;
}


/* Tell those who listen how far it is; of its end (state) in any case. */
static void
ngx_http_godwit_export_tell(ngx_http_godwit_export_t *e, const char *state)
{
    char      mem[400], topic[NGX_HTTP_GODWIT_LIVE_TOPIC];
    gw_buf_t  b;

    if (state == NULL && ngx_current_msec - e->told
                         < NGX_HTTP_GODWIT_EXPORT_TELL)
    {
        return;
    }

    e->told = ngx_current_msec;
    (void) snprintf(topic, sizeof(topic), "export:%s", e->id.data);
    gw_buf_fixed(&b, mem, sizeof(mem));
    gw_buf_fmt(&b, "\"topic\":\"%s\",\"type\":\"export.progress\",\"data\":{"
               "\"done\":%lld,\"total\":%lld,\"state\":\"%s\"}}", topic,
               (long long) e->rows, (long long) e->total,
               state != NULL ? state : "running");
    ngx_http_godwit_live_say(e->tenant, gw_str_of(topic), gw_buf_view(&b));
}


/* The request is over, and the file as well or not. */
static void
ngx_http_godwit_export_gone(void *data)
{
    ngx_http_godwit_export_t  *e = data;

    if (e->begun && !e->last) {
        ngx_http_godwit_export_tell(e, "cut");
    }

    ngx_http_godwit_export_free(e);
}


/* Ask for the page behind the cursor. NGX_DONE, or a status. */
static ngx_int_t
ngx_http_godwit_export_ask(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    gw_buf_t                  *b;
    ngx_http_godwit_export_t  *e;

    e = ctx->export;
    b = &e->text;

    gw_buf_reset(b);
    gw_buf_str(b, gw_buf_view(&ctx->input));
    gw_buf_fmt(b, "%s\"limit\":%d", ctx->input.len == 0 ? "{" : ",",
               NGX_HTTP_GODWIT_EXPORT_ROWS);

    if (e->begun) {
        gw_buf_cstr(b, ",\"cursor\":");
        gw_buf_json(b, gw_str_of((char *) e->cursor));
    }

    gw_buf_cstr(b, "}");
    gw_buf_char(b, '\0');
    e->input[0] = (char *) b->data;

    return b->failed ? NGX_HTTP_INTERNAL_SERVER_ERROR
           : ngx_http_godwit_api_ask(r, ctx, ctx->op, e->input,
                                     ngx_http_godwit_export_page);
}


/*
 * The status has gone out: the end that is missing says that it is not all.
 * HTTP/1.0 has no end but that of the connection, which is then reset.
 */
static void
ngx_http_godwit_export_cut(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    struct linger  l;

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "%s is cut short, its client sees that",
                  ctx->op->op->id.data);

    if (r->http_version < NGX_HTTP_VERSION_11) {
        l.l_onoff = 1;
        l.l_linger = 0;
        (void) setsockopt(r->connection->fd, SOL_SOCKET, SO_LINGER, &l,
                          sizeof(l));
    }

    ngx_http_finalize_request(r, NGX_ERROR);
}


static void
ngx_http_godwit_export_next(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_http_godwit_export_free(ctx->export);

    if (ngx_http_godwit_export_ask(r, ctx) != NGX_DONE) {
        ngx_http_godwit_export_cut(r, ctx);
        return;
    }

    ngx_http_finalize_request(r, NGX_DONE);
}


/* The client has not taken all of the page yet. */
static void
ngx_http_godwit_export_drain(ngx_http_request_t *r)
{
    ngx_connection_t           *c;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_godwit_api_ctx_t  *ctx;

    c = r->connection;
    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);

    if (c->write->timedout) {
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (ngx_http_output_filter(r, NULL) == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (r->buffered || c->buffered) {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);
        if (!c->write->delayed) {           /* the timer is limit_rate's */
            ngx_add_timer(c->write, clcf->send_timeout);
        }

        if (ngx_handle_write_event(c->write, clcf->send_lowat) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
        }
        return;
    }

    if (c->write->timer_set && !c->write->delayed) {
        ngx_del_timer(c->write);
    }

    r->write_event_handler = ngx_http_request_empty_handler;
    ngx_http_godwit_export_next(r, ctx);
}


/*
 * That of the parameter, else the first that Accept lets pass. NULL: Accept
 * refuses it.
 */
static const ngx_http_godwit_export_type_t *
ngx_http_godwit_export_type(ngx_http_godwit_api_ctx_t *ctx)
{
    ngx_str_t                             named;
    ngx_uint_t                            i;
    ngx_http_godwit_api_pair_t           *pair;
    const ngx_http_godwit_export_type_t  *t;

    ngx_str_null(&named);
    pair = ctx->pairs.elts;
    for (i = 0; i < ctx->pairs.nelts; i++) {
        if (gw_str_is(pair[i].param->name, "format")) {
            named.data = pair[i].value.data;
            named.len = pair[i].value.len;
        }
    }

    for (t = ngx_http_godwit_export_types; t->format.len > 0; t++) {
        if ((named.data == NULL
             || (named.len == t->format.len
                 && ngx_memcmp(named.data, t->format.data, named.len) == 0))
            && ngx_http_godwit_api_accepts(ctx, &t->media))
        {
            return t;
        }
    }

    return NULL;
}


/* exports_contacts becomes contacts.csv. */
static ngx_int_t
ngx_http_godwit_export_header(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    u_char                                mem[128], *p;
    ngx_str_t                             name, type, total;
    const char                           *id, *tail;
    const ngx_http_godwit_export_type_t  *t;

    static ngx_str_t  total_name = ngx_string("Godwit-Total");

    t = ngx_http_godwit_export_type(ctx);
    type = t->type;
    id = (char *) ctx->op->op->id.data;
    tail = strchr(id, '_');

    name.data = mem;
    name.len = ngx_slprintf(mem, mem + sizeof(mem), "%s.%V",
                            tail ? tail + 1 : id, &t->format) - mem;

    p = ngx_pnalloc(r->pool, NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    total.data = p;
    total.len = ngx_sprintf(p, "%L", (int64_t) ctx->export->total) - p;

    return ngx_http_godwit_api_attachment(r, &name) == NGX_OK
           && ngx_http_godwit_header(r, &total_name, &total) == NGX_OK
           ? ngx_http_godwit_api_header(r, ctx, NGX_HTTP_OK, &type, -1)
           : NGX_ERROR;
}


/* Read what was answered; the result itself is given back at once. */
static ngx_int_t
ngx_http_godwit_export_read(ngx_http_request_t *r,
    ngx_http_godwit_export_t *e, ngx_http_godwit_answer_t *answer)
{
    ngx_str_t    body;
    const char  *next;

    body = ngx_http_godwit_pool_value(answer);
    e->page = body.data == NULL ? NULL
              : json_loadb((char *) body.data, body.len, JSON_ALLOW_NUL, NULL);
    ngx_http_godwit_pool_drop(answer);

    next = json_string_value(json_object_get(e->page, "next"));

    if (!json_is_string(json_object_get(e->page, "text"))
        || (next != NULL && ngx_strlen(next) >= sizeof(e->cursor)))
    {
        return NGX_ERROR;
    }

    e->last = next == NULL;
    e->rows += json_integer_value(json_object_get(e->page, "rows"));
    e->tenant = (uint32_t) json_integer_value(json_object_get(e->page,
                                                              "tenant"));
    if (!e->begun) {
        e->total = json_integer_value(json_object_get(e->page, "total"));
    }
    e->total = e->last || e->total < e->rows ? e->rows : e->total;

    if (next != NULL) {
        ngx_cpystrn(e->cursor, (u_char *) next, sizeof(e->cursor));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_export_send(ngx_http_request_t *r,
    ngx_http_godwit_export_t *e)
{
    json_t       *text;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    text = json_object_get(e->page, "text");
    b = &e->buf;

    ngx_memzero(b, sizeof(ngx_buf_t));
    b->pos = (u_char *) json_string_value(text);
    b->last = b->pos + json_string_length(text);
    b->start = b->pos;
    b->end = b->last;
    b->memory = b->last > b->pos;
    b->flush = 1;
    b->last_buf = e->last;
    b->last_in_chain = e->last;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_http_godwit_export_page(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                   rc;
    ngx_http_godwit_export_t   *e;
    ngx_http_godwit_api_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_godwit_api_module);
    e = ctx->export;

    if (answer->rc != NGX_OK && !e->begun) {
        ngx_http_finalize_request(r, ngx_http_godwit_api_refuse(r, ctx,
                                                                answer));
        return;
    }

    if (answer->rc != NGX_OK
        || ngx_http_godwit_export_read(r, e, answer) != NGX_OK)
    {
        if (e->begun) {
            ngx_http_godwit_export_cut(r, ctx);
        } else {
            ngx_http_finalize_request(r, ngx_http_godwit_api_problem(r, ctx,
                                      GW_PROBLEM_INTERNAL, gw_str_of(NULL)));
        }
        return;
    }

    if (!e->begun) {
        rc = ngx_http_godwit_export_header(r, ctx);
        if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
            ngx_http_finalize_request(r, rc);
            return;
        }
        e->begun = 1;
    }

    ngx_http_godwit_export_tell(e, e->last ? "done" : NULL);
    rc = ngx_http_godwit_export_send(r, e);

    if (rc == NGX_ERROR || e->last) {
        ngx_http_finalize_request(r, rc);
        return;
    }

    r->read_event_handler = ngx_http_test_reading;
    r->write_event_handler = ngx_http_godwit_export_drain;
    ngx_http_godwit_export_drain(r);
}


ngx_int_t
ngx_http_godwit_api_export(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    size_t                     size;
    u_char                    *mem;
    ngx_int_t                  rc;
    ngx_pool_cleanup_t        *cln;
    ngx_http_godwit_export_t  *e;

    if (ngx_http_godwit_export_type(ctx) == NULL) {
        return ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_NOT_ACCEPTABLE,
                   gw_str_of("The file is text/csv or, with format=ndjson, "
                             "application/x-ndjson; the header Accept refuses "
                             "that."));
    }

    e = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_export_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);
    size = ctx->input.len + 6 * NGX_HTTP_GODWIT_EXPORT_MARK + 64;
    mem = ngx_pnalloc(r->pool, size);

    if (e == NULL || cln == NULL || mem == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_godwit_export_gone;
    cln->data = e;
    e->id = ctx->id;
    ctx->export = e;
    gw_buf_fixed(&e->text, mem, size);
    rc = ngx_http_godwit_export_ask(r, ctx);

    return rc == NGX_DONE || rc == NGX_HTTP_INTERNAL_SERVER_ERROR ? rc
           : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_AWAY,
                                         gw_str_of(NULL));
}
