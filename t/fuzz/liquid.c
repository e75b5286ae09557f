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


static int
partial_name(void *arg, unsigned i, gw_str_t *name)
{
    *name = gw_str_of("p");
    return i == 0 ? GW_OK : GW_ENOTFOUND;
}


/* Twice, with one machine: the same code and the same text. */
static void
render(const gw_liquid_t *p, gw_liquid_run_t *run, const json_t *doc)
{
    int                  rc;
    gw_buf_t             out, again;
    gw_liquid_error_t    err;
    gw_liquid_context_t  ctx = { 0 };

    ctx.now_us = 1700000000000000;
    ctx.max_steps = STEPS;
    gw_buf_init(&out, OUTPUT);
    gw_buf_init(&again, OUTPUT);

    rc = gw_liquid_render(p, run, doc, &ctx, &out, &err);
    if ((rc != GW_OK && (err.message[0] == '\0' || err.line == 0))
        || gw_liquid_render(p, run, doc, &ctx, &again, &err) != rc
        || !gw_str_eq(gw_buf_view(&out), gw_buf_view(&again)))
    {
        abort();
    }

    gw_buf_free(&out);
    gw_buf_free(&again);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    gw_str_t                 src, part;
    gw_liquid_t             *p;
    gw_liquid_error_t        err;
    gw_liquid_options_t      opt = { 0 };
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
    opt.partial_name = partial_name;
    opt.partial_arg = &part;

    if (gw_liquid_compile(&p, src, &opt, &err) != GW_OK) {
        return 0;
    }

    render(p, run, doc);
    gw_liquid_free(p);
    return 0;
}
