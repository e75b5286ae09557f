/* What a property of a vCard becomes of a row. */
#include "worker/import/vcard.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "worker/import/list.h"
#include "worker/import/reader.h"

#define PROPERTY_KINDS  17              /* with the empty one at the end */

typedef struct property_kind_s  property_kind_t;

struct property_kind_s {
    const char      *name;
    void           (*take)(reader_t *r, const property_t *p,
                           const property_kind_t *k);
    import_field_t   field;             /* where it goes                     */
    const char      *attribute;         /* or as what                        */
    char             parts;             /* what stands between parts of it   */
};

static const property_kind_t  properties[PROPERTY_KINDS];


/* N: family, given, additional names, prefixes, suffixes; lists of each. */
static void
property_names(reader_t *r, const property_t *p, const property_kind_t *k)
{
    int        i;
    gw_str_t   s;
    gw_buf_t  *cell;

    (void) k;
    s = p->value;
    for (i = 0; i < 2; i++) {
        cell = &r->cell[i == 0 ? IMPORT_LAST_NAME : IMPORT_FIRST_NAME];
        gw_buf_reset(cell);
        property_parts(property_cut(&s, ';', '\\'), ',', " ", cell);
    }
}


/* What counts only when nothing else says it. */
static void
property_spare(reader_t *r, const property_t *p, const property_kind_t *k)
{
    gw_buf_t  *out;

    out = k->field == IMPORT_EXTERNAL_ID ? &r->card.uid : &r->card.name;
    gw_buf_reset(out);
    property_plain(import_trim(p->value), out);
}


/* `tel:+49-30-1234;ext=5` or a text. */
static gw_str_t
property_number(gw_str_t s)
{
    if (s.len > 4 && strncasecmp((char *) s.data, "tel:", 4) == 0) {
        s = gw_str_make(s.data + 4, s.len - 4);
        s = gw_str_make(s.data, property_find(s, ';', '\\'));
    }

    return s;
}


/* The one that is preferred is the field's, the others are further ones. */
static void
property_several(reader_t *r, const property_t *p, const property_kind_t *k)
{
    unsigned   rank;
    gw_buf_t  *cell, *more;

    rank = property_rank(p);
    cell = &r->cell[k->field];
    more = &r->cell[k->field == IMPORT_EMAIL ? IMPORT_EMAILS
                                               : IMPORT_PHONES];
    gw_buf_reset(&r->text);
    property_plain(property_number(import_trim(p->value)), &r->text);
    if (r->text.len == 0) {
        return;
    }

    if (cell->len > 0 && rank >= r->card.rank[k->field]) {
        list_append(more, gw_buf_view(&r->text));
        return;
    }

    if (cell->len > 0) {
        list_append(more, gw_buf_view(cell));
    }
    gw_buf_reset(cell);
    gw_buf_str(cell, gw_buf_view(&r->text));
    r->card.rank[k->field] = rank;
}


static void
property_tags(reader_t *r, const property_t *p, const property_kind_t *k)
{
    gw_str_t  s;

    for (s = p->value; s.len > 0; ) {
        gw_buf_reset(&r->text);
        property_plain(import_trim(property_cut(&s, ',', '\\')), &r->text);
        if (r->text.len > 0) {
            list_append(&r->cell[k->field], gw_buf_view(&r->text));
        }
    }
}


/* A zone by its name alone: an offset is none, nor is a text of its own. */
static void
property_zone(reader_t *r, const property_t *p, const property_kind_t *k)
{
    if (memchr(p->value.data, '/', p->value.len) != NULL
        && memchr(p->value.data, ' ', p->value.len) == NULL)
    {
        gw_buf_reset(&r->cell[k->field]);
        property_plain(p->value, &r->cell[k->field]);
    }
}


static void
property_locale(reader_t *r, const property_t *p, const property_kind_t *k)
{
    unsigned  rank;

    rank = property_rank(p);
    if (rank < r->card.rank[k->field]) {
        r->card.rank[k->field] = rank;
        gw_buf_reset(&r->cell[k->field]);
        property_plain(import_trim(p->value), &r->cell[k->field]);
    }
}


/* 19960415 as 1996-04-15, and without a time of day. */
static void
property_day(gw_buf_t *day)
{
    size_t         i;
    unsigned char  d[8];

    for (i = 0; i < day->len && i < 8 && isdigit(day->data[i]); i++) {
        d[i] = day->data[i];
    }

    if (i == 8 && (day->len == 8 || day->data[8] == 'T')) {
        gw_buf_reset(day);
        gw_buf_fmt(day, "%.4s-%.2s-%.2s", d, d + 4, d + 6);
    } else if (day->len > 10 && day->data[10] == 'T') {
        day->len = 10;
    }
}


