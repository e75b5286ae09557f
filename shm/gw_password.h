/*
 * Passwords: which are taken, and their scrypt in PHC form,
 * `$scrypt$ln=15,r=8,p=3$SALT$HASH`. A hash takes a quarter of a second and
 * 32 MiB, so it is never made on an event loop.
 */
#ifndef GW_PASSWORD_H
#define GW_PASSWORD_H

#include <stddef.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_PASSWORD_MIN    8            /* characters */
#define GW_PASSWORD_MAX    256
#define GW_PASSWORD_BYTES  1024         /* the most that these take         */
#define GW_PASSWORD_PHC    256          /* room for any PHC text, with NUL  */
#define GW_PASSWORD_SALT   64           /* bytes of the longest salt        */

typedef struct {
    unsigned       ln;                  /* logarithm of N */
    unsigned       r;
    unsigned       p;
    size_t         salt_len;
    unsigned char  salt[GW_PASSWORD_SALT];
} gw_password_params_t;

/*
 * The parameters of a PHC text, with or without its hash. GW_EINVAL: it is
 * none of ours, or would cost more than anybody asks for.
 */
int gw_password_parse(gw_str_t text, gw_password_params_t *params)
    GW_MUSTCHECK;

/* Those of a new hash, with a salt of its own. GW_ESYS: no randomness. */
int gw_password_fresh(gw_password_params_t *params) GW_MUSTCHECK;

/* Would a new hash be made otherwise? */
bool gw_password_is_old(const gw_password_params_t *params);

/*
 * Append the PHC text of a password, hash and all; blocks. GW_ENOMEM: there
 * is no memory for it, or the parameters want more than 64 MiB.
 */
int gw_password_hash(const gw_password_params_t *params, gw_str_t password,
    gw_buf_t *out) GW_MUSTCHECK;

/* May it be somebody's new password? GW_EINVAL: why has one sentence. */
int gw_password_judge(gw_str_t password, gw_buf_t *why) GW_MUSTCHECK;

/* Append the PHC text of a new password, by a fresh salt; blocks. */
int gw_password_make(gw_str_t password, gw_buf_t *phc) GW_MUSTCHECK;

/* Is it one of those that are tried first? No allocation. */
bool gw_password_is_common(gw_str_t password);

#endif
