/* URIs of RFC 3986. */
#include "shm/schema/format.h"

#include <ctype.h>

#define UNRESERVED  "-._~"
#define SUB_DELIMS  "!$&'()*+,;="
#define PATH_CHARS  UNRESERVED SUB_DELIMS ":@/"


/* letters, digits, %XX and the characters of also */
static bool
uri_only(gw_str_t s, const char *also)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '%') {
            if (s.len - i < 3 || !isxdigit(s.data[i + 1])
                || !isxdigit(s.data[i + 2]))
            {
                return false;
            }

            i += 2;

        } else if (!isalnum(s.data[i])
                   && (s.data[i] == '\0' || s.data[i] > 0x7e
                       || strchr(also, s.data[i]) == NULL))
        {
            return false;
        }
    }

    return true;
}


/* take the text before the first `stop` off s, which then begins behind it */
static gw_str_t
uri_until(gw_str_t *s, char stop, bool *found)
{
    gw_str_t              head = *s;
    const unsigned char  *at;

    at = s->len > 0 ? memchr(s->data, stop, s->len) : NULL;
    *found = at != NULL;

    if (at != NULL) {
        head.len = (size_t) (at - s->data);
        *s = gw_str_make(at + 1, s->len - head.len - 1);

    } else {
        s->len = 0;
    }

    return head;
}


static bool
uri_authority(gw_str_t s)
{
    bool      found;
    size_t    i;
    gw_str_t  user, rest, host;

    rest = s;
    user = uri_until(&rest, '@', &found);
    if (found) {
        if (!uri_only(user, UNRESERVED SUB_DELIMS ":")) {
            return false;
        }

    } else {
        rest = s;
    }

    if (rest.len > 0 && rest.data[0] == '[') {
        host = uri_until(&rest, ']', &found);
        if (!found
            || !format_ipv6(gw_str_make(host.data + 1, host.len - 1))
            || (rest.len > 0 && rest.data[0] != ':'))
        {
            return false;
        }

        rest = gw_str_make(rest.data + 1, rest.len > 0 ? rest.len - 1 : 0);

    } else {
        host = uri_until(&rest, ':', &found);
        if (!uri_only(host, UNRESERVED SUB_DELIMS)) {
            return false;
        }
    }

    for (i = 0; i < rest.len; i++) {
        if (!isdigit(rest.data[i])) {
            return false;
        }
    }

    return true;
}


/* what follows the scheme and its colon */
static bool
uri_rest(gw_str_t s)
{
    bool      found;
    size_t    n;
    gw_str_t  hier, query;

    hier = uri_until(&s, '#', &found);
    if (!uri_only(s, PATH_CHARS "?")) {
        return false;
    }

    query = hier;
    hier = uri_until(&query, '?', &found);
    if (!uri_only(query, PATH_CHARS "?")) {
        return false;
    }

    if (hier.len >= 2 && hier.data[0] == '/' && hier.data[1] == '/') {

        for (n = 2; n < hier.len && hier.data[n] != '/'; n++) {
            /* void */
        }

        if (!uri_authority(gw_str_make(hier.data + 2, n - 2))) {
            return false;
        }

        hier = gw_str_make(hier.data + n, hier.len - n);
    }

    return uri_only(hier, PATH_CHARS);
}


bool
format_uri(gw_str_t s)
{
    size_t  n;

    for (n = 0; n < s.len && s.data[n] != ':'; n++) {
        if (!isalpha(s.data[n])
            && (n == 0 || (!isdigit(s.data[n]) && s.data[n] != '+'
                           && s.data[n] != '-' && s.data[n] != '.')))
        {
            return false;
        }
    }

    return n > 0 && n < s.len
           && uri_rest(gw_str_make(s.data + n + 1, s.len - n - 1));
}


bool
format_uri_reference(gw_str_t s)
{
    size_t  n;

    if (format_uri(s)) {
        return true;
    }

    /* a first segment with a colon would have to be a scheme */
    for (n = 0; n < s.len && strchr("/?#", s.data[n]) == NULL; n++) {
        if (s.data[n] == ':') {
            return false;
        }
    }

    return uri_rest(s);
}
