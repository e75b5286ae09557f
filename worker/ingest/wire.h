/* Values in Postgres's binary form: a length, then big-endian bytes. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>

#include <libpq-fe.h>

#include "shm/gw_buf.h"

enum { WIRE_INT2 = 21, WIRE_INT4 = 23, WIRE_INT8 = 20, WIRE_TID = 27,
       WIRE_XID = 28, WIRE_TIME = 1184 };

/* Append an integer of so many bytes; NULL; an instant in unix us. */
void wire_int(gw_buf_t *out, uint64_t v, unsigned bytes);
void wire_null(gw_buf_t *out);
void wire_time(gw_buf_t *out, int64_t us);

/* Append text that Postgres takes (wrong UTF-8 and NUL become a question
   mark), NULL when empty; an inet of 16 bytes, IPv4 mapped. */
void wire_text(gw_buf_t *out, gw_str_t s);
void wire_ip(gw_buf_t *out, const unsigned char ip[16]);

/* A column of an array of structs: a WIRE_ type, and where the field lies and
   how many bytes it has. A time of 0 is NULL. */
typedef struct {
    unsigned  type;
    size_t    offset, bytes;
} wire_column_t;

#define WIRE_COLUMN(type, of, field)                                         \
    { type, offsetof(of, field), sizeof(((of *) 0)->field) }

/* Append one column of n items (each of `size` bytes) as an array. */
void wire_array(gw_buf_t *out, const wire_column_t *c, const void *item,
    size_t size, unsigned n);

/* A number, or an instant in unix us (0 = NULL), of a binary result. */
int64_t wire_read(const PGresult *res, int row, int column);
int64_t wire_read_time(const PGresult *res, int row, int column);

#endif
