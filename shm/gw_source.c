/* What the cache holds of a source. */
#include "shm/gw_source.h"

#define GW_SOURCE_FIXED  2              /* gone, length of the key */


size_t
gw_source_pack(unsigned char *out, const gw_source_t *s)
{
    if (s->key.len > GW_APIKEY_MAX || s->origins.len > GW_SOURCE_ORIGINS_MAX) {
        return 0;
    }

    out[0] = s->gone;
    out[1] = (unsigned char) s->key.len;

    if (s->key.len > 0) {
        memcpy(out + GW_SOURCE_FIXED, s->key.data, s->key.len);
    }

    if (s->origins.len > 0) {
        memcpy(out + GW_SOURCE_FIXED + s->key.len, s->origins.data,
               s->origins.len);
    }

    return GW_SOURCE_FIXED + s->key.len + s->origins.len;
}


int
gw_source_unpack(gw_source_t *s, gw_str_t value)
{
    if (value.len < GW_SOURCE_FIXED || value.len > GW_SOURCE_MAX
        || value.data[0] > 1 || value.data[1] > value.len - GW_SOURCE_FIXED)
    {
        return GW_ECORRUPT;
    }

    s->gone = value.data[0] == 1;
    s->key = gw_str_make(value.data + GW_SOURCE_FIXED, value.data[1]);
    s->origins = gw_str_make(s->key.data + s->key.len,
                             value.len - GW_SOURCE_FIXED - s->key.len);
    return GW_OK;
}


int
gw_source_refuse(const gw_source_t *s, gw_str_t key, gw_str_t origin)
{
    gw_str_t  origins;

    if (s->gone || !gw_str_eq(s->key, key)) {
        return GW_EINVAL;
    }

    if (origin.len == 0 || s->origins.len == 0) {
        return GW_OK;
    }

    for (origins = s->origins; origins.len > 0; /* void */) {
        if (gw_str_eq(gw_str_cut(&origins, ' '), origin)) {
            return GW_OK;
        }
    }

    return GW_EFULL;
}
