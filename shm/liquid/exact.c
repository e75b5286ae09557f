/* Exact decimals: digits as they were given, moved and rounded as digits. */
#include "shm/liquid/locale.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>


/* [-+]digits[.digits] and nothing else. */
static int
lq_exact_text(gw_str_t s, lq_exact_t *d)
{
    size_t    i;
    unsigned  n;

    lq_skip(&s);
    lq_rstrip(&s);
    if (s.len > 0 && (*s.data == '-' || *s.data == '+')) {
        d->negative = *s.data == '-';
        s = gw_str_make(s.data + 1, s.len - 1);
    }

    n = 0;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '.' && i > 0 && i + 1 < s.len && d->whole == 0) {
            d->whole = n;
            continue;
        }

        if (!isdigit(s.data[i])) {
            return GW_EINVAL;
        }

        if (n == LQ_DIGITS / 2) {
            return GW_EFULL;
        }

        d->digit[n++] = (char) s.data[i];
    }

    d->fraction = d->whole > 0 ? n - d->whole : 0;
    d->whole = n - d->fraction;
    return n > 0 ? GW_OK : GW_EINVAL;
}


/* A float by the digits that it is printed with: 19.99 is just that. */
static int
lq_exact_float(double v, lq_exact_t *d)
{
    long      exponent;
    char      text[32], *e, *p;
    unsigned  n;

    if (!isfinite(v)) {
        return GW_EINVAL;
    }

    lq_shortest(v, text);               /* -d.ddde+XX */
    e = strchr(text, 'e');
    exponent = strtol(e + 1, NULL, 10);
    if (exponent < -20 || exponent > 20) {
        return GW_EFULL;
    }

    d->negative = *text == '-';
    for (n = 0; (long) n < -exponent; n++) {
        d->digit[n] = '0';
    }
    for (p = text + d->negative; p < e; p++) {
        if (*p != '.') {
            d->digit[n++] = *p;
        }
    }

    d->whole = exponent > 0 ? (unsigned) exponent + 1 : 1;
    while (n < d->whole) {
        d->digit[n++] = '0';
    }

    d->fraction = n - d->whole;
    lq_exact_trim(d);
    return GW_OK;
}


/* There is no -0. */
static void
lq_exact_sign(lq_exact_t *d)
{
    unsigned  i;

    for (i = 0; i < d->whole + d->fraction; i++) {
        if (d->digit[i] != '0') {
            return;
        }
    }

    d->negative = false;
}


int
lq_exact(lq_val_t v, lq_exact_t *out)
{
    int       rc;
    char      mem[24];
    gw_buf_t  text;

    memset(out, 0, sizeof(lq_exact_t));
    if (v.type == LQ_INT) {
        gw_buf_fixed(&text, mem, sizeof(mem));
        lq_print(v, &text);
        v = lq_str(gw_buf_view(&text));
    }

    rc = v.type == LQ_FLOAT ? lq_exact_float(v.d, out)
         : v.type == LQ_STR ? lq_exact_text(v.s, out) : GW_EINVAL;
    lq_exact_sign(out);
    return rc;
}


void
lq_exact_trim(lq_exact_t *d)
{
    while (d->fraction > 0 && d->digit[d->whole + d->fraction - 1] == '0') {
        d->fraction--;
    }
}


/* n zeros at the front; false: there is no room. */
static bool
lq_exact_lead(lq_exact_t *d, unsigned n)
{
    unsigned  len;

    len = d->whole + d->fraction;
    if (n > LQ_DIGITS - len) {
        return false;
    }

    memmove(d->digit + n, d->digit, len);
    memset(d->digit, '0', n);
    d->whole += n;
    return true;
}


int
lq_exact_shift(lq_exact_t *d, unsigned n)
{
    if (d->whole <= n && !lq_exact_lead(d, n + 1 - d->whole)) {
        return GW_EFULL;
    }

    d->whole -= n;
    d->fraction += n;
    return GW_OK;
}


int
lq_exact_round(lq_exact_t *d, unsigned places)
{
    bool      up;
    unsigned  i, len;

    len = d->whole + places;
    if (len >= LQ_DIGITS) {
        return GW_EFULL;
    }

    up = d->fraction > places && d->digit[len] >= '5';
    for (i = d->whole + d->fraction; i < len; i++) {
        d->digit[i] = '0';
    }
    d->fraction = places;

    for (i = len; up && i-- > 0; ) {
        up = d->digit[i] == '9';
        d->digit[i] = up ? '0' : (char) (d->digit[i] + 1);
    }

    if (up) {                           /* 9.99 becomes 10 */
        (void) lq_exact_lead(d, 1);
        d->digit[0] = '1';
    }

    lq_exact_sign(d);
    return GW_OK;
}
