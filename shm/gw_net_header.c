/*
 * A header that a workspace may have sent with its requests: nothing that says
 * where a message ends, whom it is for, or what we say of it ourselves.
 */
#include <string.h>
#include <strings.h>

#include "shm/gw_net.h"

/* Names, and beginnings of names, which end in a hyphen. */
static const char *const  gw_net_ours[] = {
    "host", "connection", "keep-alive", "te", "trailer", "transfer-encoding",
    "upgrade", "expect", "date", "proxy-", "content-", "webhook-",
    "idempotency-key", NULL
};


static bool
gw_net_is_ours(gw_str_t name)
{
    size_t              n;
    const char *const  *p;

    for (p = gw_net_ours; *p != NULL; p++) {
        n = strlen(*p);

        if (name.len >= n && ((*p)[n - 1] == '-' || name.len == n)
            && strncasecmp((char *) name.data, *p, n) == 0)
        {
            return true;
        }
    }

    return false;
}


/* What RFC 9110 calls a token. */
static bool
gw_net_is_token(gw_str_t s)
{
    size_t  i;

    static const char  others[] = "!#$%&'*+-.^_`|~";

    for (i = 0; i < s.len; i++) {
        if (!((s.data[i] | 0x20) >= 'a' && (s.data[i] | 0x20) <= 'z')
            && !(s.data[i] >= '0' && s.data[i] <= '9')
            && (s.data[i] == '\0' || strchr(others, s.data[i]) == NULL))
        {
            return false;
        }
    }

    return s.len > 0 && s.len <= GW_NET_HEADER_NAME;
}


/* Printable ASCII, with no blank at either end. */
static bool
gw_net_is_value(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len && s.data[i] >= ' ' && s.data[i] <= '~'; i++) {
        /* void */
    }

    return i == s.len && s.len > 0 && s.len <= GW_NET_HEADER_VALUE
           && s.data[0] != ' ' && s.data[s.len - 1] != ' ';
}


int
gw_net_header(gw_str_t name, gw_str_t value, gw_buf_t *err)
{
    if (!gw_net_is_token(name)) {
        gw_buf_fmt(err, "has a name that is no header's: letters, digits and "
                   "hyphens, at most %d", GW_NET_HEADER_NAME);
        return GW_EINVAL;
    }

    if (gw_net_is_ours(name)) {
        gw_buf_fmt(err, "names %.*s, which is not for you to set",
                   (int) name.len, (char *) name.data);
        return GW_EINVAL;
    }

    if (!gw_net_is_value(value)) {
        gw_buf_fmt(err, "has a value of %.*s that is not 1 to %d printable "
                   "ASCII characters without a blank at its ends",
                   (int) name.len, (char *) name.data, GW_NET_HEADER_VALUE);
        return GW_EINVAL;
    }

    return GW_OK;
}


int
gw_net_header_lines(gw_str_t text, gw_buf_t *err)
{
    int             rc;
    size_t          n, colon, lines;
    gw_str_t        name, value;

    rc = GW_OK;

    for (lines = 0; rc == GW_OK && text.len > 0; lines++) {
        for (n = 0; n < text.len && text.data[n] != '\n'; n++) {
            /* void */
        }

        for (colon = 0; colon < n && text.data[colon] != ':'; colon++) {
            /* void */
        }

        if (colon + 2 > n || text.data[colon + 1] != ' '
            || lines == GW_NET_HEADERS)
        {
            gw_buf_fmt(err, "is not up to %d lines of \"Name: value\"",
                       GW_NET_HEADERS);
            return GW_EINVAL;
        }

        name = gw_str_make(text.data, colon);
        value = gw_str_make(text.data + colon + 2, n - colon - 2);
        rc = gw_net_header(name, value, err);
        n += n < text.len;
        text = gw_str_make(text.data + n, text.len - n);
    }

    return rc;
}
