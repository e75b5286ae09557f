/*
 * The event spool: append-only segment files written by the edge, drained
 * by the worker.
 *
 * Protocol. A segment has exactly one writer process, which holds an OFD
 * write lock on its first byte for as long as it lives, and one drainer,
 * which holds flock. Segments are fallocated in full (a sparse map on a full
 * disk would kill the writer) and never reused.
 *   event    the writer maps the file and copies a record, its length word
 *            last with release order: a reader sees a whole record or none.
 *   durable  the writer collects a batch and writes it by pwrite +
 *            fdatasync on another thread; it answers after that.
 * Records are 8-byte aligned. A length of 0 is the end so far. When the
 * writer leaves in order it stores `end` in the header; after a kill the lock
 * is gone, and the records up to the first 0 or wrong one are all there were.
 */
#ifndef GW_SPOOL_H
#define GW_SPOOL_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_SPOOL_MAGIC    "GWSPOOL"      /* with its NUL, 8 bytes */
#define GW_SPOOL_VERSION  1
#define GW_SPOOL_HEADER   4096
#define GW_SPOOL_REC_MAX  (64 * 1024)

enum { GW_SPOOL_EVENT = 0, GW_SPOOL_DURABLE = 1 };

/* The start of a segment; the rest of its first page is zero. */
typedef struct {
    char      magic[8];
    uint32_t  version;
    uint32_t  class;
    uint8_t   id[16];           /* random; the key of spool_pos             */
    uint64_t  created_us;
    uint64_t  size;             /* of the file                              */
    uint32_t  pid;
    uint32_t  generation;       /* counts segments of this writer           */
    uint32_t  crc;              /* of the bytes above                       */
    uint32_t  pad;
    uint64_t  end;              /* stored last by a clean close; 0 = open   */
} gw_spool_header_t;

/* A record as it lies in the file; `body` bytes follow. */
typedef struct {
    uint32_t  len;              /* whole record without padding; stored last */
    uint32_t  crc;              /* crc32c of the bytes from seq to its end   */
    uint64_t  seq;              /* counts records of the segment from 1      */
    uint64_t  ts_us;
    uint16_t  type;
    uint16_t  flags;
    uint32_t  reserved;
} gw_spool_rec_t;

/* ---- writing: one object a process and class ---- */

typedef struct gw_spool_s      gw_spool_t;
typedef struct gw_spool_seg_s  gw_spool_seg_t;

/*
 * A writer into dir; nothing is made on disk yet, but files that writers left
 * half made when they were killed are removed. segment_size is a multiple of
 * 4096, at least 64 KiB. The caller closes it.
 */
int gw_spool_open(gw_spool_t **spool, const char *dir, int class,
    size_t segment_size) GW_MUSTCHECK;

/*
 * Make the next segment: create, fallocate, map, lock, header, fsync of the
 * folder. Blocks; safe on another thread while the owner appends. GW_ESYS
 * with errno (ENOSPC ...), then nothing is left on disk.
 */
int gw_spool_prepare(gw_spool_t *spool, gw_spool_seg_t **out) GW_MUSTCHECK;

/* Hand a prepared segment over (owner's thread). */
void gw_spool_supply(gw_spool_t *spool, gw_spool_seg_t *seg);

/* Is no spare segment there, so that one should be prepared? */
bool gw_spool_wants(const gw_spool_t *spool);

/*
 * Event class: append one record. GW_EFULL when neither the current nor the
 * spare segment has room: the event is lost, count it. No allocation, no
 * system call but the close of a segment that is full.
 */
int gw_spool_append(gw_spool_t *spool, uint16_t type, uint16_t flags,
    uint64_t ts_us, gw_str_t body) GW_MUSTCHECK;

/*
 * Durable class: add a record to the open batch (owner's thread; GW_EFULL when
 * no segment has room or the batch holds its maximum), take the batch
 * (NULL when it is empty), write it on any thread (pwrite + fdatasync;
 * GW_ESYS: nothing of it may be acknowledged; handing it back then gives its
 * segments up and drops the batch opened meanwhile, which may not be
 * acknowledged either), hand it back. One batch at a time is in flight.
 */
typedef struct gw_spool_batch_s  gw_spool_batch_t;

int gw_spool_batch_add(gw_spool_t *spool, uint16_t type, uint16_t flags,
    uint64_t ts_us, gw_str_t body) GW_MUSTCHECK;
gw_spool_batch_t *gw_spool_batch_take(gw_spool_t *spool);
int gw_spool_batch_write(gw_spool_batch_t *batch) GW_MUSTCHECK;
void gw_spool_batch_done(gw_spool_t *spool, gw_spool_batch_t *batch);

/* Close in order: `end` is stored, an unused spare is unlinked. */
void gw_spool_close(gw_spool_t *spool);

/* ---- reading: one object a segment ---- */

typedef struct gw_spool_reader_s  gw_spool_reader_t;

enum {
    GW_SPOOL_OPEN,              /* the writer lives: more may come        */
    GW_SPOOL_CLOSED,            /* ended in order                         */
    GW_SPOOL_ORPHAN             /* the writer is gone without closing     */
};

/*
 * Open a segment for draining and take its flock (GW_EBUSY: another drainer).
 * GW_ECORRUPT / GW_EVERSION: not a segment of ours; nothing is held.
 */
int gw_spool_reader_open(gw_spool_reader_t **out, const char *path)
    GW_MUSTCHECK;

/* The same without the flock: to look at it, whoever drains it. */
int gw_spool_reader_peek(gw_spool_reader_t **out, const char *path)
    GW_MUSTCHECK;
const gw_spool_header_t *gw_spool_reader_header(const gw_spool_reader_t *r);

/* Start at a byte offset of the file, as spool_pos holds it (0 = start). */
int gw_spool_reader_seek(gw_spool_reader_t *r, uint64_t pos) GW_MUSTCHECK;

/*
 * The next record; rec and body view the map and live until close.
 * GW_EAGAIN: no more now. GW_ECORRUPT: the bytes at `pos` are no record;
 * the caller quarantines what follows.
 */
int gw_spool_reader_next(gw_spool_reader_t *r, const gw_spool_rec_t **rec,
    gw_str_t *body) GW_MUSTCHECK;

/*
 * The bytes of a record that was read, from its byte offset; they view the map
 * until close. len is that of the whole; no bytes: it is not in the file. On
 * any thread.
 */
gw_str_t gw_spool_reader_at(const gw_spool_reader_t *r, uint64_t pos,
    size_t len);

/* Offset after the last record read: the next value of spool_pos. */
uint64_t gw_spool_reader_pos(const gw_spool_reader_t *r);

/* One of GW_SPOOL_OPEN / CLOSED / ORPHAN, asked of the kernel now. */
int gw_spool_reader_state(gw_spool_reader_t *r);

/* fdatasync what was appended since the last call (event class). */
int gw_spool_reader_sync(gw_spool_reader_t *r) GW_MUSTCHECK;

/*
 * Count these bytes of the file no more as memory of this process; reading does
 * so for itself every MiB. Records that were given out stay valid: their pages
 * come again when they are looked at. What is beyond the end is left out. On
 * any thread.
 */
void gw_spool_reader_forget(const gw_spool_reader_t *r, uint64_t pos,
    size_t len);

void gw_spool_reader_close(gw_spool_reader_t *r);

#endif
