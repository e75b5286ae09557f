/* Does an identity stand twice in a batch? */
#ifndef SEEN_H
#define SEEN_H

#include <stdint.h>

#include "shm/gw_str.h"

#define SEEN_SLOTS  65536               /* a power of two, over 2 a row */

/*
 * Hashes of the addresses and external ids of a batch. `repeats` may be true
 * without need (two hashes meet, letters outside ASCII), never false wrongly.
 */
typedef struct {
    uint64_t  slot[SEEN_SLOTS];
    unsigned  n;
    bool      repeats;
} seen_t;

void seen_reset(seen_t *s);

/* An address, whose case does not count, or an external id. */
void seen_email(seen_t *s, gw_str_t email);
void seen_external(seen_t *s, gw_str_t id);

#endif
