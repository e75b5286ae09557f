/*
 * `godwit liquid`: a filter of JSON lines, {"template","data","templates"?,
 * "strict"?} in, {"result"} or {"error":{"message","line","column"}} out.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_clock.h"
#include "shm/gw_liquid.h"
#include "worker/worker.h"

#define LIQUID_RESULT_MAX  (16 * 1024 * 1024)


static void
liquid_say(json_t *doc)
{
    char  *text;

    text = json_dumps(doc, JSON_COMPACT);
    puts(text != NULL ? text : "{\"error\":{\"message\":\"the result is no "
                               "UTF-8\",\"line\":0,\"column\":0}}");
    (void) fflush(stdout);
    free(text);
    json_decref(doc);
}


static void
liquid_error(const gw_liquid_error_t *err)
{
    json_t  *doc;

    doc = json_pack("{s:{s:s,s:i,s:i}}", "error", "message", err->message,
                    "line", (int) err->line, "column", (int) err->column);
    liquid_say(doc != NULL ? doc : json_null());
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


static void
liquid_line(gw_liquid_run_t *run, const char *line, gw_buf_t *out)
{
    int                   rc;
    json_t               *doc, *t, *data;
    json_error_t          wrong;
    gw_liquid_t          *p;
    gw_liquid_error_t     err = { 0, 0, "" };
    gw_liquid_options_t   opt = { .escape = GW_LIQUID_PLAIN };
    gw_liquid_context_t   ctx = { .now_us = gw_clock_us() };

    doc = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &wrong);
    t = json_object_get(doc, "template");
    if (!json_is_string(t)) {
        (void) snprintf(err.message, sizeof(err.message), "%s",
                        doc == NULL ? wrong.text : "\"template\" is missing");
        liquid_error(&err);
        json_decref(doc);
        return;
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
        rc = gw_liquid_render(p, run, data, &ctx, out, &err);
        gw_liquid_free(p);
    }

    if (rc == GW_OK) {
        t = json_stringn_nocheck((char *) out->data, out->len);
        liquid_say(json_pack("{s:o}", "result",
                             out->len > 0 ? t : json_string("")));
        if (out->len == 0) {
            json_decref(t);
        }
    } else {
        liquid_error(&err);
    }

    json_decref(doc);
}


int
liquid_command(worker_t *w)
{
    char             *line;
    size_t            size;
    gw_buf_t          out;
    gw_liquid_run_t  *run;

    if (w->argc > 0) {
        fputs("liquid: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    if (gw_liquid_run_create(&run) != GW_OK) {
        return 1;
    }

    line = NULL;
    size = 0;
    gw_buf_init(&out, LIQUID_RESULT_MAX);

    while (getline(&line, &size, stdin) > 0) {
        liquid_line(run, line, &out);
    }

    free(line);
    gw_buf_free(&out);
    gw_liquid_run_free(run);
    return 0;
}
