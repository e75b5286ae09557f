/* Rows out of a file, whatever it is written in: each as cells by column. */
#ifndef READER_H
#define READER_H

#include <limits.h>

#include "worker/import/import.h"

typedef struct reader_s  reader_t;

/* A way to write contacts. */
typedef struct {
    const char  *name;          /* of --format, in godwit.imports.format     */
    const char  *ends[3];       /* names of such files end with it           */
    bool         headed;        /* its first row names the columns; of others
                                   they are the fields                       */
    bool         mapped;        /* columns may go elsewhere                  */
    int        (*feed)(reader_t *r, gw_str_t in, bool last, size_t *used);
} reader_kind_t;

/* A card under way. */
typedef struct {
    bool         open;          /* between BEGIN and END                     */
    bool         ended;         /* the line has ended, unless the next bytes
                                   fold it                                   */
    bool         cut;           /* it is longer than what is kept            */
    uint64_t     line;          /* on which it began                         */
    unsigned     rank[IMPORT_FIELDS];   /* of what is preferred so far       */
    unsigned     had;           /* attributes, a bit for each                */
    gw_buf_t     name, uid;     /* for who has nothing better                */
} reader_card_t;

struct reader_s {
    const reader_kind_t  *kind;
    const char           *map;          /* of the caller                     */
    csv_t                 row;          /* what was read                     */
    gw_buf_t              raw;          /* the line so far                   */
    bool                  open;         /* a line has begun                  */
    gw_buf_t              cell[IMPORT_FIELDS];
    gw_buf_t              text;         /* a value at hand                   */
    char                  why[400];     /* what row.wrong may point to       */
    reader_card_t         card;
};

/* The kinds, ended by a row without a name; the first is CSV. */
extern const reader_kind_t  reader_kinds[];

/* The kind of that name, or NULL. */
const reader_kind_t *reader_named(const char *name);

/* The kind of a file by the end of its name; CSV when it says nothing. */
const reader_kind_t *reader_of(const char *file);

/* map as in import_map_read, kept by the caller, or NULL. */
void reader_init(reader_t *r, const reader_kind_t *kind, const char *map);
void reader_free(reader_t *r);

/* From now on what is fed begins at that line. */
void reader_at(reader_t *r, uint64_t line);

/* As csv_feed: the row is r->row. */
int reader_feed(reader_t *r, gw_str_t in, bool last, size_t *used)
    GW_MUSTCHECK;

/* The fields as the header row of a kind that has none. */
void reader_header(reader_t *r);

/* ---- for the kinds ---- */

/* Empty cells: a row begins. */
void reader_begin(reader_t *r);

/* The row cannot be used, because of that column (from 1); the first counts. */
void reader_refuse(reader_t *r, unsigned column, const char *why);

/* The cells are the row's; attributes are those of the cell, or this text. */
void reader_end(reader_t *r, const gw_buf_t *attributes);

/* Add a member to the cell of attributes: its name is JSON, as its value is. */
void reader_attribute(reader_t *r, gw_str_t name, gw_str_t value);

int ndjson_feed(reader_t *r, gw_str_t in, bool last, size_t *used);
int vcard_feed(reader_t *r, gw_str_t in, bool last, size_t *used);

/* The property of a card that r->raw is; true: the card is whole. */
bool vcard_property(reader_t *r);
void vcard_end(reader_t *r);

#endif
