/*
 * Where a webhook of a workspace leads: URL, secrets that sign, headers of its
 * own. Whatever is sent there goes through endpoint_send, signed as Standard
 * Webhooks want it.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "worker/db.h"
#include "worker/http/http.h"
#include "worker/http/sign.h"
#include "worker/secret.h"

#define ENDPOINT_KEYS        2          /* secrets that sign at a time       */
#define ENDPOINT_TIMEOUT_MS  15000      /* of one request                    */
#define ENDPOINT_WINDOW_MAX  16         /* requests at once to one           */

typedef struct {
    char        *url;
    char        *headers;               /* lines of its own, or NULL         */
    char        *secret;                /* the same, which no log has        */
    sign_key_t   key[ENDPOINT_KEYS];
    unsigned     keys;
} endpoint_t;

/* A request to it; what is NULL is not said. */
typedef struct {
    const char  *url;                   /* in the place of its own           */
    const char  *method;                /* in the place of POST              */
    const char  *id;                    /* webhook-id                        */
    bool         keyed;                 /* it is the Idempotency-Key as well */
    const char  *headers;               /* lines more                        */
    gw_str_t     body;                  /* JSON; empty: none                 */
    int64_t      at_us;
} endpoint_request_t;

/*
 * Out of the columns of godwit.webhook_endpoint, the first of them `at`.
 * GW_EINVAL with a sentence in why, GW_ENOTFOUND, GW_ENOMEM; endpoint_free also
 * after an error.
 */
int endpoint_load(endpoint_t *e, secret_keys_t *keys, const char *tenant,
    const PGresult *res, int row, int at, gw_buf_t *why) GW_MUSTCHECK;
void endpoint_free(endpoint_t *e);

/*
 * Sign and begin a request. `sent`, unless it is NULL, gets the headers as a
 * log may have them, to be freed.
 */
int endpoint_send(const endpoint_t *e, http_t *h, const endpoint_request_t *q,
    http_pt call, void *arg, char **sent) GW_MUSTCHECK;

/* For so long it wants nothing more: 429 or 503, as it says; 0: it has not
   said so. */
int64_t endpoint_pause_ms(const http_result_t *r);

/* The seconds after which it wants to be asked again, a day at most; 0. */
int64_t endpoint_after(const http_result_t *r);

#endif
