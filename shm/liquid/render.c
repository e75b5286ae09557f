/* Running a compiled template. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>

void
lq_escape(gw_buf_t *out, gw_str_t s)
{
    size_t       i, from;
    const char  *with;

    static const char *const  entity[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
        ['\''] = "&#39;"
    };

    if (s.len == 0) {
        return;                         /* it may be no address at all */
    }

    from = 0;
    for (i = 0; i < s.len; i++) {
        with = entity[s.data[i]];
        if (with != NULL) {
            gw_buf_put(out, s.data + from, i - from);
            gw_buf_cstr(out, with);
            from = i + 1;
        }
    }

    gw_buf_put(out, s.data + from, s.len - from);
}


void
lq_put(gw_liquid_run_t *run, lq_val_t v, bool done)
{
    if (run->escape != GW_LIQUID_HTML || done) {
        lq_print(v, run->out);
        return;
    }

    if (v.type == LQ_STR) {
        lq_escape(run->out, v.s);
        return;
    }

    gw_buf_reset(&run->text);
    lq_print(v, &run->text);
    run->arena.full |= run->text.failed;
    lq_escape(run->out, gw_buf_view(&run->text));
}


static int
lq_run_output(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    if (rc == GW_OK) {
        lq_put(run, v, node->escaped);
    }

    return rc;
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
    lq_val_t          v, w;
    const lq_node_t  *when;
    const lq_expr_t  *e;

    rc = lq_eval(run, node->expr, &v);
    matched = false;

    for (when = node->body; rc == GW_OK && when != NULL; when = when->next) {
        if (when->args == NULL && !matched) {
            rc = lq_run(run, when->other);
        }

        for (e = when->args; rc == GW_OK && e != NULL; e = e->next) {
            rc = lq_eval(run, e, &w);
            if (rc == GW_OK && lq_equal(run, v, w)) {
                matched = true;
                rc = lq_run(run, when->other);
            }
            rc = rc == GW_OK ? lq_charge(run, 0) : rc;
        }
    }

    return rc;
}


static int
lq_run_capture(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    gw_str_t  text;

    rc = lq_run_into(run, node->body, &text);
    return rc == GW_OK ? lq_set(run, node->text, lq_str(text)) : rc;
}


static int
lq_run_assign(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    return rc == GW_OK ? lq_set(run, node->text, v) : rc;
}


/* The body, unless it is what the last such tag had. */
static int
lq_run_ifchanged(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    gw_str_t  text;

    rc = lq_run_into(run, node->body, &text);
    if (rc == GW_OK && !gw_str_eq(text, run->changed)) {
        run->changed = text;
        gw_buf_str(run->out, text);
    }

    return rc;
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
                        (unsigned) node->expr->literal.i, url, node->fixed,
                        run->out);
    return rc == GW_EINVAL ? lq_wrong(run, "a link is no http or https URL: "
                                      "%.*s", (int) (url.len > 100 ? 100
                                      : url.len), url.data) : rc;
}


static int
lq_run_node(gw_liquid_run_t *run, const lq_node_t *node)
{
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
    case LQ_TABLEROW:
        return lq_run_tablerow(run, node);
    case LQ_ASSIGN:
        return lq_run_assign(run, node);
    case LQ_CAPTURE:
        return lq_run_capture(run, node);
    case LQ_IFCHANGED:
        return lq_run_ifchanged(run, node);
    case LQ_CYCLE:
        return lq_run_cycle(run, node);
    case LQ_INCREMENT:
    case LQ_DECREMENT:
        return lq_run_counter(run, node);
    case LQ_RENDER:
    case LQ_INCLUDE:
        return lq_run_partial(run, node);
    case LQ_DO_BREAK:
        run->jump = LQ_BREAK;
        return GW_OK;
    case LQ_DO_CONTINUE:
        run->jump = LQ_CONTINUE;
        return GW_OK;
    case LQ_LINK:
        return lq_run_link(run, node);
    default:
        return GW_OK;
    }
}


/* Give an error its sentence and the place of the innermost node. */
static int
lq_blame(gw_liquid_run_t *run, const lq_node_t *node, int rc)
{
    char  message[sizeof(run->err->message)];

    if (run->err->line > 0 || (rc != GW_OK && rc != GW_EINVAL
                               && rc != GW_EFULL))
    {
        return rc;
    }

    if (rc == GW_OK) {
        (void) lq_wrong(run, "the output has more than %zu bytes",
                        run->max_out);
    } else if (rc == GW_EFULL) {
        (void) lq_wrong(run, "the values of the template take more than %d "
                        "MiB", GW_LIQUID_MEMORY >> 20);
    }

    memcpy(message, run->err->message, sizeof(message));
    return lq_fail(run->program, run->err, node->at, "%s", message);
}


int
lq_run(gw_liquid_run_t *run, const lq_node_t *node)
{
    int  rc;

    if (node == NULL) {
        return GW_OK;
    }

    if (run->depth == GW_LIQUID_NESTED) {
        (void) lq_wrong(run, "partials are nested too deeply");
        return lq_blame(run, node, GW_EINVAL);
    }

    run->depth++;

    for ( /* void */ ; node != NULL && run->jump == LQ_GO; node = node->next)
    {
        rc = lq_charge(run, 1);
        rc = rc == GW_OK ? lq_run_node(run, node) : rc;
        rc = run->arena.full ? GW_EFULL : rc;
        if (rc != GW_OK || run->out->failed
            || run->out->len > run->max_out)
        {
            return lq_blame(run, node, rc);
        }
    }

    run->depth--;
    return GW_OK;
}


int
gw_liquid_run_create(gw_liquid_run_t **run)
{
    gw_liquid_run_t  *r;

    r = calloc(1, sizeof(gw_liquid_run_t));
    if (r == NULL) {
        return GW_ENOMEM;
    }

    r->arena.max = GW_LIQUID_MEMORY;
    gw_buf_init(&r->text, GW_LIQUID_MEMORY);
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

    gw_liquid_arena_reset(&run->arena, GW_LIQUID_REST);
    if (run->text.cap > GW_LIQUID_REST) {
        gw_buf_free(&run->text);
    }

    memset(err, 0, sizeof(gw_liquid_error_t));
    run->program = p;
    run->escape = p->escape;
    run->data = data;
    run->ctx = ctx;
    run->err = err;
    run->out = out;
    run->steps = 0;
    run->max_steps = ctx->max_steps ? ctx->max_steps : GW_LIQUID_STEPS;
    run->look = ctx->cpu_until ? 0 : run->max_steps;
    run->max_out = ctx->max_output ? ctx->max_output : GW_LIQUID_OUTPUT;
    run->max_out = run->max_out < out->max ? run->max_out : out->max;
    run->kept = 0;
    run->depth = 0;
    run->isolated = false;
    run->loop = NULL;
    run->changed = (gw_str_t) gw_null_string;
    run->vars = run->locals = run->counters = 0;
    run->first_var = run->first_local = run->first_counter = 0;
    run->jump = LQ_GO;

    rc = lq_run(run, p->first);
    return rc == GW_EFULL ? GW_EINVAL : rc;
}
