/*
 * `godwit predicate`: a filter of JSON lines, {"predicate","contact",
 * "events"?,"now"} in, {"match","english","why"} or {"error":{"pointer",
 * "message"}} out. The pointer is one into the line.
 */
#include <jansson.h>
#include <stdio.h>

#include "shm/gw_json.h"
#include "shm/predicate/predicate.h"
#include "worker/filter.h"
#include "worker/worker.h"


static json_t *
predicate_error(const char *below, const char *pointer, const char *message)
{
    return json_pack("{s:{s:s+, s:s}}", "error", "pointer", below, pointer,
                     "message", message);
}


/* What is asked about; NULL, or the error. */
static json_t *
predicate_case(json_t *doc, gw_predicate_case_t *c)
{
    const json_t  *now;

    now = json_object_get(doc, "now");
    c->contact = json_object_get(doc, "contact");
    c->events = json_object_get(doc, "events");

    if (!json_is_object(c->contact)) {
        return predicate_error("/contact", "", "\"contact\" is not an object");
    }

    if (c->events != NULL && !json_is_array(c->events)) {
        return predicate_error("/events", "", "\"events\" is not an array");
    }

    return gw_predicate_time(gw_str_make(json_string_value(now),
                                         json_string_length(now)), &c->now)
           == GW_OK ? NULL
           : predicate_error("/now", "", "\"now\" is not an instant like "
                             "2026-01-31T12:00:00Z");
}


static json_t *
predicate_answer(const gw_predicate_t *p, const gw_predicate_case_t *c)
{
    json_t  *out;

    out = gw_predicate_words(p);

    if (json_object_del(out, "phrases") != 0
        || json_object_set_new(out, "match",
               json_boolean(gw_predicate_match(p, c))) != 0
        || json_object_set_new(out, "why", gw_predicate_why(p, c)) != 0)
    {
        json_decref(out);
        out = predicate_error("/predicate", "", gw_strerror(GW_ENOMEM));
    }

    return out;
}


static json_t *
predicate_line(void *arg, gw_str_t line)
{
    int                    rc;
    json_t                *doc, *predicate, *out;
    gw_predicate_t        *p;
    gw_json_error_t        wrong;
    gw_predicate_case_t    c;
    gw_predicate_error_t   err;

    if (gw_json_parse(line, GW_JSON_OBJECT, &doc, &wrong) != GW_OK) {
        return predicate_error("", "", wrong.message);
    }

    predicate = json_object_get(doc, "predicate");
    if (predicate == NULL) {
        out = predicate_error("", "", "\"predicate\" is missing");
        json_decref(doc);
        return out;
    }

    rc = gw_predicate_compile(predicate, &p, &err);
    if (rc != GW_OK) {
        out = predicate_error("/predicate", err.pointer, rc == GW_EINVAL
                              ? err.message : gw_strerror(rc));

    } else {
        out = predicate_case(doc, &c);
        out = out != NULL ? out : predicate_answer(p, &c);
        gw_predicate_free(p);
    }

    json_decref(doc);
    return out;
}


int
predicate_command(worker_t *w)
{
    if (w->argc > 0) {
        fputs("predicate: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    filter_run(predicate_line, NULL);
    return 0;
}
