/* What both halves of the cache must agree on. */
#ifndef GW_CACHE_ENV_H
#define GW_CACHE_ENV_H

#define GW_CACHE_READERS  512       /* slots of the lock file, for all */
#define GW_CACHE_CURRENT  "current"

#endif
