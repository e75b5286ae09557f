/* Names that look like one that was not found. */
#ifndef GW_NEAR_H
#define GW_NEAR_H

#include "shm/gw_buf.h"

#define GW_NEAR  3

typedef struct {
    gw_str_t  wanted;
    int       far[GW_NEAR];
    gw_str_t  names[GW_NEAR];           /* nearest first; views */
    unsigned  n;
} gw_near_t;

/* Search for what is near to `wanted`, which must live as long as s. */
void gw_near_init(gw_near_t *s, gw_str_t wanted);

/* A name that would have been right; it must live as long as s. */
void gw_near_add(gw_near_t *s, gw_str_t name);

/* Append up to three near names, joined by ", "; nothing when none is near. */
void gw_near_print(const gw_near_t *s, gw_buf_t *out);

#endif
