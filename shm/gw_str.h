/* A counted byte string with the layout of ngx_str_t: a view, never owned. */
#ifndef GW_STR_H
#define GW_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

typedef struct {
    size_t          len;
    unsigned char  *data;
} gw_str_t;

#define gw_string(lit)  { sizeof(lit) - 1, (unsigned char *) (lit) }
#define gw_null_string  { 0, NULL }

/* A view of a NUL-terminated string; NULL gives an empty view. */
static inline gw_str_t
gw_str_of(const char *s)
{
    gw_str_t  v = { s ? strlen(s) : 0, (unsigned char *) s };

    return v;
}


/* A view of len bytes at p. */
static inline gw_str_t
gw_str_make(const void *p, size_t len)
{
    gw_str_t  v = { len, (unsigned char *) p };

    return v;
}


static inline bool
gw_str_eq(gw_str_t a, gw_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


static inline bool
gw_str_is(gw_str_t a, const char *lit)
{
    return gw_str_eq(a, gw_str_of(lit));
}


/* The same but for the case of ASCII letters? */
static inline bool
gw_str_same(gw_str_t a, const char *word)
{
    return a.len == strlen(word)
           && (a.len == 0 || strncasecmp((char *) a.data, word, a.len) == 0);
}


/* Without any of these bytes at both ends. */
static inline gw_str_t
gw_str_trim(gw_str_t s, const char *blanks)
{
    size_t  n;

    n = strlen(blanks);
    while (s.len > 0 && memchr(blanks, s.data[0], n) != NULL) {
        s.data++;
        s.len--;
    }

    while (s.len > 0 && memchr(blanks, s.data[s.len - 1], n) != NULL) {
        s.len--;
    }

    return s;
}


/* What of the text stands before the first c, or all; the text goes on behind
   that c, or is empty. */
static inline gw_str_t
gw_str_cut(gw_str_t *text, unsigned char c)
{
    size_t          n;
    gw_str_t        first;
    unsigned char  *at;

    at = text->len > 0 ? memchr(text->data, c, text->len) : NULL;
    n = at != NULL ? (size_t) (at - text->data) : text->len;
    first = gw_str_make(text->data, n);
    n += at != NULL;
    if (n > 0) {
        *text = gw_str_make(text->data + n, text->len - n);
    }

    return first;
}


/* Parse all of s as a decimal number in [min, max]: GW_OK or GW_EINVAL. */
int gw_str_int(gw_str_t s, long long min, long long max, long long *out);

#endif
