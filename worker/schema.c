/*
 * `godwit schema`: a filter of JSON lines, {"schema","data","format"?} in,
 * {"valid","errors":[{"pointer","rule","message"}]} or {"error":{"message"}}
 * out. "format" false: formats only describe.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_json.h"
#include "shm/schema/schema.h"
#include "worker/worker.h"


static void
schema_say(json_t *doc)
{
    char  *text;

    text = json_dumps(doc, JSON_COMPACT);
    puts(text != NULL ? text : "{\"error\":{\"message\":\"out of memory\"}}");
    (void) fflush(stdout);
    free(text);
    json_decref(doc);
}


/* a text that may have been cut inside a character */
static json_t *
schema_text(const char *text, gw_buf_t *scratch)
{
    json_t  *j;

    gw_buf_reset(scratch);
    gw_buf_json(scratch, gw_str_of(text));
    j = json_loadb((char *) scratch->data, scratch->len,
                   JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    return j != NULL ? j : json_string("");
}


static void
schema_error(const char *rule, const char *message, gw_buf_t *scratch)
{
    schema_say(json_pack("{s:{s:s, s:o}}", "error", "rule", rule, "message",
                         schema_text(message, scratch)));
}


static void
schema_judge(const gw_schema_t *s, const json_t *data, gw_buf_t *scratch)
{
    int                rc;
    size_t             i, n;
    json_t            *errors;
    gw_schema_error_t  list[GW_SCHEMA_ERRORS_MAX];

    rc = gw_schema_check(s, data, list, GW_SCHEMA_ERRORS_MAX, &n);
    errors = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(errors, json_pack("{s:o, s:s, s:o}",
                   "pointer", schema_text(list[i].pointer, scratch),
                   "rule", list[i].rule,
                   "message", schema_text(list[i].message, scratch)));
    }

    schema_say(json_pack("{s:b, s:o}", "valid", rc == GW_OK, "errors",
                         errors));
}


static void
schema_line(gw_str_t line, gw_buf_t *scratch)
{
    int                 rc;
    char                mem[1024];
    json_t             *doc, *schema, *data;
    unsigned            flags;
    gw_buf_t            why;
    gw_json_error_t     wrong;
    const gw_schema_t  *s;
    gw_schema_set_t    *set;

    if (gw_json_parse(line, GW_JSON_OBJECT | GW_JSON_NUL_ESCAPE, &doc, &wrong)
        != GW_OK)
    {
        schema_error(wrong.rule, wrong.message, scratch);
        return;
    }

    schema = json_object_get(doc, "schema");
    data = json_object_get(doc, "data");

    if (schema == NULL || data == NULL) {
        schema_error("required", schema == NULL ? "\"schema\" is missing"
                                                : "\"data\" is missing",
                     scratch);
        json_decref(doc);
        return;
    }

    flags = json_is_false(json_object_get(doc, "format")) ? 0
                                                          : GW_SCHEMA_FORMAT;
    gw_buf_fixed(&why, mem, sizeof(mem));
    set = gw_schema_set_create(schema, flags);
    rc = set != NULL ? gw_schema_compile(set, "", &s, &why) : GW_ENOMEM;

    if (rc == GW_OK) {
        schema_judge(s, data, scratch);

    } else {
        schema_error("schema", why.len > 0 ? gw_buf_c(&why) : gw_strerror(rc),
                     scratch);
    }

    gw_schema_set_free(set);
    json_decref(doc);
}


int
schema_command(worker_t *w)
{
    char      *line;
    size_t     size;
    ssize_t    n;
    gw_buf_t   scratch;

    if (w->argc > 0) {
        fputs("schema: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    line = NULL;
    size = 0;
    gw_buf_init(&scratch, 64 * 1024);

    while ((n = getline(&line, &size, stdin)) > 0) {
        n -= line[n - 1] == '\n';
        schema_line(gw_str_make(line, (size_t) n), &scratch);
    }

    free(line);
    gw_buf_free(&scratch);
    return 0;
}
