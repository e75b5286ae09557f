/* The filter `date`: text or seconds in, strftime out. */
#include "shm/liquid/locale.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "shm/gw_clock.h"

#define LQ_DATE_FORM  512
#define LQ_DATE_TEXT  2048
#define LQ_DATE_ZONE  16        /* steps that looking up a zone counts as */

/* A time as it is written: its parts, its zone, its language. */
typedef struct {
    int64_t            us;
    int32_t            zone;            /* seconds */
    char               abbr[GW_ZONE_ABBR];      /* "": as strftime has it */
    struct tm          tm;
    const lq_names_t  *names;           /* NULL: English */
} lq_time_t;


/* `March 14, 2016` and its like, through the C library's parser. */
static bool
lq_date_words(gw_str_t s, int64_t *us)
{
    int                       i;
    long                      zone;
    char                      text[64];
    const char               *end;
    struct tm                 tm;
    static const char *const  forms[] = {
        "%B %d, %Y", "%d %B %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%m/%d/%Y",
        "%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S %z",
        "%Y-%m-%d %H:%M:%S UTC", NULL
    };

    if (s.len >= sizeof(text)) {
        return false;
    }

    memcpy(text, s.data, s.len);
    text[s.len] = '\0';

    for (i = 0; forms[i] != NULL; i++) {
        memset(&tm, 0, sizeof(tm));
        tm.tm_mday = 1;
        end = strptime(text, forms[i], &tm);
        if (end != NULL && *end == '\0') {
            zone = tm.tm_gmtoff;        /* timegm forgets it */
            *us = ((int64_t) timegm(&tm) - zone) * 1000000;
            return true;
        }
    }

    return false;
}


static bool
lq_date_read(gw_liquid_run_t *run, lq_val_t in, int64_t *us)
{
    gw_str_t   s;
    long long  seconds;

    if (in.type == LQ_INT) {
        if (in.i < -100000000000 || in.i > 100000000000) {
            return false;
        }
        *us = in.i * 1000000;
        return true;
    }

    s = lq_text(run, in);
    if (gw_str_is(s, "now") || gw_str_is(s, "today")) {
        *us = run->ctx->now_us;
        return true;
    }

    if (gw_str_int(s, -100000000000, 100000000000, &seconds) == GW_OK) {
        *us = seconds * 1000000;
        return true;
    }

    return gw_clock_parse(s, us) == GW_OK || lq_date_words(s, us);
}


/* A name of the month or the day in the language; false: strftime knows. */
static bool
lq_date_name(gw_buf_t *form, unsigned char c, const lq_time_t *t)
{
    bool         month;
    const char  *names;

    if (t->names == NULL || memchr("BbhAa", c, 5) == NULL) {
        return false;
    }

    month = c != 'A' && c != 'a';
    names = c == 'B' ? t->names->months
            : c == 'A' ? t->names->days
            : c == 'a' ? t->names->days_short : t->names->months_short;
    gw_buf_str(form, lq_name(names, (unsigned) (month ? t->tm.tm_mon
                                                      : t->tm.tm_wday)));
    return true;
}


/*
 * The format with what strftime does not know as Ruby does replaced: seconds
 * since 1970, milliseconds, nanoseconds, the zone, names of a language.
 */
static void
lq_date_format(gw_buf_t *form, gw_str_t f, const lq_time_t *t)
{
    size_t   i;
    int64_t  seconds, part;

    part = t->us % 1000000;
    seconds = t->us / 1000000 - (part < 0);
    part += part < 0 ? 1000000 : 0;

    for (i = 0; i < f.len; i++) {
        if (f.data[i] != '%' || i + 1 == f.len) {
            gw_buf_char(form, f.data[i]);
            continue;
        }

        i++;
        if (f.data[i] == 's') {
            gw_buf_fmt(form, "%lld", (long long) seconds);
        } else if (f.data[i] == 'L') {
            gw_buf_fmt(form, "%03d", (int) (part / 1000));
        } else if (f.data[i] == 'N') {
            gw_buf_fmt(form, "%06d000", (int) part);
        } else if (f.data[i] == 'z') {
            gw_buf_fmt(form, "%c%02d%02d", t->zone < 0 ? '-' : '+',
                       abs(t->zone) / 3600, abs(t->zone) / 60 % 60);
        } else if (f.data[i] == 'Z' && t->abbr[0] != '\0') {
            gw_buf_cstr(form, t->abbr);
        } else if (!lq_date_name(form, f.data[i], t)) {
            gw_buf_char(form, '%');
            gw_buf_char(form, f.data[i]);
        }
    }
}


/* The zone that was named, else that of the render. */
static int
lq_date_zone(gw_liquid_run_t *run, lq_val_t named, lq_time_t *t)
{
    int       rc;
    gw_str_t  name;

    t->zone = run->ctx->zone;
    t->abbr[0] = '\0';
    name = named.type == LQ_NIL ? (gw_str_t) gw_null_string
                                : lq_text(run, named);
    if (name.len == 0) {
        return GW_OK;
    }

    if (run->zones == NULL && gw_zones_create(&run->zones) != GW_OK) {
        return GW_EFULL;
    }

    rc = gw_zone_at(run->zones, name, t->us / 1000000
                    - (t->us % 1000000 < 0), &t->zone, t->abbr);
    if (rc != GW_OK) {
        return lq_wrong(run, rc == GW_ENOTFOUND
                        ? "there is no time zone \"%.*s\""
                        : "the time zone \"%.*s\" can not be read",
                        name.len > GW_ZONE_NAME ? GW_ZONE_NAME
                        : (int) name.len, name.data);
    }

    return lq_charge(run, LQ_DATE_ZONE);
}


/* date: FORMAT, zone: NAME, locale: TAG */
int
lq_date(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    lq_val_t *out)
{
    int              rc;
    char             mem[LQ_DATE_FORM], text[LQ_DATE_TEXT];
    size_t           len;
    time_t           seconds;
    gw_str_t         f;
    gw_buf_t         form;
    lq_time_t        t;
    const lq_val_t  *named;

    *out = in;
    f = lq_text(run, arg[0]);
    if (in.type == LQ_NIL || f.len == 0 || !lq_date_read(run, in, &t.us)) {
        return GW_OK;
    }

    named = arg + GW_LIQUID_ARGS;
    rc = lq_date_zone(run, named[0], &t);
    if (rc != GW_OK) {
        return rc;
    }

    seconds = (time_t) (t.us / 1000000 - (t.us % 1000000 < 0)) + t.zone;
    if (gmtime_r(&seconds, &t.tm) == NULL) {
        return GW_OK;
    }

    t.names = lq_locale_names(lq_language(run, named[1]));
    gw_buf_fixed(&form, mem, sizeof(mem) - 2);
    gw_buf_char(&form, ' ');            /* tells an empty text from too long */
    lq_date_format(&form, f, &t);
    if (form.failed) {
        return lq_wrong(run, "the format of a date is too long");
    }

    mem[form.len] = '\0';
    len = strftime(text, sizeof(text), mem, &t.tm);
    if (len == 0) {
        return lq_wrong(run, "the text of a date is too long");
    }

    *out = lq_str(gw_str_make(text + 1, len - 1));
    return lq_copy_text(run, out);
}
