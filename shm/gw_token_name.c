/* Tokens as the left side of an address, which may come back in lower case. */
#include "shm/gw_codec.h"
#include "shm/gw_token.h"


int
gw_token_sign_name(gw_token_keys_t *keys, const gw_token_t *t,
    unsigned char name[GW_TOKEN_NAME])
{
    int            rc;
    size_t         i, n;
    gw_buf_t       text;
    unsigned char  mem[GW_TOKEN_TEXT + 1], raw[GW_TOKEN_RAW];

    gw_buf_fixed(&text, mem, sizeof(mem));
    rc = gw_token_sign(keys, t, gw_str_make(NULL, 0), &text);
    n = sizeof(raw);
    rc = rc == GW_OK ? gw_b64url_decode(raw, &n, gw_buf_view(&text)) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    (void) gw_b32_encode(name, raw, sizeof(raw));
    for (i = 0; i < GW_TOKEN_NAME; i++) {
        name[i] |= name[i] >= 'A' ? 0x20 : 0;
    }

    return GW_OK;
}


int
gw_token_open_name(gw_token_keys_t *keys, gw_str_t name, gw_token_t *t)
{
    size_t         n;
    unsigned char  text[GW_TOKEN_TEXT], raw[GW_TOKEN_RAW];

    n = sizeof(raw);
    if (name.len != GW_TOKEN_NAME || gw_b32_decode(raw, &n, name) != GW_OK) {
        return GW_EINVAL;
    }

    (void) gw_b64url_encode(text, raw, sizeof(raw));
    return gw_token_open(keys, gw_str_make(text, sizeof(text)), t, NULL, NULL);
}
