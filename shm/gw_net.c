/* Networks: reading them, and which addresses are of the internet. */
#include "shm/gw_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>

typedef struct {
    unsigned char  addr[8];
    uint8_t        bits;
} gw_net_row_t;

/* RFC 6890 and its registry: what is not of the internet at large */
static const gw_net_row_t  gw_net_v4[] = {
    { { 0 }, 8 },
    { { 10 }, 8 },
    { { 100, 64 }, 10 },
    { { 127 }, 8 },
    { { 169, 254 }, 16 },
    { { 172, 16 }, 12 },
    { { 192, 0, 0 }, 24 },
    { { 192, 0, 2 }, 24 },
    { { 192, 88, 99 }, 24 },
    { { 192, 168 }, 16 },
    { { 198, 18 }, 15 },
    { { 198, 51, 100 }, 24 },
    { { 203, 0, 113 }, 24 },
    { { 224 }, 3 },                     /* multicast, reserved, broadcast */
    { { 0 }, 0 }
};

/* the internet is within 2000::/3; of that these are not */
static const gw_net_row_t  gw_net_v6[] = {
    { { 0x20, 0x01, 0x00 }, 23 },       /* Teredo, ORCHID, benchmarks */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
    { { 0x20, 0x02 }, 16 },             /* 6to4 */
    { { 0x3f, 0xff }, 20 },
    { { 0 }, 0 }
};


/* Are the first so many bits the same? */
static bool
gw_net_same(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned  rest;

    if (memcmp(a, b, bits / 8) != 0) {
        return false;
    }

    rest = bits % 8;
    return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}


/* The bytes of an address, or NULL for what is neither IPv4 nor IPv6. */
static const unsigned char *
gw_net_bytes(const struct sockaddr *sa, bool *v4)
{
    *v4 = sa->sa_family == AF_INET;

    if (*v4) {
        return (const unsigned char *)
               &((const struct sockaddr_in *) (const void *) sa)->sin_addr;
    }

    return sa->sa_family == AF_INET6
           ? (const unsigned char *)
             &((const struct sockaddr_in6 *) (const void *) sa)->sin6_addr
           : NULL;
}


int
gw_net_parse(gw_str_t s, gw_net_t *net)
{
    char            text[INET6_ADDRSTRLEN];
    size_t          n;
    unsigned        i, whole;
    long long       bits;
    unsigned char  *slash;

    memset(net, 0, sizeof(gw_net_t));
    slash = s.len > 0 ? memchr(s.data, '/', s.len) : NULL;
    n = slash != NULL ? (size_t) (slash - s.data) : s.len;
    if (n >= sizeof(text)) {
        return GW_EINVAL;
    }

    if (n > 0) {
        memcpy(text, s.data, n);
    }
    text[n] = '\0';
    net->v4 = inet_pton(AF_INET, text, net->addr) == 1;
    if (!net->v4 && inet_pton(AF_INET6, text, net->addr) != 1) {
        return GW_EINVAL;
    }

    whole = net->v4 ? 32 : 128;
    bits = whole;
    if (slash != NULL && gw_str_int(gw_str_make(slash + 1, s.len - n - 1), 0,
                                    whole, &bits) != GW_OK)
    {
        return GW_EINVAL;
    }

    for (i = (unsigned) bits; i < whole; i++) {
        if (net->addr[i / 8] >> (7 - i % 8) & 1) {
            return GW_EINVAL;
        }
    }

    net->bits = (uint8_t) bits;
    return GW_OK;
}


void
gw_net_print(const gw_net_t *net, gw_buf_t *out)
{
    char  text[INET6_ADDRSTRLEN];

    if (inet_ntop(net->v4 ? AF_INET : AF_INET6, net->addr, text, sizeof(text))
        != NULL)
    {
        gw_buf_fmt(out, "%s/%u", text, net->bits);
    }
}


