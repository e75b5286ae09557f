/* Rendered contents of webhooks: whose they are, their headers, their way. */
#include "worker/http/made.h"

#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/http/origin.h"

#define MADE_TEXT  32768                /* bytes of all headers */


static const char *
made_text(const json_t *made, const char *name)
{
    return json_string_value(json_object_get(made, name));
}


/* What stands behind scheme, host and port. */
static const char *
made_rest(const char *url)
{
    const char  *p;

    p = strstr(url, "://");
    return p != NULL ? p + 3 + strcspn(p + 3, "/?#") : url;
}


bool
made_is_for(const json_t *made, const char *base)
{
    bool         is;
    char        *name, *other;
    size_t       n;
    const char  *url, *rest;

    url = made_text(made, "url");
    name = origin_name(url);
    other = origin_name(base);
    rest = made_rest(url);
    base = made_rest(base);
    n = strlen(base);
    is = name != NULL && other != NULL && strcmp(name, other) == 0
         && strncmp(rest, base, n) == 0
         && (n == 0 || base[n - 1] == '/' || strchr("/?&#", rest[n]) != NULL);
    free(name);
    free(other);
    return is;
}


int
made_headers(const json_t *made, char **out, gw_buf_t *why)
{
    int          rc;
    json_t      *v;
    gw_buf_t     text;
    gw_str_t     value;
    const char  *name;

    rc = GW_OK;
    gw_buf_init(&text, MADE_TEXT);
    json_object_foreach(json_object_get(made, "headers"), name, v) {
        value = gw_str_trim(gw_str_make(json_string_value(v),
                                        json_string_length(v)), " ");
        if (value.len == 0) {
            continue;
        }

        rc = gw_net_header(gw_str_of(name), value, why);
        if (rc != GW_OK) {
            break;
        }

        gw_buf_fmt(&text, "%s%s: ", text.len > 0 ? "\n" : "", name);
        gw_buf_str(&text, value);
    }

    *out = rc != GW_OK || text.failed ? NULL : strdup(gw_buf_c(&text));
    gw_buf_free(&text);
    return rc != GW_OK ? rc : *out != NULL ? GW_OK : GW_ENOMEM;
}


int
made_send(const json_t *made, const char *headers, const char *id,
    const endpoint_t *e, http_t *h, http_pt call, void *arg)
{
    int                  rc;
    char                *body;
    json_t              *doc;
    endpoint_request_t   q;

    doc = json_object_get(made, "body");
    body = doc != NULL ? json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (doc != NULL && body == NULL) {
        return GW_ENOMEM;
    }

    q = (endpoint_request_t) {
        .url = made_text(made, "url"), .method = made_text(made, "method"),
        .id = id, .keyed = true, .headers = headers,
        .body = gw_str_of(body), .at_us = gw_clock_us() };
    rc = endpoint_send(e, h, &q, call, arg, NULL);
    free(body);
    return rc;
}
