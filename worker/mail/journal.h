/*
 * The send journal: what this host has put on the wire. D (an envelope begins)
 * is on disk before the final dot of its message leaves, T (the dot leaves) is
 * written before it does, A (what became of it) follows; neither is synced.
 * The head of each file, B, names the boot of the machine and, as contact, the
 * first file of the life that writes it.
 *
 * After a crash, no D and D with an A of code 0 mean never sent. D without A:
 * in the same boot nothing that was written is lost, so without T it was never
 * sent and with T it is uncertain, which is one a connection at most. After
 * another boot T may be lost: D without A is uncertain, and a connection has
 * two at most, the one whose dot is out and the one whose envelope is.
 *
 * What is lost is the end of the last file of a life: a record whose end is
 * missing, and zeros behind it. Anything else that is no record is a hole, in
 * which records may have been: what cannot be known is then uncertain.
 */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/gw_conf.h"

#define JOURNAL_REPLY_MAX  120
#define JOURNAL_STAGE_MAX  7
#define JOURNAL_NO_MAIL    7    /* stage of what goes to no mail server */
#define JOURNAL_FILE_MAX   (16 * 1024 * 1024)

enum { JOURNAL_B = 'B', JOURNAL_D = 'D', JOURNAL_T = 'T', JOURNAL_A = 'A' };

/* The campaign of a message: the contact is then its id. */
#define JOURNAL_MESSAGE  0

typedef struct {
    uint32_t  tenant, campaign;
    uint64_t  contact;
} journal_key_t;

typedef struct {
    uint8_t        kind;
    uint8_t        attempt;             /* this one; of A: so many count */
    uint8_t        stage;               /* of A: what a refusal answered, as
                                           RULES_RCPT...; 0: not known    */
    uint16_t       code;                /* of A                         */
    uint16_t       reply_len;
    journal_key_t  key;
    int64_t        at_us;
    bool           here;                /* read: in this boot           */
    char           reply[JOURNAL_REPLY_MAX];    /* of A; of B: the boot */
} journal_record_t;

/* Where a record stands: the number of its file, its own among all. */
typedef struct {
    uint32_t  file;
    uint64_t  record;
} journal_place_t;

typedef struct journal_s  journal_t;

/*
 * Lock the folder (GW_EBUSY: another mail process of this host) and begin a
 * new file with the first record; a sentence in err.
 */
int journal_open(journal_t **out, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;
void journal_close(journal_t *j);

/* Add a record to what the next flush writes. */
journal_place_t journal_add(journal_t *j, const journal_record_t *r);

/*
 * Write what was added with one write. GW_ESYS with errno, also when a sync
 * has failed: nothing may be sent any more.
 */
int journal_flush(journal_t *j) GW_MUSTCHECK;

/* Begin to sync what was written, if there is a D among it. */
void journal_kick(journal_t *j);

/* May the dot of the D with this number leave? Always without journal_sync. */
bool journal_is_safe(journal_t *j, uint64_t record);

/*
 * Readable when a sync has ended, -1 without journal_sync; journal_heard
 * empties it: GW_ESYS with errno when a sync has failed.
 */
int journal_event(const journal_t *j);
int journal_heard(journal_t *j) GW_MUSTCHECK;

/* A record of file number n is in Postgres now; a file of none is removed. */
void journal_settled(journal_t *j, uint32_t n);

typedef struct {
    int (*record)(void *arg, const journal_record_t *r);
    int (*hole)(void *arg, uint32_t file, uint64_t offset, uint64_t bytes);
    void      *arg;
    uint32_t   failed;          /* the file that could not be read, or 0 */
} journal_reader_t;

/*
 * Call `record` for each record of the files of earlier processes in order,
 * `hole` for each stretch of a file that should hold records and does not; of
 * 0 bytes when the file is too short. A torn end is left out. GW_ESYS with
 * errno, or what a call returned other than GW_OK.
 */
int journal_replay(const gw_conf_t *conf, uint32_t before,
    journal_reader_t *reader) GW_MUSTCHECK;

/* The number of the file that is written now. */
uint32_t journal_current(const journal_t *j);

/*
 * Remove the files of earlier processes, all of them is in Postgres; aside:
 * move them to journal/quarantine. GW_ESYS with errno.
 */
int journal_forget(const gw_conf_t *conf, uint32_t before, bool aside)
    GW_MUSTCHECK;

#endif
