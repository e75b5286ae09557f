/* International domains of addresses (IDNA 2008). */
#ifndef GW_IDN_H
#define GW_IDN_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

/*
 * Append the address with its domain in A-labels; one whose domain is ASCII as
 * it is. GW_EINVAL: IDNA allows no such domain, or it is none by letters,
 * digits and hyphens alone.
 */
int gw_idn_email(gw_str_t address, gw_buf_t *out) GW_MUSTCHECK;

#endif