bool
gw_net_is_server(gw_str_t s)
{
    char            host[INET6_ADDRSTRLEN];
    bool            v6;
    size_t          n;
    long long       port;
    unsigned char   address[16], *end;

    v6 = s.len > 0 && s.data[0] == '[';
    end = s.len > 0 ? memrchr(s.data, v6 ? ']' : ':', s.len) : NULL;
    if (v6 && end == NULL) {
        return false;
    }

    n = end != NULL ? (size_t) (end - s.data) : s.len;
    end = s.data + n + v6;
    if (end < s.data + s.len
        && (*end != ':'
            || gw_str_int(gw_str_make(end + 1, s.data + s.len - end - 1), 1,
                          65535, &port) != GW_OK))
    {
        return false;
    }

    n -= v6;
    if (n >= sizeof(host)) {
        return false;
    }

    memcpy(host, s.data + v6, n);
    host[n] = '\0';
    return inet_pton(v6 ? AF_INET6 : AF_INET, host, address) == 1;
}


bool
gw_net_is_domain(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (!(s.data[i] >= 'a' && s.data[i] <= 'z') && s.data[i] != '-'
            && !(s.data[i] >= '0' && s.data[i] <= '9')
            && !(s.data[i] == '.' && i > 0 && s.data[i - 1] != '.'))
        {
            return false;
        }
    }

    return s.len > 0 && s.data[s.len - 1] != '.';
}


bool
gw_net_is_place(gw_str_t s)
{
    size_t                i, n;
    const unsigned char  *at;

    at = s.len > 0 ? memchr(s.data, '@', s.len) : NULL;
    n = at != NULL ? (size_t) (at - s.data) : 0;
    for (i = 0; i < n; i++) {
        if (s.data[i] <= ' ' || s.data[i] >= 0x7f
            || strchr("<>()[]\\,;:\"", s.data[i]) != NULL)
        {
            return false;
        }
    }

    return (at == NULL || (n > 0 && n <= 64))
           && gw_net_is_domain(at != NULL ? gw_str_make(s.data + n + 1,
                                                        s.len - n - 1) : s);
}


bool
gw_nets_have(const gw_nets_t *nets, const struct sockaddr *sa)
{
    bool                  v4;
    unsigned              i;
    const unsigned char  *addr;

    addr = gw_net_bytes(sa, &v4);

    for (i = 0; addr != NULL && i < nets->n; i++) {
        if (nets->v[i].v4 == v4
            && gw_net_same(nets->v[i].addr, addr, nets->v[i].bits))
        {
            return true;
        }
    }

    return false;
}


bool
gw_net_public(const struct sockaddr *sa)
{
    bool                  v4;
    const gw_net_row_t   *row;
    const unsigned char  *addr;

    addr = gw_net_bytes(sa, &v4);
    if (addr == NULL || (!v4 && addr[0] >> 5 != 1)) {
        return false;
    }

    for (row = v4 ? gw_net_v4 : gw_net_v6; row->bits > 0; row++) {
        if (gw_net_same(row->addr, addr, row->bits)) {
            return false;
        }
    }

    return true;
}


bool
gw_net_may(const gw_nets_t *allow, bool https, const struct sockaddr *sa)
{
    unsigned  port;

    if (gw_nets_have(allow, sa)) {
        return true;
    }

    if (!https || !gw_net_public(sa)) {
        return false;
    }

    /* the port lies at the same place in both families */

    port = ntohs(((const struct sockaddr_in *) (const void *) sa)->sin_port);
    return port == 443 || port == 8443;
}


bool
gw_net_is_host(gw_str_t v)
{
    size_t          i;
    unsigned char  *colon;

    for (i = 0; i < v.len; i++) {
        if (v.data[i] <= ' ' || v.data[i] >= 0x7f || v.data[i] == ','
            || v.data[i] == '"' || v.data[i] == '\\')
        {
            return false;
        }
    }

    colon = v.len > 0 && v.len < 256 ? memrchr(v.data, ':', v.len) : NULL;
    return colon != NULL && colon > v.data && colon < v.data + v.len - 1;
}
