/* The header row: which column goes where. */
#include "worker/import/import.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_codec.h"

static const char *const  header_fields[] = {
    "email", "phone", "external_id", "first_name", "last_name", "zone",
    "locale", "consent_email", "consent_sms", "consent_whatsapp",
    "consent_voice", "owner", "tags", "emails", "phones", "attributes",
    "attribute", "ignore"
};


/* how a reject file begins: mended, it is imported again */
static const char *const  header_reject[] = { "line", "column", "reason" };

#define HEADER_REJECT  3


gw_str_t
import_field(const import_map_t *m, const csv_t *row, unsigned i)
{
    return m->own > 0 ? csv_unguard(csv_field(row, i)) : csv_field(row, i);
}


gw_str_t
import_trim(gw_str_t s)
{
    return gw_str_trim(s, " \t");
}


/* How much of a name an error shows. */
static int
header_len(gw_str_t name)
{
    return name.len < 60 ? (int) name.len : 60;
}


const char *
import_word(import_field_t field)
{
    return header_fields[field];
}


/* Letter by letter; an export has consent.email for consent_email. */
static bool
header_same(gw_str_t word, const char *field)
{
    size_t         n;
    unsigned char  c;

    for (n = 0; n < word.len && field[n] != '\0'; n++) {
        c = word.data[n] == '.' ? '_' : word.data[n];
        if (tolower(c) != field[n]) {
            return false;
        }
    }

    return n == word.len && field[n] == '\0';
}


static import_field_t
header_word(gw_str_t word)
{
    int  i;

    for (i = 0; i <= IMPORT_IGNORE; i++) {
        if (header_same(word, header_fields[i])) {
            return (import_field_t) i;
        }
    }

    return IMPORT_UNKNOWN;
}


/* The next COLUMN=FIELD of --map; false at its end. */
static bool
header_pair(const char **map, gw_str_t *column, gw_str_t *field)
{
    size_t       n, len;
    const char  *p;

    p = *map;
    if (p == NULL || *p == '\0') {
        return false;
    }

    len = strcspn(p, ",");
    n = strcspn(p, "=,");
    *column = gw_str_make(p, n);
    *field = n < len ? gw_str_make(p + n + 1, len - n - 1)
                     : gw_str_make("", 0);
    *map = p + len + (p[len] == ',');
    return true;
}


import_field_t
import_column(gw_str_t column, const char *map)
{
    gw_str_t        name, word;
    import_field_t  f;

    while (header_pair(&map, &name, &word)) {
        if (gw_str_eq(name, column)) {
            return header_word(word);
        }
    }

    f = header_word(column);
    return f != IMPORT_UNKNOWN ? f
           : column.len > 0 ? IMPORT_ATTRIBUTE : IMPORT_IGNORE;
}


/* Every pair of --map names a column that is there, if headed, and a field. */
static int
header_check_map(const csv_t *header, const char *map, const char *option,
    bool headed, gw_buf_t *err)
{
    unsigned  i;
    gw_str_t  name, word;

    while (header_pair(&map, &name, &word)) {
        for (i = 0; headed && i < header->n; i++) {
            if (gw_str_eq(import_trim(csv_field(header, i)), name)) {
                break;
            }
        }

        if (headed && i == header->n) {
            gw_buf_fmt(err, "%s names the column \"%.*s\", which is not "
                       "there", option, header_len(name), name.data);
            return GW_EINVAL;
        }
        if (header_word(word) == IMPORT_UNKNOWN) {
            gw_buf_fmt(err, "%s %.*s=%.*s: there is no such field; the "
                       "fields are", option, header_len(name), name.data,
                       header_len(word), word.data);
            for (i = 0; i <= IMPORT_IGNORE; i++) {
                gw_buf_fmt(err, "%s %s", i > 0 ? "," : "", header_fields[i]);
            }
            return GW_EINVAL;
        }
    }

    return GW_OK;
}


/* Can column i be used beside those before it? */
static int
header_check(const import_map_t *m, unsigned i, gw_str_t name,
    const char *option, gw_buf_t *err)
{
    unsigned  n;

    if (memchr(name.data, '\0', name.len) != NULL) {
        gw_buf_fmt(err, "the name of column %u holds a NUL byte: the file is "
                   "UTF-16 or no text; save it as UTF-8", i + 1);
        return GW_EINVAL;
    }

    if (!gw_utf8_valid(name)) {
        gw_buf_fmt(err, "the name of column %u is not valid UTF-8; save the "
                   "file as UTF-8", i + 1);
        return GW_EINVAL;
    }

    for (n = 0; n < i; n++) {
        if (m->field[n] == m->field[i]
            && (m->field[i] < IMPORT_FIELDS
                || (m->field[i] == IMPORT_ATTRIBUTE
                    && gw_str_eq(gw_str_of(m->name[n]), name))))
        {
            gw_buf_fmt(err, "columns %u and %u are both \"%.*s\"; rename one "
                       "or name one for %s COLUMN=ignore", n + 1, i + 1,
                       m->field[i] == IMPORT_ATTRIBUTE ? header_len(name) : 30,
                       m->field[i] == IMPORT_ATTRIBUTE ? (char *) name.data
                       : header_fields[m->field[i]], option);
            return GW_EINVAL;
        }
    }

    return GW_OK;
}


/* The columns before the row's own. */
static unsigned
header_own(const csv_t *header)
{
    unsigned  i;

    for (i = 0; i < HEADER_REJECT; i++) {
        if (!gw_str_is(csv_field(header, i), header_reject[i])) {
            return 0;
        }
    }

    return HEADER_REJECT;
}


int
import_map_read(import_map_t *m, const csv_t *header, const char *map,
    const char *option, bool headed, gw_buf_t *mapping, gw_buf_t *err)
{
    bool      known;
    unsigned  i;
    gw_str_t  name;

    memset(m, 0, sizeof(import_map_t));
    m->own = header_own(header);
    if (header_check_map(header, map, option, headed, err) != GW_OK) {
        return GW_EINVAL;
    }

    if (gw_zones_create(&m->zones) != GW_OK) {
        gw_buf_cstr(err, "there is no memory left");
        return GW_ENOMEM;
    }

    known = false;
    gw_buf_char(mapping, '[');

    for (i = 0; i < header->n; i++) {
        name = import_trim(import_field(m, header, i));
        m->field[i] = i < m->own ? IMPORT_IGNORE
                      : import_column(name, headed ? map : NULL);
        if (header_check(m, i, name, option, err) != GW_OK) {
            return GW_EINVAL;
        }

        m->name[i] = strndup((char *) name.data, name.len);
        if (m->name[i] == NULL) {
            gw_buf_cstr(err, "there is no memory left");
            return GW_ENOMEM;
        }

        m->n = i + 1;
        known = known || m->field[i] == IMPORT_EMAIL
                || m->field[i] == IMPORT_EXTERNAL_ID;
        gw_buf_cstr(mapping, i > 0 ? ",{\"column\":" : "{\"column\":");
        gw_buf_json(mapping, name);
        gw_buf_fmt(mapping, ",\"field\":\"%s\"}",
                   header_fields[m->field[i]]);
    }

    gw_buf_char(mapping, ']');
    if (!known) {
        gw_buf_fmt(err, "no column is email or external_id; name one with %s "
                   "COLUMN=email%s", option, m->n == 1
                   && memchr(csv_field(header, 0).data, ';',
                             csv_field(header, 0).len) != NULL
                   ? "; columns stand between commas, not semicolons" : "");
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

    PQclear(m->fields);
    PQclear(m->members);

    gw_zones_free(m->zones);
}