/* A text; the first of its name counts. */
static void
property_attribute(reader_t *r, const property_t *p, const property_kind_t *k)
{
    char       name[32];
    size_t     n;
    gw_buf_t   json;
    unsigned   bit;

    bit = 1U << (k - properties);
    if (r->card.had & bit) {
        return;
    }

    gw_buf_reset(&r->text);
    if (k->parts != '\0') {
        property_parts(p->value, k->parts, ", ", &r->text);
    } else {
        property_plain(import_trim(p->value), &r->text);
    }
    if (strcmp(k->attribute, "birthday") == 0) {
        property_day(&r->text);
    }

    if (r->text.len > 0) {
        r->card.had |= bit;
        n = (size_t) snprintf(name, sizeof(name), "\"%s\"", k->attribute);
        gw_buf_init(&json, CSV_ROW_MAX);
        gw_buf_json(&json, gw_buf_view(&r->text));
        reader_attribute(r, gw_str_make(name, n), gw_buf_view(&json));
        r->cell[IMPORT_ATTRIBUTES].failed |= json.failed;
        gw_buf_free(&json);
    }
}


static const property_kind_t  properties[PROPERTY_KINDS] = {
    { "N", property_names, IMPORT_LAST_NAME, NULL, '\0' },
    { "FN", property_spare, IMPORT_FIRST_NAME, NULL, '\0' },
    { "UID", property_spare, IMPORT_EXTERNAL_ID, NULL, '\0' },
    { "EMAIL", property_several, IMPORT_EMAIL, NULL, '\0' },
    { "TEL", property_several, IMPORT_PHONE, NULL, '\0' },
    { "CATEGORIES", property_tags, IMPORT_TAGS, NULL, '\0' },
    { "TZ", property_zone, IMPORT_ZONE, NULL, '\0' },
    { "LANG", property_locale, IMPORT_LOCALE, NULL, '\0' },
    { "ORG", property_attribute, IMPORT_ATTRIBUTES, "organization", ';' },
    { "ADR", property_attribute, IMPORT_ATTRIBUTES, "address", ';' },
    { "TITLE", property_attribute, IMPORT_ATTRIBUTES, "title", '\0' },
    { "ROLE", property_attribute, IMPORT_ATTRIBUTES, "role", '\0' },
    { "NICKNAME", property_attribute, IMPORT_ATTRIBUTES, "nickname", '\0' },
    { "NOTE", property_attribute, IMPORT_ATTRIBUTES, "note", '\0' },
    { "URL", property_attribute, IMPORT_ATTRIBUTES, "url", '\0' },
    { "BDAY", property_attribute, IMPORT_ATTRIBUTES, "birthday", '\0' },
    { NULL, NULL, IMPORT_IGNORE, NULL, '\0' }
};


static const property_kind_t *
property_kind(gw_str_t name)
{
    const property_kind_t  *k;

    for (k = properties; k->name != NULL; k++) {
        if (gw_str_same(name, k->name)) {
            return k;
        }
    }

    return NULL;
}


/* A property that a row is made of, decoded. */
static void
property_take(reader_t *r, property_t *p, const property_kind_t *k)
{
    gw_str_t     encoding;
    gw_buf_t     decoded;
    const char  *why;

    gw_buf_init(&decoded, CSV_ROW_MAX);
    encoding = property_said(p, "encoding");
    if (r->card.cut) {
        why = "a property is longer than 128 KiB";
    } else if (encoding.len > 0 && !gw_str_same(encoding, "8bit")) {
        why = "a property is encoded as vCard 2.1 has it; export the cards as "
              "3.0 or 4.0";
    } else {
        why = property_charset(p, &decoded);
    }

    if (why != NULL) {
        reader_refuse(r, k->field + 1, why);
    } else {
        k->take(r, p, k);
    }

    gw_buf_free(&decoded);
}


void
vcard_end(reader_t *r)
{
    int        i;
    gw_buf_t  *cell;

    cell = r->cell;
    if (cell[IMPORT_FIRST_NAME].len + cell[IMPORT_LAST_NAME].len == 0) {
        gw_buf_str(&cell[IMPORT_FIRST_NAME], gw_buf_view(&r->card.name));
    }
    if (cell[IMPORT_EMAIL].len == 0) {
        gw_buf_str(&cell[IMPORT_EXTERNAL_ID], gw_buf_view(&r->card.uid));
    }

    for (i = IMPORT_TAGS; i <= IMPORT_PHONES; i++) {
        if (cell[i].len > 0) {
            gw_buf_char(&cell[i], ']');
        }
    }

    reader_end(r, NULL);
}


bool
vcard_property(reader_t *r)
{
    property_t              p;
    const property_kind_t  *k;

    if (!property_read(gw_buf_view(&r->raw), &p)) {
        if (r->raw.len > 0) {
            reader_refuse(r, 1, "a line of the card has no colon");
        }
        return false;
    }

    if (gw_str_same(p.name, "END") && gw_str_same(p.value, "VCARD")) {
        vcard_end(r);
        return true;
    }

    if (gw_str_same(p.name, "VERSION") && !gw_str_is(p.value, "3.0")
        && !gw_str_is(p.value, "4.0"))
    {
        reader_refuse(r, 1, "the card is neither of version 3.0 nor 4.0; "
                      "export it as one of these");
    }

    k = property_kind(p.name);
    if (k != NULL) {
        property_take(r, &p, k);
    }

    return false;
}
