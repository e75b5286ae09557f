/* Rendering a template for the eye: subject, html and text with given data. */
#include "shm/gw_preview.h"

#include <stdlib.h>

#include "shm/gw_clock.h"
#include "shm/gw_content.h"
#include "shm/gw_links.h"
#include "shm/gw_liquid.h"
#include "shm/gw_sms.h"
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
    size_t                made;             /* bytes of all texts      */
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

    return GW_OK;
}


/* Render it into p->text. */
static int
preview_render(preview_t *p, gw_str_t src, int escape)
{
    int                   rc;
    gw_liquid_t          *program;
    gw_liquid_error_t     e;
    gw_liquid_options_t   opt;

    if (src.len + gw_snippets_size(&p->snippets) > GW_PREVIEW_SOURCE) {
        return preview_fail(p, "with its snippets it has more than 128 KiB, "
                            "which is too much for a preview", 0, 0);
    }

    /* what renders looks at the clock itself; this is for all else */
    if (gw_clock_cpu_us() > p->ctx.cpu_until) {
        return preview_fail(p, "the template takes too long", 0, 0);
    }

    memset(&e, 0, sizeof(e));
    memset(&opt, 0, sizeof(opt));
    opt.strict = true;
    opt.escape = escape;
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

    if (rc == GW_EINVAL) {
        (void) preview_fail(p, e.message, e.line, e.column);
    }

    gw_liquid_free(program);
    return rc;
}


/* One part, rendered, as a JSON text behind what out holds. */
static int
preview_part(preview_t *p, const preview_part_t *part, gw_buf_t *out)
{
    int       rc;
    gw_str_t  src;

    p->snippets.part = part->escape == GW_LIQUID_HTML ? "html" : "text";
    rc = preview_source(p, part, &src);
    rc = rc == GW_OK ? preview_render(p, src, part->escape) : rc;

    if (rc == GW_OK) {
        gw_buf_json(out, gw_buf_view(&p->text));
    }

    return rc;
}


/* A text of content that is no mail becomes what it makes. */
static int
preview_text(void *arg, json_t *text, const char *pointer)
{
    int         rc;
    preview_t  *p = arg;

    gw_buf_fmt(p->err, "at %s: ", pointer);
    rc = preview_render(p, gw_str_make(json_string_value(text),
                                       json_string_length(text)),
                        GW_LIQUID_PLAIN);
    if (rc != GW_OK) {
        return rc;
    }

    p->made += p->text.len;
    if (p->made > GW_PREVIEW_OUTPUT) {
        return preview_fail(p, "all texts make more than 256 KiB, which is "
                            "too much for a preview", 0, 0);
    }

    gw_buf_reset(p->err);
    return json_string_setn(text, p->text.len > 0 ? (char *) p->text.data : "",
                            p->text.len) == 0 ? GW_OK : GW_ENOMEM;
}


static int
preview_content(preview_t *p, json_t *content, gw_buf_t *out,
    const char **field)
{
    int            rc;
    char          *text, mem[400];
    json_t        *doc, *sms;
    gw_buf_t       why;
    const json_t  *v;

    *field = "content";
    if (gw_content_channel(content) == NULL) {
        return preview_fail(p, "it has not the members of an SMS, of WhatsApp "
                            "or of a webhook", 0, 0);
    }

    rc = gw_liquid_run_create(&p->run);
    rc = rc == GW_OK ? gw_content_texts(content, preview_text, p) : rc;
    if (rc != GW_OK) {
        return rc != GW_EFULL ? rc
               : preview_fail(p, "it has more than 200 texts, or they lie too "
                              "deep", 0, 0);
    }

    v = json_object_get(content, "text");
    sms = v != NULL ? gw_sms_json(gw_str_make(json_string_value(v),
                                              json_string_length(v)))
                    : json_null();
    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = gw_content_made(content, &why);
    doc = json_pack("{s:s, s:O, s:o, s:s?, s:O*}", "channel",
                    gw_content_channel(content), "content", content, "sms",
                    sms, "problem", rc == GW_OK ? NULL : gw_buf_c(&why),
                    "lint", json_object_get(p->doc, "lint"));
    text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);
    if (text == NULL) {
        return GW_ENOMEM;
    }

    gw_buf_cstr(out, text);
    free(text);
    return out->failed ? GW_EFULL : GW_OK;
}


/* What speaks against it, where that was asked for, is passed on. */
static int
preview_lint(preview_t *p, gw_buf_t *out)
{
    char          *text;
    const json_t  *lint;

    lint = json_object_get(p->doc, "lint");
    if (lint == NULL) {
        return GW_OK;
    }

    text = json_dumps(lint, JSON_COMPACT);
    if (text == NULL) {
        return GW_ENOMEM;
    }

    gw_buf_fmt(out, ",\"%s\":", "lint");
    gw_buf_cstr(out, text);
    free(text);

    return GW_OK;
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

    rc = rc == GW_OK ? preview_lint(p, out) : rc;
    gw_buf_char(out, '}');
    return rc == GW_OK && out->failed ? GW_EFULL : rc;
}


int
gw_preview(gw_str_t answer, int64_t now_us, gw_buf_t *out, const char **field,
    gw_buf_t *err)
{
    int        rc;
    json_t    *content;
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

    content = json_object_get(p.doc, "content");
    p.snippets.part = "text";
    rc = json_is_object(content) ? preview_content(&p, content, out, field)
                                 : preview_parts_all(&p, out, field);

    gw_liquid_run_free(p.run);
    gw_buf_free(&p.derived);
    gw_buf_free(&p.text);
    json_decref(p.doc);

    return rc;
}
