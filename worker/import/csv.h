/* RFC 4180 in pieces: rows of fields out of any chunks of bytes. */
#ifndef CSV_H
#define CSV_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define CSV_ROW_MAX      (1024 * 1024)  /* bytes of a row                    */
#define CSV_COLUMNS_MAX  512

typedef struct {
    gw_buf_t    text;           /* the fields of the row, one by one         */
    size_t      end[CSV_COLUMNS_MAX];   /* where each field ends in text     */
    unsigned    n;              /* fields of a whole row                     */
    uint64_t    line;           /* on which the row began, from 1            */
    uint64_t    at_line;        /* where the parser is: the next row's       */
    const char *wrong;          /* why the row cannot be used, or NULL       */
    unsigned    wrong_column;
    enum { CSV_START, CSV_PLAIN, CSV_QUOTED, CSV_QUOTE_END,
           CSV_CR } state;
    bool        open;           /* a row has begun                           */
} csv_t;

void csv_init(csv_t *c);
void csv_free(csv_t *c);

/*
 * Eat bytes up to the end of a row: *used of them. GW_OK: a row is there (its
 * fields by csv_field until the next call); GW_EAGAIN: all
 * bytes are eaten and the row goes on. last: no more will come.
 */
int csv_feed(csv_t *c, gw_str_t in, bool last, size_t *used) GW_MUSTCHECK;

/* Field i of the row; empty past its end. */
gw_str_t csv_field(const csv_t *c, unsigned i);

/*
 * Append s in quotes. What a spreadsheet would take for a formula, or this
 * mark of ours, has an apostrophe before it: godwit.csv_cell does the same.
 */
void csv_put_cell(gw_buf_t *out, gw_str_t s);

/* The cell without that apostrophe. */
gw_str_t csv_unguard(gw_str_t s);

#endif
