/* Messages on disk: one file each, and a line of index.jsonl before the 250. */
#ifndef SINK_STORE_H
#define SINK_STORE_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

typedef struct {
    char       dir[512];
    int        index_fd;
    long long  n;               /* number of the last message           */
    long long  folder;          /* the numbered folder made last        */
    gw_buf_t   lines;           /* index lines of this turn             */
} store_t;

/*
 * Open dir (made when missing); a torn last line of the index is cut off and
 * numbering goes on. A sentence in err on failure.
 */
int store_open(store_t *s, const char *dir, gw_buf_t *err) GW_MUSTCHECK;

/*
 * Write the raw message to its file and its line to `lines`. rcpts holds the
 * addresses, NUL after each. GW_ESYS when the disk refuses: answer 452.
 */
int store_put(store_t *s, gw_str_t mail_from, gw_str_t rcpts, gw_str_t raw)
    GW_MUSTCHECK;

/* Write the collected lines; only then may their 250s be sent. */
int store_flush(store_t *s) GW_MUSTCHECK;
void store_close(store_t *s);

/*
 * The value of a header of a raw message, unfolded, appended to out;
 * `decode` undoes RFC 2047 words in UTF-8 or ASCII. Nothing when missing.
 */
void store_header(gw_str_t raw, const char *name, bool decode, gw_buf_t *out);

#endif
