/*
 * NDJSON: an object a line. Members named like fields are their cells, the
 * others attributes; `consent` may be an object, as the API has it.
 */
#include "worker/import/reader.h"

#include <stdio.h>
#include <string.h>

#include "shm/gw_json_pick.h"


/* Append the text of a JSON string. */
static void
ndjson_text(gw_str_t value, gw_buf_t *out)
{
    json_t   *s;
    gw_str_t  plain;

    if (gw_json_plain(value, &plain) == GW_OK) {
        gw_buf_str(out, plain);
        return;
    }

    s = json_loadb((char *) value.data, value.len, JSON_DECODE_ANY, NULL);
    if (s == NULL) {
        out->failed = true;
        return;
    }

    gw_buf_put(out, json_string_value(s), json_string_length(s));
    json_decref(s);
}


/* A member as the cell of a field; NULL, or why it cannot be. */
static const char *
ndjson_cell(reader_t *r, import_field_t field, gw_str_t value)
{
    gw_buf_t  *cell;

    cell = &r->cell[field];
    if (cell->len > 0) {
        return "two members are the same field";
    }

    switch (value.data[0]) {

    case '"':
        ndjson_text(value, cell);
        return NULL;

    case '[':
        if (field < IMPORT_TAGS || field > IMPORT_PHONES) {
            return "the field is no array";
        }
        break;

    case '{':
        return "the field is no object";
    }

    gw_buf_str(cell, value);            /* an array, a number, a truth */
    return NULL;
}


static bool
ndjson_is_null(gw_str_t value)
{
    return gw_str_is(value, "null");
}


/* {"email":"granted",...} */
static const char *
ndjson_consent(reader_t *r, gw_str_t object)
{
    char             word[32];
    size_t           at;
    gw_str_t         name, value;
    const char      *why;
    import_field_t   field;

    why = NULL;
    for (at = 0; why == NULL && gw_json_member(object, &at, &name, &value); ) {
        (void) snprintf(word, sizeof(word), "consent_%.*s",
                        name.len < 16 ? (int) name.len : 16, name.data);
        field = import_column(gw_str_of(word), NULL);
        why = field < IMPORT_CONSENT_EMAIL || field > IMPORT_CONSENT_VOICE
              ? "consent is of email, sms, whatsapp or voice"
              : ndjson_is_null(value) ? NULL : ndjson_cell(r, field, value);
    }

    return why;
}


/* The members of `attributes` are such. */
static const char *
ndjson_attributes(reader_t *r, gw_str_t object)
{
    size_t    at;
    gw_str_t  name, value;

    if (object.data[0] != '{') {
        return "attributes is no object";
    }

    for (at = 0; gw_json_member(object, &at, &name, &value); ) {
        reader_attribute(r, gw_str_make(name.data - 1, name.len + 2), value);
    }

    return NULL;
}


/* One member, its name as it stands between its quotes. */
static void
ndjson_member(reader_t *r, gw_str_t name, gw_str_t value)
{
    gw_str_t         quoted, plain;
    const char      *why;
    import_field_t   field;

    quoted = gw_str_make(name.data - 1, name.len + 2);
    gw_buf_reset(&r->text);
    ndjson_text(quoted, &r->text);
    plain = gw_buf_view(&r->text);
    field = import_column(plain, r->map);
    why = NULL;

    if (field == IMPORT_IGNORE || ndjson_is_null(value)) {
        return;
    }

    if (field == IMPORT_ATTRIBUTES) {
        why = ndjson_attributes(r, value);
    } else if (field < IMPORT_FIELDS) {
        why = ndjson_cell(r, field, value);
    } else if (gw_str_is(plain, "consent") && value.data[0] == '{') {
        why = ndjson_consent(r, value);
    } else {
        reader_attribute(r, quoted, value);
    }

    if (why != NULL) {
        reader_refuse(r, field < IMPORT_FIELDS ? field + 1
                                               : IMPORT_ATTRIBUTES + 1, why);
    }
}


/* The line is whole. */
static void
ndjson_row(reader_t *r)
{
    json_t           *tree;
    size_t            at;
    gw_str_t          line, name, value;
    gw_json_error_t   err;

    reader_begin(r);
    if (r->raw.failed) {
        gw_buf_reset(&r->raw);
        reader_refuse(r, 1, "the line is longer than 1 MiB");
        reader_end(r, &r->raw);
        return;
    }

    line = gw_buf_view(&r->raw);
    if (gw_json_parse(line, GW_JSON_OBJECT, &tree, &err) != GW_OK) {
        (void) snprintf(r->why, sizeof(r->why), "%s", err.message);
        reader_refuse(r, IMPORT_ATTRIBUTES + 1, r->why);
        reader_end(r, &r->raw);
        return;
    }

    json_decref(tree);                  /* it was judged: it stays a text */
    for (at = 0; gw_json_member(line, &at, &name, &value); ) {
        ndjson_member(r, name, value);
    }

    reader_end(r, NULL);
}


/* The line has ended: is there something in it? */
static bool
ndjson_line(reader_t *r)
{
    size_t  i;

    r->row.at_line++;
    r->open = false;
    for (i = 0; i < r->raw.len; i++) {
        if (strchr(" \t\r", r->raw.data[i]) == NULL || r->raw.data[i] == 0) {
            ndjson_row(r);
            return true;
        }
    }

    return false;
}


int
ndjson_feed(reader_t *r, gw_str_t in, bool last, size_t *used)
{
    size_t                n;
    const unsigned char  *end;

    for (*used = 0; *used < in.len; ) {
        if (!r->open) {
            r->open = true;
            r->row.line = r->row.at_line;
            gw_buf_reset(&r->raw);
        }

        end = memchr(in.data + *used, '\n', in.len - *used);
        n = end != NULL ? (size_t) (end - in.data) - *used : in.len - *used;
        gw_buf_put(&r->raw, in.data + *used, n);
        *used += n + (end != NULL);
        if (end != NULL && ndjson_line(r)) {
            return GW_OK;
        }
    }

    return last && r->open && ndjson_line(r) ? GW_OK : GW_EAGAIN;
}
