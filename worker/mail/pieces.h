/*
 * What many messages have in common, encoded once: the bytes of a campaign's
 * files. A message is its own bytes, and these at places between them; no
 * recipient has a copy.
 */
#ifndef PIECES_H
#define PIECES_H

#include <stdbool.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define PIECES_MAX  3           /* of a message: one of each part_as_t      */

/* Whole lines; of one loop, but for who reads it while it holds it. */
typedef struct {
    unsigned  refs;
    gw_buf_t  text;
    gw_buf_t  relaxed;          /* as DKIM hashes it, unless text is so     */
    bool      same;             /* it is                                    */
    size_t    empty;            /* lines at its end that relaxed leaves out */
} shared_t;

typedef struct {
    size_t     at;              /* it stands before this own byte           */
    shared_t  *what;
} piece_t;

/* In their order. */
typedef struct {
    piece_t   piece[PIECES_MAX];
    unsigned  n;
} pieces_t;

/* One with room for max bytes, held once; NULL: no memory. */
shared_t *shared_create(size_t max) GW_MUSTCHECK;

/* Its text is whole now. GW_ENOMEM. */
int shared_ready(shared_t *s) GW_MUSTCHECK;
gw_str_t shared_relaxed(const shared_t *s);

shared_t *shared_hold(shared_t *s);
void shared_drop(shared_t *s);  /* the last one frees it; may be NULL       */

/* Another one behind the others, held. */
void pieces_add(pieces_t *p, size_t at, shared_t *what);
void pieces_drop(pieces_t *p);

/* Bytes of all. */
size_t pieces_len(const pieces_t *p);

#endif
