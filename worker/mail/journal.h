/*
 * The send journal: what this host has put on the wire. D (the final dot is
 * about to be written) is on disk before the dot; A (its reply) follows. After
 * a crash, no D means never sent, D without A means uncertain.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/gw_conf.h"

#define JOURNAL_REPLY_MAX  120
#define JOURNAL_FILE_MAX   (16 * 1024 * 1024)

enum { JOURNAL_D = 'D', JOURNAL_A = 'A' };

typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
} journal_key_t;

typedef struct {
    uint8_t        kind;
    uint8_t        attempt;
    uint16_t       code;                /* of A                         */
    uint16_t       reply_len;
    journal_key_t  key;
    int64_t        at_us;
    char           reply[JOURNAL_REPLY_MAX];
} journal_record_t;

typedef struct journal_s  journal_t;

/*
 * Lock the folder (GW_EBUSY: another mail process of this host) and begin a
 * new file with the first record; a sentence in err.
 */
int journal_open(journal_t **out, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;
void journal_close(journal_t *j);

/* Add a record to what the next flush writes; returns its file's number. */
uint32_t journal_add(journal_t *j, const journal_record_t *r);

/*
 * Write what was added with one write, synced when journal_sync is on.
 * GW_ESYS: nothing may be sent any more.
 */
int journal_flush(journal_t *j) GW_MUSTCHECK;

/* A record of file number n is in Postgres now; a file of none is removed. */
void journal_settled(journal_t *j, uint32_t n);

/*
 * Call each record of the files of earlier processes in order. A torn end is
 * left out. GW_ESYS, or what call returned other than GW_OK.
 */
int journal_replay(const gw_conf_t *conf, uint32_t before,
    int (*call)(void *arg, const journal_record_t *r), void *arg)
    GW_MUSTCHECK;

/* The number of the file that is written now. */
uint32_t journal_current(const journal_t *j);

/* Remove the files of earlier processes: all of them is in Postgres. */
void journal_forget(const gw_conf_t *conf, uint32_t before);

#endif
