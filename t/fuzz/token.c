/*
 * Tokens: a text that is not signed is refused; one that is signed opens to
 * what it was made of, and with one character changed to nothing.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "shm/gw_token.h"

static const char  keys_text[] =
    "7 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
    "9 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";


static gw_token_keys_t *
keys_once(void)
{
    char                     mem[256], path[] = "/tmp/godwit-fuzz-XXXXXX";
    int                      fd;
    gw_buf_t                 err;
    static gw_token_keys_t  *keys;

    if (keys == NULL) {
        gw_buf_fixed(&err, mem, sizeof(mem));
        fd = mkstemp(path);
        must(write(fd, keys_text, sizeof(keys_text) - 1) > 0);
        (void) close(fd);
        must(gw_token_keys_load(&keys, path, &err) == GW_OK);
        (void) unlink(path);
    }

    return keys;
}


static void
open_text(gw_str_t text, int want)
{
    unsigned char  mem[GW_TOKEN_URL_MAX], payload[GW_TOKEN_PAYLOAD];
    gw_buf_t       url;
    gw_token_t     t;

    gw_buf_fixed(&url, mem, sizeof(mem));
    must(gw_token_open(keys_once(), text, &t, payload, &url) == want);
    (void) !gw_token_open(keys_once(), text, &t, payload, NULL);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t         at;
    gw_buf_t       text;
    gw_token_t     t;
    unsigned char  mem[GW_B64URL_LEN(GW_TOKEN_RAW + GW_TOKEN_URL_MAX)];
    unsigned char  was;

    open_text(gw_str_make(data, n), GW_EINVAL);

    if (n < GW_TOKEN_PAYLOAD + 3 || n > GW_TOKEN_PAYLOAD + GW_TOKEN_URL_MAX) {
        return 0;
    }

    gw_token_unpack(&t, data);
    gw_buf_fixed(&text, mem, sizeof(mem));
    must(gw_token_sign(keys_once(), &t,
                       gw_str_make(data + GW_TOKEN_PAYLOAD,
                                   n - GW_TOKEN_PAYLOAD - 3), &text) == GW_OK);
    open_text(gw_buf_view(&text), GW_OK);

    at = (data[n - 1] | (size_t) data[n - 2] << 8) % text.len;
    was = text.data[at];
    text.data[at] = data[n - 3];
    open_text(gw_buf_view(&text), was == data[n - 3] ? GW_OK : GW_EINVAL);
    return 0;
}
