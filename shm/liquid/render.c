/* Running a compiled template. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>

void
lq_escape(gw_buf_t *out, gw_str_t s)
{
    size_t       i, from;
    const char  *with;

    from = 0;
    for (i = 0; i < s.len; i++) {
        switch (s.data[i]) {
        case '&': with = "&amp;"; break;
        case '<': with = "&lt;"; break;
        case '>': with = "&gt;"; break;
        case '"': with = "&quot;"; break;
        case '\'': with = "&#39;"; break;
        default: continue;
        }

        gw_buf_put(out, s.data + from, i - from);
        gw_buf_cstr(out, with);
        from = i + 1;
    }

    gw_buf_put(out, s.data + from, s.len - from);
}


static int
lq_run_output(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    if (rc != GW_OK) {
        return rc;
    }

    if (run->escape != GW_LIQUID_HTML || node->escaped) {
        lq_print(v, run->out);
        return GW_OK;
    }

    if (v.type == LQ_STR) {
        lq_escape(run->out, v.s);
        return GW_OK;
    }

    gw_buf_reset(&run->text);
    lq_print(v, &run->text);
    lq_escape(run->out, gw_buf_view(&run->text));
    return GW_OK;
}


static int
lq_run_if(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    for ( /* void */ ; node != NULL; node = node->other) {
        if (node->expr == NULL) {
            return lq_run(run, node->body);
        }

        rc = lq_eval(run, node->expr, &v);
        if (rc != GW_OK) {
            return rc;
        }

        if (lq_truthy(v) != node->negate) {
            return lq_run(run, node->body);
        }
    }

    return GW_OK;
}


/* Every matching `when` is run; `else` only when none has matched. */
static int
lq_run_case(gw_liquid_run_t *run, const lq_node_t *node)
{
    int               rc;
    bool              matched;
    unsigned          i;
    lq_val_t          v, w;
    const lq_node_t  *when;

    rc = lq_eval(run, node->expr, &v);
    matched = false;

    for (when = node->body; rc == GW_OK && when != NULL; when = when->next) {
        if (when->n == 0) {
            rc = matched ? GW_OK : lq_run(run, when->other);
        }

        for (i = 0; rc == GW_OK && i < when->n; i++) {
            rc = lq_eval(run, when->arg[i], &w);
            if (rc == GW_OK && lq_equal(v, w)) {
                matched = true;
                rc = lq_run(run, when->other);
            }
        }
    }

    return rc;
}


int64_t *
lq_counter(gw_liquid_run_t *run, gw_str_t name, int64_t first)
{
    unsigned  i;

    for (i = 0; i < run->counters; i++) {
        if (gw_str_eq(run->counter[i].name, name)) {
            return &run->counter[i].n;
        }
    }

    if (run->counters == GW_LIQUID_VARS) {
        return NULL;
    }

    run->counter[run->counters].name = name;
    run->counter[run->counters].n = first;
    return &run->counter[run->counters++].n;
}


static int
lq_set(gw_liquid_run_t *run, gw_str_t name, lq_val_t v)
{
    unsigned  i;

    for (i = 0; i < run->vars && !gw_str_eq(run->var[i].name, name); i++) {
        /* void */
    }

    if (i == GW_LIQUID_VARS) {
        return lq_wrong(run, "more than %d variables", GW_LIQUID_VARS);
    }

    run->vars += i == run->vars;
    run->var[i].name = name;
    run->var[i].v = v;
    return GW_OK;
}


