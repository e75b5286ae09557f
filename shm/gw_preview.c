/* Rendering a template for the eye: subject, html and text with given data. */
#include "shm/gw_preview.h"

#include "shm/gw_clock.h"
#include "shm/gw_links.h"
#include "shm/gw_liquid.h"
#include "shm/gw_snippets.h"

typedef struct {
    const char  *name;
    int          escape;
} preview_part_t;

typedef struct {
    json_t               *doc;
    gw_liquid_run_t      *run;
    gw_liquid_context_t   ctx;
    gw_snippets_t         snippets;
    gw_buf_t              derived;          /* the text made from html */
    gw_buf_t              text;             /* of a part               */
    gw_buf_t             *err;
} preview_t;

static const preview_part_t  preview_parts[] = {
    { "subject", GW_LIQUID_PLAIN },
    { "html", GW_LIQUID_HTML },
    { "text", GW_LIQUID_PLAIN },
    { NULL, 0 }
};


static int
preview_fail(preview_t *p, const char *message, unsigned line,
    unsigned column)
{
    gw_buf_cstr(p->err, message);

    if (line > 0) {
        gw_buf_fmt(p->err, ", line %u, column %u", line, column);
    }

    return GW_EINVAL;
}


/* The template of a part, as short as may be. */
static int
preview_source(preview_t *p, const preview_part_t *part, gw_str_t *src)
{
    int                 rc;
    const json_t       *j;
    gw_liquid_error_t   e;

    j = json_object_get(p->doc, part->name);

    if (json_is_string(j)) {
        *src = gw_str_make(json_string_value(j), json_string_length(j));

    } else if (json_is_null(j) && strcmp(part->name, "text") == 0) {
        j = json_object_get(p->doc, "html");
        rc = gw_links_text(gw_str_make(json_string_value(j),
                                       json_string_length(j)), &p->derived, &e);
        if (rc != GW_OK) {
            return rc == GW_EINVAL ? preview_fail(p, e.message, e.line,
                                                  e.column) : rc;
        }
        *src = gw_buf_view(&p->derived);

    } else {
        return GW_ECORRUPT;
    }

    if (src->len + gw_snippets_size(&p->snippets) > GW_PREVIEW_SOURCE) {
        return preview_fail(p, "with its snippets it has more than 128 KiB, "
                            "which is too much for a preview", 0, 0);
    }

    /* what renders looks at the clock itself; this is for all else */
    return gw_clock_cpu_us() > p->ctx.cpu_until
           ? preview_fail(p, "the template takes too long", 0, 0) : GW_OK;
}


/* One part, rendered, as a JSON text behind what out holds. */
static int
preview_part(preview_t *p, const preview_part_t *part, gw_buf_t *out)
{
    int                   rc;
    gw_str_t              src;
    gw_liquid_t          *program;
    gw_liquid_error_t     e;
    gw_liquid_options_t   opt;

    p->snippets.part = part->escape == GW_LIQUID_HTML ? "html" : "text";
    rc = preview_source(p, part, &src);
    if (rc != GW_OK) {
        return rc;
    }

    memset(&e, 0, sizeof(e));
    memset(&opt, 0, sizeof(opt));
    opt.strict = true;
    opt.escape = part->escape;
    opt.partial = gw_snippets_partial;
    opt.partial_arg = &p->snippets;
    program = NULL;
    gw_buf_reset(&p->text);

    rc = gw_liquid_compile(&program, src, &opt, &e);

    if (rc == GW_OK) {
        rc = gw_liquid_render(program, p->run,
                              json_object_get(p->doc, "data"), &p->ctx,
                              &p->text, &e);
    }

    if (rc == GW_OK) {
        gw_buf_json(out, gw_buf_view(&p->text));

    } else if (rc == GW_EINVAL) {
        (void) preview_fail(p, e.message, e.line, e.column);
    }

    gw_liquid_free(program);
    return rc;
}


static int
preview_parts_all(preview_t *p, gw_buf_t *out, const char **field)
{
    int                    rc;
    const preview_part_t  *part;

    rc = json_is_object(json_object_get(p->doc, "data"))
         ? gw_liquid_run_create(&p->run) : GW_ECORRUPT;

    for (part = preview_parts; rc == GW_OK && part->name != NULL; part++) {
        *field = part->name;
        gw_buf_fmt(out, "%c\"%s\":", part == preview_parts ? '{' : ',',
                   part->name);
        rc = preview_part(p, part, out);
    }

    gw_buf_char(out, '}');
    return rc == GW_OK && out->failed ? GW_EFULL : rc;
}


int
gw_preview(gw_str_t answer, int64_t now_us, gw_buf_t *out, const char **field,
    gw_buf_t *err)
{
    int        rc;
    preview_t  p;

    memset(&p, 0, sizeof(p));
    p.err = err;
    p.ctx.now_us = now_us;
    p.ctx.max_steps = GW_PREVIEW_STEPS;
    p.ctx.max_output = GW_PREVIEW_OUTPUT;
    p.ctx.cpu_until = gw_clock_cpu_us() + GW_PREVIEW_CPU;
    gw_buf_init(&p.derived, 2 * GW_PREVIEW_SOURCE);
    gw_buf_init(&p.text, 2 * GW_PREVIEW_OUTPUT);
    p.doc = json_loadb((char *) answer.data, answer.len, 0, NULL);

    p.snippets.snippets = json_object_get(p.doc, "snippets");
    p.ctx.locale = gw_str_of(json_string_value(json_object_get(p.doc,
                                                               "locale")));

    rc = preview_parts_all(&p, out, field);

    gw_liquid_run_free(p.run);
    gw_buf_free(&p.derived);
    gw_buf_free(&p.text);
    json_decref(p.doc);

    return rc;
}
