/* Columns to fields: the header's mapping, and a row as COPY takes it. */
#include "worker/import/import.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shm/gw_codec.h"
#include "worker/mail/mime.h"

#define ROW_COLUMNS  14                 /* of import_rows */

static const char *const  row_fields[] = {
    "email", "phone", "external_id", "first_name", "last_name", "zone",
    "locale", "consent_email", "consent_sms", "consent_whatsapp",
    "consent_voice", "attribute", "ignore"
};
static const unsigned  row_limits[] = {
    254, 32, 200, 200, 200, 64, 35, 16, 16, 16, 16
};


static gw_str_t
row_trim(gw_str_t s)
{
    while (s.len > 0 && (*s.data == ' ' || *s.data == '\t')) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && (s.data[s.len - 1] == ' '
                         || s.data[s.len - 1] == '\t'))
    {
        s.len--;
    }

    return s;
}


/* What --map says of a column, or its own name; an attribute otherwise. */
static import_field_t
row_field(gw_str_t column, const char *map)
{
    int          i;
    size_t       n;
    gw_str_t     want;
    const char  *p;

    want = column;
    for (p = map; p != NULL && *p; p += strcspn(p, ","), p += *p == ',') {
        n = strcspn(p, "=,");
        if (gw_str_eq(gw_str_make(p, n), column) && p[n] == '=') {
            want = gw_str_make(p + n + 1, strcspn(p + n + 1, ","));
            break;
        }
    }

    for (i = 0; i <= IMPORT_IGNORE; i++) {
        if (want.len == strlen(row_fields[i])
            && strncasecmp((char *) want.data, row_fields[i], want.len) == 0)
        {
            return (import_field_t) i;
        }
    }

    return IMPORT_ATTRIBUTE;
}


int
import_map_read(import_map_t *m, const csv_t *header, const char *map,
    gw_buf_t *mapping, gw_buf_t *err)
{
    bool       taken[IMPORT_FIELDS] = { false };
    unsigned   i;
    gw_str_t   name;

    memset(m, 0, sizeof(import_map_t));
    gw_buf_char(mapping, '[');

    for (i = 0; i < header->n; i++) {
        name = row_trim(csv_field(header, i));
        m->field[i] = row_field(name, map);

        if (m->field[i] < IMPORT_FIELDS && taken[m->field[i]]) {
            gw_buf_fmt(err, "two columns are \"%s\": column %u is the second",
                       row_fields[m->field[i]], i + 1);
            return GW_EINVAL;
        }
        if (m->field[i] < IMPORT_FIELDS) {
            taken[m->field[i]] = true;
        }
        if (m->field[i] == IMPORT_ATTRIBUTE && name.len == 0) {
            m->field[i] = IMPORT_IGNORE;
        }
        if (!gw_utf8_valid(name)) {
            gw_buf_fmt(err, "the name of column %u is not valid UTF-8",
                       i + 1);
            return GW_EINVAL;
        }

        m->name[i] = strndup((char *) name.data, name.len);
        if (m->name[i] == NULL) {
            return GW_ENOMEM;
        }
        m->n = i + 1;

        gw_buf_cstr(mapping, i > 0 ? ",{\"column\":" : "{\"column\":");
        gw_buf_json(mapping, name);
        gw_buf_fmt(mapping, ",\"field\":\"%s\"}", row_fields[m->field[i]]);
    }

    gw_buf_char(mapping, ']');
    if (!taken[IMPORT_EMAIL] && !taken[IMPORT_EXTERNAL_ID]) {
        gw_buf_cstr(err, "no column is email or external_id; name one with "
                    "--map COLUMN=email");
        return GW_EINVAL;
    }

    return GW_OK;
}


void
import_map_free(import_map_t *m)
{
    unsigned  i;

    for (i = 0; i < m->n; i++) {
        free(m->name[i]);
    }
}


