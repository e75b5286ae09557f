/* Dates and times of RFC 3339. */
#include "shm/schema/format.h"


/* n digits at *at, moved behind them; -1 when there are others */
static int
time_number(gw_str_t s, size_t *at, size_t n)
{
    int  v;

    if (s.len - *at < n) {
        return -1;
    }

    for (v = 0; n > 0; n--, ++*at) {
        if (s.data[*at] < '0' || s.data[*at] > '9') {
            return -1;
        }

        v = v * 10 + s.data[*at] - '0';
    }

    return v;
}


static bool
time_char(gw_str_t s, size_t *at, const char *any)
{
    return *at < s.len && s.data[*at] != '\0'
           && strchr(any, s.data[(*at)++]) != NULL;
}


static bool
time_date(gw_str_t s, size_t *at)
{
    int  year, month, day, days;

    year = time_number(s, at, 4);
    if (year < 0 || !time_char(s, at, "-")) {
        return false;
    }

    month = time_number(s, at, 2);
    if (month < 1 || month > 12 || !time_char(s, at, "-")) {
        return false;
    }

    days = month == 2
           ? 28 + ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0)
           : 30 + ((month + month / 8) & 1);
    day = time_number(s, at, 2);
    return day >= 1 && day <= days;
}


static bool
time_time(gw_str_t s, size_t *at)
{
    int     hour, minute, second, sign, zone_hour, zone_minute, utc;
    size_t  start;

    hour = time_number(s, at, 2);
    if (hour < 0 || hour > 23 || !time_char(s, at, ":")) {
        return false;
    }

    minute = time_number(s, at, 2);
    if (minute < 0 || minute > 59 || !time_char(s, at, ":")) {
        return false;
    }

    second = time_number(s, at, 2);
    if (second < 0 || second > 60) {
        return false;
    }

    if (*at < s.len && s.data[*at] == '.') {
        for (start = ++*at; time_number(s, at, 1) >= 0; /* void */) {
            /* void */
        }

        if (*at == start) {
            return false;
        }
    }

    if (!time_char(s, at, "Zz+-")) {
        return false;
    }

    sign = s.data[*at - 1] == '+' ? 1 : -1;
    zone_hour = zone_minute = 0;

    if ((s.data[*at - 1] | 0x20) != 'z') {
        zone_hour = time_number(s, at, 2);
        if (zone_hour < 0 || zone_hour > 23 || !time_char(s, at, ":")) {
            return false;
        }

        zone_minute = time_number(s, at, 2);
        if (zone_minute < 0 || zone_minute > 59) {
            return false;
        }
    }

    /* a leap second comes at the end of a day in UTC */
    utc = hour * 60 + minute - sign * (zone_hour * 60 + zone_minute);
    return second < 60 || (utc + 2880) % 1440 == 1439;
}


bool
format_date(gw_str_t s)
{
    size_t  at = 0;

    return time_date(s, &at) && at == s.len;
}


bool
format_time(gw_str_t s)
{
    size_t  at = 0;

    return time_time(s, &at) && at == s.len;
}


bool
format_date_time(gw_str_t s)
{
    size_t  at = 0;

    return time_date(s, &at) && time_char(s, &at, "Tt") && time_time(s, &at)
           && at == s.len;
}
