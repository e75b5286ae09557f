/* Rows of a reader out of pieces of any size. */
#ifndef PIECES_H
#define PIECES_H

#include "worker/import/reader.h"

/* Write a row, with its end as a C string; where that is. */
typedef char *(*pieces_row_pt)(const csv_t *row, char *out);


/* The rows of s, fed to it piece by piece, one behind the other in out. */
static void
pieces(const reader_kind_t *kind, const char *map, const char *s,
    size_t piece, pieces_row_pt row, char *out)
{
    bool      last;
    size_t    used, took, len, n;
    gw_str_t  in;
    reader_t  r;

    reader_init(&r, kind, map);
    len = strlen(s);
    out[0] = '\0';

    for (n = 0, last = false; !last; n += in.len) {
        in = gw_str_make(s + n, len - n < piece ? len - n : piece);
        last = in.len == 0;

        for (used = 0;
             reader_feed(&r, gw_str_make(in.data + used, in.len - used), last,
                         &took) == GW_OK;
             used += took)
        {
            out = row(&r.row, out);
        }
    }

    reader_free(&r);
}

#endif
