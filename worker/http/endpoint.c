/* Requests to webhooks: secrets opened, signed, headers, sent. */
#include "worker/http/endpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#define ENDPOINT_PAUSE_MAX  60000
#define ENDPOINT_AFTER_MAX  86400       /* seconds that one may ask for      */
#define ENDPOINT_TOO_MANY   429
#define ENDPOINT_BUSY       503
#define ENDPOINT_HEADERS    (5 + 2 * GW_NET_HEADERS + 20)
#define ENDPOINT_TEXT       65536       /* bytes of all headers              */

/* Columns behind the URL: a secret has three. */
enum {
    AT_URL, AT_SECRETS, AT_HEADERS = AT_SECRETS + 3 * ENDPOINT_KEYS,
    AT_SECRET_HEADERS
};


/* A secret of three columns into plain; GW_ENOTFOUND: there is none. */
static int
endpoint_secret(secret_keys_t *keys, const char *tenant, const PGresult *res,
    int row, int at, gw_buf_t *plain, gw_buf_t *why)
{
    secret_row_t  s;

    if (PQgetisnull(res, row, at)) {
        return GW_ENOTFOUND;
    }

    s = (secret_row_t) { tenant, PQgetvalue(res, row, at),
                         PQgetvalue(res, row, at + 1),
                         PQgetvalue(res, row, at + 2) };
    return secret_unseal(keys, &s, plain, why);
}


static int
endpoint_keys(endpoint_t *e, secret_keys_t *keys, const char *tenant,
    const PGresult *res, int row, int at, gw_buf_t *why)
{
    int       i, rc;
    gw_buf_t  plain;

    for (i = 0; i < ENDPOINT_KEYS; i++) {
        gw_buf_init(&plain, 4096);
        rc = endpoint_secret(keys, tenant, res, row, at + i * 3, &plain, why);
        if (rc == GW_OK) {
            rc = sign_key(gw_buf_view(&plain), &e->key[e->keys]);
            e->keys += rc == GW_OK;
        }
        secret_wipe(&plain);
        if (rc != GW_OK && rc != GW_ENOTFOUND) {
            return rc;
        }
    }

    return e->keys > 0 ? GW_OK : GW_ENOTFOUND;
}


static int
endpoint_headers(endpoint_t *e, secret_keys_t *keys, const char *tenant,
    const PGresult *res, int row, int at, gw_buf_t *why)
{
    int       rc;
    gw_buf_t  plain;

    if (!PQgetisnull(res, row, at + AT_HEADERS)) {
        e->headers = strdup(PQgetvalue(res, row, at + AT_HEADERS));
        if (e->headers == NULL) {
            return GW_ENOMEM;
        }
    }

    gw_buf_init(&plain, 8192);
    rc = endpoint_secret(keys, tenant, res, row, at + AT_SECRET_HEADERS,
                         &plain, why);
    if (rc == GW_OK) {
        e->secret = strdup(gw_buf_c(&plain));
        rc = e->secret != NULL ? GW_OK : GW_ENOMEM;
    }
    secret_wipe(&plain);
    return rc == GW_ENOTFOUND ? GW_OK : rc;
}


int
endpoint_load(endpoint_t *e, secret_keys_t *keys, const char *tenant,
    const PGresult *res, int row, int at, gw_buf_t *why)
{
    int  rc;

    memset(e, 0, sizeof(endpoint_t));
    e->url = strdup(PQgetvalue(res, row, at + AT_URL));
    rc = e->url != NULL ? endpoint_keys(e, keys, tenant, res, row,
                                        at + AT_SECRETS, why) : GW_ENOMEM;
    return rc == GW_OK ? endpoint_headers(e, keys, tenant, res, row, at, why)
                       : rc;
}


void
endpoint_free(endpoint_t *e)
{
    OPENSSL_cleanse(e->key, sizeof(e->key));
    if (e->secret != NULL) {
        OPENSSL_cleanse(e->secret, strlen(e->secret));
    }
    free(e->secret);
    free(e->headers);
    free(e->url);
    memset(e, 0, sizeof(endpoint_t));
}


