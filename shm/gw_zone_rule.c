/* POSIX rules of a time zone: names, offsets, when summer begins and ends. */
#include "shm/gw_zone.h"

#include <ctype.h>
#include <stdlib.h>

#define RULE_DAY  86400

/* A day of the year and a second of it. */
typedef struct {
    char     kind;              /* M month.week.day, J and 0: a day's number */
    int      month, week, day;
    int32_t  at;
} zone_day_t;


/* [+-]hh[:mm[:ss]] at *p, in seconds. */
static bool
rule_time(const char **p, int32_t *seconds)
{
    int    i;
    bool   minus;
    char  *end;
    long   part, all;

    minus = **p == '-';
    *p += **p == '-' || **p == '+';
    all = 0;

    for (i = 0; i < 3; i++) {
        if (!isdigit((unsigned char) **p)) {
            return false;
        }

        part = strtol(*p, &end, 10);
        if (part > 167 || (i > 0 && part > 59)) {
            return false;
        }

        all += part * (i == 0 ? 3600 : i == 1 ? 60 : 1);
        *p = end;
        if (i == 2 || **p != ':') {
            break;
        }
        (*p)++;
    }

    *seconds = (int32_t) (minus ? -all : all);
    return true;
}


/* `CET` or `<+03>`. */
static bool
rule_name(const char **p, char name[GW_ZONE_ABBR])
{
    bool    quoted;
    size_t  n;

    quoted = **p == '<';
    *p += quoted;
    for (n = 0; quoted ? **p != '>' && **p != '\0'
                       : isalpha((unsigned char) **p); n++)
    {
        if (n + 1 == GW_ZONE_ABBR) {
            return false;
        }
        name[n] = *(*p)++;
    }

    name[n] = '\0';
    if (quoted && *(*p)++ != '>') {
        return false;
    }

    return n > 0;
}


static bool
rule_number(const char **p, int min, int max, int *out)
{
    long   n;
    char  *end;

    if (!isdigit((unsigned char) **p)) {
        return false;
    }

    n = strtol(*p, &end, 10);
    *p = end;
    *out = (int) n;
    return n >= min && n <= max;
}


/* `,M3.5.0/2` and its like. */
static bool
rule_day(const char **p, zone_day_t *d)
{
    if (*(*p)++ != ',') {
        return false;
    }

    d->at = 2 * 3600;
    d->kind = **p == 'M' || **p == 'J' ? *(*p)++ : '0';

    if (d->kind == 'M') {
        if (!rule_number(p, 1, 12, &d->month) || *(*p)++ != '.'
            || !rule_number(p, 1, 5, &d->week) || *(*p)++ != '.'
            || !rule_number(p, 0, 6, &d->day))
        {
            return false;
        }
    } else if (!rule_number(p, d->kind == 'J', 365, &d->day)) {
        return false;
    }

    if (**p != '/') {
        return true;
    }

    (*p)++;
    return rule_time(p, &d->at);
}


/* Days since 1970 of a day of the calendar (by years that begin in March). */
static int64_t
rule_days(int64_t year, int month, int day)
{
    int64_t  era, y, of_year;

    y = year - (month <= 2);
    era = (y >= 0 ? y : y - 399) / 400;
    y -= era * 400;
    of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + y * 365 + y / 4 - y / 100 + of_year - 719468;
}


/* The year that a day since 1970 is in. */
static int64_t
rule_year(int64_t days)
{
    int64_t  year;

    year = 1970 + days / 366 - (days < 0);
    while (rule_days(year + 1, 1, 1) <= days) {
        year++;
    }
    while (rule_days(year, 1, 1) > days) {
        year--;
    }

    return year;
}


/* When that day and second are, in local seconds since 1970. */
static int64_t
rule_when(const zone_day_t *d, int64_t year)
{
    bool     leap;
    int64_t  first, day, next;

    if (d->kind == 'M') {
        first = rule_days(year, d->month, 1);
        next = d->month == 12 ? rule_days(year + 1, 1, 1)
                              : rule_days(year, d->month + 1, 1);
        /* 1970 began on a Thursday */
        day = first + ((d->day - (first + 4) % 7 + 7) % 7 + 7) % 7
              + (d->week - 1) * 7;
        while (day >= next) {
            day -= 7;
        }

    } else {
        leap = rule_days(year, 3, 1) - rule_days(year, 2, 1) == 29;
        day = rule_days(year, 1, 1) + d->day - (d->kind == 'J')
              + (d->kind == 'J' && leap && d->day >= 60);
    }

    return day * RULE_DAY + d->at;
}


/* Is `at` between the two days of its year, the second perhaps the earlier? */
static bool
rule_is_summer(int64_t at, int32_t winter, int32_t summer,
    const zone_day_t *begin, const zone_day_t *end)
{
    int64_t  year, local, from, to;

    local = at + winter;
    year = rule_year(local / RULE_DAY - (local % RULE_DAY < 0));
    from = rule_when(begin, year) - winter;
    to = rule_when(end, year) - summer;
    return from < to ? at >= from && at < to : at >= from || at < to;
}


int
gw_zone_rule(const char *rule, int64_t at, int32_t *offset,
    char abbr[GW_ZONE_ABBR])
{
    char         summer_name[GW_ZONE_ABBR];
    int32_t      winter, summer;
    const char  *p;
    zone_day_t   begin, end;

    p = rule;
    if (!rule_name(&p, abbr) || !rule_time(&p, &winter)) {
        return GW_EINVAL;
    }

    winter = -winter;                   /* POSIX counts to the west */
    *offset = winter;
    if (*p == '\0') {
        return GW_OK;
    }

    if (!rule_name(&p, summer_name)) {
        return GW_EINVAL;
    }

    summer = winter + 3600;
    if (*p != ',') {
        if (!rule_time(&p, &summer)) {
            return GW_EINVAL;
        }
        summer = -summer;
    }

    if (!rule_day(&p, &begin) || !rule_day(&p, &end) || *p != '\0') {
        return GW_EINVAL;
    }

    if (rule_is_summer(at, winter, summer, &begin, &end)) {
        *offset = summer;
        memcpy(abbr, summer_name, GW_ZONE_ABBR);
    }

    return GW_OK;
}
