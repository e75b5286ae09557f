/* What both halves of the cache must agree on. */
#ifndef GW_CACHE_ENV_H
#define GW_CACHE_ENV_H

#define GW_CACHE_READERS  512       /* slots of the lock file, for all */
#define GW_CACHE_CURRENT  "current"
#define GW_CACHE_BOOT     40        /* room for the id of a boot       */

/* The id of this boot, with which the name of each generation begins. */
void gw_cache_boot(char out[GW_CACHE_BOOT]);

#endif
