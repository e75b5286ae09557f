/* Numbers out of counted strings. */
#include "shm/gw_str.h"

#include <limits.h>

#include "shm/gw_err.h"


int
gw_str_int(gw_str_t s, long long min, long long max, long long *out)
{
    bool       negative;
    size_t     i;
    long long  v, digit;

    negative = s.len > 0 && s.data[0] == '-';
    i = negative ? 1 : 0;

    if (i == s.len) {
        return GW_EINVAL;
    }

    v = 0;                      /* kept negative: its range is the wider one */

    for ( /* void */ ; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return GW_EINVAL;
        }

        digit = s.data[i] - '0';
        if (v < (LLONG_MIN + digit) / 10) {
            return GW_EINVAL;
        }
        v = v * 10 - digit;
    }

    if (!negative) {
        if (v == LLONG_MIN) {
            return GW_EINVAL;
        }
        v = -v;
    }

    if (v < min || v > max) {
        return GW_EINVAL;
    }

    *out = v;
    return GW_OK;
}
