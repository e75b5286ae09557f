/*
 * The compiled templates of this process, the last few that were asked for:
 * who opens a mail in the browser does so within the hours of its campaign.
 */
#include "ngx_http_godwit_program.h"

#include "shm/gw_snippets.h"

#define NGX_HTTP_GODWIT_PROGRAMS  16

/* Microseconds that the template of a page may take. */
#define NGX_HTTP_GODWIT_PROGRAM_CPU  12000

typedef struct {
    gw_str_t                   html;        /* what it was compiled from */
    json_t                    *snippets;    /* and with; or NULL         */
    gw_liquid_t               *program;     /* NULL: the slot is free    */
    ngx_uint_t                 turn;        /* of its last use           */
} ngx_http_godwit_program_t;

struct ngx_http_godwit_programs_s {
    gw_liquid_run_t           *run;
    ngx_uint_t                 turn;
    ngx_http_godwit_program_t  slot[NGX_HTTP_GODWIT_PROGRAMS];
};


static void
ngx_http_godwit_program_free(ngx_http_godwit_program_t *slot)
{
    if (slot->program != NULL) {
        gw_liquid_free(slot->program);
        json_decref(slot->snippets);
        ngx_free(slot->html.data);
        slot->program = NULL;
    }
}


/* Compile into a slot that is free. */
static int
ngx_http_godwit_program_compile(ngx_http_godwit_program_t *slot,
    gw_str_t html, json_t *snippets, gw_liquid_error_t *err)
{
    int                   rc;
    u_char               *copy;
    gw_snippets_t         s;
    gw_liquid_options_t   opt;

    ngx_memzero(&opt, sizeof(opt));
    opt.strict = true;
    opt.escape = GW_LIQUID_HTML;
    opt.links = true;
    opt.partial = gw_snippets_partial;
    opt.partial_arg = &s;
    s.snippets = snippets;
    s.part = "html";

    copy = ngx_alloc(html.len + 1, ngx_http_godwit_process->cycle->log);
    if (copy == NULL) {
        return GW_ENOMEM;
    }

    rc = gw_liquid_compile(&slot->program, html, &opt, err);
    if (rc != GW_OK) {
        slot->program = NULL;
        ngx_free(copy);
        return rc;
    }

    ngx_memcpy(copy, html.data, html.len);
    slot->html = gw_str_make(copy, html.len);
    slot->snippets = json_incref(snippets);

    return GW_OK;
}


int
ngx_http_godwit_program_render(gw_str_t html, json_t *snippets,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err)
{
    int                          rc;
    ngx_http_godwit_program_t   *slot, *best;
    ngx_http_godwit_programs_t  *p;

    p = ngx_http_godwit_process->programs;
    best = p->slot;

    for (slot = p->slot; slot < p->slot + NGX_HTTP_GODWIT_PROGRAMS; slot++) {
        if (slot->program != NULL && slot->html.len == html.len
            && ngx_memcmp(slot->html.data, html.data, html.len) == 0
            && (slot->snippets == snippets
                || json_equal(slot->snippets, snippets)))
        {
            slot->turn = ++p->turn;
            return gw_liquid_render(slot->program, p->run, data, ctx, out,
                                    err);
        }

        if (slot->turn < best->turn) {
            best = slot;
        }
    }

    ngx_http_godwit_program_free(best);
    best->turn = 0;

    rc = ngx_http_godwit_program_compile(best, html, snippets, err);
    if (rc != GW_OK) {
        return rc;
    }

    best->turn = ++p->turn;

    return gw_liquid_render(best->program, p->run, data, ctx, out, err);
}


static int
ngx_http_godwit_program_make(ngx_http_request_t *r,
    const ngx_http_godwit_program_page_t *page, ngx_str_t *value,
    gw_buf_t *out, gw_liquid_error_t *err)
{
    int                   rc;
    json_t               *doc;
    gw_liquid_context_t   ctx;

    if (value->len > NGX_HTTP_GODWIT_PROGRAM_MAX) {
        return GW_EFULL;
    }

    doc = json_loadb((char *) value->data, value->len, 0, NULL);
    ngx_memzero(&ctx, sizeof(ctx));
    ctx.now_us = (int64_t) ngx_time() * 1000000;
    ctx.locale = gw_str_of(json_string_value(json_object_get(doc, "locale")));
    ctx.max_steps = 100000;             /* a page must not hold the worker */
    ctx.max_cpu = NGX_HTTP_GODWIT_PROGRAM_CPU;
    rc = page->render(r, doc, &ctx, out, err);
    json_decref(doc);

    return rc;
}


static ngx_int_t
ngx_http_godwit_program_send(ngx_http_request_t *r,
    const ngx_http_godwit_program_page_t *page, const gw_buf_t *out)
{
    ngx_str_t  body;

    body.len = out->len;
    body.data = ngx_pnalloc(r->pool, out->len + 1);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(body.data, out->data, out->len);

    return page->send(r, &body);
}


void
ngx_http_godwit_program_answer(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer,
    const ngx_http_godwit_program_page_t *page, const int64_t *id)
{
    int                 made;
    gw_buf_t            out;
    ngx_int_t           rc;
    ngx_str_t           value;
    gw_liquid_error_t   err;

    rc = answer->rc;
    value = ngx_http_godwit_pool_value(answer);

    if (rc != NGX_OK || value.data == NULL) {
        ngx_http_finalize_request(r, ngx_http_godwit_refuse(r,
            rc != NGX_OK ? (ngx_uint_t) rc : NGX_HTTP_NOT_FOUND));
        return;
    }

    ngx_memzero(&err, sizeof(err));
    gw_buf_init(&out, NGX_HTTP_GODWIT_PROGRAM_MAX);
    made = ngx_http_godwit_program_make(r, page, &value, &out, &err);

    if (made == GW_OK) {
        rc = ngx_http_godwit_program_send(r, page, &out);

    } else {
        /* the log of the request would have its token */
        ngx_log_error(NGX_LOG_ERR, ngx_http_godwit_process->cycle->log, 0,
                      "%s: campaign %L of tenant %L cannot be rendered: line "
                      "%ui: %s", page->name, id[1], id[0],
                      (ngx_uint_t) err.line,
                      err.message[0] ? err.message : gw_strerror(made));
        rc = ngx_http_godwit_refuse(r, made == GW_ENOMEM
                                    ? NGX_HTTP_SERVICE_UNAVAILABLE
                                    : NGX_HTTP_INTERNAL_SERVER_ERROR);
    }

    gw_buf_free(&out);
    ngx_http_finalize_request(r, rc);
}


ngx_int_t
ngx_http_godwit_program_init(ngx_http_godwit_process_t *p)
{
    p->programs = ngx_pcalloc(p->cycle->pool,
                              sizeof(ngx_http_godwit_programs_t));
    if (p->programs == NULL) {
        return NGX_ERROR;
    }

    if (gw_liquid_run_create(&p->programs->run) != GW_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_godwit_program_exit(ngx_http_godwit_process_t *p)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_GODWIT_PROGRAMS; i++) {
        ngx_http_godwit_program_free(&p->programs->slot[i]);
    }

    gw_liquid_run_free(p->programs->run);
}
