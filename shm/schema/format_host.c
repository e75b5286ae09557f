/* Names and addresses of hosts. */
#include "shm/schema/format.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <idn2.h>
#include <strings.h>

#define HOST_MAX   253
#define LABEL_MAX  63


/* an A-label stands for a name that IDNA 2008 allows, and for no other */
static bool
host_a_label(gw_str_t s)
{
    int       rc;
    char      label[LABEL_MAX + 1];
    size_t    i;
    uint8_t  *again;

    for (i = 0; i < s.len; i++) {
        label[i] = (char) tolower(s.data[i]);
    }

    label[i] = '\0';
    again = NULL;
    rc = idn2_register_u8(NULL, (uint8_t *) label, &again, 0);
    idn2_free(again);
    return rc == IDN2_OK;
}


static bool
host_label(gw_str_t s)
{
    size_t  i;

    if (s.len == 0 || s.len > LABEL_MAX || s.data[0] == '-'
        || s.data[s.len - 1] == '-')
    {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (!isalnum(s.data[i]) && s.data[i] != '-') {
            return false;
        }
    }

    return s.len < 4 || strncasecmp((char *) s.data, "xn--", 4) != 0
           || host_a_label(s);
}


bool
format_hostname(gw_str_t s)
{
    size_t                n;
    gw_str_t              label;
    const unsigned char  *dot;

    if (s.len > HOST_MAX) {
        return false;
    }

    for ( ;; ) {
        dot = s.len > 0 ? memchr(s.data, '.', s.len) : NULL;
        n = dot != NULL ? (size_t) (dot - s.data) : s.len;
        label = gw_str_make(s.data, n);

        if (!host_label(label)) {
            return false;
        }

        if (dot == NULL) {
            return true;
        }

        s = gw_str_make(dot + 1, s.len - n - 1);
    }
}


static bool
host_address(gw_str_t s, int family)
{
    char           text[INET6_ADDRSTRLEN + 1];
    unsigned char  address[16];

    if (s.len >= sizeof(text) || memchr(s.data, '\0', s.len) != NULL) {
        return false;
    }

    memcpy(text, s.data, s.len);
    text[s.len] = '\0';
    return inet_pton(family, text, address) == 1;
}


bool
format_ipv4(gw_str_t s)
{
    return host_address(s, AF_INET);
}


bool
format_ipv6(gw_str_t s)
{
    return host_address(s, AF_INET6);
}
