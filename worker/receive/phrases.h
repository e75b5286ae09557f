/* Many phrases found in a text in one pass over it (Aho and Corasick). */
#ifndef PHRASES_H
#define PHRASES_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define PHRASES_PIECES  4               /* of one phrase                     */
#define PHRASES_GAP     160             /* bytes that `*` may stand for      */
#define PHRASES_NEAR    40              /* and `~`                           */
#define PHRASES_MAX     6000

typedef struct phrases_s  phrases_t;

phrases_t *phrases_create(void);        /* NULL = no memory */
void phrases_free(phrases_t *s);

/*
 * Add one: lower case, one blank between words; `*` stands for anything of at
 * most PHRASES_GAP bytes, `~` of PHRASES_NEAR. A piece that begins with a
 * letter or digit is found at the beginning of a word only. *id is its number,
 * from 0 on in order.
 * GW_EINVAL: empty, too many pieces, or not in the form said.
 */
int phrases_add(phrases_t *s, gw_str_t phrase, unsigned *id) GW_MUSTCHECK;

/* After the last one; nothing is changed from here on. */
int phrases_build(phrases_t *s) GW_MUSTCHECK;

/*
 * Call hit for every phrase in text, as often as it stands there, with the
 * place of its first byte. The time is bounded by the length of text times the
 * phrases that share a piece; nothing is allocated.
 */
void phrases_scan(const phrases_t *s, gw_str_t text,
    void (*hit)(void *arg, unsigned id, size_t at), void *arg);

/*
 * Append text in the form above: case, blanks, straight quotes; addresses
 * become `@`. Never longer than text and a blank.
 */
void phrases_plain(gw_str_t text, gw_buf_t *out);

#endif
