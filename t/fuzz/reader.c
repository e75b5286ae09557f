/*
 * NDJSON and vCards: the rows are the same however the bytes are cut, each
 * within its bounds, its lists and its attributes JSON that the strict parser
 * takes.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "shm/gw_json.h"
#include "worker/import/list.h"
#include "worker/import/reader.h"

typedef struct {
    unsigned  rows;
    uint32_t  sum;
} looked_t;


static void
json(gw_str_t f)
{
    json_t           *tree;
    gw_json_error_t   err;

    tree = NULL;
    if (f.len > 0) {
        must(gw_json_parse(f, GW_JSON_OBJECT, &tree, &err) == GW_OK
             || strcmp(err.rule, "duplicate_key") == 0
             || strcmp(err.rule, "depth") == 0);
    }

    json_decref(tree);
}


static void
look(const reader_t *r, looked_t *s)
{
    gw_str_t  f;
    unsigned  i;

    s->rows++;
    s->sum = gw_crc32c(s->sum, &r->row.line, sizeof(r->row.line));
    must(r->row.text.len <= CSV_ROW_MAX);
    must(r->row.n == IMPORT_FIELDS || r->row.wrong != NULL);
    for (i = 0; i < r->row.n; i++) {
        f = csv_field(&r->row, i);
        s->sum = gw_crc32c(s->sum, &f.len, sizeof(f.len));
        s->sum = gw_crc32c(s->sum, f.data, f.len);
    }

    if (r->row.wrong == NULL) {
        json(csv_field(&r->row, IMPORT_ATTRIBUTES));
    }
}


static looked_t
feed(const char *kind, const uint8_t *data, size_t n, size_t piece)
{
    int       rc;
    bool      last;
    size_t    at, len, used;
    looked_t  s = { 0, 0 };
    reader_t  r;

    reader_init(&r, reader_named(kind), NULL);
    at = 0;

    do {
        len = n - at < piece ? n - at : piece;
        last = at + len == n;
        rc = reader_feed(&r, gw_str_make(data + at, len), last, &used);
        must(used <= len && (rc == GW_OK || used == len));
        at += used;
        if (rc == GW_OK) {
            look(&r, &s);
            must(s.rows <= n + 1);
        }
    } while (at < n || rc == GW_OK);

    reader_free(&r);
    return s;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    looked_t     whole, pieces;
    const char  *kind;

    if (n < 1) {
        return 0;
    }

    kind = data[0] & 16 ? "vcard" : "ndjson";
    whole = feed(kind, data + 1, n - 1, n);
    pieces = feed(kind, data + 1, n - 1, data[0] % 16 + 1);
    must(whole.rows == pieces.rows && whole.sum == pieces.sum);
    return 0;
}
