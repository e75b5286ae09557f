/* The variables that a template reads and does not make itself. */
#include "shm/liquid/parse.h"

#define LQ_NAMES_OWN  GW_LIQUID_VARS    /* names that it makes; past these
                                           nobody knows                      */

typedef struct {
    gw_liquid_named_pt   named;         /* NULL: its own names are gathered  */
    void                *arg;
    const gw_liquid_t   *program;
    gw_str_t             own[LQ_NAMES_OWN];
    unsigned             n;
} lq_names_t;

static int lq_names_list(lq_names_t *c, const lq_node_t *list);
static int lq_names_expr(lq_names_t *c, const lq_expr_t *e);


static int
lq_names_all(lq_names_t *c, const lq_expr_t *list)
{
    int  rc;

    for (rc = GW_OK; rc == GW_OK && list != NULL; list = list->next) {
        rc = lq_names_expr(c, list);
    }

    return rc;
}


static bool
lq_names_is_own(const lq_names_t *c, gw_str_t name)
{
    unsigned  i;

    if (c->n == LQ_NAMES_OWN || gw_str_is(name, "forloop")
        || gw_str_is(name, "tablerowloop"))
    {
        return true;
    }

    for (i = 0; i < c->n && !gw_str_eq(c->own[i], name); i++) { /* void */ }
    return i < c->n;
}


static void
lq_names_add(lq_names_t *c, gw_str_t name)
{
    if (name.len > 0 && !lq_names_is_own(c, name)) {
        c->own[c->n++] = name;
    }
}


static int
lq_names_tell(lq_names_t *c, const lq_expr_t *e)
{
    gw_liquid_name_t     name = { 0 };
    const lq_filter_t   *f;
    const lq_segment_t  *s;

    if (e->root.len == 0 || lq_names_is_own(c, e->root)) {
        return GW_OK;
    }

    name.part[name.parts++] = e->root;
    for (s = e->path; s != NULL && s->index == NULL
         && name.parts < GW_LIQUID_NAME_PARTS; s = s->next)
    {
        name.part[name.parts++] = s->name;
    }

    for (f = e->filters; f != NULL; f = f->next) {
        name.safe |= strcmp(f->row->name, "default") == 0;
    }

    name.at = (size_t) (e->root.data - c->program->source.data);
    return c->named(c->arg, &name);
}


/* In the order of the source, so that who counts lines counts them once. */
static int
lq_names_path(lq_names_t *c, const lq_expr_t *e)
{
    int                  rc;
    const lq_segment_t  *s;

    rc = lq_names_tell(c, e);
    for (s = e->path; rc == GW_OK && s != NULL; s = s->next) {
        rc = s->index != NULL ? lq_names_expr(c, s->index) : GW_OK;
    }

    return rc;
}


static int
lq_names_filters(lq_names_t *c, const lq_filter_t *f)
{
    int       rc;
    unsigned  i;

    for (rc = GW_OK; f != NULL; f = f->next) {
        for (i = 0; rc == GW_OK && i < f->n; i++) {
            rc = lq_names_expr(c, f->arg[i]);
        }
        for (i = 0; rc == GW_OK && i < GW_LIQUID_NAMED; i++) {
            rc = lq_names_expr(c, f->named[i]);
        }
    }

    return rc;
}


/* e may be NULL; a chain of and, or goes on to the right without recursion. */
static int
lq_names_expr(lq_names_t *c, const lq_expr_t *e)
{
    int  rc;

    for (rc = GW_OK; rc == GW_OK && e != NULL; e = e->right) {
        rc = e->kind == LQ_PATH ? lq_names_path(c, e)
                                : lq_names_expr(c, e->left);
        rc = rc == GW_OK ? lq_names_filters(c, e->filters) : rc;
    }

    return rc;
}


static int
lq_names_call(lq_names_t *c, const lq_call_t *call)
{
    int                rc;
    const lq_named_t  *a;

    rc = lq_names_expr(c, call->with);
    for (a = call->args; rc == GW_OK && a != NULL; a = a->next) {
        rc = lq_names_expr(c, a->expr);
    }

    return rc;
}


static int
lq_names_read(lq_names_t *c, const lq_node_t *node)
{
    int  rc;

    rc = lq_names_expr(c, node->expr);
    rc = rc == GW_OK ? lq_names_all(c, node->args) : rc;

    switch (node->kind) {
    case LQ_FOR:
    case LQ_TABLEROW:
        rc = rc == GW_OK ? lq_names_expr(c, node->spec->limit) : rc;
        rc = rc == GW_OK ? lq_names_expr(c, node->spec->offset) : rc;
        return rc == GW_OK ? lq_names_expr(c, node->spec->columns) : rc;
    case LQ_RENDER:
    case LQ_INCLUDE:
        return rc == GW_OK ? lq_names_call(c, node->call) : rc;
    default:
        return rc;
    }
}


static void
lq_names_make(lq_names_t *c, const lq_node_t *node)
{
    switch (node->kind) {
    case LQ_FOR:
    case LQ_TABLEROW:
    case LQ_ASSIGN:
    case LQ_CAPTURE:
    case LQ_INCREMENT:
    case LQ_DECREMENT:
        lq_names_add(c, node->text);
        return;
    default:
        return;
    }
}


static int
lq_names_list(lq_names_t *c, const lq_node_t *list)
{
    int               rc;
    const lq_node_t  *b;

    for (rc = GW_OK; rc == GW_OK && list != NULL; list = list->next) {
        /* the branches of an `if` hang one behind the other */
        for (b = list; rc == GW_OK && b != NULL;
             b = b->kind == LQ_IF ? b->other : NULL)
        {
            if (c->named == NULL) {
                lq_names_make(c, b);
            } else {
                rc = lq_names_read(c, b);
            }
            rc = rc == GW_OK ? lq_names_list(c, b->body) : rc;
        }

        if (rc == GW_OK && list->kind != LQ_IF) {
            rc = lq_names_list(c, list->other);
        }
    }

    return rc;
}


int
gw_liquid_names(const gw_liquid_t *p, gw_liquid_named_pt named, void *arg)
{
    int         rc;
    lq_names_t  c;

    memset(&c, 0, sizeof(c));
    c.program = p;
    rc = lq_names_list(&c, p->first);
    c.named = named;
    c.arg = arg;

    return rc == GW_OK ? lq_names_list(&c, p->first) : rc;
}
