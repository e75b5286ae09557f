/* International domains of addresses (IDNA 2008). */
#include "shm/gw_idn.h"

#include <idn2.h>

#include "shm/gw_net.h"

#define IDN_BYTES  1000         /* of a domain as it is written */


static bool
idn_is_ascii(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len && s.data[i] < 0x80; i++) { /* void */ }
    return i == s.len;
}


int
gw_idn_email(gw_str_t address, gw_buf_t *out)
{
    int             rc;
    char            name[IDN_BYTES + 1];
    uint8_t        *labels;
    gw_str_t        domain;
    unsigned char  *at;

    at = address.len > 0 ? memrchr(address.data, '@', address.len) : NULL;
    if (at == NULL || idn_is_ascii(address)) {
        gw_buf_str(out, address);
        return GW_OK;
    }

    domain = gw_str_make(at + 1, address.data + address.len - at - 1);
    if (idn_is_ascii(domain)) {
        gw_buf_str(out, address);
        return GW_OK;
    }

    if (domain.len > IDN_BYTES
        || memchr(domain.data, '\0', domain.len) != NULL)
    {
        return GW_EINVAL;
    }

    memcpy(name, domain.data, domain.len);
    name[domain.len] = '\0';
    labels = NULL;
    rc = idn2_lookup_u8((uint8_t *) name, &labels,
                        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

    /*
     * Full-width forms and the like become ASCII: no mark may come of it.
     * (IDN2_USE_STD3_ASCII_RULES drops such marks, which makes another name.)
     */
    if (rc == IDN2_OK && gw_net_is_domain(gw_str_of((char *) labels))) {
        gw_buf_put(out, address.data, address.len - domain.len);
        gw_buf_cstr(out, (char *) labels);
    } else {
        rc = GW_EINVAL;
    }

    idn2_free(labels);
    return rc == IDN2_OK ? GW_OK : GW_EINVAL;
}
