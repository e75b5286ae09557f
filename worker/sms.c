/*
 * `godwit sms`: a filter of JSON lines, {"text"} in, {"encoding","characters",
 * "units","segments","left","other"} or {"error":{"message"}} out; other is the
 * first character that made it UCS-2, or null.
 */
#include <jansson.h>
#include <stdio.h>

#include "shm/gw_json.h"
#include "shm/gw_sms.h"
#include "worker/filter.h"
#include "worker/worker.h"


static json_t *
sms_error(const char *message)
{
    return json_pack("{s:{s:s}}", "error", "message", message);
}


static json_t *
sms_line(void *arg, gw_str_t line)
{
    json_t           *doc, *text, *out;
    gw_json_error_t   wrong;

    if (gw_json_parse(line, GW_JSON_OBJECT, &doc, &wrong) != GW_OK) {
        return sms_error(wrong.message);
    }

    text = json_object_get(doc, "text");
    out = json_is_string(text)
          ? gw_sms_json(gw_str_make(json_string_value(text),
                                  json_string_length(text)))
          : sms_error("\"text\" is not a text");
    json_decref(doc);

    return out;
}


int
sms_command(worker_t *w)
{
    if (w->argc > 0) {
        fputs("sms: takes no words; JSON lines come on standard input\n",
              stderr);
        return 2;
    }

    filter_run(sms_line, NULL);
    return 0;
}
