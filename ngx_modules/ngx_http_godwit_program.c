/*
 * The compiled templates of this process, the last few that were asked for:
 * who opens a mail in the browser does so within the hours of its campaign.
 */
#include "ngx_http_godwit_program.h"

#include "shm/gw_snippets.h"

#define NGX_HTTP_GODWIT_PROGRAMS  16

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