/* Run a body into a text of the arena. */
static int
lq_run_into(gw_liquid_run_t *run, const lq_node_t *body, gw_str_t *out)
{
    int             rc;
    size_t          from;
    unsigned char  *p;

    from = run->out->len;
    rc = lq_run(run, body);
    if (rc != GW_OK || run->out->failed) {
        return rc != GW_OK ? rc : GW_EFULL;
    }

    p = gw_liquid_alloc(&run->arena, run->out->len - from + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    *out = gw_str_make(p, run->out->len - from);
    if (out->len > 0) {
        memcpy(p, run->out->data + from, out->len);
    }
    run->out->len = from;
    return GW_OK;
}


static int
lq_run_link(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc, escape;
    gw_str_t  url;

    escape = run->escape;
    run->escape = GW_LIQUID_PLAIN;
    rc = lq_run_into(run, node->body, &url);
    run->escape = escape;

    if (rc != GW_OK) {
        return rc;
    }

    if (run->ctx->link == NULL) {
        gw_buf_str(run->out, url);
        return GW_OK;
    }

    rc = run->ctx->link(run->ctx->link_arg,
                        (unsigned) node->expr->literal.i, url, node->resume,
                        run->out);
    return rc == GW_EINVAL ? lq_wrong(run, "a link is no http or https URL: "
                                      "%.*s", (int) (url.len > 100 ? 100
                                      : url.len), url.data) : rc;
}


static int
lq_run_cycle(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    int64_t  *at;
    lq_val_t  v;

    at = lq_counter(run, gw_str_make(node->text.data, node->text.len), 0);
    if (at == NULL) {
        return lq_wrong(run, "there are too many cycles");
    }

    if (*at >= (int64_t) node->n || node->n == 0) {
        *at = 0;
    }

    rc = lq_eval(run, node->arg[*at], &v);
    if (rc == GW_OK) {
        *at = *at + 1 == (int64_t) node->n ? 0 : *at + 1;
        lq_print(v, run->out);
    }

    return rc;
}


static int
lq_run_counter(gw_liquid_run_t *run, const lq_node_t *node)
{
    int64_t  *n;

    n = lq_counter(run, node->text, 0);
    if (n == NULL) {
        return lq_wrong(run, "there are too many counters");
    }

    *n -= node->kind == LQ_DECREMENT;
    lq_print(lq_int(*n), run->out);
    *n += node->kind == LQ_INCREMENT;
    return GW_OK;
}


static int
lq_run_node(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;
    gw_str_t  text;

    switch (node->kind) {
    case LQ_TEXT:
        gw_buf_str(run->out, node->text);
        return GW_OK;
    case LQ_OUTPUT:
        return lq_run_output(run, node);
    case LQ_IF:
        return lq_run_if(run, node);
    case LQ_CASE:
        return lq_run_case(run, node);
    case LQ_FOR:
        return lq_run_for(run, node);
    case LQ_ASSIGN:
        rc = lq_eval(run, node->expr, &v);
        return rc == GW_OK ? lq_set(run, node->text, v) : rc;
    case LQ_CAPTURE:
        rc = lq_run_into(run, node->body, &text);
        return rc == GW_OK ? lq_set(run, node->text, lq_str(text)) : rc;
    case LQ_CYCLE:
        return lq_run_cycle(run, node);
    case LQ_INCREMENT:
    case LQ_DECREMENT:
        return lq_run_counter(run, node);
    case LQ_DO_BREAK:
        run->jump = LQ_BREAK;
        return GW_OK;
    case LQ_DO_CONTINUE:
        run->jump = LQ_CONTINUE;
        return GW_OK;
    default:
        return lq_run_link(run, node);
    }
}


int
lq_run(gw_liquid_run_t *run, const lq_node_t *node)
{
    int  rc;

    for ( /* void */ ; node != NULL && run->jump == LQ_GO; node = node->next)
    {
        if (++run->steps > (run->ctx->max_steps ? run->ctx->max_steps
                                                : GW_LIQUID_STEPS))
        {
            return lq_wrong(run, "the template takes too many steps");
        }

        rc = lq_run_node(run, node);
        if (rc != GW_OK) {
            if (rc == GW_EINVAL && run->err->line == 0) {
                char  message[sizeof(run->err->message)];

                memcpy(message, run->err->message, sizeof(message));
                (void) lq_fail(run->program, run->err, node->at, "%s",
                               message);
            }
            return rc;
        }
    }

    return run->out->failed ? GW_EFULL : GW_OK;
}


int
gw_liquid_run_create(gw_liquid_run_t **run)
{
    gw_liquid_run_t  *r;

    r = calloc(1, sizeof(gw_liquid_run_t));
    if (r == NULL) {
        return GW_ENOMEM;
    }

    gw_buf_init(&r->text, GW_LIQUID_ARENA);
    *run = r;
    return GW_OK;
}


void
gw_liquid_run_free(gw_liquid_run_t *run)
{
    if (run != NULL) {
        gw_liquid_arena_free(&run->arena);
        gw_buf_free(&run->text);
        free(run);
    }
}


int
gw_liquid_render(const gw_liquid_t *p, gw_liquid_run_t *run,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err)
{
    int  rc;

    gw_liquid_arena_reset(&run->arena);
    memset(err, 0, sizeof(gw_liquid_error_t));
    run->program = p;
    run->escape = p->escape;
    run->data = data;
    run->ctx = ctx;
    run->err = err;
    run->out = out;
    run->steps = 0;
    run->loop = NULL;
    run->vars = run->locals = run->counters = 0;
    run->jump = LQ_GO;

    rc = lq_run(run, p->first);
    if (rc == GW_EFULL && err->message[0] == '\0') {
        (void) lq_wrong(run, "the output or the memory of the template is "
                        "too large");
    }

    return rc;
}
