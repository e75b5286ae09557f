/* The memory of a program or a render: blocks, emptied as a whole. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>

#define GW_LIQUID_BLOCK  (64 * 1024)

struct gw_liquid_block_s {
    gw_liquid_block_t  *next;
    size_t              size, used;
    uint64_t            data[];
};


void *
gw_liquid_alloc(gw_liquid_arena_t *a, size_t n)
{
    void               *p;
    size_t              size;
    gw_liquid_block_t  *b;

    n = (n + 7) & ~(size_t) 7;

    for (b = a->current; b != NULL && b->size - b->used < n; b = b->next) {
        /* the rest of a block is given up */
    }

    if (b == NULL) {
        size = n > GW_LIQUID_BLOCK ? n : GW_LIQUID_BLOCK;
        if (size > a->max || a->total > a->max - size) {
            a->full = true;
            return NULL;
        }

        b = malloc(sizeof(gw_liquid_block_t) + size);
        if (b == NULL) {
            return NULL;
        }

        b->size = size;
        b->used = 0;
        a->total += size;
        if (a->current == NULL) {
            b->next = a->first;
            a->first = b;
        } else {
            b->next = a->current->next;
            a->current->next = b;
        }
    }

    a->current = b;
    p = (unsigned char *) b->data + b->used;
    b->used += n;
    return p;
}


void
gw_liquid_arena_reset(gw_liquid_arena_t *a, size_t keep)
{
    size_t               total;
    gw_liquid_block_t   *b, **last;

    total = 0;
    for (last = &a->first; (b = *last) != NULL; ) {
        if (total + b->size > keep) {
            *last = b->next;
            free(b);
            continue;
        }

        b->used = 0;
        total += b->size;
        last = &b->next;
    }

    a->total = total;
    a->current = a->first;
    a->full = false;
}


void
gw_liquid_arena_free(gw_liquid_arena_t *a)
{
    gw_liquid_block_t  *b;

    while ((b = a->first) != NULL) {
        a->first = b->next;
        free(b);
    }

    a->current = NULL;
}
