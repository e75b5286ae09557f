/* The tags that call partials: render and include. */
#include "shm/liquid/parse.h"


/* with VALUE or for VALUE, as NAME; then arguments. */
static int
lq_call_value(lq_parser_t *p, gw_str_t *m, lq_call_t *call)
{
    int       rc;
    gw_str_t  ahead, word;

    ahead = *m;
    if (lq_label(&ahead, &word)) {
        return GW_OK;                   /* an argument of that name */
    }

    call->each = lq_take(m, "for");
    if (call->each || lq_take(m, "with")) {
        rc = lq_parse_value(p, m, &call->with);
        if (rc != GW_OK) {
            return rc;
        }
    }

    ahead = *m;
    if (!lq_label(&ahead, &word) && lq_take(m, "as")
        && !lq_word(m, &call->alias))
    {
        return lq_fail(p->program, p->err, m->data,
                       "a name is due after \"as\"");
    }

    return GW_OK;
}


/* NAME: VALUE, with or without commas between them. */
static int
lq_call_args(lq_parser_t *p, gw_str_t *m, lq_call_t *call)
{
    int           rc;
    gw_str_t      word;
    lq_named_t   *arg, **last;

    last = &call->args;

    for ( ;; ) {
        (void) lq_take(m, ",");
        lq_skip(m);
        if (m->len == 0) {
            return GW_OK;
        }

        if (!lq_label(m, &word)) {
            return lq_fail(p->program, p->err, m->data,
                           "an argument like NAME: VALUE is expected");
        }

        arg = gw_liquid_alloc(&p->program->arena, sizeof(lq_named_t));
        if (arg == NULL) {
            return GW_ENOMEM;
        }

        arg->next = NULL;
        arg->name = word;
        *last = arg;
        last = &arg->next;
        rc = lq_parse_value(p, m, &arg->expr);
        if (rc != GW_OK) {
            return rc;
        }
    }
}


/* A name known only when it runs: all that there are are compiled. */
static int
lq_call_any(lq_parser_t *p, const unsigned char *at)
{
    int                  rc;
    unsigned             i;
    gw_str_t             name;
    const lq_partial_t  *part;

    if (p->opt->partial_name == NULL) {
        return lq_fail(p->program, p->err, at,
                       "the name of a snippet is written out in quotes");
    }

    for (i = 0; ; i++) {
        rc = p->opt->partial_name(p->opt->partial_arg, i, &name);
        if (rc != GW_OK) {
            return rc == GW_ENOTFOUND ? GW_OK : rc;
        }
        rc = lq_partial(p, name, at, &part);
        if (rc != GW_OK) {
            return rc;
        }
    }
}


static int
lq_call(lq_parser_t *p, gw_str_t m, lq_node_t *node, bool any)
{
    int         rc;
    lq_call_t  *call;

    call = gw_liquid_alloc(&p->program->arena, sizeof(lq_call_t));
    if (call == NULL) {
        return GW_ENOMEM;
    }

    memset(call, 0, sizeof(lq_call_t));
    node->call = call;
    rc = lq_parse_value(p, &m, &node->expr);
    if (rc != GW_OK) {
        return rc;
    }

    if (node->expr->kind == LQ_LITERAL && node->expr->literal.type == LQ_STR) {
        rc = lq_partial(p, node->expr->literal.s, node->at, &call->partial);
    } else if (any && node->expr->kind == LQ_PATH) {
        rc = lq_call_any(p, node->at);
    } else {
        rc = lq_fail(p->program, p->err, node->at,
                     "the name of a snippet is written out in quotes");
    }

    rc = rc == GW_OK ? lq_call_value(p, &m, call) : rc;
    return rc == GW_OK ? lq_call_args(p, &m, call) : rc;
}


static int
lq_tag_render(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_call(p, m, node, false);
}


static int
lq_tag_include(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_call(p, m, node, true);
}


const lq_tag_row_t  lq_tags_partial[] = {
    { "include", LQ_INCLUDE, false, lq_tag_include },
    { "render", LQ_RENDER, false, lq_tag_render },
    { NULL, 0, false, NULL }
};
