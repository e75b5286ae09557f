/*
 * Links in HTML: what is rewritten compiles again, with as many links as were
 * told (an href that ends in a raw block does not; such a one is refused when
 * it is saved).
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_links.h"

#define OUTPUT  (4 * 1024 * 1024)


static int
found(void *arg, const gw_link_t *link)
{
    unsigned  *n = arg;

    must(link->index == *n && link->index < GW_LINKS_MAX);
    (*n)++;
    return GW_OK;
}


static int
compiles(gw_str_t src, int escape)
{
    int                  rc;
    gw_liquid_t         *p;
    gw_liquid_error_t    err;
    gw_liquid_options_t  opt = { .strict = true, .escape = escape,
                                 .links = true };

    rc = gw_liquid_compile(&p, src, &opt, &err);
    if (rc == GW_OK) {
        gw_liquid_free(p);
    }

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                rc;
    gw_buf_t           out;
    unsigned           links;
    gw_liquid_error_t  err;

    links = 0;
    gw_buf_init(&out, OUTPUT);
    rc = gw_links_rewrite(gw_str_make(data, n), 0, &out, found, &links, &err);
    if (rc == GW_OK) {
        must(!out.failed && out.len > 0);
        must(compiles(gw_buf_view(&out), GW_LIQUID_HTML) == GW_OK
             || memmem(data, n, "raw", 3) != NULL);
    } else {
        must(rc == GW_EFULL || (err.line > 0 && err.message[0] != '\0'));
    }

    gw_buf_reset(&out);
    rc = gw_links_text(gw_str_make(data, n), &out, &err);
    must(rc == GW_OK || rc == GW_EFULL
         || (err.line > 0 && err.message[0] != '\0'));
    gw_buf_free(&out);
    return 0;
}
