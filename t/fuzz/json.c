/*
 * JSON from outside: refused by name in a sentence, or a value that is written
 * and read again as the same.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_json.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char             *text;
    json_t           *body, *again;
    gw_json_error_t   err;

    if (gw_json_parse(gw_str_make(data, n), 0, &body, &err) != GW_OK) {
        must(err.rule != NULL && strlen(err.message) > 10);
        return 0;
    }

    must(memchr(data, '\0', n) == NULL);
    text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    must(text != NULL);
    must(gw_json_parse(gw_str_of(text), 0, &again, &err) == GW_OK);
    must(json_equal(body, again));
    free(text);
    json_decref(body);
    json_decref(again);
    return 0;
}
