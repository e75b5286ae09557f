/* A row of the file as COPY takes it, or why it is refused. */
#include "worker/import/row.h"

#include <string.h>

#include "shm/gw_codec.h"
#include "worker/import/copy.h"
#include "worker/import/fields.h"

#define ROW_COLUMNS     16              /* of import_rows */
#define ROW_ATTRIBUTES  65536           /* bytes of them, as the API has it */

const unsigned  row_limits[IMPORT_FIELDS] = {
    254, 32, 200, 200, 200, 64, 35, 16, 16, 16, 16, 254, CSV_ROW_MAX,
    CSV_ROW_MAX, CSV_ROW_MAX, CSV_ROW_MAX
};


/*
 * Everything that is no field of ours, as one JSON object; NULL, or why it
 * cannot be with its column.
 */
static const char *
row_attributes(const import_map_t *m, const csv_t *row, gw_buf_t *out,
    unsigned *column)
{
    size_t       at, from;
    uint32_t     len;
    unsigned     i;
    gw_str_t     s;
    const char  *why;

    at = out->len;
    gw_buf_put(out, "\0\0\0\0\1{", 6);     /* jsonb, version 1 */
    from = out->len;

    for (i = 0; i < m->n; i++) {
        s = import_field(m, row, i);
        if (s.len == 0 || (m->field[i] != IMPORT_ATTRIBUTE
                           && m->field[i] != IMPORT_ATTRIBUTES))
        {
            continue;
        }
        gw_buf_cstr(out, out->len == from || out->data[out->len - 1] == ','
                    ? "" : ",");
        if (m->field[i] == IMPORT_ATTRIBUTES) {
            why = field_put_object(m, s, out);
        } else {
            gw_buf_json(out, gw_str_of(m->name[i]));
            gw_buf_char(out, ':');
            why = field_put(m, gw_str_of(m->name[i]), s, out);
        }
        if (why != NULL) {
            *column = i + 1;
            return why;
        }
    }

    if (out->len > from && out->data[out->len - 1] == ',') {
        out->len--;                     /* an object without members */
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


/* A value of a field by itself; why it is none. */
static const char *
row_value(row_t *r, import_field_t field, gw_str_t s)
{
    const char  *why;

    s = import_trim(s);
    if (s.len > row_limits[field]) {
        return "the text is too long";
    }
    if (field <= IMPORT_OWNER && value_control(s)) {
        return "the text holds a line break, a tab or a control character";
    }
    why = s.len > 0 ? value_wrong(r->m, field, s) : NULL;
    if (why != NULL) {
        return why;
    }
    if (field == IMPORT_PHONE && s.len > 0 && !value_phone(s, r->phone, &s)) {
        return "this is no telephone number with its country code, such as "
               "+491701234567";
    }

    r->value[field] = s;
    return NULL;
}


static const char *
row_check(row_t *r, const csv_t *row, unsigned *column)
{
    unsigned             i;
    gw_str_t             s;
    const char          *why;
    const import_map_t  *m;

    m = r->m;
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

        r->column[m->field[i]] = i + 1;
        why = row_value(r, m->field[i], s);
        if (why != NULL) {
            return why;
        }
    }

    *column = 1;
    if (row->n != m->n) {
        *column = row->n < m->n ? row->n : m->n + 1;
        return "the row has another number of columns than the header";
    }

    /* a phone alone is no identity yet: twice imported it would be two */
    return r->value[IMPORT_EMAIL].len + r->value[IMPORT_EXTERNAL_ID].len == 0
           ? "the row has no email and no external_id" : NULL;
}


/* Fields that are texts, then consent. */
static const char *
row_fields(const row_t *r, gw_buf_t *out)
{
    int      i;
    int16_t  consent;

    for (i = 0; i < IMPORT_OWNER; i++) {
        if (r->value[i].len == 0) {
            copy_null(out);
        } else if (i < IMPORT_CONSENT_EMAIL) {
            copy_put(out, r->value[i].data, r->value[i].len);
        } else if (value_consent(r->value[i], &consent)) {
            copy_put_int(out, consent, 2);
        } else {
            return "consent is granted, revoked or unknown";
        }
    }

    return NULL;
}


/* The hash of his address, and what tells rows of one person. */
static void
row_identities(const row_t *r, const tenant_key_t *key, import_batch_t *batch,
    bool others)
{
    gw_str_t       email;
    unsigned char  hash[32];

    email = r->value[IMPORT_EMAIL];
    if (email.len > 0) {
        seen_email(&batch->seen, email);
        tenant_key_address(key, email, hash);
        copy_put(&batch->copy, hash, sizeof(hash));
    } else {
        copy_null(&batch->copy);
    }

    if (r->value[IMPORT_EXTERNAL_ID].len > 0) {
        seen_external(&batch->seen, r->value[IMPORT_EXTERNAL_ID]);
    }

    batch->seen.repeats = batch->seen.repeats || others;
}


const char *
import_row(const import_map_t *m, const tenant_key_t *key, const csv_t *row,
    import_batch_t *batch, unsigned *column)
{
    row_t        r;
    size_t       from, others;
    uint16_t     fields;
    const char  *why;

    memset(&r, 0, sizeof(r));
    r.m = m;
    why = row_check(&r, row, column);
    if (why != NULL) {
        return why;
    }

    list_init(&r.list);
    from = batch->copy.len;
    others = batch->others.len;
    fields = htons(ROW_COLUMNS);
    gw_buf_put(&batch->copy, &fields, 2);
    copy_put_int(&batch->copy, (int64_t) row->line, 8);

    why = row_fields(&r, &batch->copy);
    why = why != NULL ? why : row_several(&r, batch, column);
    why = why != NULL ? why : row_attributes(m, row, &batch->copy, column);
    list_free(&r.list);
    if (why != NULL) {
        batch->copy.len = from;
        batch->others.len = others;
        return why;
    }

    row_identities(&r, key, batch, batch->others.len > others);
    return NULL;
}
