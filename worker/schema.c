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
#include "worker/filter.h"
#include "worker/worker.h"


static json_t *
schema_error(const char *rule, const char *message)
{
    return json_pack("{s:{s:s, s:s}}", "error", "rule", rule, "message",
                     message);
}


static json_t *
schema_judge(const gw_schema_t *s, const json_t *data)
{
    int                rc;
    size_t             i, n;
    json_t            *errors;
    gw_schema_error_t  list[GW_SCHEMA_ERRORS_MAX];

    rc = gw_schema_check(s, data, list, GW_SCHEMA_ERRORS_MAX, &n);
    errors = json_array();

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(errors, json_pack("{s:s, s:s, s:s}",
                   "pointer", list[i].pointer, "rule", list[i].rule,
                   "message", list[i].message));
    }

    return json_pack("{s:b, s:o}", "valid", rc == GW_OK, "errors", errors);
}


static json_t *
schema_line(void *arg, gw_str_t line)
{
    int                 rc;
    char                mem[1024];
    json_t             *doc, *schema, *data, *out;
    unsigned            flags;
    gw_buf_t            why;
    gw_json_error_t     wrong;
    const gw_schema_t  *s;
    gw_schema_set_t    *set;

    if (gw_json_parse(line, GW_JSON_OBJECT | GW_JSON_NUL_ESCAPE, &doc, &wrong)
        != GW_OK)
    {
        return schema_error(wrong.rule, wrong.message);
    }

    schema = json_object_get(doc, "schema");
    data = json_object_get(doc, "data");

    if (schema == NULL || data == NULL) {
        json_decref(doc);
        return schema_error("required", schema == NULL
                            ? "\"schema\" is missing"
                            : "\"data\" is missing");
    }

    flags = json_is_false(json_object_get(doc, "format")) ? 0
                                                          : GW_SCHEMA_FORMAT;
    gw_buf_fixed(&why, mem, sizeof(mem));
    set = gw_schema_set_create(schema, flags);
    rc = set != NULL ? gw_schema_compile(set, "", &s, &why) : GW_ENOMEM;

    out = rc == GW_OK ? schema_judge(s, data)
          : schema_error("schema", why.len > 0 ? gw_buf_c(&why)
                                               : gw_strerror(rc));

    gw_schema_set_free(set);
    json_decref(doc);

    return out;
}


int
schema_command(worker_t *w)
{
    if (w->argc > 0) {
        fputs("schema: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    filter_run(schema_line, NULL);
    return 0;
}
