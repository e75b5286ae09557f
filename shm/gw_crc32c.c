/* CRC-32C: by the processor's instruction where it has one, else bit by bit. */
#include "shm/gw_codec.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#define GW_CRC32C_POLY  0x82f63b78u     /* reflected Castagnoli polynomial */


static uint32_t
gw_crc32c_bits(uint32_t crc, const unsigned char *p, size_t n)
{
    int     bit;
    size_t  i;

    for (i = 0; i < n; i++) {
        crc ^= p[i];
        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? GW_CRC32C_POLY : 0);
        }
    }

    return crc;
}


#if defined(__x86_64__)

__attribute__((target("sse4.2")))
static uint32_t
gw_crc32c_sse(uint32_t crc, const unsigned char *p, size_t n)
{
    uint64_t  word, c;

    c = crc;
    while (n >= 8) {
        memcpy(&word, p, 8);
        c = _mm_crc32_u64(c, word);
        p += 8;
        n -= 8;
    }

    crc = (uint32_t) c;
    while (n > 0) {
        crc = _mm_crc32_u8(crc, *p);
        p++;
        n--;
    }

    return crc;
}

#endif


uint32_t
gw_crc32c(uint32_t crc, const void *p, size_t n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        return ~gw_crc32c_sse(~crc, p, n);
    }
#endif

    return ~gw_crc32c_bits(~crc, p, n);
}
