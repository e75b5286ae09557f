/* The certificate that listeners show. */
#ifndef RECEIVE_TLS_H
#define RECEIVE_TLS_H

#include <openssl/ssl.h>

#include "shm/gw_conf.h"

/*
 * Load receive_certificate and receive_key; *out is NULL when there is none,
 * else SSL_CTX_free is the caller's. GW_EINVAL with one sentence in err.
 */
int receive_tls_load(SSL_CTX **out, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;

#endif
