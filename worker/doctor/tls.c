/* nginx as others reach it, and certificates that run out. */
#include <curl/curl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/doctor/doctor.h"

#define DOCTOR_DAYS     14
#define DOCTOR_PEM_MAX  (64 * 1024)


void
doctor_expires(doctor_t *d, const char *pem, size_t len, const char *what)
{
    int         days, seconds;
    BIO        *bio;
    X509       *x;
    ASN1_TIME  *now;

    now = ASN1_TIME_set(NULL, (time_t) (gw_clock_us() / 1000000));
    bio = BIO_new_mem_buf(pem, (int) len);
    x = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);

    if (x == NULL) {
        doctor_say(d, DOCTOR_FAULT, "put a certificate in PEM form there",
                   "the certificate of %s cannot be read", what);
        ASN1_TIME_free(now);
        return;
    }

    if (ASN1_TIME_diff(&days, &seconds, now, X509_get0_notAfter(x)) == 1
        && (days < DOCTOR_DAYS || seconds < 0))
    {
        if (days < 0 || seconds < 0) {
            doctor_say(d, DOCTOR_FAULT, "renew it, then reload",
                       "the certificate of %s has run out", what);
        } else {
            doctor_say(d, DOCTOR_WARNING, "renew it, then reload",
                       "the certificate of %s is good for %d more days", what,
                       days);
        }
    }

    ASN1_TIME_free(now);
    X509_free(x);
}


void
doctor_certificate(doctor_t *d)
{
    FILE        *f;
    char        *pem;
    size_t       n;
    const char  *path = (const char *) d->w->conf.receive_certificate.data;

    if (d->w->conf.receive_certificate.len == 0) {
        return;
    }

    pem = malloc(DOCTOR_PEM_MAX);
    f = pem != NULL ? fopen(path, "re") : NULL;
    n = f != NULL ? fread(pem, 1, DOCTOR_PEM_MAX, f) : 0;
    if (f != NULL) {
        (void) fclose(f);
    }

    if (n > 0) {
        doctor_expires(d, pem, n, path);
    } else {
        doctor_say(d, DOCTOR_FAULT, "put \"receive_certificate\" right",
                   "the certificate %s cannot be read", path);
    }

    free(pem);
}


static size_t
doctor_body(char *p, size_t size, size_t n, void *arg)
{
    gw_buf_put(arg, p, n * size);

    return n * size;
}


/* The certificate that was shown, as curl has it among others. */
static void
doctor_shown(doctor_t *d, CURL *c, const char *url)
{
    struct curl_slist     *one;
    struct curl_certinfo  *info = NULL;

    if (curl_easy_getinfo(c, CURLINFO_CERTINFO, &info) != CURLE_OK
        || info == NULL || info->num_of_certs < 1)
    {
        return;
    }

    for (one = info->certinfo[0]; one != NULL; one = one->next) {
        if (strncmp(one->data, "Cert:", 5) == 0) {
            doctor_expires(d, one->data + 5, strlen(one->data + 5), url);
        }
    }
}


static void
doctor_status(doctor_t *d, long status, gw_buf_t *body, const char *url)
{
    char  *text;

    text = (char *) (uintptr_t) gw_buf_c(body);
    text[strcspn(text, "\n")] = '\0';

    /* who asks from elsewhere is not told */

    if (status == 503) {
        doctor_say(d, DOCTOR_FAULT, "the log of nginx says more",
                   "nginx at %s is not ready: %s", url, text);

    } else if (status != 200 && status != 403 && status != 404) {
        doctor_say(d, DOCTOR_FAULT, "let \"base_url\" lead to the nginx of "
                   "this house", "%s answers with %ld", url, status);
    }
}


void
doctor_edge(doctor_t *d)
{
    long         status = 0;
    char         url[512], why[CURL_ERROR_SIZE] = "", mem[1024];
    CURL        *c;
    CURLcode     rc;
    gw_buf_t     body;

    gw_buf_fixed(&body, mem, sizeof(mem) - 1);
    (void) snprintf(url, sizeof(url), "%s/readyz",
                    (const char *) d->w->conf.base_url.data);

    c = curl_easy_init();
    if (c == NULL) {
        return;
    }

    (void) curl_easy_setopt(c, CURLOPT_URL, url);
    (void) curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    (void) curl_easy_setopt(c, CURLOPT_TIMEOUT, 5L);
    (void) curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void) curl_easy_setopt(c, CURLOPT_CERTINFO, 1L);
    (void) curl_easy_setopt(c, CURLOPT_ERRORBUFFER, why);
    (void) curl_easy_setopt(c, CURLOPT_CAINFO,
                            (const char *) d->w->conf.webhook_ca_file.data);
    (void) curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, doctor_body);
    (void) curl_easy_setopt(c, CURLOPT_WRITEDATA, &body);

    rc = curl_easy_perform(c);
    if (rc != CURLE_OK) {
        doctor_say(d, DOCTOR_FAULT, "see that nginx runs and that \"base_url\" "
                   "leads to it", "nginx is not reached at %s: %s",
                   (const char *) d->w->conf.base_url.data,
                   *why ? why : curl_easy_strerror(rc));
    } else {
        (void) curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        doctor_status(d, status, &body,
                      (const char *) d->w->conf.base_url.data);
        doctor_shown(d, c, (const char *) d->w->conf.base_url.data);
    }

    curl_easy_cleanup(c);
}
