/* A row of the file as COPY takes it, or why it is refused. */
#include "worker/import/import.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "shm/gw_codec.h"
#include "worker/import/copy.h"
#include "worker/import/fields.h"
#include "worker/mail/mime.h"

#define ROW_COLUMNS     14              /* of import_rows */
#define ROW_PHONE_LEAST 7               /* digits of a telephone number */
#define ROW_PHONE_MOST  15
#define ROW_PHONE_ROOM  (ROW_PHONE_MOST + 3)
#define ROW_ATTRIBUTES  65536           /* bytes of them, as the API has it */

static const unsigned  row_limits[] = {
    254, 32, 200, 200, 200, 64, 35, 16, 16, 16, 16
};


/* granted, revoked or unknown (and what people write for them). */
static bool
row_consent(gw_str_t s, int16_t *out)
{
    int                       i;
    static const char *const  words[] = {
        "unknown", "granted", "revoked", "", "yes", "no", "", "true", "false",
        "", "1", "0"
    };

    for (i = 0; i < 12; i++) {
        if (s.len == strlen(words[i]) && s.len > 0
            && strncasecmp((char *) s.data, words[i], s.len) == 0)
        {
            *out = (int16_t) (i % 3);
            return true;
        }
    }

    return false;
}


/*
 * Everything that is no field of ours, as one JSON object; NULL, or why it
 * cannot be with its column.
 */
static const char *
row_attributes(const import_map_t *m, const csv_t *row, gw_buf_t *out,
    unsigned *column)
{
    bool         first;
    size_t       at;
    uint32_t     len;
    unsigned     i;
    gw_str_t     s;
    const char  *why;

    at = out->len;
    gw_buf_put(out, "\0\0\0\0\1{", 6);     /* jsonb, version 1 */
    first = true;

    for (i = 0; i < m->n; i++) {
        s = import_field(m, row, i);
        if (m->field[i] != IMPORT_ATTRIBUTE || s.len == 0) {
            continue;
        }
        gw_buf_cstr(out, first ? "" : ",");
        first = false;
        gw_buf_json(out, gw_str_of(m->name[i]));
        gw_buf_char(out, ':');
        why = field_put(m, i, s, out);
        if (why != NULL) {
            *column = i + 1;
            return why;
        }
    }

    gw_buf_char(out, '}');
    if (!out->failed) {
        len = htonl((uint32_t) (out->len - at - 4));
        memcpy(out->data + at, &len, 4);
    }

    *column = 1;
    return out->len - at <= ROW_ATTRIBUTES ? NULL
           : "the attributes are longer than 64 KiB";
}


/*
 * A telephone number as E.164 in out, from how people write it; false: it is
 * none. godwit.phone does the same.
 */
static bool
row_phone(gw_str_t s, char out[ROW_PHONE_ROOM], gw_str_t *phone)
{
    bool    plus;
    size_t  i, n;

    plus = false;
    n = 1;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '+' && n == 1 && !plus) {
            plus = true;
        } else if (s.data[i] >= '0' && s.data[i] <= '9'
                   && n < ROW_PHONE_ROOM)
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
    return n - i - 1 >= ROW_PHONE_LEAST && n - i - 1 <= ROW_PHONE_MOST
           && out[i + 1] != '0';
}


static bool
row_control(gw_str_t s)
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
row_locale(gw_str_t s)
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


/* Why a value is none of its field, by itself. */
static const char *
row_wrong(const import_map_t *m, import_field_t field, gw_str_t s)
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
        return !row_locale(s) ? "this is no locale like de or de-AT" : NULL;

    default:
        return NULL;
    }
}


static const char *
row_check(const import_map_t *m, const csv_t *row, gw_str_t *value,
    char phone[ROW_PHONE_ROOM], unsigned *column)
{
    unsigned     i;
    gw_str_t     s;
    const char  *why;

    for (i = 0; i < m->n; i++) {
        *column = i + 1;
        s = import_field(m, row, i);
        if (memchr(s.data, '\0', s.len) != NULL) {
            return "the text holds a NUL byte";
        }
        if (!gw_utf8_valid(s)) {
            return "the text is not valid UTF-8";
        }
        if (m->field[i] >= IMPORT_FIELDS) {
            continue;
        }

        s = import_trim(s);
        if (s.len > row_limits[m->field[i]]) {
            return "the text is too long";
        }
        if (row_control(s)) {
            return "the text holds a line break, a tab or a control character";
        }
        why = s.len > 0 ? row_wrong(m, m->field[i], s) : NULL;
        if (why != NULL) {
            return why;
        }
        if (m->field[i] == IMPORT_PHONE && s.len > 0
            && !row_phone(s, phone, &s))
        {
            return "this is no telephone number with its country code, such "
                   "as +491701234567";
        }
        value[m->field[i]] = s;
    }

    *column = 1;
    if (row->n != m->n) {
        *column = row->n < m->n ? row->n : m->n + 1;
        return "the row has another number of columns than the header";
    }

    /* a phone alone is no identity yet: twice imported it would be two */
    return value[IMPORT_EMAIL].len + value[IMPORT_EXTERNAL_ID].len == 0
           ? "the row has no email and no external_id" : NULL;
}


const char *
import_row(const import_map_t *m, const tenant_key_t *key, const csv_t *row,
    gw_buf_t *out, seen_t *seen, unsigned *column)
{
    int            i;
    char           phone[ROW_PHONE_ROOM];
    size_t         from;
    int16_t        consent;
    uint16_t       fields;
    gw_str_t       value[IMPORT_FIELDS];
    const char    *why;
    unsigned char  hash[32];

    memset(value, 0, sizeof(value));
    why = row_check(m, row, value, phone, column);
    if (why != NULL) {
        return why;
    }

    from = out->len;
    fields = htons(ROW_COLUMNS);
    gw_buf_put(out, &fields, 2);
    copy_put_int(out, (int64_t) row->line, 8);

    for (i = 0; i < IMPORT_FIELDS; i++) {
        if (value[i].len == 0) {
            copy_null(out);
            continue;
        }

        if (i < IMPORT_CONSENT_EMAIL) {
            copy_put(out, value[i].data, value[i].len);
            continue;
        }

        if (!row_consent(value[i], &consent)) {
            out->len = from;
            return "consent is granted, revoked or unknown";
        }
        copy_put_int(out, consent, 2);
    }

    why = row_attributes(m, row, out, column);
    if (why != NULL) {
        out->len = from;
        return why;
    }
    if (value[IMPORT_EMAIL].len > 0) {
        seen_email(seen, value[IMPORT_EMAIL]);
        tenant_key_address(key, value[IMPORT_EMAIL], hash);
        copy_put(out, hash, sizeof(hash));
    } else {
        copy_null(out);
    }
    if (value[IMPORT_EXTERNAL_ID].len > 0) {
        seen_external(seen, value[IMPORT_EXTERNAL_ID]);
    }

    return NULL;
}
