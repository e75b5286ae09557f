/* The filter `date`: text or seconds in, strftime out. */
#include "shm/liquid/liquid.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "shm/gw_clock.h"


/* `March 14, 2016` and its like, through the C library's parser. */
static bool
lq_date_words(gw_str_t s, int64_t *us)
{
    int                       i;
    char                      text[64];
    const char               *end;
    struct tm                 tm;
    static const char *const  forms[] = {
        "%B %d, %Y", "%d %B %Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%m/%d/%Y", "%a, %d %b %Y %H:%M:%S",
        NULL
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
            *us = (int64_t) timegm(&tm) * 1000000;
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
        *us = in.i * 1000000;
        return in.i > -100000000000 && in.i < 100000000000;
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


int
lq_date(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,
    lq_val_t *out)
{
    char        form[256], text[1024];
    time_t      t;
    size_t      len;
    int64_t     us;
    gw_str_t    f;
    struct tm   tm;
    void       *p;

    *out = in;
    f = lq_text(run, arg[0]);
    if (in.type == LQ_NIL || f.len == 0 || f.len >= sizeof(form)
        || !lq_date_read(run, in, &us))
    {
        return GW_OK;
    }

    memcpy(form, f.data, f.len);
    form[f.len] = '\0';
    t = (time_t) (us / 1000000) + run->ctx->zone;
    (void) gmtime_r(&t, &tm);
    len = strftime(text, sizeof(text), form, &tm);

    p = gw_liquid_alloc(&run->arena, len + 1);
    if (p == NULL) {
        return GW_EFULL;
    }

    memcpy(p, text, len);
    *out = lq_str(gw_str_make(p, len));
    return GW_OK;
}
