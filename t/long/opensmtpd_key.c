/*
 * Preloaded into OpenSMTPD 6.8: gives its TLS context the private key itself.
 * Its own engine, which asks another process to sign, knows nothing of OpenSSL 3
 * ("missing private key"), so that as packaged it fails at every handshake.
 */
#include <dlfcn.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_PKEY  *real_key;


/* As root, before the process gives that up and goes into its empty folder. */
__attribute__((constructor)) static void
read_key(void)
{
    FILE        *f;
    const char  *path;

    path = getenv("OPENSMTPD_KEY");
    f = path != NULL ? fopen(path, "r") : NULL;
    if (f != NULL) {
        real_key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
        (void) fclose(f);
    }
}


int
SSL_CTX_use_PrivateKey(SSL_CTX *ctx, EVP_PKEY *key)
{
    int  (*next)(SSL_CTX *, EVP_PKEY *);

    next = (int (*)(SSL_CTX *, EVP_PKEY *)) dlsym(RTLD_NEXT,
                                                  "SSL_CTX_use_PrivateKey");
    return next(ctx, real_key != NULL ? real_key : key);
}
