/* Rows out of a file, whatever it is written in: each as cells by column. */
#include "worker/import/reader.h"

#include <string.h>
#include <strings.h>


static int
reader_csv(reader_t *r, gw_str_t in, bool last, size_t *used)
{
    return csv_feed(&r->row, in, last, used);
}


const reader_kind_t  reader_kinds[] = {
    { "csv", { "csv" }, true, true, reader_csv },
    { "ndjson", { "ndjson", "jsonl" }, false, true, ndjson_feed },
    { "vcard", { "vcf", "vcard" }, false, false, vcard_feed },
    { NULL, { NULL }, false, false, NULL }
};


const reader_kind_t *
reader_named(const char *name)
{
    const reader_kind_t  *k;

    for (k = reader_kinds; k->name != NULL; k++) {
        if (strcmp(k->name, name) == 0) {
            return k;
        }
    }

    return NULL;
}


const reader_kind_t *
reader_of(const char *file)
{
    int                   i;
    const char           *end;
    const reader_kind_t  *k;

    end = strrchr(file, '.');
    for (k = reader_kinds; end != NULL && k->name != NULL; k++) {
        for (i = 0; i < 3 && k->ends[i] != NULL; i++) {
            if (strcasecmp(end + 1, k->ends[i]) == 0) {
                return k;
            }
        }
    }

    return reader_kinds;
}


void
reader_init(reader_t *r, const reader_kind_t *kind, const char *map)
{
    int  i;

    memset(r, 0, sizeof(reader_t));
    r->kind = kind;
    r->map = map;
    csv_init(&r->row);
    gw_buf_init(&r->raw, CSV_ROW_MAX);
    gw_buf_init(&r->text, CSV_ROW_MAX);
    gw_buf_init(&r->card.name, CSV_ROW_MAX);
    gw_buf_init(&r->card.uid, CSV_ROW_MAX);
    for (i = 0; i < IMPORT_FIELDS; i++) {
        gw_buf_init(&r->cell[i], CSV_ROW_MAX);
    }
}


void
reader_free(reader_t *r)
{
    int  i;

    csv_free(&r->row);
    gw_buf_free(&r->raw);
    gw_buf_free(&r->text);
    gw_buf_free(&r->card.name);
    gw_buf_free(&r->card.uid);
    for (i = 0; i < IMPORT_FIELDS; i++) {
        gw_buf_free(&r->cell[i]);
    }
}


void
reader_at(reader_t *r, uint64_t line)
{
    const char           *map;
    const reader_kind_t  *kind;

    kind = r->kind;
    map = r->map;
    reader_free(r);
    reader_init(r, kind, map);
    r->row.line = r->row.at_line = line;
}


int
reader_feed(reader_t *r, gw_str_t in, bool last, size_t *used)
{
    return r->kind->feed(r, in, last, used);
}


void
reader_begin(reader_t *r)
{
    int  i;

    r->row.wrong = NULL;
    for (i = 0; i < IMPORT_FIELDS; i++) {
        gw_buf_reset(&r->cell[i]);
        r->card.rank[i] = UINT_MAX;
    }
    r->card.had = 0;
    gw_buf_reset(&r->card.name);
    gw_buf_reset(&r->card.uid);
}


void
reader_refuse(reader_t *r, unsigned column, const char *why)
{
    if (r->row.wrong == NULL) {
        r->row.wrong = why;
        r->row.wrong_column = column;
    }
}


static void
reader_cells(reader_t *r)
{
    int  i;

    gw_buf_reset(&r->row.text);
    for (i = 0; i < IMPORT_FIELDS; i++) {
        gw_buf_str(&r->row.text, gw_buf_view(&r->cell[i]));
        r->row.text.failed = r->row.text.failed || r->cell[i].failed;
        r->row.end[i] = r->row.text.len;
    }

    r->row.n = IMPORT_FIELDS;
}


void
reader_end(reader_t *r, const gw_buf_t *attributes)
{
    gw_buf_t  *cell;

    cell = &r->cell[IMPORT_ATTRIBUTES];
    if (attributes != NULL) {
        gw_buf_reset(cell);
        gw_buf_str(cell, gw_buf_view(attributes));
    } else if (cell->len > 0) {
        gw_buf_char(cell, '}');
    }

    reader_cells(r);
    if (r->row.text.failed) {
        gw_buf_reset(&r->row.text);
        r->row.n = 0;
        r->row.wrong = NULL;
        reader_refuse(r, 1, "the row is longer than 1 MiB");
    }
}


void
reader_attribute(reader_t *r, gw_str_t name, gw_str_t value)
{
    gw_buf_t  *cell;

    cell = &r->cell[IMPORT_ATTRIBUTES];
    gw_buf_char(cell, cell->len > 0 ? ',' : '{');
    gw_buf_str(cell, name);
    gw_buf_char(cell, ':');
    gw_buf_str(cell, value);
}


void
reader_header(reader_t *r)
{
    int  i;

    reader_begin(r);
    for (i = 0; i < IMPORT_FIELDS; i++) {
        gw_buf_cstr(&r->cell[i], import_word((import_field_t) i));
    }

    reader_cells(r);
}
