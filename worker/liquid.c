/*
 * `godwit liquid`: a filter of JSON lines, {"template","data","templates"?,
 * "strict"?} in, {"result"} or {"error":{"message","line","column"}} out.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_clock.h"
#include "shm/gw_liquid.h"
#include "worker/filter.h"
#include "worker/worker.h"

#define LIQUID_RESULT_MAX  (16 * 1024 * 1024)


/* What a line is rendered with, and into. */
typedef struct {
    gw_liquid_run_t  *run;
    gw_buf_t          out;
} liquid_filter_t;


static json_t *
liquid_error(const gw_liquid_error_t *err)
{
    return json_pack("{s:{s:s,s:i,s:i}}", "error", "message", err->message,
                     "line", (int) err->line, "column", (int) err->column);
}


static int
liquid_partial(void *arg, gw_str_t name, gw_str_t *src)
{
    json_t  *j;

    j = json_object_getn(arg, (char *) name.data, name.len);
    if (!json_is_string(j)) {
        return GW_ENOTFOUND;
    }

    *src = gw_str_make(json_string_value(j), json_string_length(j));
    return GW_OK;
}


static int
liquid_partial_name(void *arg, unsigned i, gw_str_t *name)
{
    void  *it;

    for (it = json_object_iter(arg); it != NULL && i > 0; i--) {
        it = json_object_iter_next(arg, it);
    }

    if (it == NULL) {
        return GW_ENOTFOUND;
    }

    *name = gw_str_of(json_object_iter_key(it));
    return GW_OK;
}


static json_t *
liquid_line(void *arg, gw_str_t line)
{
    int                   rc;
    gw_buf_t             *out;
    json_t               *doc, *t, *data, *said;
    json_error_t          wrong;
    gw_liquid_t          *p;
    liquid_filter_t      *f = arg;
    gw_liquid_error_t     err = { 0, 0, "" };
    gw_liquid_options_t   opt = { .escape = GW_LIQUID_PLAIN };
    gw_liquid_context_t   ctx = {
        .now_us = gw_clock_us(), .max_cpu = GW_LIQUID_CPU
    };

    out = &f->out;
    doc = json_loadb((char *) line.data, line.len,
                     JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &wrong);
    t = json_object_get(doc, "template");
    if (!json_is_string(t)) {
        (void) snprintf(err.message, sizeof(err.message), "%s",
                        doc == NULL ? wrong.text : "\"template\" is missing");
        json_decref(doc);
        return liquid_error(&err);
    }

    opt.strict = json_is_true(json_object_get(doc, "strict"));
    opt.partial = liquid_partial;
    opt.partial_name = liquid_partial_name;
    opt.partial_arg = json_object_get(doc, "templates");
    data = json_object_get(doc, "data");
    rc = gw_liquid_compile(&p, gw_str_make(json_string_value(t),
                           json_string_length(t)), &opt, &err);

    if (rc == GW_OK) {
        gw_buf_reset(out);
        rc = gw_liquid_render(p, f->run, data, &ctx, out, &err);
        gw_liquid_free(p);
    }

    said = rc != GW_OK ? liquid_error(&err)
           : json_pack("{s:o}", "result", out->len > 0
                       ? json_stringn_nocheck((char *) out->data, out->len)
                       : json_string(""));
    json_decref(doc);

    return said;
}


int
liquid_command(worker_t *w)
{
    liquid_filter_t  f;

    if (w->argc > 0) {
        fputs("liquid: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    if (gw_liquid_run_create(&f.run) != GW_OK) {
        return 1;
    }

    gw_buf_init(&f.out, LIQUID_RESULT_MAX);
    filter_run(liquid_line, &f);
    gw_buf_free(&f.out);
    gw_liquid_run_free(f.run);
    return 0;
}
