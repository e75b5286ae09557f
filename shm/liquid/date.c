/* The filter `date`: text or seconds in, strftime out. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "shm/gw_clock.h"

#define LQ_DATE_FORM  512
#define LQ_DATE_TEXT  2048


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


/*
 * The format with what strftime does not know as Ruby does replaced: seconds
 * since 1970, milliseconds, nanoseconds, the zone.
 */
static void
lq_date_format(gw_buf_t *form, gw_str_t f, int64_t us, int32_t zone)
{
    size_t   i;
    int64_t  seconds, part;

    part = us % 1000000;
    seconds = us / 1000000 - (part < 0);
    part += part < 0 ? 1000000 : 0;

    for (i = 0; i < f.len; i++) {
        if (f.data[i] != '%' || i + 1 == f.len) {
            gw_buf_char(form, f.data[i]);
            continue;
        }

        switch (f.data[++i]) {
        case 's':
            gw_buf_fmt(form, "%lld", (long long) seconds);
            break;
        case 'L':
            gw_buf_fmt(form, "%03d", (int) (part / 1000));
            break;
        case 'N':
            gw_buf_fmt(form, "%06d000", (int) part);
            break;
        case 'z':
            gw_buf_fmt(form, "%c%02d%02d", zone < 0 ? '-' : '+',
                       abs(zone) / 3600, abs(zone) / 60 % 60);
            break;
        default:
            gw_buf_char(form, '%');
            gw_buf_char(form, f.data[i]);
            break;
        }
    }
}


int
lq_date(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    lq_val_t *out)
{
    char        mem[LQ_DATE_FORM], text[LQ_DATE_TEXT];
    size_t      len;
    time_t      t;
    int64_t     us;
    gw_str_t    f;
    gw_buf_t    form;
    struct tm   tm;

    *out = in;
    f = lq_text(run, arg[0]);
    if (in.type == LQ_NIL || f.len == 0 || !lq_date_read(run, in, &us)) {
        return GW_OK;
    }

    gw_buf_fixed(&form, mem, sizeof(mem) - 2);
    gw_buf_char(&form, ' ');            /* tells an empty text from too long */
    lq_date_format(&form, f, us, run->ctx->zone);
    if (form.failed) {
        return lq_wrong(run, "the format of a date is too long");
    }

    mem[form.len] = '\0';
    t = (time_t) (us / 1000000 - (us % 1000000 < 0)) + run->ctx->zone;
    if (gmtime_r(&t, &tm) == NULL) {
        return GW_OK;
    }

    len = strftime(text, sizeof(text), mem, &tm);
    if (len == 0) {
        return lq_wrong(run, "the text of a date is too long");
    }

    *out = lq_str(gw_str_make(text + 1, len - 1));
    return lq_copy_text(run, out);
}
