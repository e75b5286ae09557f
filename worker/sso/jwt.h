/*
 * Tokens that an identity provider signs: JSON Web Signatures in their compact
 * form (RFC 7515) under a key of its set (RFC 7517), with RS256, ES256 or
 * EdDSA over Ed25519 (RFC 7518, 8037). No other algorithm is taken: `none` and
 * those with a shared key let anybody sign who knows what is public.
 */
#ifndef WORKER_SSO_JWT_H
#define WORKER_SSO_JWT_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define JWT_MAX    65536        /* bytes of a token */
#define JWT_SKEW   60           /* seconds that two clocks may differ */

/*
 * Judge the signature of a token under the set {"keys":[...]}: GW_OK, and the
 * caller owns *claims, its payload; GW_ENOTFOUND when the set has no key that
 * the token names (fetch it anew, once); GW_EINVAL when it is no good, or
 * GW_ENOMEM. Both leave one sentence in why.
 */
int jwt_verify(gw_str_t token, const json_t *set, json_t **claims,
    gw_buf_t *why) GW_MUSTCHECK;

/* What an ID token (OpenID Connect Core 3.1.3.7) is held against. */
typedef struct {
    const char  *issuer;        /* exactly */
    const char  *client;        /* must be meant by it */
    const char  *nonce;         /* NULL: it must have none, a logout token */
    json_int_t   now;           /* seconds since 1970 */
} jwt_expect_t;

/* GW_OK, or GW_EINVAL and one sentence in why. */
int jwt_judge(const json_t *claims, const jwt_expect_t *expect, gw_buf_t *why)
    GW_MUSTCHECK;

#endif
