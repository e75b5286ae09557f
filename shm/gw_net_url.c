/*
 * A URL that a workspace may have requests sent to. The grammar is narrow on
 * purpose: what two parsers could read in two ways is refused.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include "shm/gw_net.h"

#define GW_NET_URL_MAX   2000
#define GW_NET_HOST_MAX  253

typedef struct {
    const gw_nets_t  *allow;
    bool              https;
    gw_str_t          host;             /* without brackets */
    bool              bracket;
    long long         port;
    gw_buf_t         *err;
} gw_net_url_t;

static const char *const  gw_net_local[] = {
    "localhost", "local", "internal", "lan", "home.arpa", "intranet", NULL
};


static int
gw_net_wrong(gw_net_url_t *u, const char *why)
{
    gw_buf_cstr(u->err, why);
    return GW_EINVAL;
}


/* Printable ASCII that a URL may hold as it is. */
static int
gw_net_url_bytes(gw_net_url_t *u, gw_str_t url)
{
    size_t  i;

    if (url.len > GW_NET_URL_MAX) {
        return gw_net_wrong(u, "has more than 2000 characters");
    }

    for (i = 0; i < url.len; i++) {
        if (url.data[i] >= 0x80) {
            return gw_net_wrong(u, "has a character that is not ASCII; write "
                                "a host as xn--..., a path with %XX");
        }
        if (url.data[i] <= 0x20 || url.data[i] == 0x7f
            || strchr("\\\"<>^`{|}", url.data[i]) != NULL)
        {
            return gw_net_wrong(u, "has a character that a URL can not have");
        }
        if (url.data[i] == '#') {
            return gw_net_wrong(u, "has a fragment (#), which is never sent");
        }
    }

    return GW_OK;
}


/* scheme://host[:port], then a path or a query */
static int
gw_net_url_split(gw_net_url_t *u, gw_str_t url)
{
    size_t          n, skip;
    unsigned char  *p, *end, *colon;

    u->https = url.len > 8 && strncasecmp((char *) url.data, "https://", 8)
                              == 0;
    skip = u->https ? 8 : 7;
    if (!u->https && (url.len <= 7
        || strncasecmp((char *) url.data, "http://", 7) != 0))
    {
        return gw_net_wrong(u, "does not begin with https://");
    }

    p = url.data + skip;
    for (n = 0; n < url.len - skip && p[n] != '/' && p[n] != '?'; n++) {
        if (p[n] == '@') {
            return gw_net_wrong(u, "has a user or password before its host; "
                                "use a header for credentials");
        }
    }

    end = p + n;
    u->bracket = n > 0 && *p == '[';
    colon = u->bracket ? memchr(p, ']', n) : memchr(p, ':', n);
    if (u->bracket) {
        if (colon == NULL) {
            return gw_net_wrong(u, "has a [ that is not closed");
        }
        u->host = gw_str_make(p + 1, colon - p - 1);
        colon++;
    } else {
        colon = colon != NULL ? colon : end;
        u->host = gw_str_make(p, colon - p);
    }

    u->port = u->https ? 443 : 80;
    if (colon != end
        && (*colon != ':' || gw_str_int(gw_str_make(colon + 1, end - colon - 1),
                                        1, 65535, &u->port) != GW_OK))
    {
        return gw_net_wrong(u, "has a port that is none");
    }

    return GW_OK;
}


/* Would some parser take the host for an IPv4 address? */
static bool
gw_net_url_number(gw_str_t host)
{
    size_t          i, n;
    unsigned char  *p;

    p = host.len > 0 ? memrchr(host.data, '.', host.len) : NULL;
    p = p != NULL ? p + 1 : host.data;
    n = (size_t) (host.data + host.len - p);

    if (n >= 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
        return true;
    }

    for (i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
        /* void */
    }

    return n > 0 && i == n;
}


static int
gw_net_url_address(gw_net_url_t *u)
{
    int                  ok;
    char                 text[64];
    struct sockaddr_in   v4;
    struct sockaddr_in6  v6;

    memset(&v4, 0, sizeof(v4));
    memset(&v6, 0, sizeof(v6));
    v4.sin_family = AF_INET;
    v6.sin6_family = AF_INET6;
    v4.sin_port = v6.sin6_port = htons((uint16_t) u->port);

    ok = u->host.len < sizeof(text);
    if (ok) {
        memcpy(text, u->host.data, u->host.len);
        text[u->host.len] = '\0';
        ok = u->bracket ? inet_pton(AF_INET6, text, &v6.sin6_addr)
                        : inet_pton(AF_INET, text, &v4.sin_addr);
    }

    if (ok != 1) {
        return gw_net_wrong(u, "has an address in an unusual form; write "
                            "192.0.2.1 or [2001:db8::1]");
    }

    return gw_net_may(u->allow, u->https,
                      u->bracket ? (struct sockaddr *) &v6
                                 : (struct sockaddr *) &v4)
           ? GW_OK : gw_net_wrong(u, "names an address that nothing may be "
                                  "sent to; it is not of the internet, or the "
                                  "port is not 443 or 8443");
}


static int
gw_net_url_name(gw_net_url_t *u)
{
    size_t              i, label, n;
    unsigned char       c;
    const char *const  *word;

    label = 0;
    for (i = 0; i < u->host.len; i++, label++) {
        c = u->host.data[i];
        if (c == '.') {
            if (label == 0) {
                break;
            }
            label = (size_t) -1;

        } else if (label > 62
                   || strchr("abcdefghijklmnopqrstuvwxyz0123456789-_",
                             c >= 'A' && c <= 'Z' ? c | 0x20 : c) == NULL)
        {
            break;
        }
    }

    if (i < u->host.len || label == 0 || u->host.len > GW_NET_HOST_MAX) {
        return gw_net_wrong(u, "has a host that is no name, such as "
                            "example.com");
    }

    if (u->allow->n > 0) {
        return GW_OK;                   /* its address decides */
    }

    if (memchr(u->host.data, '.', u->host.len) == NULL) {
        return gw_net_wrong(u, "has a host that is no name of the internet");
    }

    for (word = gw_net_local; *word != NULL; word++) {
        n = strlen(*word);
        if (u->host.len > n && u->host.data[u->host.len - n - 1] == '.'
            && strncasecmp((char *) u->host.data + u->host.len - n, *word, n)
               == 0)
        {
            return gw_net_wrong(u, "has a host that is no name of the "
                                "internet");
        }
    }

    return GW_OK;
}


int
gw_net_url(gw_str_t url, const gw_nets_t *allow, gw_buf_t *err)
{
    int           rc;
    gw_net_url_t  u = { .allow = allow, .err = err };

    rc = gw_net_url_bytes(&u, url);
    rc = rc == GW_OK ? gw_net_url_split(&u, url) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    if (u.bracket || gw_net_url_number(u.host)) {
        return gw_net_url_address(&u);
    }

    rc = gw_net_url_name(&u);
    if (rc == GW_OK && allow->n == 0 && !u.https) {
        return gw_net_wrong(&u, "does not begin with https://");
    }

    if (rc == GW_OK && allow->n == 0 && u.port != 443 && u.port != 8443) {
        return gw_net_wrong(&u, "has another port than 443 and 8443");
    }

    return rc;
}
