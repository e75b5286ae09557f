/* The one clock: real, or started at GODWIT_CLOCK. */
#include "shm/gw_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Difference of the virtual clock to the real one; set once at the start. */
static int64_t  gw_clock_shift;


static int64_t
gw_clock_real(clockid_t id)
{
    struct timespec  ts;

    (void) clock_gettime(id, &ts);
    return (int64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


int
gw_clock_init(void)
{
    int64_t      us;
    const char  *text;

    text = getenv("GODWIT_CLOCK");
    if (text == NULL || *text == '\0') {
        return GW_OK;
    }

    if (gw_clock_parse(gw_str_of(text), &us) != GW_OK) {
        return GW_EINVAL;
    }

    gw_clock_shift = us - gw_clock_real(CLOCK_REALTIME);
    return GW_OK;
}


int64_t
gw_clock_us(void)
{
    return gw_clock_real(CLOCK_REALTIME) + gw_clock_shift;
}


int64_t
gw_clock_ms(void)
{
    return gw_clock_real(CLOCK_MONOTONIC) / 1000;
}


int64_t
gw_clock_boot_ms(void)
{
    return gw_clock_real(CLOCK_BOOTTIME) / 1000;
}


int64_t
gw_clock_cpu_us(void)
{
    return gw_clock_real(CLOCK_THREAD_CPUTIME_ID);
}


/*
 * Days since 1970-01-01 of a date of the Gregorian calendar, by Howard
 * Hinnant's "chrono-compatible low-level date algorithms".
 */
static int64_t
gw_clock_days(int64_t y, int64_t m, int64_t d)
{
    int64_t  era, yoe, doy, doe;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}


/* Read exactly n digits of s at *at. */
static int
gw_clock_digits(gw_str_t s, size_t *at, size_t n, long long *out)
{
    if (s.len < *at + n || s.data[*at] == '-'
        || gw_str_int(gw_str_make(s.data + *at, n), 0, 9999, out) != GW_OK)
    {
        return GW_EINVAL;
    }

    *at += n;
    return GW_OK;
}


/* The zone at the end: Z or +HH:MM; seconds east in *offset. */
static int
gw_clock_zone(gw_str_t s, size_t at, long long *offset)
{
    int        sign;
    long long  h, m;

    if (at + 1 == s.len && (s.data[at] == 'Z' || s.data[at] == 'z')) {
        *offset = 0;
        return GW_OK;
    }

    if (at + 6 != s.len || (s.data[at] != '+' && s.data[at] != '-')
        || s.data[at + 3] != ':')
    {
        return GW_EINVAL;
    }

    sign = s.data[at] == '-' ? -1 : 1;
    at++;
    if (gw_clock_digits(s, &at, 2, &h) != GW_OK) {
        return GW_EINVAL;
    }

    at++;
    if (gw_clock_digits(s, &at, 2, &m) != GW_OK || h > 23 || m > 59) {
        return GW_EINVAL;
    }

    *offset = sign * (h * 3600 + m * 60);
    return GW_OK;
}


int
gw_clock_parse(gw_str_t s, int64_t *us)
{
    size_t            at, i, j;
    int64_t           fraction, unit;
    long long         f[6], offset;
    static const int  digits[] = { 4, 2, 2, 2, 2, 2 };
    static const char marks[] = "--T::";
    static const int  days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
                                 31 };

    at = 0;

    for (i = 0; i < 6; i++) {
        if (gw_clock_digits(s, &at, digits[i], &f[i]) != GW_OK) {
            return GW_EINVAL;
        }

        /* seconds may be left out: people write 09:00Z */
        if (i == 4 && (at == s.len || s.data[at] != ':')) {
            f[5] = 0;
            break;
        }

        if (i < 5) {
            if (at >= s.len || (s.data[at] != (unsigned char) marks[i]
                && !(i == 2 && (s.data[at] == ' ' || s.data[at] == 't'))))
            {
                return GW_EINVAL;
            }
            at++;
        }
    }

    if (f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > days[f[1] - 1]
        || f[3] > 23 || f[4] > 59 || f[5] > 60
        || (f[1] == 2 && f[2] == 29
            && (f[0] % 4 != 0 || (f[0] % 100 == 0 && f[0] % 400 != 0))))
    {
        return GW_EINVAL;
    }

    fraction = 0;
    if (at < s.len && s.data[at] == '.') {
        unit = 100000;
        for (j = ++at; at < s.len && s.data[at] >= '0' && s.data[at] <= '9';
             at++)
        {
            fraction += (s.data[at] - '0') * unit;
            unit /= 10;
        }
        if (at == j) {
            return GW_EINVAL;
        }
    }

    if (gw_clock_zone(s, at, &offset) != GW_OK) {
        return GW_EINVAL;
    }

    *us = (gw_clock_days(f[0], f[1], f[2]) * 86400 + f[3] * 3600 + f[4] * 60
           + f[5] - offset) * 1000000 + fraction;
    return GW_OK;
}


void
gw_clock_print(int64_t us, char out[GW_RFC3339_LEN + 1])
{
    time_t     t;
    int64_t    rest;
    struct tm  tm;

    rest = us % 1000000;
    rest += rest < 0 ? 1000000 : 0;
    t = (time_t) ((us - rest) / 1000000);
    (void) gmtime_r(&t, &tm);

    (void) snprintf(out, GW_RFC3339_LEN + 1,
                    "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ",
                    (unsigned) (tm.tm_year + 1900) % 10000,
                    (unsigned) (tm.tm_mon + 1) % 100,
                    (unsigned) tm.tm_mday % 100, (unsigned) tm.tm_hour % 100,
                    (unsigned) tm.tm_min % 100, (unsigned) tm.tm_sec % 100,
                    (unsigned) rest % 1000000);
}
