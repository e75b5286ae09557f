/* Values of a row's fields, each by itself. */
#include "worker/import/value.h"

#include <ctype.h>
#include <string.h>

#include "worker/mail/mime.h"

#define VALUE_PHONE_LEAST  7            /* digits of a telephone number */
#define VALUE_PHONE_MOST   15


bool
value_consent(gw_str_t s, int16_t *out)
{
    int                       i;
    static const char *const  words[] = {
        "unknown", "granted", "revoked", "", "yes", "no", "", "true", "false",
        "", "1", "0"
    };

    for (i = 0; i < 12; i++) {
        if (s.len > 0 && gw_str_same(s, words[i])) {
            *out = (int16_t) (i % 3);
            return true;
        }
    }

    return false;
}


bool
value_phone(gw_str_t s, char out[VALUE_PHONE], gw_str_t *phone)
{
    bool    plus;
    size_t  i, n;

    plus = false;
    n = 1;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '+' && n == 1 && !plus) {
            plus = true;
        } else if (s.data[i] >= '0' && s.data[i] <= '9'
                   && n < VALUE_PHONE)
        {
            out[n++] = (char) s.data[i];
        } else if (memchr(" ().-/", s.data[i], 6) == NULL) {
            return false;
        }
    }

    if (!plus && (n < 3 || out[1] != '0' || out[2] != '0')) {
        return false;                   /* without its country */
    }

    i = plus ? 0 : 2;
    out[i] = '+';
    *phone = gw_str_make(out + i, n - i);
    return n - i - 1 >= VALUE_PHONE_LEAST && n - i - 1 <= VALUE_PHONE_MOST
           && out[i + 1] != '0';
}


bool
value_control(gw_str_t s)
{
    size_t  n;

    for (n = 0; n < s.len; n++) {
        if (s.data[n] < 0x20 || s.data[n] == 0x7f) {
            return true;
        }
    }

    return false;
}


/* A language, perhaps of a region: de, de-AT; is_locale in SQL. */
static bool
value_locale(gw_str_t s)
{
    size_t    i, n;
    unsigned  parts;

    for (i = 0, n = 0, parts = 0; i < s.len; i++) {
        if (s.data[i] == '-' || s.data[i] == '_') {
            if (n < 2 || ++parts > 3) {
                return false;
            }
            n = 0;
        } else if (parts == 0 ? !isalpha(s.data[i]) || ++n > 3
                              : !isalnum(s.data[i]) || ++n > 8)
        {
            return false;
        }
    }

    return n >= 2;
}


const char *
value_wrong(const import_map_t *m, import_field_t field, gw_str_t s)
{
    char         abbr[GW_ZONE_ABBR];
    bool         utf8;
    int32_t      offset;
    const char  *why;

    switch (field) {

    case IMPORT_EMAIL:
        return mime_check(s, &utf8, &why) != GW_OK
               || memchr(s.data, ',', s.len) || memchr(s.data, '"', s.len)
               || memchr(mime_domain(s).data, '.', mime_domain(s).len) == NULL
               ? "this is no e-mail address" : NULL;

    case IMPORT_ZONE:
        return gw_zone_at(m->zones, s, 0, &offset, abbr) != GW_OK
               ? "this is no time zone of IANA, such as Europe/Berlin" : NULL;

    case IMPORT_LOCALE:
        return !value_locale(s) ? "this is no locale like de or de-AT" : NULL;

    default:
        return NULL;
    }
}
