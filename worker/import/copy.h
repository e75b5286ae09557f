/* The binary form of COPY: a field, a number, a null. */
#ifndef COPY_H
#define COPY_H

#include <arpa/inet.h>
#include <endian.h>

#include "shm/gw_buf.h"

static inline void
copy_put(gw_buf_t *out, const void *p, size_t n)
{
    uint32_t  len;

    len = htonl((uint32_t) n);
    gw_buf_put(out, &len, 4);
    gw_buf_put(out, p, n);
}


/* v as an integer (or a timestamp) of n bytes. */
static inline void
copy_put_int(gw_buf_t *out, int64_t v, size_t n)
{
    uint64_t  be;

    be = htobe64((uint64_t) v);
    copy_put(out, (unsigned char *) &be + 8 - n, n);
}


static inline void
copy_null(gw_buf_t *out)
{
    gw_buf_put(out, "\xff\xff\xff\xff", 4);
}

#endif
