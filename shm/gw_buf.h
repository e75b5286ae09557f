/*
 * A bounded byte buffer with a sticky failure bit: append as often as needed,
 * look at `failed` once at the end.
 */
#ifndef GW_BUF_H
#define GW_BUF_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/gw_str.h"

typedef struct {
    unsigned char  *data;
    size_t          len;
    size_t          cap;       /* bytes at data                            */
    size_t          max;       /* never grows past this                    */
    bool            failed;    /* an append did not fit or found no memory */
    bool            fixed;     /* data belongs to the caller; never grown  */
} gw_buf_t;

/* An empty buffer that may grow to max bytes; nothing is allocated yet. */
void gw_buf_init(gw_buf_t *b, size_t max);

/* A buffer over the caller's memory; it never allocates. */
void gw_buf_fixed(gw_buf_t *b, void *mem, size_t size);

/* Empty it and clear `failed`; the memory is kept for the next use. */
void gw_buf_reset(gw_buf_t *b);

/* The same, but memory of more than keep bytes is given back. */
void gw_buf_trim(gw_buf_t *b, size_t keep);

/* Give the memory back (a fixed one is only emptied). */
void gw_buf_free(gw_buf_t *b);

/* Make room for n more bytes and return where they go, or NULL (failed). */
unsigned char *gw_buf_room(gw_buf_t *b, size_t n);

void gw_buf_put(gw_buf_t *b, const void *p, size_t n);
void gw_buf_str(gw_buf_t *b, gw_str_t s);
void gw_buf_cstr(gw_buf_t *b, const char *s);
void gw_buf_char(gw_buf_t *b, unsigned char c);
void gw_buf_fmt(gw_buf_t *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Append s as a JSON string with its quotes; wrong UTF-8 becomes U+FFFD. */
void gw_buf_json(gw_buf_t *b, gw_str_t s);

/* NUL-terminate past len (not counted) and return data; "" when failed. */
const char *gw_buf_c(gw_buf_t *b);

static inline gw_str_t
gw_buf_view(const gw_buf_t *b)
{
    return gw_str_make(b->data, b->len);
}

#endif
