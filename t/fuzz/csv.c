/*
 * CSV: the rows are the same however the bytes are cut, and each is within its
 * bounds. A cell that was written is read as it was.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "worker/import/csv.h"

typedef struct {
    unsigned  rows;
    uint32_t  sum;
} seen_t;


static void
again(gw_str_t f)
{
    csv_t     c;
    size_t    used;
    gw_buf_t  cell;

    gw_buf_init(&cell, 2 * CSV_ROW_MAX);
    csv_put_cell(&cell, f);
    csv_init(&c);
    must(csv_feed(&c, gw_buf_view(&cell), true, &used) == GW_OK);
    must(used == cell.len && c.n == 1 && c.wrong == NULL);
    must(gw_str_eq(csv_unguard(csv_field(&c, 0)), f));
    csv_free(&c);
    gw_buf_free(&cell);
}


static void
look(const csv_t *c, seen_t *s)
{
    gw_str_t  f;
    unsigned  i;

    s->rows++;
    s->sum = gw_crc32c(s->sum, &c->line, sizeof(c->line));
    if (c->wrong != NULL) {
        s->sum = gw_crc32c(s->sum, c->wrong, strlen(c->wrong));
        return;
    }

    must(c->n <= CSV_COLUMNS_MAX && c->text.len <= CSV_ROW_MAX);
    for (i = 0; i <= c->n; i++) {
        f = csv_field(c, i);
        s->sum = gw_crc32c(s->sum, &f.len, sizeof(f.len));
        s->sum = gw_crc32c(s->sum, f.data, f.len);
        again(f);
    }
}


static seen_t
feed(const uint8_t *data, size_t n, size_t piece)
{
    int      rc;
    bool     last;
    csv_t    c;
    size_t   at, len, used;
    seen_t   s = { 0, 0 };

    csv_init(&c);
    at = 0;

    do {
        len = n - at < piece ? n - at : piece;
        last = at + len == n;
        rc = csv_feed(&c, gw_str_make(data + at, len), last, &used);
        must(used <= len && (rc == GW_OK || rc == GW_EAGAIN));
        must(rc == GW_OK || used == len);
        must(used > 0 || len == 0 || rc == GW_OK);
        at += used;
        if (rc == GW_OK) {
            look(&c, &s);
            must(s.rows <= n + 1);
        }
    } while (at < n || rc == GW_OK);

    csv_free(&c);
    return s;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    seen_t  whole, pieces;

    if (n < 1) {
        return 0;
    }

    whole = feed(data + 1, n - 1, n);
    pieces = feed(data + 1, n - 1, data[0] % 16 + 1);
    must(whole.rows == pieces.rows && whole.sum == pieces.sum);
    return 0;
}
