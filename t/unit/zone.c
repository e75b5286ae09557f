/* Time zones against those of the C library, which a test may ask by TZ. */
#include "shm/gw_zone.h"

#include <stdlib.h>
#include <time.h>

#include "t/unit/tap.h"

static const char *const  names[] = {
    "Europe/Berlin", "Europe/Dublin", "Europe/London", "America/New_York",
    "America/Sao_Paulo", "America/St_Johns", "America/Caracas", "Asia/Kolkata",
    "Asia/Kathmandu", "Asia/Tehran", "Asia/Tokyo", "Africa/Casablanca",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Auckland",
    "Pacific/Chatham", "Antarctica/Troll", "Etc/GMT+12", "UTC", "EST5EDT", NULL
};

static const struct {
    const char  *rule;
    int          rc;
    int32_t      offset;        /* at 1710000000, the 9th of March 2024 */
    const char  *abbr;
} rules[] = {
    { "CET-1CEST,M3.5.0,M10.5.0/3", GW_OK, 3600, "CET" },
    { "EST5EDT,M3.2.0,M11.1.0", GW_OK, -18000, "EST" },
    { "AEST-10AEDT,M10.1.0,M4.1.0/3", GW_OK, 39600, "AEDT" },
    { "<+0330>-3:30", GW_OK, 12600, "+0330" },
    { "XXX3EDT4,0/0,J365/23", GW_OK, -14400, "EDT" },
    { "A0B,J60/0,J69/23:59:59", GW_OK, 3600, "B" },
    { "A0B,J70,J200", GW_OK, 0, "A" },
    { "", GW_EINVAL, 0, "" },
    { "CET", GW_EINVAL, 0, "" },
    { "CET-1CEST", GW_EINVAL, 0, "" },
    { "CET-1CEST,M13.5.0,M10.5.0", GW_EINVAL, 0, "" },
    { "CET-1CEST,M3.5.0,M10.5.0x", GW_EINVAL, 0, "" },
    { "CET-1CEST,M3.5", GW_EINVAL, 0, "" },
    { "CET-999", GW_EINVAL, 0, "" },
    { "<CET-1", GW_EINVAL, 0, "" },
    { "ABCDEFGHIJKLMNOPQRSTUVW1", GW_EINVAL, 0, "" },
    { NULL, 0, 0, NULL }
};


/* Every 40 days and some from 1890 to 2290: the times that differ. */
static int
compare(gw_zones_t *zones, const char *name)
{
    int        wrong;
    char       abbr[GW_ZONE_ABBR];
    time_t     t;
    int32_t    offset;
    struct tm  tm;

    (void) setenv("TZ", name, 1);
    tzset();
    wrong = 0;
    for (t = -2524521600; t < 10098000000; t += 3461234) {
        if (gw_zone_at(zones, gw_str_of(name), t, &offset, abbr) != GW_OK
            || localtime_r(&t, &tm) == NULL || tm.tm_gmtoff != offset
            || strcmp(tm.tm_zone, abbr) != 0)
        {
            if (wrong++ == 0) {
                printf("# %lld is %d %s, not %ld %s\n", (long long) t, offset,
                       abbr, tm.tm_gmtoff, tm.tm_zone);
            }
        }
    }

    return wrong;
}


int
main(void)
{
    int          i;
    char         abbr[GW_ZONE_ABBR], twice[2];
    int32_t      offset;
    gw_zones_t  *zones;

    static const char *const  bad[] = {
        "", "Europe/Nowhere", "../../etc/passwd", "/etc/passwd", "Europe",
        "zone.tab", "tzdata.zi", "a\nb", NULL
    };

    if (gw_zones_create(&zones) != GW_OK) {
        return 1;
    }

    for (i = 0; names[i] != NULL; i++) {
        ok(gw_zone_is(gw_str_of(names[i])) && compare(zones, names[i]) == 0,
           "%s is as localtime has it", names[i]);
    }

    for (i = 0; bad[i] != NULL; i++) {
        ok(gw_zone_at(zones, gw_str_of(bad[i]), 0, &offset, abbr)
           == GW_ENOTFOUND && !gw_zone_is(gw_str_of(bad[i])),
           "\"%s\" is no zone", bad[i]);
    }

    for (i = 0; rules[i].rule != NULL; i++) {
        ok(gw_zone_rule(rules[i].rule, 1710000000, &offset, abbr)
           == rules[i].rc, "rule \"%s\"", rules[i].rule);
        if (rules[i].rc == GW_OK) {
            is_int(offset, rules[i].offset, "its offset");
            ok(strcmp(abbr, rules[i].abbr) == 0, "its name: %s", abbr);
        }
    }

    /* more zones than are kept */
    twice[1] = '\0';
    for (i = 0; i < 26 * 4; i++) {
        twice[0] = (char) ('A' + i % 26);
        (void) !gw_zone_at(zones, gw_str_of(twice), 0, &offset, abbr);
    }
    is_int(compare(zones, names[0]), 0, "and the first is read again");

    gw_zones_free(zones);
    return done();
}