static void
row_put(gw_buf_t *out, const void *p, size_t n)
{
    uint32_t  len;

    len = htonl((uint32_t) n);
    gw_buf_put(out, &len, 4);
    gw_buf_put(out, p, n);
}


static void
row_null(gw_buf_t *out)
{
    gw_buf_put(out, "\xff\xff\xff\xff", 4);
}


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


/* Everything that is no field, as one JSON object; jsonb version 1. */
static void
row_attributes(const import_map_t *m, const csv_t *row, gw_buf_t *out)
{
    bool       first;
    size_t     at;
    uint32_t   len;
    unsigned   i;
    gw_str_t   s;

    at = out->len;
    gw_buf_put(out, "\0\0\0\0\1{", 6);
    first = true;

    for (i = 0; i < m->n; i++) {
        s = csv_field(row, i);
        if (m->field[i] != IMPORT_ATTRIBUTE || s.len == 0) {
            continue;
        }
        gw_buf_cstr(out, first ? "" : ",");
        first = false;
        gw_buf_json(out, gw_str_of(m->name[i]));
        gw_buf_char(out, ':');
        gw_buf_json(out, s);
    }

    gw_buf_char(out, '}');
    if (!out->failed) {
        len = htonl((uint32_t) (out->len - at - 4));
        memcpy(out->data + at, &len, 4);
    }
}


static const char *
row_check(const import_map_t *m, const csv_t *row, gw_str_t *value,
    unsigned *column)
{
    unsigned     i;
    gw_str_t     s;
    const char  *why;
    bool         utf8;

    for (i = 0; i < m->n; i++) {
        *column = i + 1;
        s = csv_field(row, i);
        if (memchr(s.data, '\0', s.len) != NULL || !gw_utf8_valid(s)) {
            return "the text is not valid UTF-8";
        }
        if (m->field[i] >= IMPORT_FIELDS) {
            continue;
        }

        s = row_trim(s);
        if (s.len > row_limits[m->field[i]]) {
            return "the text is too long";
        }
        if (m->field[i] == IMPORT_EMAIL && s.len > 0
            && (mime_check(s, &utf8, &why) != GW_OK
                || memchr(s.data, ',', s.len) || memchr(s.data, '"', s.len)
                || memchr(mime_domain(s).data, '.', mime_domain(s).len)
                   == NULL))
        {
            return "this is no e-mail address";
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
    size_t         from;
    int16_t        consent;
    uint16_t       fields;
    uint64_t       line;
    gw_str_t       value[IMPORT_FIELDS];
    const char    *why;
    unsigned char  hash[32];

    memset(value, 0, sizeof(value));
    why = row_check(m, row, value, column);
    if (why != NULL) {
        return why;
    }

    from = out->len;
    fields = htons(ROW_COLUMNS);
    line = htobe64(row->line);
    gw_buf_put(out, &fields, 2);
    row_put(out, &line, 8);

    for (i = 0; i < IMPORT_FIELDS; i++) {
        if (value[i].len == 0) {
            row_null(out);
            continue;
        }

        if (i < IMPORT_CONSENT_EMAIL) {
            row_put(out, value[i].data, value[i].len);
            continue;
        }

        if (!row_consent(value[i], &consent)) {
            out->len = from;
            return "consent is granted, revoked or unknown";
        }
        consent = (int16_t) htons((uint16_t) consent);
        row_put(out, &consent, 2);
    }

    row_attributes(m, row, out);
    if (value[IMPORT_EMAIL].len > 0) {
        seen_email(seen, value[IMPORT_EMAIL]);
        tenant_key_address(key, value[IMPORT_EMAIL], hash);
        row_put(out, hash, sizeof(hash));
    } else {
        row_null(out);
    }
    if (value[IMPORT_EXTERNAL_ID].len > 0) {
        seen_external(seen, value[IMPORT_EXTERNAL_ID]);
    }

    return NULL;
}
