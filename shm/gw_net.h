/* Networks, and where a request that a workspace has asked for may go. */
#ifndef GW_NET_H
#define GW_NET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_NETS_MAX  16

#define GW_NET_HEADERS       10         /* of one request, and of each kind */
#define GW_NET_HEADER_NAME   64
#define GW_NET_HEADER_VALUE  1000

/* ADDRESS/BITS, of IPv4 in the first 4 bytes. */
typedef struct {
    unsigned char  addr[16];
    uint8_t        bits;
    bool           v4;
} gw_net_t;

typedef struct {
    gw_net_t  v[GW_NETS_MAX];
    unsigned  n;
} gw_nets_t;

/* 192.0.2.0/24, 2001:db8::/32, or one address; no bit may stand behind the
   mask. GW_EINVAL. */
int gw_net_parse(gw_str_t s, gw_net_t *net) GW_MUSTCHECK;
void gw_net_print(const gw_net_t *net, gw_buf_t *out);

/* Is it ADDRESS, ADDRESS:PORT or, of IPv6, [ADDRESS] or [ADDRESS]:PORT? */
bool gw_net_is_server(gw_str_t s);

/* Is it a domain as mail has them, ASCII in lower case; or LOCAL@ such one? */
bool gw_net_is_domain(gw_str_t s);
bool gw_net_is_place(gw_str_t s);

/* Is it HOST:PORT, where a host of IPv6 stands in brackets? */
bool gw_net_is_host(gw_str_t v);

bool gw_nets_have(const gw_nets_t *nets, const struct sockaddr *sa);

/*
 * Is this an address of the internet at large: nothing private, local,
 * shared, reserved, of documentation, multicast, and no IPv6 form that holds
 * an IPv4 address (mapped, NAT64, 6to4, Teredo)?
 */
bool gw_net_public(const struct sockaddr *sa);

/*
 * May a connection go there? An address of `allow` may be reached by any
 * scheme and port, others by https to port 443 or 8443 of the internet. This
 * is asked of the address that is really connected to.
 */
bool gw_net_may(const gw_nets_t *allow, bool https, const struct sockaddr *sa);

/*
 * Is this a URL that a workspace may have requests sent to, as far as can be
 * seen without looking up its name? GW_EINVAL and one sentence in err.
 */
int gw_net_url(gw_str_t url, const gw_nets_t *allow, gw_buf_t *err)
    GW_MUSTCHECK;

/*
 * May a workspace have this header sent with them? GW_EINVAL and a sentence
 * without its subject in err. The same of lines of `Name: value`.
 */
int gw_net_header(gw_str_t name, gw_str_t value, gw_buf_t *err) GW_MUSTCHECK;
int gw_net_header_lines(gw_str_t text, gw_buf_t *err) GW_MUSTCHECK;

#endif
