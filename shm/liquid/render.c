/* Running a compiled template. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>
#include <strings.h>


static int
lq_run_output(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    return rc == GW_OK ? lq_put(run, v, node->put) : rc;
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
    lq_val_t  v;

    rc = lq_run_into(run, node->body, &text);
    v = lq_str(text);
    /* left by a jump it may end within a tag */
    v.html = node->fixed && run->jump == LQ_GO;
    return rc == GW_OK ? lq_set(run, node->text, v) : rc;
}


static int
lq_run_assign(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    lq_val_t  v;

    rc = lq_eval(run, node->expr, &v);
    return rc == GW_OK ? lq_set(run, node->text, v) : rc;
}


/* Is it that word, in any case? */
static bool
lq_is_word(gw_str_t s, const char *word)
{
    return strlen(word) == s.len
           && strncasecmp(word, (char *) s.data, s.len) == 0;
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


/* The URL that stands in an href, in the scratch. */
static gw_str_t
lq_link_text(gw_liquid_run_t *run, gw_str_t href)
{
    gw_str_t  url;

    gw_html_decode(href, true, lq_scratch(run));
    run->arena.full |= run->text.failed;
    url = gw_buf_view(&run->text);
    lq_skip(&url);
    lq_rstrip(&url);
    return url;
}


/*
 * What a link leads to, out of the value of its href. GW_ENOTFOUND: not to a
 * page, so that it stays what it is.
 */
static int
lq_link_url(gw_liquid_run_t *run, gw_str_t href, gw_str_t *url)
{
    size_t    i;
    gw_str_t  scheme;

    *url = lq_link_text(run, href);
    scheme = lq_scheme(*url);

    for (i = 0; i < url->len; i++) {
        if (url->data[i] <= 0x20 || url->data[i] == 0x7f) {
            scheme.len = 0;             /* it would end a header */
        }
    }

    if (lq_is_word(scheme, "mailto") || lq_is_word(scheme, "tel")) {
        return GW_ENOTFOUND;
    }

    return (lq_is_word(scheme, "http") || lq_is_word(scheme, "https"))
           && url->len > scheme.len + 3
           && memcmp(url->data + scheme.len, "://", 3) == 0 ? GW_OK
           : lq_wrong(run, "a link is none of http, https, mailto or tel: "
                      "%.*s", (int) (url->len > 100 ? 100 : url->len),
                      url->data);
}


/* A link that nobody counts, with the parameters of the query. */
static int
lq_run_bare_link(gw_liquid_run_t *run, gw_str_t href)
{
    int       rc;
    gw_str_t  url;

    url = lq_link_text(run, href);
    rc = lq_link_query(run, run->ctx->query, &url);
    if (rc == GW_OK) {
        lq_escape(run->out, url);
    }

    return rc;
}


static int
lq_run_link(gw_liquid_run_t *run, const lq_node_t *node)
{
    int       rc;
    bool      query;
    gw_str_t  href, url;

    rc = lq_run_into(run, node->body, &href);
    if (rc != GW_OK) {
        return rc;
    }

    url = href;
    rc = node->fixed ? GW_OK : lq_link_url(run, href, &url);
    query = rc == GW_OK && run->ctx->query.len > 0 && !node->negate;
    if (query && run->ctx->link == NULL) {
        return lq_run_bare_link(run, href);
    }

    rc = query && !node->fixed ? lq_link_query(run, run->ctx->query, &url)
                               : rc;
    if (rc == GW_OK && run->ctx->link != NULL) {
        rc = run->ctx->link(run->ctx->link_arg,
                            (unsigned) node->expr->literal.i, url,
                            node->fixed, run->out);
        return rc == GW_EINVAL || rc == GW_EFULL
               ? lq_wrong(run, "a link is too long: %.*s",
                          (int) (url.len > 100 ? 100 : url.len), url.data)
               : rc;
    }

    gw_buf_str(run->out, href);
    return rc == GW_ENOTFOUND ? GW_OK : rc;
}


/* What prints by itself. */
static int
lq_run_leaf(gw_liquid_run_t *run, const lq_node_t *node)
{
    switch (node->kind) {
    case LQ_OUTPUT:
        return lq_run_output(run, node);
    case LQ_LINK:
        return lq_run_link(run, node);
    case LQ_PIXEL:
        return run->ctx->pixel == NULL ? GW_OK
               : run->ctx->pixel(run->ctx->link_arg, run->out);
    case LQ_IFCHANGED:
        return lq_run_ifchanged(run, node);
    case LQ_CYCLE:
        return lq_run_cycle(run, node);
    default:
        return lq_run_counter(run, node);
    }
}


static int
lq_run_node(gw_liquid_run_t *run, const lq_node_t *node)
{
    int     rc;
    size_t  from;

    switch (node->kind) {
    case LQ_TEXT:
        if (run->coded != NULL) {
            lq_coded_text(run, node);
        } else {
            gw_buf_str(run->out, node->text);
        }
        return GW_OK;
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
    case LQ_RENDER:
    case LQ_INCLUDE:
        return lq_run_partial(run, node);
    case LQ_DO_BREAK:
        run->jump = LQ_BREAK;
        return GW_OK;
    case LQ_DO_CONTINUE:
        run->jump = LQ_CONTINUE;
        return GW_OK;
    case LQ_NOTHING:
        return GW_OK;
    default:
        from = run->out->len;
        rc = lq_run_leaf(run, node);
        if (run->coded != NULL) {
            lq_coded_tail(run, from);
        }
        return rc;
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
        (void) lq_wrong(run, "snippets are nested too deeply");
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
        gw_zones_free(run->zones);
        free(run);
    }
}


int
gw_liquid_render(const gw_liquid_t *p, gw_liquid_run_t *run,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err)
{
    int      rc;
    gw_qp_t  qp = { 0, 0 };

    gw_liquid_arena_reset(&run->arena, GW_LIQUID_REST);
    if (run->text.cap > GW_LIQUID_REST) {
        gw_buf_free(&run->text);
    }

    memset(err, 0, sizeof(gw_liquid_error_t));
    run->program = p;
    run->data = data;
    run->ctx = ctx;
    run->err = err;
    run->out = out;
    run->coded = ctx->coded ? &qp : NULL;
    run->steps = 0;
    run->max_steps = ctx->max_steps ? ctx->max_steps : GW_LIQUID_STEPS;
    run->cpu_until = ctx->cpu_until;
    run->look = ctx->cpu_until ? 0
                : ctx->max_cpu ? GW_LIQUID_LOOK : run->max_steps;
    run->look = run->look < run->max_steps ? run->look : run->max_steps;
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
    run->coded = NULL;
    if (ctx->coded) {
        gw_qp_finish(&qp, out);
    }

    return rc == GW_EFULL ? GW_EINVAL : rc;
}
