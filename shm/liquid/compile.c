/* Compiling a template and the partials that it calls. */
#include "shm/liquid/parse.h"

#include <stdlib.h>


static int
lq_copy(lq_parser_t *p, gw_str_t s, gw_str_t *out)
{
    unsigned char  *d;

    d = gw_liquid_alloc(&p->program->arena, s.len + 1);
    if (d == NULL) {
        return GW_ENOMEM;
    }

    if (s.len > 0) {
        memcpy(d, s.data, s.len);
    }
    d[s.len] = '\0';
    *out = gw_str_make(d, s.len);
    return GW_OK;
}


/*
 * Only noted here: its text is parsed after the one that calls it, so that
 * partials may call each other in a circle.
 */
int
lq_partial(lq_parser_t *p, gw_str_t name, const unsigned char *at,
    const lq_partial_t **out)
{
    int            rc;
    gw_str_t       src;
    gw_liquid_t   *program;
    lq_partial_t  *part, **last;

    program = p->program;
    for (last = &program->partials; *last != NULL; last = &(*last)->next) {
        if (gw_str_eq((*last)->name, name)) {
            *out = *last;
            return GW_OK;
        }
    }

    rc = p->opt->partial == NULL ? GW_ENOTFOUND
         : p->opt->partial(p->opt->partial_arg, name, &src);
    if (rc != GW_OK) {
        return rc == GW_ENOTFOUND
               ? lq_fail(program, p->err, at, "there is no snippet \"%.*s\"",
                         name.len > 100 ? 100 : (int) name.len, name.data)
               : rc;
    }

    if (program->n_partials == GW_LIQUID_PARTIALS) {
        return lq_fail(program, p->err, at, "more than %d snippets are used",
                       GW_LIQUID_PARTIALS);
    }

    part = gw_liquid_alloc(&program->arena, sizeof(lq_partial_t));
    if (part == NULL) {
        return GW_ENOMEM;
    }

    memset(part, 0, sizeof(lq_partial_t));
    part->at = at;
    rc = lq_copy(p, name, &part->name);
    rc = rc == GW_OK ? lq_copy(p, src, &part->source) : rc;
    *last = part;
    program->n_partials++;
    *out = part;
    return rc;
}


static int
lq_source(lq_parser_t *p, gw_str_t source, lq_node_t **out)
{
    lq_tag_t                  end;
    static const char *const  until[] = { NULL };

    p->rest = source;
    p->trim = false;
    p->depth = 0;
    return lq_block(p, out, until, &end);
}


static int
lq_compile(lq_parser_t *p, gw_str_t src)
{
    int            rc;
    gw_liquid_t   *program;
    lq_partial_t  *part;

    program = p->program;
    if (src.len > GW_LIQUID_SOURCE) {
        return lq_fail(program, p->err, NULL, "a template has more than %d "
                       "MiB", GW_LIQUID_SOURCE >> 20);
    }

    rc = lq_copy(p, src, &program->source);
    rc = rc == GW_OK ? lq_source(p, program->source, &program->first) : rc;

    /* the list grows at its end while it is walked */
    for (part = program->partials; rc == GW_OK && part != NULL;
         part = part->next)
    {
        rc = lq_source(p, part->source, &part->first);
    }

    if (rc == GW_OK && p->opt->escape == GW_LIQUID_HTML) {
        rc = lq_html(p);
    }

    return rc == GW_ENOMEM && program->arena.full
           ? lq_fail(program, p->err, p->rest.data, "the template has too "
                     "many parts") : rc;
}


int
gw_liquid_compile(gw_liquid_t **out, gw_str_t src,
    const gw_liquid_options_t *opt, gw_liquid_error_t *err)
{
    int          rc;
    lq_parser_t  p;

    memset(&p, 0, sizeof(p));
    memset(err, 0, sizeof(gw_liquid_error_t));

    p.program = calloc(1, sizeof(gw_liquid_t));
    if (p.program == NULL) {
        return GW_ENOMEM;
    }

    p.program->arena.max = GW_LIQUID_PROGRAM;
    p.opt = opt;
    p.err = err;

    rc = lq_compile(&p, src);
    if (rc != GW_OK) {
        gw_liquid_free(p.program);
        return rc;
    }

    *out = p.program;
    return GW_OK;
}


int
gw_liquid_calls(const gw_liquid_t *p, gw_liquid_called_pt called, void *arg)
{
    int                  rc;
    gw_liquid_error_t    place;
    const lq_partial_t  *part;

    rc = GW_OK;
    for (part = p->partials; rc == GW_OK && part != NULL; part = part->next) {
        (void) lq_fail(p, &place, part->at, "called here");
        rc = called(arg, part->name, place.line, place.column);
    }

    return rc;
}


void
gw_liquid_free(gw_liquid_t *p)
{
    if (p != NULL) {
        gw_liquid_arena_free(&p->arena);
        free(p);
    }
}
