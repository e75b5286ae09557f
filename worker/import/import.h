/* `godwit import`: a file of contacts into a list. */
#ifndef IMPORT_H
#define IMPORT_H

#include "shm/gw_zone.h"
#include "worker/db.h"
#include "worker/import/csv.h"
#include "worker/import/seen.h"
#include "worker/tenant_key.h"

#define IMPORT_BATCH  10000             /* rows of a transaction */
#define IMPORT_BYTES  (8 * 1024 * 1024) /* or so many bytes of them */

/* Where a column goes. */
typedef enum {
    IMPORT_EMAIL, IMPORT_PHONE, IMPORT_EXTERNAL_ID, IMPORT_FIRST_NAME,
    IMPORT_LAST_NAME, IMPORT_ZONE, IMPORT_LOCALE, IMPORT_CONSENT_EMAIL,
    IMPORT_CONSENT_SMS, IMPORT_CONSENT_WHATSAPP, IMPORT_CONSENT_VOICE,
    IMPORT_OWNER, IMPORT_TAGS, IMPORT_EMAILS, IMPORT_PHONES,
    IMPORT_ATTRIBUTES,          /* a JSON object of them */
    IMPORT_FIELDS,
    IMPORT_ATTRIBUTE = IMPORT_FIELDS, IMPORT_IGNORE, IMPORT_UNKNOWN
} import_field_t;

typedef struct {
    import_field_t  field[CSV_COLUMNS_MAX];
    char           *name[CSV_COLUMNS_MAX];
    unsigned        n;
    unsigned        own;        /* the first that is the row's own: the three
                                   before it are those of a reject file */
    gw_zones_t     *zones;
    PGresult       *fields;     /* of the workspace: key, type, options      */
    PGresult       *members;    /* what an owner is called; the user         */
} import_map_t;

/*
 * Read the header row. map: `COLUMN=FIELD,...` or NULL, by the option of that
 * name; headed: its columns are those of the file, which map names. An error
 * has a sentence in err. mapping gets the JSON that is stored.
 */
int import_map_read(import_map_t *m, const csv_t *header, const char *map,
    const char *option, bool headed, gw_buf_t *mapping, gw_buf_t *err)
    GW_MUSTCHECK;
void import_map_free(import_map_t *m);

/* What a column or member so called is: by map (COLUMN=FIELD,... or NULL),
   or by itself. */
import_field_t import_column(gw_str_t column, const char *map);

/* How a field is called in a header. */
const char *import_word(import_field_t field);

/* Field i of a row, as its maker wrote it. */
gw_str_t import_field(const import_map_t *m, const csv_t *row, unsigned i);

/* Without blanks and tabs at both ends. */
gw_str_t import_trim(gw_str_t s);

/* The row of a table in order of its first column that has this there; -1. */
int import_find(const PGresult *table, gw_str_t key);

/* What is made of the rows of a batch. */
typedef struct {
    gw_buf_t  copy;             /* binary COPY, in the order of import_rows  */
    gw_buf_t  others;           /* further identities, as Q_IMPORT_OTHERS has
                                   them, but for the last bracket            */
    seen_t    seen;
} import_batch_t;

/*
 * Append a row to a batch. NULL, or why it is refused (static text) with its
 * column (from 1) in *column; the batch is then unchanged.
 */
const char *import_row(const import_map_t *m, const tenant_key_t *key,
    const csv_t *row, import_batch_t *batch, unsigned *column);

#endif
