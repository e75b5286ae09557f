/* A call of a webhook: method, URL, headers, a body of JSON. */
#include "shm/content/content.h"

#define WEBHOOK_URL      2000           /* characters                      */
#define WEBHOOK_HEADERS  20

static const char *const  webhook_methods[] = {
    "POST", "PUT", "PATCH", "GET", "DELETE", NULL
};


/* Who it goes to is no matter of whom it is about. */
static bool
webhook_is_fixed(gw_str_t url)
{
    size_t    i, slashes;
    gw_buf_t  plain;
    char      mem[WEBHOOK_URL * 4];

    gw_buf_fixed(&plain, mem, sizeof(mem));
    gw_content_literal(url, "x", &plain);

    for (i = 0, slashes = 0; i < url.len && slashes < 3; i++) {
        if (i >= plain.len || url.data[i] != plain.data[i]) {
            return false;
        }
        slashes += url.data[i] == '/';
    }

    return slashes == 3 || plain.len == url.len;
}


static int
webhook_url(content_t *c, const json_t *content)
{
    int       rc;
    char      mem[WEBHOOK_URL * 4], why[300];
    gw_buf_t  plain, err;
    gw_str_t  url;

    rc = content_text(c, content, "", "url", WEBHOOK_URL, true, &url);
    if (rc != GW_OK) {
        return rc;
    }

    if (!webhook_is_fixed(url)) {
        return content_wrong(c, "/url", "Liquid may stand behind the host "
                             "alone, as in https://example.com/{{ contact.id "
                             "}}");
    }

    gw_buf_fixed(&plain, mem, sizeof(mem));
    gw_buf_fixed(&err, why, sizeof(why) - 1);
    gw_content_literal(url, "x", &plain);

    return gw_net_url(gw_buf_view(&plain), c->allow, &err) == GW_OK ? GW_OK
           : content_wrong(c, "/url", "it %s", gw_buf_c(&err));
}


static int
webhook_headers(content_t *c, json_t *headers)
{
    char         why[300];
    json_t      *v;
    gw_buf_t     err;
    const char  *name;

    if (headers == NULL) {
        return GW_OK;
    }

    if (!json_is_object(headers)
        || json_object_size(headers) > WEBHOOK_HEADERS)
    {
        return content_wrong(c, "/headers", "it is not an object of at most "
                             "%d headers", WEBHOOK_HEADERS);
    }

    json_object_foreach(headers, name, v) {
        gw_buf_fixed(&err, why, sizeof(why) - 1);
        if (!json_is_string(v)) {
            return content_wrong(c, "/headers", "\"%.40s\" is not a text",
                                 name);
        }
        if (gw_net_header(gw_str_of(name),
                          gw_str_make(json_string_value(v),
                                      json_string_length(v)), &err) != GW_OK)
        {
            return content_wrong(c, "/headers", "%s", gw_buf_c(&err));
        }
    }

    return GW_OK;
}


/* The webhook of the workspace whose secret signs it; there may be none yet. */
static int
webhook_signer(content_t *c, const json_t *content)
{
    int        rc;
    long long  id;
    gw_str_t   s;

    rc = content_text(c, content, "", "webhook", 21, false, &s);
    return rc != GW_OK || s.len == 0
           || (s.len > 3 && memcmp(s.data, "wh_", 3) == 0 && s.data[3] != '0'
               && gw_str_int(gw_str_make(s.data + 3, s.len - 3), 1, INT64_MAX,
                             &id) == GW_OK)
           ? rc : content_wrong(c, "/webhook", "it is not the id of a webhook, "
                                "like wh_1");
}


int
content_webhook(content_t *c, const json_t *content)
{
    int                       rc, method;
    static const char *const  members[] = {
        "method", "url", "headers", "body", "webhook", NULL
    };

    method = 0;
    rc = content_members(c, content, "", members);
    if (rc == GW_OK && json_object_get(content, "method") != NULL) {
        rc = content_word(c, content, "", "method", webhook_methods, &method);
    }

    rc = rc == GW_OK ? webhook_url(c, content) : rc;
    rc = rc == GW_OK ? webhook_signer(c, content) : rc;
    rc = rc == GW_OK ? webhook_headers(c, json_object_get(content, "headers"))
                     : rc;

    if (rc == GW_OK && method > 2
        && json_object_get(content, "body") != NULL)
    {
        return content_wrong(c, "/body", "%s has no body",
                             webhook_methods[method]);
    }

    return rc;
}
