/*
 * The configuration file: refused with a sentence that names the line, or read;
 * then what is printed reads as the same again.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_conf.h"


static int
read_conf(const void *data, size_t n, gw_buf_t *out)
{
    int        rc;
    char       mem[1024];
    gw_buf_t   err;
    gw_conf_t  conf;

    must(gw_conf_init(&conf) == GW_OK);
    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = gw_conf_read(&conf, fuzz_file(data, n), &err);
    must(rc == GW_OK || err.len > 0);
    if (rc == GW_OK) {
        gw_conf_print(&conf, out);
    }
    gw_conf_free(&conf);
    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    gw_buf_t  first, second;

    gw_buf_init(&first, 1 << 20);
    gw_buf_init(&second, 1 << 20);

    if (read_conf(data, n, &first) == GW_OK) {
        must(!first.failed);
        must(read_conf(first.data, first.len, &second) == GW_OK);
        must(first.len == second.len
             && memcmp(first.data, second.data, first.len) == 0);
    }

    gw_buf_free(&first);
    gw_buf_free(&second);
    return 0;
}
