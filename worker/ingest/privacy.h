/* What workspaces keep of those who open and click. */
#ifndef PRIVACY_H
#define PRIVACY_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "worker/db.h"

enum {                          /* bits */
    PRIVACY_CUT = 1,            /* addresses as their network alone         */
    PRIVACY_HEED = 2            /* who asks not to be tracked is not        */
};

typedef struct {
    uint32_t  tenant;
    unsigned  bits;
} privacy_row_t;

/* Those that differ from the others, by tenant; zeroed at first but version. */
typedef struct {
    long long       version;    /* of auth.house; -1: none was read          */
    int64_t         looked_ms;
    privacy_row_t  *row;
    unsigned        n;
} privacy_t;

/*
 * Read them if they have changed; at most once a second. db is in no
 * transaction. GW_OK, GW_ENOMEM, or as db_run (db_why says why): then the last
 * ones are still there.
 */
int privacy_refresh(privacy_t *p, db_t *db) GW_MUSTCHECK;
void privacy_free(privacy_t *p);

/* The bits of a workspace. */
unsigned privacy_of(const privacy_t *p, uint32_t tenant);

/* The network of an address: /24 of IPv4 (mapped), /48 of IPv6. */
void privacy_cut(unsigned char ip[16]);

#endif
