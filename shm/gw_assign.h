/*
 * Who gets what of an experiment: a pure function of its salt and of the unit
 * (ct_42, a visitor), so that edge, worker, Postgres (godwit.assign) and
 * anybody else come to the same, and nothing need be stored.
 *
 *   bucket(SALT, UNIT): the first 4 bytes of SHA-256("SALT:UNIT"), the highest
 *       first, as a number of 32 bits, times 10000, its lower 32 bits left out
 *   part: by bucket("SALT:part", UNIT): below hold_out it is held out, from
 *       10000 - test on in the test, else in the rest
 *   variant: by bucket("SALT:variant", UNIT): the first of which it and those
 *       before have a larger part of all weights than bucket has of 10000
 *
 * What grows takes from the rest alone: when hold-out or test grow, everybody
 * who was in one of them stays there with his variant. Other weights move those
 * between the old and the new border of two variants, and nobody else.
 */
#ifndef GW_ASSIGN_H
#define GW_ASSIGN_H

#include "shm/gw_str.h"

#define GW_ASSIGN_BUCKETS   10000
#define GW_ASSIGN_VARIANTS  20

enum {
    GW_ASSIGN_REST = -1,
    GW_ASSIGN_HELD = -2
};

typedef struct {
    gw_str_t  salt;
    unsigned  hold_out, test;       /* of 10000, together at most all       */
    unsigned  n;                    /* variants                             */
    unsigned  weight[GW_ASSIGN_VARIANTS];       /* 1 to 10000               */
} gw_assign_t;

/* 0 to 9999. */
unsigned gw_assign_bucket(gw_str_t salt, gw_str_t unit);

/* The index of its variant, or one of the two above. */
int gw_assign(const gw_assign_t *e, gw_str_t unit);

#endif
