/*
 * `godwit stats`: a filter of JSON lines, {"method",...} in, its numbers or
 * {"error":{"message"}} out. worker/stats/methods.c says what each method
 * takes.
 */
#include <stdio.h>
#include <string.h>

#include "shm/gw_json.h"
#include "worker/filter.h"
#include "worker/stats/methods.h"
#include "worker/worker.h"


static json_t *
command_error(const char *message)
{
    return json_pack("{s:{s:s}}", "error", "message", message);
}


static const method_t *
command_method(const json_t *doc)
{
    const char      *name;
    const method_t  *row;

    name = json_string_value(json_object_get(doc, "method"));
    for (row = method_rows; row->name != NULL; row++) {
        if (name != NULL && strcmp(row->name, name) == 0) {
            return row;
        }
    }

    return NULL;
}


static json_t *
command_line(void *arg, gw_str_t line)
{
    json_t           *out;
    input_t           in;
    const method_t   *row;
    gw_json_error_t   err;

    if (gw_json_parse(line, GW_JSON_OBJECT, &in.doc, &err) != GW_OK) {
        return command_error(err.message);
    }

    in.why[0] = '\0';
    row = command_method(in.doc);
    if (row == NULL) {
        input_wrong(&in, "\"method\" is one of shares, size, means, sequence, "
                    "sample_ratio, holm, best, thompson, assign, "
                    "attribution, verdict, funnel");
    }

    out = row != NULL ? row->call(&in) : NULL;
    if (out == NULL) {
        input_wrong(&in, "the result is no number");
    }

    out = out != NULL ? out : command_error(in.why);
    json_decref(in.doc);

    return out;
}


int
stats_command(worker_t *w)
{
    if (w->argc > 0) {
        fputs("stats: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    filter_run(command_line, NULL);
    return 0;
}
