/*
 * DKIM signatures (RFC 6376, RFC 8463): relaxed/relaxed, rsa-sha256 and
 * ed25519-sha256. Every header of dkim_names is signed once more than it
 * stands in the message, so that nobody can add one under the signature.
 */
#ifndef DKIM_H
#define DKIM_H

#include <stdint.h>

#include "worker/mail/pieces.h"

#define DKIM_SLOTS     4        /* threads that sign with one key           */
#define DKIM_KEYS      2        /* of an identity: one of each algorithm    */
#define DKIM_TEXT_MAX  2048     /* of the headers of an identity            */
#define DKIM_RSA_BITS  2048

typedef struct dkim_key_s  dkim_key_t;
typedef struct dkim_s      dkim_t;

/* ---- keys ---- */

/*
 * A key out of its PKCS#8 form (DER), which signs for the domain under the
 * selector. GW_EINVAL: it is none that signs mail, one phrase in err.
 */
int dkim_key_create(dkim_key_t **out, const char *domain,
    const char *selector, gw_str_t private, gw_buf_t *err) GW_MUSTCHECK;
void dkim_key_free(dkim_key_t *key);

/*
 * A new key of an algorithm (rsa-sha256, ed25519-sha256): its private half as
 * above, which the caller wipes, and what stands as p= in its record.
 */
int dkim_key_make(const char *algorithm, gw_buf_t *private, gw_buf_t *public)
    GW_MUSTCHECK;

/* ---- signing ---- */

/*
 * What one thread signs with. slot: below DKIM_SLOTS, its own: a key may be
 * used by so many threads at a time.
 */
int dkim_create(dkim_t **out, unsigned slot) GW_MUSTCHECK;
void dkim_free(dkim_t *d);

/*
 * Append one DKIM-Signature header for each of n keys, as they stand before
 * the message (lines end in CRLF, nothing is stuffed) with what it shares with
 * others; shared: NULL, when it does not. Nothing is allocated
 * once the buffers have grown. GW_EINVAL: it is no message; GW_EFULL; GW_ERROR
 * of OpenSSL.
 */
int dkim_sign(dkim_t *d, dkim_key_t *const *key, unsigned n,
    gw_str_t message, const pieces_t *shared, int64_t seconds, gw_buf_t *out)
    GW_MUSTCHECK;

#endif
