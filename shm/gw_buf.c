/* The bounded byte buffer. */
#include "shm/gw_buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GW_BUF_FIRST  256


void
gw_buf_init(gw_buf_t *b, size_t max)
{
    memset(b, 0, sizeof(gw_buf_t));
    b->max = max;
}


void
gw_buf_fixed(gw_buf_t *b, void *mem, size_t size)
{
    memset(b, 0, sizeof(gw_buf_t));
    b->data = mem;
    b->cap = size;
    b->max = size;
    b->fixed = true;
}


void
gw_buf_reset(gw_buf_t *b)
{
    b->len = 0;
    b->failed = false;
}


void
gw_buf_free(gw_buf_t *b)
{
    if (!b->fixed) {
        free(b->data);
        b->data = NULL;
        b->cap = 0;
    }

    gw_buf_reset(b);
}


void
gw_buf_trim(gw_buf_t *b, size_t keep)
{
    if (b->cap > keep) {
        gw_buf_free(b);
    } else {
        gw_buf_reset(b);
    }
}


unsigned char *
gw_buf_room(gw_buf_t *b, size_t n)
{
    size_t          cap;
    unsigned char  *p;

    if (b->failed) {
        return NULL;
    }

    if (n <= b->cap - b->len) {
        return b->data + b->len;
    }

    if (b->fixed || n > b->max - b->len) {
        b->failed = true;
        return NULL;
    }

    cap = b->cap > 0 ? b->cap : GW_BUF_FIRST;
    while (cap - b->len < n) {
        cap = cap > b->max / 2 ? b->max : cap * 2;
    }
    cap = cap > b->max ? b->max : cap;

    p = realloc(b->data, cap);
    if (p == NULL) {
        b->failed = true;
        return NULL;
    }

    b->data = p;
    b->cap = cap;
    return p + b->len;
}


void
gw_buf_put(gw_buf_t *b, const void *p, size_t n)
{
    unsigned char  *to;

    if (n == 0) {
        return;
    }

    to = gw_buf_room(b, n);
    if (to != NULL) {
        memcpy(to, p, n);
        b->len += n;
    }
}


void
gw_buf_str(gw_buf_t *b, gw_str_t s)
{
    gw_buf_put(b, s.data, s.len);
}


void
gw_buf_cstr(gw_buf_t *b, const char *s)
{
    gw_buf_put(b, s, strlen(s));
}


void
gw_buf_char(gw_buf_t *b, unsigned char c)
{
    unsigned char  *to;

    to = gw_buf_room(b, 1);
    if (to != NULL) {
        *to = c;
        b->len++;
    }
}


void
gw_buf_fmt(gw_buf_t *b, const char *fmt, ...)
{
    int             n;
    va_list         args;
    unsigned char  *to;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    if (n < 0) {
        b->failed = true;
        return;
    }

    /* vsnprintf writes a NUL behind, which is not counted */
    to = gw_buf_room(b, (size_t) n + 1);
    if (to == NULL) {
        return;
    }

    va_start(args, fmt);
    (void) vsnprintf((char *) to, (size_t) n + 1, fmt, args);
    va_end(args);
    b->len += (size_t) n;
}


const char *
gw_buf_c(gw_buf_t *b)
{
    unsigned char  *to;

    to = gw_buf_room(b, 1);
    if (to == NULL) {
        return "";
    }

    *to = '\0';
    return (const char *) b->data;
}
