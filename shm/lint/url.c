/* URLs of a mail, by their look alone: nothing is asked for. */
#include <ctype.h>
#include <strings.h>

#include "shm/lint/lint.h"

/* Schemes that a reader of mail does not follow. */
static const char *const  url_dead[] = {
    "about:", "blob:", "data:", "file:", "javascript:", "vbscript:", NULL
};

/* Ends of names that are of one network. */
static const char *const  url_near[] = {
    ".internal", ".lan", ".local", ".localdomain", ".localhost", NULL
};

/* Addresses of one machine or one network, by their beginning. */
static const char *const  url_private[] = {
    "0.", "10.", "127.", "169.254.", "192.168.", "[::1]", "[f", NULL
};


static bool
url_begins(gw_str_t s, const char *with)
{
    size_t  n;

    n = strlen(with);
    return s.len >= n && strncasecmp((char *) s.data, with, n) == 0;
}


static bool
url_ends(gw_str_t s, const char *with)
{
    size_t  n;

    n = strlen(with);
    return s.len >= n
           && strncasecmp((char *) s.data + s.len - n, with, n) == 0;
}


/* Is it of a network that the recipient is not in? 172.16 to 172.31 too. */
static bool
url_is_near(gw_str_t host)
{
    unsigned            n, i;
    const char *const  *p;

    for (p = url_near; *p != NULL; p++) {
        if (url_ends(host, *p)) {
            return true;
        }
    }

    for (p = url_private; *p != NULL; p++) {
        /* the source goes on behind the host, so that there is an end */
        if (url_begins(host, *p)
            && (*host.data == '[' || strspn((char *) host.data, "0123456789.")
                                     >= host.len))
        {
            return true;
        }
    }

    n = 0;
    if (url_begins(host, "172.")) {
        for (i = 4; i < host.len && isdigit(host.data[i]) && n < 1000; i++) {
            n = n * 10 + host.data[i] - '0';
        }
    }

    return (n >= 16 && n <= 31)
           || (*host.data != '[' && memchr(host.data, '.', host.len) == NULL);
}


/* Behind `http://`. */
static const char *
url_host(gw_str_t s, const char **rule)
{
    size_t          n;
    gw_str_t        host;
    unsigned char  *at;

    for (n = 0; n < s.len && memchr("/?#", s.data[n], 3) == NULL; n++) {
        /* void */
    }

    host = gw_str_make(s.data, n);
    if (memchr(host.data, '{', host.len) != NULL) {
        return NULL;                    /* it comes with the recipient */
    }

    at = memrchr(host.data, '@', host.len);
    host = at != NULL ? gw_str_make(at + 1, host.data + n - at - 1) : host;
    at = host.len > 0 && *host.data != '['
         ? memchr(host.data, ':', host.len) : NULL;
    host.len = at != NULL ? (size_t) (at - host.data) : host.len;

    if (host.len == 0 || *host.data == '.' || url_ends(host, "..")) {
        return "it names no host; write it as https://www.example.com/";
    }

    *rule = "link_local";
    return !url_is_near(host) ? NULL
           : "it leads to a host of your own network, which nobody else "
             "reaches; write its public name";
}


/* What of it is no Liquid holds a blank? */
static bool
url_has_blank(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len && s.data[i] != '{'; i++) {
        if (gw_html_blank(s.data[i])) {
            return true;
        }
    }

    return false;
}


const char *
lint_url(gw_str_t url, bool image, const char **rule)
{
    size_t              n;
    const char *const  *dead;

    url = lint_trim(url);
    *rule = image ? "image_broken" : "link_broken";

    if (url.len == 0 || gw_str_is(url, "#")) {
        *rule = image ? *rule : "link_empty";
        return image ? "the image has no URL; give it one, or leave it out"
                     : "the link leads nowhere; give it a URL, or leave it "
                       "out";
    }

    if (*url.data == '#' || *url.data == '{') {
        return NULL;                    /* a place in the mail, or Liquid */
    }

    for (dead = url_dead; *dead != NULL; dead++) {
        if (url_begins(url, *dead) && !(image && url_begins(url, "data:"))) {
            return "readers of mail do not follow such a URL; write one that "
                   "begins with https://";
        }
    }

    if (image && url_begins(url, "data:")) {
        return "most readers of mail do not show an image that is in its URL; "
               "send it as an inline file, or give it an https:// URL";
    }

    if (url_has_blank(url)) {
        return "it holds a blank; write %20 for it";
    }

    if (url_begins(url, "http://") || url_begins(url, "https://")) {
        n = url_begins(url, "https") ? 8 : 7;
        return url_host(gw_str_make(url.data + n, url.len - n), rule);
    }

    if (url_begins(url, "mailto:")) {
        return memchr(url.data, '@', url.len) != NULL
               || memchr(url.data, '{', url.len) != NULL ? NULL
               : "it names no address; write it as mailto:ann@example.com";
    }

    /* cid:, tel:, that of an app: letters, then a colon before any slash */
    for (n = 0; n < url.len && (isalnum(url.data[n])
                                || memchr("+-.", url.data[n], 3) != NULL); n++)
    {
        /* void */
    }

    return n > 0 && n < url.len && url.data[n] == ':' ? NULL
           : "a mail has no page that it could be relative to; write all of "
             "it, from https:// on";
}
