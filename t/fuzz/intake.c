/*
 * JSON from outside: refused in a sentence, or an object that is written and
 * read again as the same.
 */
#include "t/fuzz/fuzz.h"

#include "worker/intake.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char      mem[512], *text;
    json_t   *body, *again;
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (intake_object(gw_str_make(data, n), &body, &err) != GW_OK) {
        must(err.len > 0 && !err.failed);
        return 0;
    }

    must(json_is_object(body) && memchr(data, '\0', n) == NULL);
    text = json_dumps(body, JSON_COMPACT);
    must(text != NULL);
    must(intake_object(gw_str_of(text), &again, &err) == GW_OK);
    must(json_equal(body, again));
    free(text);
    json_decref(body);
    json_decref(again);
    return 0;
}
