/* Base32 (RFC 4648) without padding. */
#include "shm/gw_codec.h"

static const char  gw_b32_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";


size_t
gw_b32_encode(unsigned char *out, const void *in, size_t n)
{
    size_t                i, to;
    unsigned              bits, have;
    const unsigned char  *p = in;

    for (i = 0, to = 0, bits = 0, have = 0; i < n; i++) {
        bits = (bits << 8 | p[i]) & 0xffff;
        for (have += 8; have >= 5; have -= 5) {
            out[to++] = (unsigned char) gw_b32_digits[bits >> (have - 5) & 31];
        }
    }

    if (have > 0) {
        out[to++] = (unsigned char) gw_b32_digits[bits << (5 - have) & 31];
    }

    return to;
}


int
gw_b32_decode(unsigned char *out, size_t *n, gw_str_t in)
{
    size_t         i, to;
    unsigned       bits, have;
    const char    *p;
    unsigned char  c;

    for (i = 0, to = 0, bits = 0, have = 0; i < in.len; i++) {
        c = in.data[i];
        c = c >= 'a' && c <= 'z' ? c & ~0x20 : c;
        p = memchr(gw_b32_digits, c, sizeof(gw_b32_digits) - 1);
        if (p == NULL) {
            return GW_EINVAL;
        }

        bits = (bits << 5 | (unsigned) (p - gw_b32_digits)) & 0xfff;
        have += 5;
        if (have >= 8) {
            have -= 8;
            if (to == *n) {
                return GW_EFULL;
            }
            out[to++] = (unsigned char) (bits >> have);
        }
    }

    *n = to;
    return GW_OK;
}
