/* Time zones by name, out of the system's tzdata; TZ plays no part. */
#ifndef GW_ZONE_H
#define GW_ZONE_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_ZONE_NAME  64        /* bytes of a name, at most                   */
#define GW_ZONE_ABBR  16        /* of an abbreviation, with its NUL           */

/* The zones that one thread has asked for, the last few dozen of them. */
typedef struct gw_zones_s  gw_zones_t;

int gw_zones_create(gw_zones_t **out) GW_MUSTCHECK;
void gw_zones_free(gw_zones_t *z);

/*
 * Seconds that local time of the zone (`Europe/Berlin`) is ahead of UTC at a
 * time in seconds since 1970, and what it is called then (`CET`). The file of
 * a zone is read when it is not among the last few dozen that were asked for.
 * GW_ENOTFOUND: there is no such zone; GW_ECORRUPT, GW_ENOMEM.
 */
int gw_zone_at(gw_zones_t *z, gw_str_t name, int64_t at, int32_t *offset,
    char abbr[GW_ZONE_ABBR]) GW_MUSTCHECK;

/* Is there such a zone? Its file is read; nothing is kept. */
bool gw_zone_is(gw_str_t name) GW_MUSTCHECK;

/*
 * The same by a rule of POSIX (`CET-1CEST,M3.5.0,M10.5.0/3`), with which a
 * zone goes on behind its last known change. GW_EINVAL: it is none.
 */
int gw_zone_rule(const char *rule, int64_t at, int32_t *offset,
    char abbr[GW_ZONE_ABBR]) GW_MUSTCHECK;

#endif
