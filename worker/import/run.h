/* An import under way; for the import sources only. */
#ifndef RUN_H
#define RUN_H

#include <limits.h>

#include "worker/import/reader.h"
#include "worker/jobs/jobs.h"

#define IMPORT_CHUNK   (256 * 1024)
#define IMPORT_HEAD    19       /* bytes before the first row of a COPY */

/* Exit codes of the command; an operation ends by i->end when it is ENDED. */
enum { IMPORT_OK = 0, IMPORT_INPUT = 1, IMPORT_USAGE = 2, IMPORT_AWAY = 3,
       IMPORT_ENDED = 4 };

/* A row of the batch in the file. */
typedef struct {
    uint64_t       line;
    long long      at;
} import_place_t;

typedef struct {
    const worker_t *w;
    db_t          *db;
    job_t         *job;                 /* NULL: a command */
    job_end_e      end;
    long long      size;                /* of the file */
    bool           passes;              /* refused for now only */
    const char    *file, *list, *map;
    const reader_kind_t *kind;          /* what the file is written in */
    const char    *reason;              /* of suppressions; NULL: contacts */
    long long      workspace;
    char           tenant[24], list_id[24], id[24], print[65];
    char           host[16];            /* godwit.hosts.id of this one */
    int            fd, reject_fd;
    char           reject_path[400], source[PATH_MAX];
    reader_t       reader;
    tenant_key_t   key;
    import_map_t   columns;
    import_batch_t made;                /* of the rows of this batch */
    gw_buf_t       reject, why;
    gw_buf_t       contacts, members;   /* the batch as direct.c sends it */
    unsigned       batch;
    import_place_t place[IMPORT_BATCH];
    char           fields[64];          /* which the columns were read by */
    unsigned       skip, skip_next;     /* batches not to try directly */
    long long      pos, rows, created, updated, rejected, reject_bytes;
    uint64_t       line;
    bool           started;             /* the header has been read */
    bool           resume;              /* jump to pos              */
    bool           met;                 /* another wrote the same people */
    bool           moved;               /* a batch has gone through */
    int64_t        since;               /* ms: when this batch began */
    unsigned char  chunk[IMPORT_CHUNK];
} import_t;

/* One that has begun nothing; import_free ends it. NULL: no memory. */
import_t *import_new(const worker_t *w);
void import_free(import_t *i);

/* Say why (fmt has one %s) and return the exit code. */
int import_fail(import_t *i, int code, const char *fmt, const char *a);

/* The database went away: say so. */
int import_away(import_t *i);

/* Open the file for reading; an exit code. */
int import_open_file(import_t *i);

/*
 * Read the words, open file and database, find the list and the import to go
 * on with; an exit code.
 */
int import_open(import_t *i);

/* Run a statement: an exit code; a refusal is in i->why. */
int import_run(import_t *i, const db_query_t *q, const db_args_t *a,
    PGresult **res);

/* Run a statement without parameters: begin, commit; an exit code. */
int import_exec(import_t *i, const db_query_t *q);

/* COPY from a buffer; i->met as import_run has it; an exit code. */
int import_copy(import_t *i, const db_query_t *q, const gw_buf_t *rows);

/*
 * Try the batch as one of new people, inside its transaction, at us (micro-
 * seconds since 1970): done, or all is as before; an exit code.
 */
int import_direct(import_t *i, int64_t us, bool *done);

/* What columns of attributes may hold, once the header is known; an exit
   code. */
int import_fields(import_t *i);

/*
 * Inside the transaction of a batch: hold the fields, which must be those that
 * its rows were read by; an exit code.
 */
int import_fields_same(import_t *i);

/* Has the file a column of these fields, from the first to the last? */
bool import_tells(const import_t *i, import_field_t from, import_field_t to);

/*
 * After a batch: rest, while campaigns go out. It is the sender who is waited
 * for: an import takes a quarter of the time then.
 */
void import_pace(import_t *i);

/* The batch into import_rows, inside its transaction; an exit code. */
int import_fill(import_t *i);

/*
 * The batch inside its transaction, now (twice), as contacts or as
 * suppressions; an exit code.
 */
int import_contacts(import_t *i, int64_t us, const char *now);
int import_suppress(import_t *i, const char *now);

/* The number in the first row. */
long long import_number(const PGresult *res, int column);

/* Make the reject file, or cut it to what is committed; an exit code. */
int import_open_rejects(import_t *i);

/* Refuse the row that was read; those of the batch in a JSON list of lines. */
void import_reject(import_t *i, const char *why, unsigned column);
void import_reject_lines(import_t *i, const char *list, const char *why);

/* Bring the rejects to the disk; an exit code. */
int import_write_rejects(import_t *i);

/* Commit the batch; an exit code. */
int import_commit(import_t *i);

/* The rows of the file from where it stopped, to its end; an exit code. */
int import_read(import_t *i);

#endif
