/*
 * Compile and render: the first byte chooses the mode, what follows is the
 * template and, behind a NUL, the partial "p".
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_liquid.h"

#define STEPS   20000
#define OUTPUT  (256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char  document[] =
    "{\"n\":null,\"b\":true,\"i\":7,\"d\":-2.5,\"s\":\"a<b>&\\u00e9 c\","
    "\"a\":[3,\"x\",null,[1,2],{\"k\":1,\"v\":\"q\"},{\"k\":2}],"
    "\"h\":{\"first\":1,\"x\":{\"y\":[1]}},\"e\":[],\"o\":{},"
    "\"t\":\"2024-02-29T12:00:00Z\",\"w\":[{\"k\":1},{\"k\":3},{}]}";


static int
partial(void *arg, gw_str_t name, gw_str_t *src)
{
    *src = *(gw_str_t *) arg;
    return gw_str_is(name, "p") ? GW_OK : GW_ENOTFOUND;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    gw_str_t                 src, part;
    gw_buf_t                 out;
    gw_liquid_t             *p;
    gw_liquid_error_t        err;
    gw_liquid_options_t      opt = { 0 };
    gw_liquid_context_t      ctx = { 0 };
    static json_t           *doc;
    static gw_liquid_run_t  *run;
    const uint8_t           *cut;

    if (n == 0) {
        return 0;
    }

    if (run == NULL) {
        doc = json_loads(document, 0, NULL);
        if (doc == NULL || gw_liquid_run_create(&run) != GW_OK) {
            abort();
        }
    }

    cut = memchr(data + 1, '\0', n - 1);
    src = gw_str_make(data + 1, (cut != NULL ? cut : data + n) - data - 1);
    part = cut != NULL ? gw_str_make(cut + 1, data + n - cut - 1)
                       : gw_str_make("", 0);
    opt.strict = data[0] & 1;
    opt.escape = data[0] & 2 ? GW_LIQUID_HTML : GW_LIQUID_PLAIN;
    opt.links = data[0] & 4;
    opt.partial = partial;
    opt.partial_arg = &part;
    ctx.now_us = 1700000000000000;
    ctx.max_steps = STEPS;

    if (gw_liquid_compile(&p, src, &opt, &err) != GW_OK) {
        return 0;
    }

    gw_buf_init(&out, OUTPUT);
    if (gw_liquid_render(p, run, doc, &ctx, &out, &err) != GW_OK
        && err.message[0] == '\0')
    {
        abort();                        /* an error without a word */
    }

    gw_buf_free(&out);
    gw_liquid_free(p);
    return 0;
}
