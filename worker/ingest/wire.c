/* Values in Postgres's binary form, for COPY and for parameters. */
#include "worker/ingest/wire.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "shm/gw_utf8.h"

#define WIRE_EPOCH_US  946684800000000LL       /* 2000-01-01, Postgres's zero */


void
wire_int(gw_buf_t *out, uint64_t v, unsigned bytes)
{
    uint32_t        len;
    uint64_t        be;
    unsigned char  *to;

    to = gw_buf_room(out, 4 + bytes);
    if (to == NULL) {
        return;
    }

    len = htonl(bytes);
    be = htobe64(v << 8 * (8 - bytes));
    memcpy(to, &len, 4);
    memcpy(to + 4, &be, bytes);
    out->len += 4 + bytes;
}


void
wire_null(gw_buf_t *out)
{
    gw_buf_put(out, "\xff\xff\xff\xff", 4);
}


void
wire_time(gw_buf_t *out, int64_t us)
{
    wire_int(out, (uint64_t) (us - WIRE_EPOCH_US), 8);
}


void
wire_text(gw_buf_t *out, gw_str_t s)
{
    size_t          i, n;
    uint32_t        len;
    unsigned char  *to;

    if (s.len == 0) {
        wire_null(out);
        return;
    }

    len = htonl((uint32_t) s.len);
    gw_buf_put(out, &len, 4);
    to = gw_buf_room(out, s.len);
    if (to == NULL) {
        return;
    }

    memcpy(to, s.data, s.len);
    out->len += s.len;

    for (i = 0; i < s.len; i += n) {
        n = gw_utf8_len(to + i, s.len - i);
        if (n == 0 || to[i] == '\0') {
            to[i] = '?';
            n = 1;
        }
    }
}


/* inet: family, bits, is_cidr, length, address (network order). */
void
wire_ip(gw_buf_t *out, const unsigned char ip[16])
{
    unsigned char               b[24];
    static const unsigned char  mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                               0xff, 0xff };

    if (memcmp(ip, mapped, 12) == 0) {
        memcpy(b, "\0\0\0\10\2\40\0\4", 8);
        memcpy(b + 8, ip + 12, 4);
        gw_buf_put(out, b, 12);
        return;
    }

    memcpy(b, "\0\0\0\24\3\200\0\20", 8);
    memcpy(b + 8, ip, 16);
    gw_buf_put(out, b, 24);
}


static uint64_t
wire_field(const unsigned char *field, size_t bytes)
{
    uint16_t  v2;
    uint32_t  v4;
    uint64_t  v8;

    switch (bytes) {
    case 1:
        return *field;
    case 2:
        memcpy(&v2, field, 2);
        return v2;
    case 4:
        memcpy(&v4, field, 4);
        return v4;
    default:
        memcpy(&v8, field, 8);
        return v8;
    }
}


void
wire_array(gw_buf_t *out, const wire_column_t *c, const void *item,
    size_t size, unsigned n)
{
    unsigned              i, width;
    uint32_t              head[5];
    uint64_t              v;
    const unsigned char  *field;

    /* dimensions, may hold NULL, element type, length, first subscript */
    head[0] = htonl(1);
    head[1] = htonl(1);
    head[2] = htonl(c->type);
    head[3] = htonl(n);
    head[4] = htonl(1);
    gw_buf_put(out, head, sizeof(head));

    width = c->type == WIRE_INT2 ? 2
            : c->type == WIRE_INT4 || c->type == WIRE_XID ? 4
            : c->type == WIRE_TID ? 6 : 8;
    field = (const unsigned char *) item + c->offset;

    for (i = 0; i < n; i++) {
        v = wire_field(field, c->bytes);
        field += size;

        if (c->type != WIRE_TIME) {
            wire_int(out, v, width);
        } else if (v == 0) {
            wire_null(out);
        } else {
            wire_time(out, (int64_t) v);
        }
    }
}


int64_t
wire_read(const PGresult *res, int row, int column)
{
    int                   i, len;
    uint64_t              v;
    const unsigned char  *p;

    p = (const unsigned char *) PQgetvalue(res, row, column);
    len = PQgetlength(res, row, column);
    v = len > 0 && p[0] & 0x80 ? UINT64_MAX : 0;
    for (i = 0; i < len; i++) {
        v = v << 8 | p[i];
    }

    return (int64_t) v;
}


int64_t
wire_read_time(const PGresult *res, int row, int column)
{
    return PQgetisnull(res, row, column) ? 0
           : wire_read(res, row, column) + WIRE_EPOCH_US;
}
