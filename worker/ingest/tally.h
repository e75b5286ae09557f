/* Things counted by their key: an array that a hash table finds its way in. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "shm/gw_err.h"

typedef struct {
    unsigned char  *item;       /* n of them, in the order they came        */
    size_t          size;       /* of one; it starts with its key           */
    size_t          key;        /* bytes, a multiple of 8, without padding  */
    unsigned        n, cap;
    unsigned       *slot;       /* index + 1; twice cap of them             */
} tally_t;

void tally_init(tally_t *t, size_t size, size_t key);
void tally_free(tally_t *t);

/*
 * The item of a key, new and zero but for the key when it was not there; NULL:
 * out of memory. It moves with the next call.
 */
void *tally_get(tally_t *t, const void *key);

/* Sort the items; nothing may be looked for any more, and the memory that was
   for it is given back. */
void tally_sort(tally_t *t, int (*order)(const void *, const void *));

#endif
