/* The names of the addresses that mail leaves from (RFC 1912 section 2.1). */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "worker/domains/domains.h"

#define PTR_NAMES  10                   /* of an address are looked up */


void
ptr_name(const gw_net_t *address, char out[PTR_NAME_MAX])
{
    int       i;
    gw_buf_t  b;

    gw_buf_fixed(&b, out, PTR_NAME_MAX);
    if (address->v4) {
        gw_buf_fmt(&b, "%u.%u.%u.%u.in-addr.arpa", address->addr[3],
                   address->addr[2], address->addr[1], address->addr[0]);
    } else {
        for (i = 15; i >= 0; i--) {
            gw_buf_fmt(&b, "%x.%x.", address->addr[i] & 15,
                       address->addr[i] >> 4);
        }
        gw_buf_cstr(&b, "ip6.arpa");
    }
    (void) gw_buf_c(&b);
}


/* Does a name lead back to the address? */
static dns_state_t
ptr_leads_back(domain_t *d, const gw_net_t *address, const char *name,
    bool *back)
{
    int            family;
    size_t         i;
    json_t        *found;
    dns_state_t    state;
    unsigned char  is[16];

    family = address->v4 ? AF_INET : AF_INET6;
    state = domain_ask(d, address->v4 ? ns_t_a : ns_t_aaaa, name, &found);
    for (i = 0; i < json_array_size(found); i++) {
        *back |= inet_pton(family, json_string_value(json_array_get(found, i)),
                           is) == 1
                 && memcmp(is, address->addr, address->v4 ? 4 : 16) == 0;
    }

    json_decref(found);
    return state;
}


record_verdict_t
ptr_check(domain_t *d, const gw_net_t *address, json_t **found)
{
    bool         back, unknown;
    char         name[PTR_NAME_MAX];
    size_t       i;
    dns_state_t  state;

    ptr_name(address, name);
    state = domain_ask(d, ns_t_ptr, name, found);
    unknown = domain_is_unknown(state);
    back = false;
    for (i = 0; !back && i < json_array_size(*found) && i < PTR_NAMES; i++) {
        state = ptr_leads_back(d, address,
                               json_string_value(json_array_get(*found, i)),
                               &back);
        unknown |= domain_is_unknown(state);
    }

    return back
           ? (record_verdict_t) { RECORD_OK, "ptr_ok", "the address has a "
                 "name, which leads back to it" }
           : unknown
           ? (record_verdict_t) { RECORD_UNKNOWN, "unknown", "no name server "
                 "has answered, so it is not known; verify again later" }
           : json_array_size(*found) > 0
           ? (record_verdict_t) { RECORD_WRONG, "ptr_wrong", "the name does "
                 "not lead back to the address, so receivers distrust what "
                 "comes from it; publish its A or AAAA record" }
           : (record_verdict_t) { RECORD_MISSING, "ptr_missing", "mail leaves "
                 "from an address that has no name, which large receivers "
                 "refuse; ask whoever gave it to you for a PTR record" };
}
