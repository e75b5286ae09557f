/* Many words found in a text in one pass over it, any case. */
#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define WORDS_SHORTEST  3
#define WORDS_TEXT_MAX  512             /* more of a text is not looked at */

typedef struct {
    unsigned char  *text;               /* lower case                      */
    uint16_t        len, id;
    uint16_t        next;               /* of the same slot: index + 1     */
    bool            first, last;        /* stands at the text's begin, end */
} words_one_t;

/* Zero is an empty one. */
typedef struct {
    words_one_t  *one;
    unsigned      n, cap;
    uint64_t      begin[1024];          /* a bit: some word begins so      */
    uint16_t      slot[4096];           /* by its first 3 bytes: index + 1 */
} words_t;

/*
 * Add a word that stands for id (below 128): `^` before it ties it to the
 * begin of the text, `$` behind it to the end. GW_EINVAL: fewer than
 * WORDS_SHORTEST bytes; GW_ENOMEM.
 */
int words_add(words_t *w, gw_str_t word, unsigned id) GW_MUSTCHECK;
void words_free(words_t *w);

/* Set the bit of each id of which a word is there. */
void words_find(const words_t *w, gw_str_t text, uint64_t found[2]);

#endif
