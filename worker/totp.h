/* Time-based one-time passwords (RFC 6238): SHA-1, 30 seconds, six digits. */
#ifndef TOTP_H
#define TOTP_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define TOTP_STEP    30                 /* s */
#define TOTP_DIGITS  6

/* The code of a step for a secret of n bytes: below a million. */
int totp_code(const unsigned char *secret, size_t n, int64_t step,
    unsigned *code) GW_MUSTCHECK;

/*
 * Is it the code of a secret (in base32) at that time, or one step before or
 * after, and of a step behind `last`? Then *step is that one. GW_ENOTFOUND: it
 * is not; GW_ECORRUPT: the secret is not base32.
 */
int totp_match(gw_str_t secret, gw_str_t code, int64_t us, int64_t last,
    int64_t *step) GW_MUSTCHECK;

#endif