/* Lines whose values nobody may see. */
static void
endpoint_mask(gw_buf_t *out, const char *lines)
{
    const char  *end;

    for ( /* void */ ; lines != NULL && *lines != '\0'; lines = end + 1) {
        gw_buf_char(out, '\n');
        gw_buf_put(out, lines, (size_t) (strchr(lines, ':') - lines));
        gw_buf_cstr(out, ": ***");
        end = strchr(lines, '\n');
        if (end == NULL) {
            return;
        }
    }
}


/* Cut lines apart, in place; a NULL ends them. */
static void
endpoint_cut(char *text, const char *headers[ENDPOINT_HEADERS + 1])
{
    unsigned  n;

    for (n = 0; n < ENDPOINT_HEADERS && text != NULL && *text != '\0'; n++) {
        headers[n] = text;
        text = strchr(text, '\n');
        if (text != NULL) {
            *text++ = '\0';
        }
    }

    headers[n] = NULL;
}


/* The headers but for those that are secret, a line each. */
static int
endpoint_lines(const endpoint_t *e, const endpoint_request_t *q, gw_buf_t *out)
{
    int       rc;
    char      time[24];
    unsigned  i;

    (void) snprintf(time, sizeof(time), "%lld",
                    (long long) (q->at_us / 1000000));
    gw_buf_fmt(out, "%swebhook-id: %s\nwebhook-timestamp: %s\n"
               "webhook-signature:", q->body.len > 0
               ? "content-type: application/json\n" : "", q->id, time);

    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < e->keys; i++) {
        rc = sign_append(out, &e->key[i], q->id, time, q->body);
    }

    if (q->keyed) {
        gw_buf_fmt(out, "\nidempotency-key: %s", q->id);
    }
    if (q->headers != NULL && *q->headers != '\0') {
        gw_buf_fmt(out, "\n%s", q->headers);
    }
    if (e->headers != NULL) {
        gw_buf_fmt(out, "\n%s", e->headers);
    }

    return rc;
}


int
endpoint_send(const endpoint_t *e, http_t *h, const endpoint_request_t *q,
    http_pt call, void *arg, char **sent)
{
    int              rc;
    size_t           shown;
    gw_buf_t         text;
    const char      *headers[ENDPOINT_HEADERS + 1];
    http_request_t   r;

    /* as they are logged, then as they are sent */

    gw_buf_init(&text, ENDPOINT_TEXT);
    rc = endpoint_lines(e, q, &text);
    shown = text.len;
    endpoint_mask(&text, e->secret);
    if (sent != NULL) {
        *sent = text.failed ? NULL : strdup(gw_buf_c(&text));
        rc = rc == GW_OK && *sent == NULL ? GW_ENOMEM : rc;
    }

    text.len = shown;
    if (e->secret != NULL) {
        gw_buf_fmt(&text, "\n%s", e->secret);
    }

    if (rc == GW_OK && !text.failed) {
        endpoint_cut((char *) gw_buf_c(&text), headers);
        r = (http_request_t) {
            .url = q->url != NULL ? q->url : e->url,
            .method = q->method != NULL ? q->method : "POST",
            .headers = headers, .body = q->body,
            .timeout_ms = ENDPOINT_TIMEOUT_MS };
        rc = http_send(h, &r, call, arg);
    } else {
        rc = rc == GW_OK ? GW_ENOMEM : rc;
    }

    secret_wipe(&text);
    return rc;
}


int64_t
endpoint_pause_ms(const http_result_t *r)
{
    if (r->status != ENDPOINT_TOO_MANY && r->status != ENDPOINT_BUSY) {
        return 0;
    }

    return r->retry_after <= 0 ? 1000
           : r->retry_after < ENDPOINT_PAUSE_MAX / 1000
             ? r->retry_after * 1000 : ENDPOINT_PAUSE_MAX;
}


int64_t
endpoint_after(const http_result_t *r)
{
    return r->retry_after < ENDPOINT_AFTER_MAX ? r->retry_after
                                               : ENDPOINT_AFTER_MAX;
}
