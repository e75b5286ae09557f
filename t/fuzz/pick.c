/*
 * The reader of JSON that builds no tree takes what jansson takes, and what it
 * gives back of a batch is judged without harm.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_json_pick.h"
#include "shm/gw_tracked.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t                 at;
    int64_t                sent;
    json_t                *j;
    gw_str_t               text, items, item, key, v[1];
    gw_tracked_t           e;
    gw_json_error_t        err, why;
    gw_tracked_error_t     wrong;
    static const gw_str_t  names[] = { gw_string("batch") };

    text = gw_str_make(data, n);
    if (gw_json_pick(text, names, 1, v, &why) == GW_OK) {
        if (gw_json_parse(text, GW_JSON_OBJECT, &j, &err) == GW_OK) {
            json_decref(j);
        } else {
            must(strcmp(err.rule, "duplicate_key") == 0);
        }
    } else {
        must(strlen(why.message) > 10);
        if (gw_json_parse(text, GW_JSON_OBJECT, &j, &err) == GW_OK) {
            must(strstr(why.message, "name of a member") != NULL);
            json_decref(j);
        }
    }

    if (gw_tracked_batch(text, &items, &sent, &key, &wrong) != GW_OK) {
        must(strlen(wrong.message) > 8);
        return 0;
    }

    for (at = 0; gw_json_item(items, &at, &item); /* void */ ) {
        must(item.len > 0 && at <= items.len);
        if (gw_tracked_judge(&e, 0, item, 1800000000000000LL, sent, &key,
                             &wrong) != GW_OK)
        {
            must(strlen(wrong.message) > 8);
        }
    }

    return 0;
}
