/* Strict intake of JSON: what others would read differently is refused. */
#include "worker/intake.h"

#include "shm/gw_codec.h"


/* brackets outside of strings; a text that is no JSON is judged later */
static bool
intake_too_deep(gw_str_t s)
{
    bool      quoted;
    size_t    i;
    unsigned  depth;

    quoted = false;
    depth = 0;

    for (i = 0; i < s.len; i++) {

        switch (s.data[i]) {

        case '\\':
            i += quoted;
            break;

        case '"':
            quoted = !quoted;
            break;

        case '{':
        case '[':
            depth += !quoted;
            break;

        case '}':
        case ']':
            depth -= !quoted && depth > 0;
            break;
        }

        if (depth > INTAKE_DEPTH_MAX) {
            return true;
        }
    }

    return false;
}


int
intake_object(gw_str_t text, json_t **body, gw_buf_t *err)
{
    json_t        *j;
    json_error_t   e;

    if (memchr(text.data, '\0', text.len) != NULL) {
        gw_buf_cstr(err, "the JSON text holds a NUL byte");
        return GW_EINVAL;
    }

    if (!gw_utf8_valid(text)) {
        gw_buf_cstr(err, "the JSON text is not UTF-8");
        return GW_EINVAL;
    }

    if (intake_too_deep(text)) {
        gw_buf_fmt(err, "the JSON text is nested deeper than %d",
                   INTAKE_DEPTH_MAX);
        return GW_EINVAL;
    }

    j = json_loadb((const char *) text.data, text.len,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);

    if (j == NULL) {

        if (json_error_code(&e) == json_error_null_character) {
            gw_buf_cstr(err, "the JSON text holds the character \\u0000");

        } else {
            gw_buf_fmt(err, "the JSON text: %s", e.text);
        }

        gw_buf_fmt(err, ", line %d, column %d", e.line, e.column);
        return GW_EINVAL;
    }

    if (!json_is_object(j)) {
        json_decref(j);
        gw_buf_cstr(err, "the input must be a JSON object");
        return GW_EINVAL;
    }

    *body = j;

    return GW_OK;
}
