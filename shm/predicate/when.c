/* Times of predicates: dates, instants, spans, anniversaries; all in UTC. */
#include "shm/predicate/node.h"

#include "shm/gw_clock.h"

#define WHEN_MIDNIGHT  "T00:00:00Z"


/* Does the text begin with this form, in which 0 is any digit? */
static bool
when_form(gw_str_t text, const char *form)
{
    size_t  i;

    for (i = 0; form[i] != '\0'; i++) {
        if (i >= text.len
            || (form[i] == '0' ? text.data[i] < '0' || text.data[i] > '9'
                               : text.data[i] != (unsigned char) form[i]))
        {
            return false;
        }
    }

    return true;
}


/* What stands behind the seconds: a fraction of up to six digits, the zone. */
static bool
when_end(gw_str_t text)
{
    size_t  n;

    if (text.len > 0 && text.data[0] == '.') {
        for (n = 1; n < text.len && text.data[n] >= '0' && text.data[n] <= '9';
             n++)
        {
            /* void */
        }
        if (n == 1 || n > 7) {
            return false;
        }
        text = gw_str_make(text.data + n, text.len - n);
    }

    return gw_str_is(text, "Z")
           || (text.len == 6 && (when_form(text, "+00:00")
                                 || when_form(text, "-00:00"))
               && memcmp(text.data + 1, "14", 2) <= 0);
}


int
gw_predicate_time(gw_str_t text, int64_t *us)
{
    char      day[sizeof("2026-01-31" WHEN_MIDNIGHT)];
    gw_str_t  whole;

    if (!when_form(text, "0000-00-00") || memcmp(text.data, "0000", 4) == 0) {
        return GW_EINVAL;
    }

    if (text.len == 10) {
        memcpy(day, text.data, 10);
        memcpy(day + 10, WHEN_MIDNIGHT, sizeof(WHEN_MIDNIGHT));
        whole = gw_str_of(day);

    } else if (when_form(text, "0000-00-00T00:00:00")
               && text.data[17] != '6'  /* no leap second */
               && when_end(gw_str_make(text.data + 19, text.len - 19)))
    {
        whole = text;

    } else {
        return GW_EINVAL;
    }

    return gw_clock_parse(whole, us);
}


int
predicate_span(gw_str_t text, int64_t *us)
{
    size_t      i;
    long long   n;
    static const struct {
        unsigned char  name;
        int64_t        seconds;
    }           units[] = { { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
                            { 'w', 7 * 86400 } };

    if (text.len < 2 || text.len > 5 || text.data[0] == '0'
        || gw_str_int(gw_str_make(text.data, text.len - 1), 1, 9999, &n)
           != GW_OK)
    {
        return GW_EINVAL;
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.data[text.len - 1] == units[i].name) {
            *us = n * units[i].seconds * PREDICATE_SECOND;
            return GW_OK;
        }
    }

    return GW_EINVAL;
}


bool
predicate_anniversary(int64_t us, int64_t now, int64_t days)
{
    char  then[GW_RFC3339_LEN + 1], day[GW_RFC3339_LEN + 1];
    char  next[GW_RFC3339_LEN + 1];

    /* -MM-DD */
    gw_clock_print(us, then);
    gw_clock_print(now + days * PREDICATE_DAY, day);

    if (memcmp(then + 4, day + 4, 6) == 0) {
        return true;
    }

    gw_clock_print(now + (days + 1) * PREDICATE_DAY, next);

    return memcmp(then + 4, "-02-29", 6) == 0
           && memcmp(day + 4, "-02-28", 6) == 0
           && memcmp(next + 4, "-03-01", 6) == 0;
}
