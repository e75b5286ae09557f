/*
 * Links in HTML: what is rewritten is the same text with the tags of links
 * around URLs, as many as were told; the text alternative always ends.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_links.h"

#define OUTPUT  (4 * 1024 * 1024)


static int
found(void *arg, unsigned index, gw_str_t url, bool fixed)
{
    unsigned  *n = arg;

    must(index == *n && index < GW_LINKS_MAX);
    (*n)++;
    return GW_OK;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int       rc;
    char      mem[512];
    gw_buf_t  out, err;
    unsigned  links, line, column;

    links = 0;
    gw_buf_init(&out, OUTPUT);
    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = gw_links_rewrite(gw_str_make(data, n), &out, found, &links, &line,
                          &column, &err);
    if (rc == GW_OK) {
        must(!out.failed && (links == 0 ? out.len == n : out.len > n));
        must(links > 0 || n == 0 || memcmp(out.data, data, n) == 0);
    } else {
        must(rc == GW_EFULL || (line > 0 && column > 0 && err.len > 0));
    }

    gw_buf_reset(&out);
    rc = gw_links_text(gw_str_make(data, n), &out);
    must(rc == GW_OK || rc == GW_EFULL || rc == GW_EINVAL);
    gw_buf_free(&out);
    return 0;
}
