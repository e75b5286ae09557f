/* UTF-8, one character at a time. */
#ifndef GW_UTF8_H
#define GW_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The bytes of the well-formed character at p (1..4), or 0 when the bytes are
 * no UTF-8: overlong, surrogate, past U+10FFFF or cut short.
 */
static inline size_t
gw_utf8_len(const unsigned char *p, size_t n)
{
    size_t         i, len;
    unsigned char  low, high;

    if (n == 0) {
        return 0;
    }

    if (p[0] < 0x80) {
        return 1;
    }

    low = 0x80;                 /* bounds of the second byte */
    high = 0xbf;

    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;

    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;

    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;

    } else {
        return 0;
    }

    if (n < len || p[1] < low || p[1] > high) {
        return 0;
    }

    for (i = 2; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return len;
}


/* Put a question mark for each byte that is no UTF-8: a text that was cut. */
static inline void
gw_utf8_mend(void *text, size_t n)
{
    size_t          i, len;
    unsigned char  *p = text;

    for (i = 0; i < n; i += len) {
        len = gw_utf8_len(p + i, n - i);
        if (len == 0) {
            p[i] = '?';
            len = 1;
        }
    }
}

#endif
