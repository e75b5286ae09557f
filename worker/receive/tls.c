/* The certificate that listeners show. */
#include "worker/receive/tls.h"

#include <openssl/err.h>


/* What OpenSSL has to say of it, as one sentence. */
static int
tls_refuse(SSL_CTX *tls, const char *name, gw_str_t path, gw_buf_t *err)
{
    unsigned long  e;
    const char    *why;

    e = ERR_peek_error();
    why = ERR_GET_LIB(e) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(e))
                                        : ERR_reason_error_string(e);
    gw_buf_fmt(err, "directive \"%s\": %s: %s", name, (char *) path.data,
               why != NULL ? why : "it can not be used");
    ERR_clear_error();
    SSL_CTX_free(tls);
    return GW_EINVAL;
}


int
receive_tls_load(SSL_CTX **out, const gw_conf_t *conf, gw_buf_t *err)
{
    SSL_CTX   *tls;
    gw_str_t   certificate, key;

    *out = NULL;
    certificate = conf->receive_certificate;
    key = conf->receive_key.len > 0 ? conf->receive_key : certificate;
    if (certificate.len == 0) {
        return GW_OK;
    }

    tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL
        || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1)
    {
        SSL_CTX_free(tls);
        return GW_ENOMEM;
    }

    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(tls, (char *) certificate.data)
        != 1)
    {
        return tls_refuse(tls, "receive_certificate", certificate, err);
    }

    if (SSL_CTX_use_PrivateKey_file(tls, (char *) key.data, SSL_FILETYPE_PEM)
        != 1)
    {
        return tls_refuse(tls, "receive_key", key, err);
    }

    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          | SSL_MODE_RELEASE_BUFFERS);
    (void) SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION
                                    | SSL_OP_CIPHER_SERVER_PREFERENCE);
    (void) SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    *out = tls;
    return GW_OK;
}
